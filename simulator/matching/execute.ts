import { Decimal } from '../../shared/money.ts';
import { balanceOf, moveBalance, roundAmount } from '../account/funds.ts';
import { bookMarginTrade, closable } from '../account/margin.ts';
import { venueId } from '../state/ids.ts';
import { remaining, wsStatus, type Order, type OrderStatus, type Trade } from '../state/order.ts';
import { instrumentOf, type Core, type OrderReport } from '../state/state.ts';
import { noteTaken, offers } from './liquidity.ts';
import { ownOpposite, reaches } from './self-trade.ts';

const ZERO = new Decimal(0);
/** Levels that one order may go through. */
const DEEPEST = 1000;
const NOT_NOW = 'Immediate order could not be filled';
const SELF_TRADE = 'Self trade prevention';

/**
 * Lets `order` take what it needs, from `price` on down the book as far as its limit goes. What the balance
 * cannot pay for is cancelled with reason "Insufficient funds"; what the limit does not allow rests, or is
 * cancelled when the order was for now only. Where an order of the same account comes first, self-trade
 * prevention decides which of the two is cancelled.
 */
export function takeLiquidity(core: Core, order: Order, price: Decimal): void {
  const own = ownOpposite(core, order);
  const { parts, left, stopped } = plan(core, order, price, own);
  if (order.timeInForce === 'fok' && (left.gt(0) || stopped)) {
    endOrder(core, order, 'canceled', stopped ? SELF_TRADE : NOT_NOW);
    return;
  }
  for (const { price: at, quantity, gone } of parts) {
    if (order.status !== 'open') break;
    for (const other of gone) endOrder(core, other, 'canceled', SELF_TRADE);
    if (quantity.isZero()) continue;
    noteTaken(core, order.pair, order.side, at, quantity);
    fill(core, order, at, quantity, 'taker');
  }
  if (order.status !== 'open') return;
  if (stopped) endOrder(core, order, 'canceled', SELF_TRADE);
  else if (order.limitPrice === null) endOrder(core, order, 'canceled', 'Insufficient liquidity');
  else if (order.timeInForce === 'ioc') endOrder(core, order, 'canceled', NOT_NOW);
}

interface Part {
  price: Decimal;
  quantity: Decimal;
  /** Orders of the account that are cancelled before it. */
  gone: Order[];
}

/** What `order` takes level by level, what is left then, and whether an order of its own account stopped it. */
function plan(
  core: Core,
  order: Order,
  price: Decimal,
  own: readonly (Order & { limitPrice: Decimal })[],
): { parts: Part[]; left: Decimal; stopped: boolean } {
  const parts: Part[] = [];
  const waiting = [...own];
  let left = remaining(order);
  const isBefore = (a: Decimal, b: Decimal): boolean => (order.side === 'buy' ? a.lt(b) : a.gt(b));
  /** Meets the own orders that come before `at`; true when `order` ends at one of them. */
  const meet = (at: Decimal | null): boolean => {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      if (at !== null && !isBefore(next.limitPrice, at)) return false;
      const ends = order.selfTrade !== 'cancel-oldest';
      if (order.selfTrade !== 'cancel-newest') {
        parts.push({ price: next.limitPrice, quantity: ZERO, gone: [next] });
      }
      if (ends) return true;
      waiting.shift();
    }
    return false;
  };
  for (const level of offers(core, order.pair, order.side, price)) {
    if (left.isZero() || !reaches(order, level.price) || parts.length === DEEPEST) break;
    if (meet(level.price)) return { parts, left, stopped: true };
    const quantity = Decimal.min(left, level.quantity);
    parts.push({ price: level.price, quantity, gone: [] });
    left = left.minus(quantity);
  }
  const stopped = left.gt(0) && meet(null);
  return { parts, left, stopped };
}

/** Fills a resting order at `price`: whole, unless a partial fill was ordered. */
export function fillResting(core: Core, order: Order, price: Decimal): void {
  const left = remaining(order);
  const { partialFills } = core.state;
  if (partialFills !== null) {
    const { lotDecimals } = instrumentOf(core, order.pair);
    const part = left.mul(partialFills.share).toDecimalPlaces(lotDecimals, Decimal.ROUND_DOWN);
    partialFills.left -= 1;
    if (partialFills.left <= 0) core.state.partialFills = null;
    if (part.gt(0) && part.lt(left)) {
      // The rest waits for the next candle: this one has given what it had.
      order.sees = 'next';
      fill(core, order, price, part, 'maker');
      return;
    }
  }
  fill(core, order, price, left, 'maker');
}

/** Fills `quantity` of an order that rests in a venue's book. */
export function fillAsMaker(core: Core, order: Order, price: Decimal, quantity: Decimal): void {
  fill(core, order, price, quantity, 'maker');
}

/**
 * One fill. On spot as far as the balance goes, the rest of the order is cancelled then; on margin not at all
 * when the order may only reduce and is larger than the position.
 */
