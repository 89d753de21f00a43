import { Decimal } from '../shared/money.ts';
import { balanceOf, moveBalance, roundAmount } from './funds.ts';
import { venueId } from './ids.ts';
import { bookMarginTrade, closable } from './margin.ts';
import { remaining, wsStatus, type Order, type OrderStatus, type Trade } from './order.ts';
import { instrumentOf, type Core, type OrderReport } from './state.ts';

const ZERO = new Decimal(0);

/**
 * Fills what is left of `order` at `price`: on spot as far as the balance goes, the rest is cancelled with
 * reason "Insufficient funds"; on margin whole, or not at all when it may only reduce and is too large.
 */
export function fillOrder(
  core: Core,
  order: Order,
  price: Decimal,
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
    const trade = bookTrade(core, order, { price, quantity: remaining(order), rate, liquidity });
    bookMarginTrade(core, trade);
    endOrder(core, order, 'closed', null);
    return;
  }
  const quantity = affordable(core, order, price, rate);
  if (quantity.isZero()) {
    endOrder(core, order, 'canceled', 'Insufficient funds');
    return;
  }
  const trade = bookTrade(core, order, { price, quantity, rate, liquidity });
  const { base, quote } = instrumentOf(core, order.pair);
  const sign = order.side === 'buy' ? 1 : -1;
  const feeOf = (asset: string): Decimal => (asset === trade.feeAsset ? trade.fee : ZERO);
  const move = (asset: string, amount: Decimal): string =>
    moveBalance(core, { refId: trade.id, type: 'trade', asset, amount, fee: feeOf(asset) });
  trade.ledgerIds.push(move(base, quantity.mul(sign)), move(quote, trade.cost.mul(-sign)));
  if (remaining(order).isZero()) endOrder(core, order, 'closed', null);
  else endOrder(core, order, 'canceled', 'Insufficient funds');
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

/** The quantity that the balance can pay for, fee included, at most what is left of the order. */
function affordable(core: Core, order: Order, price: Decimal, rate: Decimal): Decimal {
  const { base, quote, lotDecimals } = instrumentOf(core, order.pair);
  const buys = order.side === 'buy';
  const asset = buys ? quote : base;
  const paysFee = buys ? order.feeIn === 'quote' : order.feeIn === 'base';
  const balance = balanceOf(core, asset);
  const needs = (quantity: Decimal): Decimal => {
    const amount = buys ? roundAmount(price.mul(quantity), quote) : quantity;
    return paysFee ? amount.plus(roundAmount(amount.mul(rate), asset)) : amount;
  };
  const left = remaining(order);
  if (needs(left).lte(balance)) return left;
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
