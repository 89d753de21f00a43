import { Decimal } from '../shared/money.ts';
import { balanceOf, moveBalance, roundAmount } from './funds.ts';
import { venueId } from './ids.ts';
import { remaining, wsStatus, type Order, type OrderStatus, type Trade } from './order.ts';
import { instrumentOf, type Core, type OrderReport } from './state.ts';

const ZERO = new Decimal(0);

/**
 * Fills what is left of `order` at `price`, as far as the balance goes; what it cannot pay for is cancelled
 * with reason "Insufficient funds". Balances, fees, trade and notices follow.
 */
export function fillOrder(
  core: Core,
  order: Order,
  price: Decimal,
  liquidity: 'maker' | 'taker',
): void {
  const instrument = instrumentOf(core, order.pair);
  const rate = liquidity === 'maker' ? core.fees.maker : core.fees.taker;
  const quantity = affordable(core, order, price, rate);
  if (quantity.isZero()) {
    endOrder(core, order, 'canceled', 'Insufficient funds');
    return;
  }
  const { base, quote } = instrument;
  const cost = roundAmount(price.mul(quantity), quote);
  const feeAsset = order.feeIn === 'base' ? base : quote;
  const fee = roundAmount((order.feeIn === 'base' ? quantity : cost).mul(rate), feeAsset);
  const id = venueId('T', `${order.id} ${order.trades.length}`);
  const number = (core.state.tradeNumbers.get(order.pair) ?? 0) + 1;
  core.state.tradeNumbers.set(order.pair, number);
  order.filled = order.filled.plus(quantity);
  order.cost = order.cost.plus(cost);
  order.fee = order.fee.plus(order.feeIn === 'base' ? roundAmount(fee.mul(price), quote) : fee);
  order.trades.push(id);
  const sign = order.side === 'buy' ? 1 : -1;
  const feeOf = (asset: string): Decimal => (asset === feeAsset ? fee : ZERO);
  const move = (asset: string, amount: Decimal): string =>
    moveBalance(core, { refId: id, type: 'trade', asset, amount, fee: feeOf(asset) });
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
  });
  core.notice({ notice: 'trade', trade, order: { ...order, trades: [...order.trades] } });
  trade.ledgerIds.push(move(base, quantity.mul(sign)), move(quote, cost.mul(-sign)));
  if (remaining(order).isZero()) endOrder(core, order, 'closed', null);
  else endOrder(core, order, 'canceled', 'Insufficient funds');
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
