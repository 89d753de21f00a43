import { Decimal } from '../../shared/money.ts';
import { assetInfo, type Instrument } from '../market/instruments.ts';
import { isTriggerType, type Order, type Trade } from '../state/order.ts';
import { wire } from '../wire/json.ts';

const seconds = (ms: number): unknown => wire(new Decimal(ms).div(1000), 4);

/** `buy 0.00010000 XBTUSDT @ limit 74160.9`, as clients parse it. */
export function orderText(order: Order, instrument: Instrument): string {
  const quantity = order.quantity.toFixed(instrument.lotDecimals);
  const price = (value: Decimal | null): string =>
    value === null ? '0' : value.toFixed(instrument.priceDecimals);
  const kind = order.type.replace(/-limit$/, '').replaceAll('-', ' ');
  const leverage = order.leverage === null ? '' : ` with ${order.leverage}:1 leverage`;
  const head = `${order.side} ${quantity} ${instrument.altname} @ `;
  if (order.type === 'market' || order.type === 'settle-position') {
    return `${head}${kind}${leverage}`;
  }
  if (order.type === 'limit') return `${head}limit ${price(order.limitPrice)}${leverage}`;
  const limit = order.type.endsWith('-limit') ? ` -> limit ${price(order.limitPrice)}` : '';
  return `${head}${kind} ${price(order.triggerPrice)}${limit}${leverage}`;
}

/** A row of OpenOrders, ClosedOrders and QueryOrders. */
export function orderRow(order: Order, instrument: Instrument, withTrades: boolean): object {
  const { priceDecimals, lotDecimals } = instrument;
  const price = (value: Decimal | null): string => value?.toFixed(priceDecimals) ?? '0';
  const amount = (value: Decimal): string => value.toFixed(assetInfo(instrument.quote).decimals);
  const triggered = isTriggerType(order.type);
  const flags = [order.feeIn === 'base' ? 'fcib' : 'fciq', ...(order.postOnly ? ['post'] : [])];
  const average = order.filled.isZero() ? null : order.cost.div(order.filled);
  return {
    refid: null,
    userref: order.userref ?? 0,
    ...(order.clientId === null ? {} : { cl_ord_id: order.clientId }),
    status: order.status,
    opentm: seconds(order.openMs),
    starttm: 0,
    expiretm: order.expireMs === null ? 0 : seconds(order.expireMs),
    descr: {
      pair: instrument.altname,
      aclass: 'forex',
      type: order.side,
      ordertype: order.type,
      price: price(triggered ? order.triggerPrice : order.limitPrice),
      price2: triggered ? price(order.limitPrice) : '0',
      leverage: order.leverage === null ? 'none' : `${order.leverage}:1`,
      order: orderText(order, instrument),
      close: '',
    },
    vol: order.quantity.toFixed(lotDecimals),
    vol_exec: order.filled.toFixed(lotDecimals),
    cost: amount(order.cost),
    fee: amount(order.fee),
    price: average === null ? price(new Decimal(0)) : average.toFixed(priceDecimals),
    stopprice: price(triggered ? order.triggerPrice : new Decimal(0)),
    limitprice: price(triggered && order.limitPrice !== null ? order.limitPrice : new Decimal(0)),
    misc: '',
    oflags: flags.join(','),
    ...(triggered ? { trigger: order.reference } : {}),
    ...(order.reduceOnly ? { reduce_only: true } : {}),
    timeinforce: order.timeInForce.toUpperCase(),
    ...(withTrades && order.trades.length > 0 ? { trades: order.trades } : {}),
    ...(order.closeMs === null ? {} : { closetm: seconds(order.closeMs), reason: order.reason }),
  };
}

/** A row of TradesHistory. */
export function tradeRow(
  trade: Trade,
  instrument: Instrument,
  position: { state: 'open' | 'closed'; closed: Decimal } | null,
): object {
  const amount = (value: Decimal): string => value.toFixed(assetInfo(instrument.quote).decimals);
  const fee = trade.feeAsset === instrument.quote ? trade.fee : trade.fee.mul(trade.price);
  return {
    ordertxid: trade.orderId,
    postxid: trade.orderId.replace(/^O/, 'T'),
    pair: instrument.restName,
    aclass: 'forex',
    time: seconds(trade.atMs),
    type: trade.side,
    ordertype: trade.orderType,
    price: trade.price.toFixed(instrument.priceDecimals),
    cost: amount(trade.cost),
    fee: amount(fee),
    vol: trade.quantity.toFixed(instrument.lotDecimals),
    margin: amount(trade.leverage === null ? new Decimal(0) : trade.cost.div(trade.leverage)),
    leverage: String(trade.leverage ?? 0),
    misc: trade.closes ? 'closing' : '',
    ...(position === null
      ? {}
      : {
          posstatus: position.state,
          cvol: position.closed.toFixed(instrument.lotDecimals),
        }),
    trade_id: trade.number,
    maker: trade.liquidity === 'maker',
    ledgers: trade.ledgerIds,
    ...(trade.clientId === null ? {} : { cl_ord_id: trade.clientId }),
  };
}
