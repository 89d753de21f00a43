import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Decimal } from '../../shared/money.ts';
import { createExchange, type Exchange } from '../exchange/exchange.ts';
import { handMarket, START, type Row } from '../market/market.fixture.ts';
import type { Order, OrderRequest } from '../state/order.ts';
import { leftOf } from './margin.ts';

const PAIR = 'XRP/USDT';
const HOUR = 3_600_000;
const flat = (price: number): Row => [price, price, price, price];

function open(rows: readonly Row[], usdt = '100'): Exchange {
  const exchange = createExchange({
    market: handMarket({ [PAIR]: rows }),
    deposits: { USDT: usdt },
  });
  exchange.run(START);
  return exchange;
}
function trade(exchange: Exchange, request: Partial<OrderRequest>): Order | string {
  const placed = exchange.place({
    pair: PAIR,
    side: 'buy',
    type: 'market',
    quantity: '100',
    leverage: 2,
    ...request,
  });
  return 'error' in placed ? placed.error : placed;
}
const usdt = (exchange: Exchange): string => exchange.state.balances.get('USDT')?.toFixed() ?? '';

describe('margin', () => {
  it('opens a long on borrowed money: only fees leave the balance', () => {
    const exchange = open([flat(1), flat(1)]);
    trade(exchange, {});
    // cost 100 * 1.001 = 100.1; trade fee 0.4 % = 0.4004; opening fee 0.02 % = 0.02002
    expect(usdt(exchange)).toBe('99.57958');
    expect(exchange.state.balances.get('XRP')).toBeUndefined();
    const { used, level } = exchange.margin();
    expect(used.toFixed()).toBe('50.05'); // 100.1 / 2
    // equity 99.57958 - 0.1 unrealised = 99.47958; / 50.05
    expect(level?.toFixed(2)).toBe('198.76');
  });

  it('closes with the profit, oldest first, by an order on margin the other way', () => {
    const exchange = open([flat(1), flat(1.2), flat(1.2)]);
    trade(exchange, { quantity: '60' });
    trade(exchange, { quantity: '40' });
    exchange.run(START + HOUR);
    trade(exchange, { side: 'sell', quantity: '80' });
    const left = [...exchange.state.positions.values()].map((p) => leftOf(p).toFixed());
    expect(left).toEqual(['20']);
    // sold at 1.2 * 0.999 = 1.1988: 80 * (1.1988 - 1.001) = 15.824
    const realised = [...exchange.state.ledger].filter((e) => e.type === 'margin').at(-1);
    expect(realised?.amount.toFixed()).toBe('15.824');
  });

  it('earns on a short when the price falls', () => {
    const exchange = open([flat(1), flat(0.8), flat(0.8)]);
    trade(exchange, { side: 'sell' });
    exchange.run(START + HOUR);
    trade(exchange, { side: 'buy', reduceOnly: true });
    // sold at 0.999, bought back at 0.8008: 100 * 0.1982 = 19.82
    expect(exchange.state.ledger.at(-1)?.amount.toFixed()).toBe('19.82');
    expect(exchange.state.positions.size).toBe(0);
  });

  it('charges the rollover every four hours', () => {
    const exchange = open(Array.from({ length: 10 }, () => flat(1)));
    trade(exchange, {});
    const before = exchange.state.ledger.length;
    exchange.run(START + 9 * HOUR);
    const fees = exchange.state.ledger.slice(before).map((e) => `${e.type} ${e.fee.toFixed()}`);
    expect(fees).toEqual(['rollover 0.02002', 'rollover 0.02002']);
  });

  it('closes everything when the margin level falls to 40 %', () => {
    // equity 100 against 250 of XRP at 3x: at 0.7 equity is about 24, used 83.4, level 28 %
    const exchange = open([flat(1), flat(0.7), flat(0.7)]);
    trade(exchange, { quantity: '250', leverage: 3 });
    const resting = trade(exchange, { type: 'limit', limitPrice: '0.5', quantity: '10' }) as Order;
    exchange.run(START + HOUR);
    expect(exchange.state.positions.size).toBe(0);
    expect(resting).toMatchObject({ status: 'canceled', reason: 'Margin level too low' });
    const [last] = [...exchange.state.orders.values()].slice(-1);
    expect(last).toMatchObject({ side: 'sell', liquidates: true, status: 'closed' });
  });

  it.each<[string, Partial<OrderRequest>, string]>([
    [
      'a ratio that the pair does not have',
      { leverage: 50 },
      'EGeneral:Invalid arguments:leverage',
    ],
    ['more than the collateral carries', { quantity: '500' }, 'EOrder:Insufficient funds'],
    ['reducing nothing', { reduceOnly: true }, 'EOrder:Reduce only:No position exists'],
  ])('refuses %s', (_, request, error) => {
    expect(trade(open([flat(1), flat(1)]), request)).toBe(error);
  });

  it('cancels a reduce-only stop that is larger than what is left when it triggers', () => {
    const exchange = open([flat(1), [1, 1, 0.8, 0.8], flat(0.8)]);
    trade(exchange, {});
    const stop = trade(exchange, {
      side: 'sell',
      type: 'stop-loss',
      triggerPrice: '0.9',
      reduceOnly: true,
    }) as Order;
    trade(exchange, { side: 'sell', quantity: '50' });
    exchange.run(START + 2 * HOUR);
    expect(stop).toMatchObject({
      status: 'canceled',
      reason: 'Reduce only:Order is larger than the position',
    });
  });

  it('takes a volume of 0 as the whole position, and settles one with what is owned', () => {
    const exchange = open([flat(1), flat(1)], '500');
    trade(exchange, { quantity: '70' });
    const closing = trade(exchange, { side: 'sell', quantity: '0' }) as Order;
    expect(closing.quantity.toFixed()).toBe('70');
    trade(exchange, { quantity: '50' });
    trade(exchange, { side: 'sell', type: 'settle-position', quantity: '50' });
    expect(exchange.state.positions.size).toBe(0);
    expect(exchange.state.balances.get('XRP')?.toFixed()).toBe('50');
  });

  it('conserves value: what came in is balances, fees and positions less what is borrowed', () => {
    const step = fc.record({
      side: fc.constantFrom('buy' as const, 'sell' as const),
      quantity: fc.integer({ min: 2, max: 300 }).map(String),
      leverage: fc.constantFrom(2, 3, 5),
      reduceOnly: fc.boolean(),
      hours: fc.nat(5),
    });
    const price = fc.integer({ min: 70, max: 140 }).map((p) => p / 100);
    fc.assert(
      fc.property(
        fc.array(price, { minLength: 30, maxLength: 30 }),
        fc.array(step, { maxLength: 12 }),
        (prices, steps) => {
          const exchange = open(prices.map(flat), '300');
          for (const { hours, ...request } of steps) {
            trade(exchange, request);
            exchange.run(exchange.state.nowMs + hours * HOUR);
          }
          let [base, quote] = [new Decimal(0), new Decimal(300)];
          for (const t of exchange.trades()) {
            const sign = t.side === 'buy' ? 1 : -1;
            base = base.plus(t.quantity.mul(sign));
            quote = quote.minus(t.cost.mul(sign));
          }
          for (const entry of exchange.state.ledger) quote = quote.minus(entry.fee);
          for (const p of exchange.state.positions.values()) {
            const sign = p.side === 'buy' ? 1 : -1;
            base = base.minus(leftOf(p).mul(sign));
            quote = quote.plus(p.cost.mul(leftOf(p)).div(p.quantity).mul(sign));
          }
          const balance = exchange.state.balances.get('USDT') ?? new Decimal(0);
          expect(base.toFixed()).toBe('0');
          // each closing rounds its profit to the asset's eighth decimal
          expect(quote.minus(balance).abs().toNumber()).toBeLessThan(1e-6);
        },
      ),
      { numRuns: 100 },
    );
  });
});
