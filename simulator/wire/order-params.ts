import { Decimal, isDecimalText } from '../../shared/money.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { Instrument } from '../market/instruments.ts';
import {
  isTriggerType,
  ORDER_TYPES,
  SELF_TRADE_MODES,
  type OrderRequest,
  type TimeInForce,
} from '../state/order.ts';

export type Parsed<T> = { value: T } | { error: string };

const invalid = (field: string): { error: string } => ({
  error: `EGeneral:Invalid arguments:${field}`,
});

export const isTrue = (text: string | undefined): boolean =>
  text !== undefined && ['true', '1', 'yes'].includes(text.toLowerCase());

type Fields = Readonly<Record<string, string | undefined>>;

/** A REST AddOrder's fields as an order request. */
export function orderOfRest(
  exchange: Exchange,
  instrument: Instrument,
  fields: Fields,
): Parsed<OrderRequest> {
  const type = ORDER_TYPES.find((t) => t === fields['ordertype']);
  if (type === undefined) return invalid('ordertype');
  const side = fields['type'];
  if (side !== 'buy' && side !== 'sell') return invalid('type');
  const quantity = fields['volume'] ?? '';
  if (!isDecimalText(quantity) || new Decimal(quantity).lt(0)) return invalid('volume');
  if (new Decimal(quantity).isZero() && fields['leverage'] === undefined) return invalid('volume');
  // What it cannot keep it refuses: an order without its close or its delay would be another order.
  if (fields['close[ordertype]'] !== undefined || fields['close'] !== undefined)
    return invalid('close');
  if (![undefined, '', '0'].includes(fields['starttm'])) return invalid('starttm');
  if (![undefined, '', '0'].includes(fields['displayvol'])) return invalid('displayvol');
  const flags = (fields['oflags'] ?? '').split(',').filter((flag) => flag !== '');
  const request: OrderRequest = { pair: instrument.pair, side, type, quantity };
  const priced = readPrices(exchange, instrument, request, fields);
  if (priced !== null) return priced;
  const timeInForce = (fields['timeinforce'] ?? 'GTC').toLowerCase();
  if (!['gtc', 'ioc', 'gtd', 'fok'].includes(timeInForce)) return invalid('timeinforce');
  request.timeInForce = timeInForce as TimeInForce;
  if (flags.includes('post')) request.postOnly = true;
  if (flags.includes('fcib')) request.feeIn = 'base';
  if (flags.includes('viqc')) {
    if (side !== 'buy' || type !== 'market') return invalid('oflags');
    const touch = exchange.touch(instrument.pair, side);
    request.quantity = new Decimal(quantity).div(touch).toFixed(instrument.lotDecimals, 1);
  }
  const reference = fields['trigger'] ?? 'last';
  if (reference !== 'last' && reference !== 'index') return invalid('trigger');
  if (reference === 'index') request.reference = reference;
  const selfTrade = (fields['stptype'] ?? 'cancel-newest').replaceAll('_', '-');
  const mode = SELF_TRADE_MODES.find((each) => each === selfTrade);
  if (mode === undefined) return invalid('stptype');
  if (mode !== 'cancel-newest') request.selfTrade = mode;
  if (isTrue(fields['reduce_only'])) request.reduceOnly = true;
  const leverage = fields['leverage'];
  if (leverage !== undefined && leverage !== 'none' && leverage !== '') {
    const ratio = Number(leverage.split(':')[0]);
    if (!Number.isInteger(ratio) || ratio < 1) return invalid('leverage');
    request.leverage = ratio;
  }
  if (fields['cl_ord_id'] !== undefined && fields['userref'] !== undefined) {
    return invalid('cl_ord_id and userref');
  }
  if (fields['cl_ord_id'] !== undefined) request.clientId = fields['cl_ord_id'];
  if (fields['userref'] !== undefined) request.userref = Number(fields['userref']);
  if (isTrue(fields['validate'])) request.validateOnly = true;
  return readExpiry(exchange, request, fields['expiretm']);
}

function readExpiry(
  exchange: Exchange,
  request: OrderRequest,
  text: string | undefined,
): Parsed<OrderRequest> {
  const now = exchange.state.nowMs;
  if (text !== undefined && text !== '0') {
    if (!/^\+?\d+(\.\d+)?$/.test(text)) return invalid('expiretm');
    const seconds = Number(text);
    request.expireMs = text.startsWith('+') ? now + seconds * 1000 : seconds * 1000;
    if (request.expireMs <= now) return invalid('expiretm');
  } else if (request.timeInForce === 'gtd') return invalid('expiretm');
  return { value: request };
}

function readPrices(
  exchange: Exchange,
  instrument: Instrument,
  request: OrderRequest,
  fields: Fields,
): { error: string } | null {
  const { type, side } = request;
  const trailing = type.startsWith('trailing');
  const triggered = isTriggerType(type);
  const first = fields['price'];
  const second = fields['price2'];
  const given = (text: string | undefined): text is string =>
    text !== undefined && text !== '0' && text !== '';
  if (trailing) {
    const offset = given(first) ? offsetOf(first, 'buy') : null;
    if (offset === null) return invalid('price');
    request.trail = offset;
    if (type === 'trailing-stop-limit') {
      const limit = given(second) ? offsetOf(second, side) : null;
      if (limit === null) return invalid('price2');
      request.limitOffset = limit;
    }
    return null;
  }
  if (type === 'limit' || triggered) {
    const price = given(first) ? priceOf(exchange, instrument, first, side) : null;
    if (price === null) return invalid('price');
    if (triggered) request.triggerPrice = price;
    else request.limitPrice = price;
  }
  if (type.endsWith('-limit')) {
    const price = given(second) ? priceOf(exchange, instrument, second, side) : null;
    if (price === null) return invalid('price2');
    request.limitPrice = price;
  }
  return null;
}

const OFFSET = /^([+#-]?)(\d+(?:\.\d+)?)(%?)$/;

/** A price as sent: absolute, or `+`, `-`, `#` from the last price, in quote or percent; null when malformed. */
export function priceOf(
  exchange: Exchange,
  instrument: Instrument,
  text: string,
  side: 'buy' | 'sell',
): string | null {
  const match = OFFSET.exec(text);
  if (match === null) return null;
  const [, sign = '', digits = '', percent = ''] = match;
  if (sign === '' && percent === '') return digits;
  if (sign === '') return null;
  const last = new Decimal(exchange.price(instrument.pair));
  const size = percent === '%' ? last.mul(digits).div(100) : new Decimal(digits);
  // `#` chooses the direction that the kind of order implies: away from the market.
  const up = sign === '+' || (sign === '#' && side === 'sell');
  return last.plus(up ? size : size.neg()).toFixed(instrument.priceDecimals);
}

/**
 * The distance of a trailing stop or of its limit: quote units or a percentage. A sign counts from the
 * price upwards; what is stored counts away from the market on `side`.
 */
function offsetOf(
  text: string,
  side: 'buy' | 'sell',
): { kind: 'absolute' | 'share'; value: string } | null {
  const match = OFFSET.exec(text);
  if (match === null) return null;
  const [, sign = '', digits = '', percent = ''] = match;
  const isBack = side === 'buy' ? sign === '-' : sign === '+';
  const value = isBack ? `-${digits}` : digits;
  return percent === '%'
    ? { kind: 'share', value: new Decimal(value).div(100).toFixed() }
    : { kind: 'absolute', value };
}
