import { Decimal } from '../../shared/money.ts';
import { leftOf, profit } from '../account/margin.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { assetInfo } from '../market/instruments.ts';
import type { Position } from '../state/position.ts';
import { instrumentOf } from '../state/state.ts';
import { wire } from '../wire/json.ts';

/** A row of OpenPositions. */
export function positionRow(exchange: Exchange, position: Position, withValues: boolean): object {
  const instrument = instrumentOf(exchange, position.pair);
  const { base, quote } = instrument;
  const amount = (value: Decimal): string => value.toFixed(assetInfo(quote).decimals);
  const price = exchange.price(position.pair);
  const left = leftOf(position);
  const borrowed = position.side === 'buy' ? quote : base;
  return {
    ordertxid: position.orderId,
    posstatus: 'open',
    pair: instrument.restName,
    time: wire(position.openMs / 1000, 4),
    type: position.side,
    ordertype: exchange.order(position.orderId)?.type ?? 'market',
    cost: amount(position.cost),
    fee: amount(position.fee),
    vol: position.quantity.toFixed(instrument.lotDecimals),
    vol_closed: position.closed.toFixed(instrument.lotDecimals),
    margin: amount(position.cost.div(position.leverage)),
    ...(withValues
      ? {
          value: amount(left.mul(price)),
          net: signed(profit(position, left, price, quote)),
        }
      : {}),
    terms: `${assetInfo(borrowed).marginRate.toFixed(4)}% per 4 hours`,
    rollovertm: String(Math.floor(position.rolloverMs / 1000)),
    misc: '',
    oflags: '',
    class: 'forex',
  };
}

/** Positions summed by pair and side, as `consolidation=market` asks for. */
export function consolidated(exchange: Exchange): object[] {
  const groups = new Map<string, Position[]>();
  for (const position of exchange.state.positions.values()) {
    const key = `${position.pair} ${position.side}`;
    groups.set(key, [...(groups.get(key) ?? []), position]);
  }
  return [...groups.values()].map((positions) => groupRow(exchange, positions));
}

function groupRow(exchange: Exchange, positions: readonly Position[]): object {
  const [first] = positions as readonly [Position];
  const instrument = instrumentOf(exchange, first.pair);
  const { quote } = instrument;
  const price = exchange.price(first.pair);
  const sum = (read: (position: Position) => Decimal): Decimal =>
    positions.reduce((total, position) => total.plus(read(position)), new Decimal(0));
  const amount = (value: Decimal): string => value.toFixed(assetInfo(quote).decimals);
  return {
    pair: instrument.restName,
    positions: String(positions.length),
    type: first.side,
    leverage: new Decimal(first.leverage).toFixed(5),
    cost: amount(sum((p) => p.cost)),
    fee: amount(sum((p) => p.fee)),
    vol: sum((p) => p.quantity).toFixed(instrument.lotDecimals),
    vol_closed: sum((p) => p.closed).toFixed(instrument.lotDecimals),
    margin: amount(sum((p) => p.cost.div(p.leverage))),
    value: amount(sum((p) => leftOf(p).mul(price))),
    net: signed(sum((p) => profit(p, leftOf(p), price, quote))),
  };
}

const signed = (value: Decimal): string => `${value.isNegative() ? '' : '+'}${value.toFixed(4)}`;
