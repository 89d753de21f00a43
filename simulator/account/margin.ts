import { ROLLOVER_MS } from '../../shared/margin.ts';
import { Decimal } from '../../shared/money.ts';
import type { Asset, Pair } from '../../shared/pair.ts';
import { assetInfo } from '../market/instruments.ts';
import { opposite, remaining, type Order, type Side, type Trade } from '../state/order.ts';
import type { Position } from '../state/position.ts';
import { instrumentOf, openOrders, standingPrice, type Core, type Fact } from '../state/state.ts';
import { balanceOf, moveBalance, roundAmount } from './funds.ts';

const ZERO = new Decimal(0);
/** Margin level, in percent, at which the venue closes positions. */
export const MARGIN_STOP = 40;

export const leftOf = (position: Position): Decimal => position.quantity.minus(position.closed);

/** Open positions of a pair and side, oldest first: the order in which they are closed. */
function positionsOf(core: Core, pair: Pair, side: Side): Position[] {
  return [...core.state.positions.values()].filter((p) => p.pair === pair && p.side === side);
}

/** What an order on margin could close: the open quantity on the other side of its pair. */
export function closable(core: Core, order: Pick<Order, 'pair' | 'side'>): Decimal {
  return positionsOf(core, order.pair, opposite(order.side)).reduce(
    (sum, position) => sum.plus(leftOf(position)),
    ZERO,
  );
}

/** The part of a position's cost that is not given back yet. */
export const costLeft = (position: Position): Decimal => position.cost.minus(position.released);

/**
 * Closes `part` of a position and returns what of its cost goes with it. The last part takes what is left, so
 * that no rounding is lost or made.
 */
function release(core: Core, position: Position, part: Decimal, quote: Asset): Decimal {
  const isLast = part.eq(leftOf(position));
  const cost = isLast
    ? costLeft(position)
    : roundAmount(position.cost.mul(part).div(position.quantity), quote);
  position.closed = position.closed.plus(part);
  position.released = position.released.plus(cost);
  if (isLast) {
    core.state.positions.delete(position.id);
    core.state.closedPositions.set(position.id, position);
  }
  return cost;
}

/**
 * Books a trade on margin: first it closes what is open on the other side, oldest first, with profit or loss
 * to the balance; the rest opens a position, which pays an opening fee on what it borrows.
 */
export function bookMarginTrade(core: Core, trade: Trade): void {
  const { quote } = instrumentOf(core, trade.pair);
  let left = trade.quantity;
  let worthLeft = trade.cost;
  let realised = ZERO;
  for (const position of positionsOf(core, trade.pair, opposite(trade.side))) {
    if (left.isZero()) break;
    const part = Decimal.min(left, leftOf(position));
    const worth = part.eq(left) ? worthLeft : roundAmount(trade.price.mul(part), quote);
    const paid = release(core, position, part, quote);
    const result = position.side === 'buy' ? worth.minus(paid) : paid.minus(worth);
    position.realised = position.realised.plus(result);
    realised = realised.plus(result);
    left = left.minus(part);
    worthLeft = worthLeft.minus(worth);
  }
  trade.ledgerIds.push(moveMargin(core, trade.id, 'margin', quote, realised, trade.fee));
  if (left.gt(0)) open(core, trade, left, worthLeft);
}

function open(core: Core, trade: Trade, quantity: Decimal, cost: Decimal): void {
  const position: Position = {
    id: trade.id,
    orderId: trade.orderId,
    pair: trade.pair,
    side: trade.side,
    quantity,
    cost,
    released: ZERO,
    fee: trade.fee,
    leverage: trade.leverage ?? 1,
    closed: ZERO,
    realised: ZERO,
    openMs: core.state.nowMs,
    rolloverMs: core.state.nowMs + ROLLOVER_MS,
  };
  core.state.positions.set(position.id, position);
  payRollover(core, position);
}

/** The fee on what a position has borrowed: due at its open and every four hours. */
function payRollover(core: Core, position: Position): void {
  const { base, quote } = instrumentOf(core, position.pair);
  const rate = assetInfo(position.side === 'buy' ? quote : base).marginRate;
  const share = leftOf(position).div(position.quantity);
  const fee = roundAmount(position.cost.mul(share).mul(rate).div(100), quote);
  position.fee = position.fee.plus(fee);
  moveMargin(core, position.id, 'rollover', quote, ZERO, fee);
}

/** The next position whose rollover is due, or null. */
export function nextRollover(core: Core): Position | null {
  let next: Position | null = null;
  for (const position of core.state.positions.values()) {
    if (next === null || position.rolloverMs < next.rolloverMs) next = position;
  }
  return next;
}

/** Takes the interest of a position that is due, and books the next one. */
export function rollOver(core: Core, position: Position): void {
  payRollover(core, position);
  position.rolloverMs += ROLLOVER_MS;
}

