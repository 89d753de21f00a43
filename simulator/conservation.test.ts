import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Decimal } from '../shared/money.ts';
import { createExchange, type Exchange } from './exchange.ts';
import { handMarket, START, type Row } from './market.fixture.ts';
import { ORDER_TYPES, type OrderRequest } from './order.ts';

const PAIRS = ['BTC/USDT', 'XRP/USDT', 'XRP/BTC'] as const;
const USUAL = { 'BTC/USDT': 50_000, 'XRP/USDT': 0.5, 'XRP/BTC': 0.00001 };

/** A walk of candles around the usual price of a pair. */
const rows = (pair: (typeof PAIRS)[number]): fc.Arbitrary<Row[]> =>
  fc
    .array(
      fc.tuple(
        fc.double({ min: 0.9, max: 1.1, noNaN: true }),
        fc.double({ min: 0, max: 0.05, noNaN: true }),
      ),
      { minLength: 12, maxLength: 12 },
    )
    .map((moves) => {
      const scale = 10 ** { 'BTC/USDT': 1, 'XRP/USDT': 5, 'XRP/BTC': 8 }[pair];
      const tick = (x: number): number => Math.max(1, Math.round(x * scale)) / scale;
      let last = USUAL[pair];
      return moves.map(([move, wick]) => {
        const open = last;
        last = Math.min(USUAL[pair] * 3, Math.max(USUAL[pair] / 3, last * move));
        const high = Math.max(open, last) * (1 + wick);
        const low = Math.min(open, last) * (1 - wick);
        const [o, h, l, c] = [tick(open), tick(high), tick(low), tick(last)];
        return [o, Math.max(o, h, c), Math.min(o, l, c), c] as const;
      });
    });

type Action =
  | { do: 'place'; request: Omit<OrderRequest, 'quantity'> & { notional: number; offset: number } }
  | { do: 'cancel' | 'amend'; index: number; factor: number }
  | { do: 'run'; minutes: number };

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('place' as const),
      request: fc.record({
        pair: fc.constantFrom(...PAIRS),
        side: fc.constantFrom('buy' as const, 'sell' as const),
        type: fc.constantFrom(...ORDER_TYPES),
        notional: fc.double({ min: 0.1, max: 900, noNaN: true }),
        offset: fc.double({ min: 0.93, max: 1.07, noNaN: true }),
        feeIn: fc.constantFrom('base' as const, 'quote' as const),
        timeInForce: fc.constantFrom('gtc' as const, 'ioc' as const),
      }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom('cancel' as const, 'amend' as const),
      index: fc.nat(20),
      factor: fc.double({ min: 0.5, max: 1.5, noNaN: true }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('run' as const), minutes: fc.nat(180) }) },
);

function carryOut(exchange: Exchange, step: Action): void {
  if (step.do === 'run') {
    const { event } = exchange.state;
    if (event !== null) exchange.acknowledge(event.number);
    exchange.run(exchange.state.nowMs + step.minutes * 60_000);
    return;
  }
  if (step.do !== 'place') {
    const open = exchange.openOrders();
    const order = open[step.index % Math.max(1, open.length)];
    if (order === undefined) return;
    if (step.do === 'cancel') exchange.cancel(order);
    else exchange.amend(order, { quantity: order.quantity.mul(step.factor).toFixed(8) });
    return;
  }
  const { notional, offset, ...request } = step.request;
  const decimals = exchange.instruments.get(request.pair)?.priceDecimals ?? 5;
  const worth = request.pair === 'XRP/BTC' ? notional / 50_000 : notional;
  const price = new Decimal(exchange.price(request.pair)).mul(offset).toFixed(decimals);
  exchange.place({
    ...request,
    quantity: new Decimal(worth).div(exchange.price(request.pair)).toFixed(8),
    ...(request.type.includes('limit') ? { limitPrice: price } : {}),
    ...(request.type.startsWith('stop') || request.type.startsWith('take')
      ? { triggerPrice: price }
      : {}),
    ...(request.type.startsWith('trailing')
      ? { trail: { kind: 'share' as const, value: '0.02' } }
      : {}),
  });
}

describe('the exchange conserves value', () => {
  it('per asset, deposits are balances and fees, whatever orders arrive; no balance is negative', () => {
    const deposits: Record<string, string> = { USDT: '1000', XRP: '1500', BTC: '0.01' };
    fc.assert(
      fc.property(
        fc.tuple(rows(PAIRS[0]), rows(PAIRS[1]), rows(PAIRS[2])),
        fc.array(action, { maxLength: 40 }),
        fc.boolean(),
        ([a, b, c], steps, attached) => {
          const market = handMarket({ 'BTC/USDT': a, 'XRP/USDT': b, 'XRP/BTC': c });
          const exchange = createExchange({ market, deposits });
          if (attached) exchange.attach(['1h']);
          for (const step of steps) carryOut(exchange, step);
          const expected = new Map(
            Object.entries(deposits).map(([asset, amount]) => [asset, new Decimal(amount)]),
          );
          const add = (asset: string, amount: Decimal): void =>
            void expected.set(asset, (expected.get(asset) ?? new Decimal(0)).plus(amount));
          for (const trade of exchange.trades()) {
            const [base = '', quote = ''] = trade.pair.split('/');
            const sign = trade.side === 'buy' ? 1 : -1;
            add(base, trade.quantity.mul(sign));
            add(quote, trade.cost.mul(-sign));
            add(trade.feeAsset, trade.fee.neg());
          }
          for (const [asset, amount] of expected) {
            const balance = exchange.state.balances.get(asset) ?? new Decimal(0);
            expect(`${asset} ${balance.toFixed()}`).toBe(`${asset} ${amount.toFixed()}`);
            expect(balance.gte(0)).toBe(true);
          }
          for (const order of exchange.state.orders.values()) {
            expect(order.filled.lte(order.quantity)).toBe(true);
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it('starts where it says', () => {
    const market = handMarket({ 'XRP/USDT': [[1, 1, 1, 1]] });
    const exchange = createExchange({ market, deposits: { USDT: '5' } });
    expect(exchange.state.nowMs).toBe(START);
    expect(exchange.take().facts).toEqual([
      { fact: 'deposit', at: START, asset: 'USDT', amount: '5' },
    ]);
  });
});