function fill(
  core: Core,
  order: Order,
  price: Decimal,
  wanted: Decimal,
  liquidity: 'maker' | 'taker',
): void {
  const rate = liquidity === 'maker' ? core.fees.maker : core.fees.taker;
  if (order.leverage !== null) {
    const most = order.reduceOnly ? closable(core, order) : null;
    if (most !== null && most.lt(remaining(order))) {
      const why = most.isZero() ? 'Position is closed' : 'Order is larger than the position';
      endOrder(core, order, 'canceled', `Reduce only:${why}`);
      return;
    }
    bookMarginTrade(core, bookTrade(core, order, { price, quantity: wanted, rate, liquidity }));
    if (remaining(order).isZero()) endOrder(core, order, 'closed', null);
    return;
  }
  const quantity = affordable(core, order, price, wanted, rate);
  if (quantity.gt(0)) {
    const trade = bookTrade(core, order, { price, quantity, rate, liquidity });
    const { base, quote } = instrumentOf(core, order.pair);
    const sign = order.side === 'buy' ? 1 : -1;
    const feeOf = (asset: string): Decimal => (asset === trade.feeAsset ? trade.fee : ZERO);
    const move = (asset: string, amount: Decimal): string =>
      moveBalance(core, { refId: trade.id, type: 'trade', asset, amount, fee: feeOf(asset) });
    trade.ledgerIds.push(move(base, quantity.mul(sign)), move(quote, trade.cost.mul(-sign)));
  }
  if (remaining(order).isZero()) endOrder(core, order, 'closed', null);
  else if (quantity.lt(wanted)) endOrder(core, order, 'canceled', 'Insufficient funds');
}

/** Notes a fill on its order and in the journal; balances are moved by the caller. */
function bookTrade(
  core: Core,
  order: Order,
  fill: { price: Decimal; quantity: Decimal; rate: Decimal; liquidity: 'maker' | 'taker' },
): Trade {
  const { price, quantity, rate, liquidity } = fill;
  const { base, quote } = instrumentOf(core, order.pair);
  const cost = roundAmount(price.mul(quantity), quote);
  const feeInBase = order.feeIn === 'base' && order.leverage === null;
  const feeAsset = feeInBase ? base : quote;
  const fee = roundAmount((feeInBase ? quantity : cost).mul(rate), feeAsset);
  const id = venueId('T', `${order.id} ${order.trades.length}`);
  const number = (core.state.tradeNumbers.get(order.pair) ?? 0) + 1;
  core.state.tradeNumbers.set(order.pair, number);
  order.filled = order.filled.plus(quantity);
  order.cost = order.cost.plus(cost);
  order.fee = order.fee.plus(feeInBase ? roundAmount(fee.mul(price), quote) : fee);
  order.trades.push(id);
  const trade: Trade = {
    id,
    number,
    orderId: order.id,
    clientId: order.clientId,
    pair: order.pair,
    side: order.side,
    orderType: order.type,
    atMs: core.state.nowMs,
    price,
    quantity,
    cost,
    fee,
    feeAsset,
    liquidity,
    leverage: order.leverage,
    closes: order.leverage !== null && closable(core, order).gt(0),
    ledgerIds: [],
  };
  core.state.trades.set(id, trade);
  core.fact({
    fact: 'fill',
    at: core.state.nowMs,
    trade: id,
    order: order.id,
    client: order.clientId,
    pair: order.pair,
    side: order.side,
    price: price.toFixed(),
    quantity: quantity.toFixed(),
    cost: cost.toFixed(),
    fee: fee.toFixed(),
    feeAsset,
    liquidity,
    ...(order.leverage === null ? {} : { margin: true as const }),
  });
  core.notice({ notice: 'trade', trade, order: { ...order, trades: [...order.trades] } });
  return trade;
}

/** The quantity that the balance can pay for, fee included, at most `wanted`. */
function affordable(
  core: Core,
  order: Order,
  price: Decimal,
  wanted: Decimal,
  rate: Decimal,
): Decimal {
  const { base, quote, lotDecimals } = instrumentOf(core, order.pair);
  const buys = order.side === 'buy';
  const asset = buys ? quote : base;
  const paysFee = buys ? order.feeIn === 'quote' : order.feeIn === 'base';
  const balance = balanceOf(core, asset);
  const needs = (quantity: Decimal): Decimal => {
    const amount = buys ? roundAmount(price.mul(quantity), quote) : quantity;
    return paysFee ? amount.plus(roundAmount(amount.mul(rate), asset)) : amount;
  };
  if (needs(wanted).lte(balance)) return wanted;
  const unit = (buys ? price : new Decimal(1)).mul(paysFee ? rate.plus(1) : 1);
  const most = balance.div(unit).toDecimalPlaces(lotDecimals, Decimal.ROUND_DOWN);
  // Rounding of cost and fee may take one unit more than the division says.
  const less = most.minus(new Decimal(10).pow(-lotDecimals));
  return Decimal.max(ZERO, needs(most).lte(balance) ? most : less);
}

/** Ends an order: filled, cancelled or expired. */
export function endOrder(
  core: Core,
  order: Order,
  status: Exclude<OrderStatus, 'open'>,
  reason: string | null,
): void {
  order.status = status;
  core.state.openIds.delete(order.id);
  order.reason = reason;
  order.closeMs = core.state.nowMs;
  order.fresh = false;
  core.fact({ fact: 'order-end', at: core.state.nowMs, order: order.id, status, reason });
  noticeOrder(core, order, 'ended');
}

/** Tells clients of an order as it stands now: what happens to it later must not show in what was told. */
export function noticeOrder(
  core: Core,
  order: Order,
  change: 'new' | 'amended' | 'status' | 'ended',
): void {
  core.notice({
    notice: 'order',
    change,
    orderId: order.id,
    order: { ...order, trades: [...order.trades] },
    atMs: core.state.nowMs,
  });
}

/** An order as an event names it. */
export function orderReport(order: Order): OrderReport {
  return { orderId: order.id, clientOrderId: order.clientId, status: wsStatus(order) };
}