/** Settles positions with what the account owns: no trade, no fee. Null when it cannot pay. */
export function settlePositions(core: Core, order: Order): boolean {
  const { base, quote } = instrumentOf(core, order.pair);
  let left = remaining(order);
  const sign = order.side === 'sell' ? 1 : -1;
  for (const position of positionsOf(core, order.pair, opposite(order.side))) {
    if (left.isZero()) break;
    const part = Decimal.min(left, leftOf(position));
    const due = part.eq(leftOf(position))
      ? costLeft(position)
      : roundAmount(position.cost.mul(part).div(position.quantity), quote);
    const pays: [Asset, Decimal] = sign > 0 ? [quote, due] : [base, part];
    if (balanceOf(core, pays[0]).lt(pays[1])) return false;
    const cost = release(core, position, part, quote);
    moveMargin(core, position.id, 'settled', base, part.mul(sign), ZERO);
    moveMargin(core, position.id, 'settled', quote, cost.mul(-sign), ZERO);
    left = left.minus(part);
  }
  return left.isZero();
}

/** `refId` is the trade that realised a result, or the position that something was paid for. */
function moveMargin(
  core: Core,
  refId: string,
  type: 'margin' | 'rollover' | 'settled',
  asset: Asset,
  amount: Decimal,
  fee: Decimal,
): string {
  const id = moveBalance(core, { refId, type, asset, amount, fee });
  const fact: Fact = {
    fact: 'move',
    at: core.state.nowMs,
    entry: id,
    type,
    asset,
    amount: amount.toFixed(),
    fee: fee.toFixed(),
  };
  core.fact(fact);
  return id;
}

/** What closing `quantity` of a position at `price` brings, in quote. */
export function profit(
  position: Position,
  quantity: Decimal,
  price: Decimal | number,
  quote: Asset,
): Decimal {
  const paid = position.cost.mul(quantity).div(position.quantity);
  const result = new Decimal(price).mul(quantity).minus(paid);
  return roundAmount(position.side === 'buy' ? result : result.neg(), quote);
}

/** The account as a lender sees it, in dollars (USDT counts as one). */
export interface MarginAccount {
  /** All balances. */
  balance: Decimal;
  /** Bound by positions. */
  used: Decimal;
  cost: Decimal;
  /** Positions at the standing prices. */
  value: Decimal;
  unrealised: Decimal;
  equity: Decimal;
  free: Decimal;
  /** Equity over what is bound, in percent; null without positions. */
  level: Decimal | null;
}

/** The account as a margin account, in dollars (or USDT), at the standing prices. */
export function marginAccount(core: Core): MarginAccount {
  let balance = ZERO;
  for (const [asset, amount] of core.state.balances) {
    balance = balance.plus(amount.mul(dollarsOf(core, asset)));
  }
  let [used, cost, value, unrealised] = [ZERO, ZERO, ZERO, ZERO];
  for (const position of core.state.positions.values()) {
    const { quote } = instrumentOf(core, position.pair);
    const rate = dollarsOf(core, quote);
    const left = leftOf(position);
    const price = standingPrice(core, position.pair);
    const part = costLeft(position).mul(rate);
    used = used.plus(part.div(position.leverage));
    cost = cost.plus(part);
    value = value.plus(left.mul(price).mul(rate));
    unrealised = unrealised.plus(profit(position, left, price, quote).mul(rate));
  }
  const equity = balance.plus(unrealised);
  const level = used.isZero() ? null : equity.div(used).mul(100);
  return { balance, used, cost, value, unrealised, equity, free: equity.minus(used), level };
}

/** Price of an asset in dollars or USDT by the venue's own pairs; 0 when none tells. */
function dollarsOf(core: Core, asset: Asset): number {
  if (asset === 'USDT' || asset === 'USD' || asset === 'USDC') return 1;
  return standingPrice(core, `${asset}/USDT`) || standingPrice(core, `${asset}/USD`);
}

/** Why an order on margin may not come in, or null. */
export function checkMargin(core: Core, order: Order, price: Decimal): string | null {
  const instrument = instrumentOf(core, order.pair);
  const { leverage } = order;
  const closes = closable(core, order);
  if (order.type === 'settle-position' || order.reduceOnly) {
    return closes.isZero() ? 'EOrder:Reduce only:No position exists' : null;
  }
  if (leverage === null || !instrument.leverages.includes(leverage)) {
    return 'EGeneral:Invalid arguments:leverage';
  }
  const opens = Decimal.max(ZERO, order.quantity.minus(closes));
  if (opens.isZero()) return null;
  const open = positionsOf(core, order.pair, order.side).reduce(
    (sum, position) => sum.plus(leftOf(position)),
    ZERO,
  );
  if (open.plus(opens).gt(instrument.positionLimit)) return 'EOrder:Margin position size exceeded';
  const needs = (quantity: Decimal, at: Decimal, ratio: number): Decimal =>
    quantity.mul(at).mul(dollarsOf(core, instrument.quote)).div(ratio);
  let promised = ZERO;
  for (const other of openOrders(core.state)) {
    if (other.leverage === null || other.reduceOnly || other.id === order.id) continue;
    const at = other.limitPrice ?? other.triggerPrice ?? price;
    promised = promised.plus(needs(remaining(other), at, other.leverage));
  }
  const free = marginAccount(core).free.minus(promised);
  return needs(opens, price, leverage).gt(free) ? 'EOrder:Insufficient funds' : null;
}
