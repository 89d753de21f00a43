import { Decimal } from '../shared/money.ts';
import { balanceOf, moveBalance, roundAmount } from './funds.ts';
import { venueId } from './ids.ts';
import { noteTaken, offers } from './liquidity.ts';
import { bookMarginTrade, closable } from './margin.ts';
import { remaining, wsStatus, type Order, type OrderStatus, type Trade } from './order.ts';
import { instrumentOf, type Core, type OrderReport } from './state.ts';

const ZERO = new Decimal(0);
/** Levels that one order may go through. */
const DEEPEST = 1000;
const NOT_NOW = 'Immediate order could not be filled';

/**
 * Lets `order` take what it needs, from `price` on down the book as far as its limit goes. What the balance
 * cannot pay for is cancelled with reason "Insufficient funds"; what the limit does not allow rests, or is
 * cancelled when the order was for now only.
 */
export function takeLiquidity(core: Core, order: Order, price: Decimal): void {
  const limit = order.limitPrice;
  const allowed = (at: Decimal): boolean =>
    limit === null || (order.side === 'buy' ? at.lte(limit) : at.gte(limit));
  const parts: { price: Decimal; quantity: Decimal }[] = [];
  let left = remaining(order);
  for (const level of offers(core, order.pair, order.side, price)) {
    if (left.isZero() || !allowed(level.price) || parts.length === DEEPEST) break;
    const quantity = Decimal.min(left, level.quantity);
    parts.push({ price: level.price, quantity });
    left = left.minus(quantity);
  }
  if (order.timeInForce === 'fok' && left.gt(0)) {
    endOrder(core, order, 'canceled', NOT_NOW);
    return;
  }
  for (const part of parts) {
    if (order.status !== 'open') break;
    noteTaken(core, order.pair, order.side, part.price, part.quantity);
    fill(core, order, part.price, part.quantity, 'taker');
  }
  if (order.status !== 'open') return;
  if (limit === null) endOrder(core, order, 'canceled', 'Insufficient liquidity');
  else if (order.timeInForce === 'ioc') endOrder(core, order, 'canceled', NOT_NOW);
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

export function orderReport(order: Order): OrderReport {
  return { orderId: order.id, clientOrderId: order.clientId, status: wsStatus(order) };
}
