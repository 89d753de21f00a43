import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Decimal } from '../../shared/money.ts';
import { costLeft, leftOf } from '../account/margin.ts';
import { createRecordedMarket } from '../feed/recorded-source.ts';
import { BEGIN, tape, type Tape } from '../feed/recording.fixture.ts';
import { handMarket, START, type Row } from '../market/market.fixture.ts';
import { ORDER_TYPES, type OrderRequest } from '../state/order.ts';
import { SELF_TRADE_MODES } from '../state/order.ts';
import { applyDeltas, createDeltas, type DeltaRecord } from '../state/state-delta.ts';
import { stateText, type ExchangeState } from '../state/state.ts';
import { createExchange, newState, type Exchange } from './exchange.ts';

const PAIRS = ['BTC/USDT', 'XRP/USDT', 'XRP/BTC'] as const;
const USUAL = { 'BTC/USDT': 50_000, 'XRP/USDT': 0.5, 'XRP/BTC': 0.00001 };
const DEPOSITS: Record<string, string> = { USDT: '1000', XRP: '1500', BTC: '0.01' };

/** A walk of candles around the usual price of a pair, each move at most `most`. */
const rows = (pair: (typeof PAIRS)[number], most: number): fc.Arbitrary<Row[]> =>
  fc
    .array(
      fc.tuple(
        fc.double({ min: 1 - most, max: 1 + most, noNaN: true }),
        fc.double({ min: 0, max: most / 2, noNaN: true }),
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
  | { do: 'cancel' | 'amend' | 'reprice'; index: number; factor: number }
  | { do: 'index'; pair: string; factor: number }
  | { do: 'run'; minutes: number };

interface Kinds {
  pairs: readonly string[];
  leverages: readonly (number | undefined)[];
}

const actions = ({ pairs, leverages }: Kinds): fc.Arbitrary<Action[]> =>
  fc.array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          do: fc.constant('place' as const),
          request: fc
            .record({
              pair: fc.constantFrom(...pairs),
              side: fc.constantFrom('buy' as const, 'sell' as const),
              type: fc.constantFrom(...ORDER_TYPES),
              notional: fc.double({ min: 0.1, max: 900, noNaN: true }),
              offset: fc.double({ min: 0.93, max: 1.07, noNaN: true }),
              feeIn: fc.constantFrom('base' as const, 'quote' as const),
              timeInForce: fc.constantFrom('gtc' as const, 'gtc' as const, 'ioc' as const),
              selfTrade: fc.constantFrom(...SELF_TRADE_MODES),
              reference: fc.constantFrom('last' as const, 'index' as const),
              reduceOnly: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
              leverage: fc.constantFrom(...leverages),
            })
            .map(({ leverage, ...request }) => ({
              ...request,
              ...(leverage === undefined ? {} : { leverage }),
            })),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          do: fc.constantFrom('cancel' as const, 'amend' as const, 'reprice' as const),
          index: fc.nat(20),
          factor: fc.double({ min: 0.5, max: 1.5, noNaN: true }),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          do: fc.constant('index' as const),
          pair: fc.constantFrom(...pairs),
          factor: fc.double({ min: 0.95, max: 1.05, noNaN: true }),
        }),
      },
      {
        weight: 3,
        arbitrary: fc.record({ do: fc.constant('run' as const), minutes: fc.nat(180) }),
      },
    ),
    { minLength: 12, maxLength: 40 },
  );

/** How far a step's orders lie from the price, and what a minute of it lasts. */
interface Scale {
  reach: number;
  minuteMs: number;
}

function carryOut(
  exchange: Exchange,
  step: Action,
  { reach, minuteMs }: Scale = { reach: 1, minuteMs: 60_000 },
): void {
  if (step.do === 'run') {
    const { event } = exchange.state;
    if (event !== null) exchange.acknowledge(event.number);
    exchange.run(exchange.state.nowMs + step.minutes * minuteMs);
    return;
  }
  if (step.do === 'index') return exchange.setIndex(step.pair, step.factor);
  if (step.do !== 'place') {
    const open = exchange.openOrders();
    const order = open[step.index % Math.max(1, open.length)];
    if (order === undefined) return;
    const decimals = exchange.instruments.get(order.pair)?.priceDecimals ?? 5;
    if (step.do === 'cancel') exchange.cancel(order);
    else if (step.do === 'amend') {
      exchange.amend(order, { quantity: order.quantity.mul(step.factor).toFixed(8) });
    } else if (order.limitPrice !== null) {
      const factor = 1 + ((step.factor - 1) / 10) * reach;
      exchange.amend(order, { limitPrice: order.limitPrice.mul(factor).toFixed(decimals) });
    }
    return;
  }
  const { notional, offset, ...request } = step.request;
  const decimals = exchange.instruments.get(request.pair)?.priceDecimals ?? 5;
  const worth = request.pair === 'XRP/BTC' ? notional / 50_000 : notional;
  const price = new Decimal(exchange.price(request.pair))
    .mul(1 + (offset - 1) * reach)
    .toFixed(decimals);
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

/**
 * Holds deposits and trades against where they went, per asset: balances, fees, and what is borrowed. A long
 * holds what it bought and owes what that cost, a short holds what it sold for and owes what it sold.
 */
function expectConserved(exchange: Exchange, deposits: Record<string, string>): void {
  const there = new Map<string, Decimal>();
  const found = new Map<string, Decimal>();
  const add = (to: Map<string, Decimal>, asset: string, amount: Decimal): void =>
    void to.set(asset, (to.get(asset) ?? new Decimal(0)).plus(amount));
  for (const [asset, amount] of Object.entries(deposits)) add(there, asset, new Decimal(amount));
  for (const trade of exchange.trades()) {
    const [base = '', quote = ''] = trade.pair.split('/');
    const sign = trade.side === 'buy' ? 1 : -1;
    add(there, base, trade.quantity.mul(sign));
    add(there, quote, trade.cost.mul(-sign));
  }
  const sums = new Map<string, Decimal>();
  for (const entry of exchange.state.ledger) {
    add(found, entry.asset, entry.fee);
    add(sums, entry.asset, entry.amount.minus(entry.fee));
  }
  for (const [asset, amount] of exchange.state.balances) add(found, asset, amount);
  for (const position of exchange.state.positions.values()) {
    const [base = '', quote = ''] = position.pair.split('/');
    const sign = position.side === 'buy' ? 1 : -1;
    add(found, base, leftOf(position).mul(sign));
    add(found, quote, costLeft(position).mul(-sign));
  }
  const text = (map: Map<string, Decimal>): string[] =>
    [...map].flatMap(([a, v]) => (v.isZero() ? [] : [`${a} ${v.toFixed()}`])).sort();
  expect(text(found)).toEqual(text(there));
  // The ledger tells the same balances.
  expect(text(sums)).toEqual(text(exchange.state.balances));
}

function expectWithinLimits(exchange: Exchange): void {
  const { orders } = exchange.state;
  for (const order of orders.values()) expect(order.filled.lte(order.quantity)).toBe(true);
  for (const { orderId, price, side } of exchange.trades()) {
    const limit = orders.get(orderId)?.type === 'limit' ? orders.get(orderId)?.limitPrice : null;
    // A limit that was amended since may have been another one then.
    if (limit == null || (orders.get(orderId)?.amends ?? 0) > 0) continue;
    expect(side === 'buy' ? price.lte(limit) : price.gte(limit)).toBe(true);
  }
}

const expectNoDebts = (exchange: Exchange): void => {
  for (const balance of exchange.state.balances.values()) expect(balance.gte(0)).toBe(true);
};

describe('the exchange conserves value', () => {
  it('on spot: whatever orders arrive, and no balance is negative', () => {
    fc.assert(
      fc.property(
        fc.tuple(rows(PAIRS[0], 0.1), rows(PAIRS[1], 0.1), rows(PAIRS[2], 0.1)),
        actions({ pairs: PAIRS, leverages: [undefined] }),
        fc.boolean(),
        ([a, b, c], steps, attached) => {
          const market = handMarket({ 'BTC/USDT': a, 'XRP/USDT': b, 'XRP/BTC': c });
          const exchange = createExchange({ market, deposits: DEPOSITS });
          if (attached) exchange.attach(['1h']);
          for (const step of steps) carryOut(exchange, step);
          expectConserved(exchange, DEPOSITS);
          expectWithinLimits(exchange);
          expectNoDebts(exchange);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('on margin too: through positions, rollovers, settlements and liquidations', () => {
    let liquidations = 0;
    fc.assert(
      fc.property(
        fc.tuple(rows(PAIRS[0], 0.4), rows(PAIRS[1], 0.4), rows(PAIRS[2], 0.4)),
        actions({ pairs: PAIRS, leverages: [undefined, 2, 3, 5] }),
        fc.boolean(),
        fc.constantFrom('buy' as const, 'sell' as const),
        ([a, b, c], steps, attached, side) => {
          const market = handMarket({ 'BTC/USDT': a, 'XRP/USDT': b, 'XRP/BTC': c });
          const deposits = { USDT: '300', BTC: '0.001' };
          const exchange = createExchange({ market, deposits });
          if (attached) exchange.attach(['1h']);
          // Equity 350: a position of 1400 at 5x binds 280 of it.
          const request = { pair: 'XRP/USDT', side, type: 'market', leverage: 5 } as const;
          exchange.place({ ...request, quantity: '2800' });
          for (const step of steps) carryOut(exchange, step);
          expectConserved(exchange, deposits);
          expectWithinLimits(exchange);
          liquidations += [...exchange.state.orders.values()].filter((o) => o.liquidates).length;
        },
      ),
      { numRuns: 150, seed: 7 },
    );
    // The property means something only if it came that far.
    expect(liquidations).toBeGreaterThan(10);
  });

  it('in the books of a venue: by price and time, never more than the tape or the book has', () => {
    let makers = 0;
    let takers = 0;
    fc.assert(
      fc.property(
        fc.array(tapeStep, { minLength: 20, maxLength: 60 }),
        actions({ pairs: ['XRP/USDT'], leverages: [undefined, undefined, 3] }),
        fc.boolean(),
        (tapeSteps, steps, attached) => {
          const market = createRecordedMarket(playTape(tapeSteps).recording());
          const exchange = createExchange({ market, deposits: DEPOSITS });
          if (attached) exchange.attach(['1m']);
          for (const step of steps) {
            carryOut(exchange, step, { reach: 0.02, minuteMs: 20 });
            expectConserved(exchange, DEPOSITS);
          }
          if (exchange.state.event !== null) exchange.acknowledge(exchange.state.event.number);
          exchange.run(BEGIN + 60 * 1000);
          expectConserved(exchange, DEPOSITS);
          expectWithinLimits(exchange);
          for (const trade of exchange.trades()) {
            if (trade.liquidity === 'maker') makers += 1;
            else takers += 1;
          }
        },
      ),
      { numRuns: 100, seed: 3 },
    );
    expect(makers).toBeGreaterThan(20);
    expect(takers).toBeGreaterThan(50);
  });

  it('a resting order never gets more than what was traded at its price or through it', () => {
    fc.assert(
      fc.property(
        fc.array(tapeStep, { minLength: 20, maxLength: 60 }),
        fc.nat(8),
        (steps, depth) => {
          const trades = steps.filter((step) => step.kind === 'trade' && step.side === 'sell');
          // A book that shows no seller at our price leaves the tape alone to fill us.
          const session = playTape(steps.filter((step) => step.kind === 'trade'));
          const market = createRecordedMarket(session.recording());
          const exchange = createExchange({ market, deposits: { USDT: '100000' } });
          const limitPrice = new Decimal('0.49990').minus(depth / 10_000).toFixed(5);
          const request = {
            pair: 'XRP/USDT',
            side: 'buy',
            type: 'limit',
            quantity: '5000',
          } as const;
          const placed = exchange.place({ ...request, limitPrice });
          if ('error' in placed) throw new Error(placed.error);
          exchange.run(BEGIN + 60_000);
          const reaching = trades
            .filter((step) => new Decimal(priceOf(step)).lte(limitPrice))
            .reduce((sum, step) => sum.plus(step.quantity), new Decimal(0));
          expect(placed.filled.lte(reaching)).toBe(true);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('what a live market writes down change by change is the account as it stands', () => {
    fc.assert(
      fc.property(
        fc.array(tapeStep, { minLength: 20, maxLength: 40 }),
        actions({ pairs: ['XRP/USDT'], leverages: [undefined, 3] }),
        (tapeSteps, steps) => {
          const open = () => createRecordedMarket(playTape(tapeSteps).recording());
          const exchange = createExchange({ market: open(), deposits: DEPOSITS });
          const { state } = exchange;
          const deltas = createDeltas(state, false);
          const records: DeltaRecord[] = [];
          const write = (): void => {
            const { facts, notices } = exchange.take();
            records.push(deltas.next(facts, notices));
          };
          write();
          for (const step of steps) {
            carryOut(exchange, step, { reach: 0.02, minuteMs: 20 });
            write();
          }
          const back = newState(open());
          applyDeltas(back, records);
          for (const order of state.orders.values()) order.queue = null;
          // Prices and place in the tape come with the market itself.
          const ofMarket = { prices: back.prices, feedTaken: back.feedTaken };
          const parts = (all: ExchangeState): unknown =>
            JSON.parse(stateText({ ...all, ...ofMarket }));
          expect(parts(back)).toEqual(parts(state));
        },
      ),
      { numRuns: 60 },
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

interface TapeStep {
  kind: 'bid' | 'ask' | 'trade';
  side: 'buy' | 'sell';
  /** Ticks of 0.0001 away from the middle at 0.5. */
  away: number;
  quantity: number;
}

const tapeStep: fc.Arbitrary<TapeStep> = fc.record({
  kind: fc.constantFrom('bid' as const, 'ask' as const, 'trade' as const, 'trade' as const),
  side: fc.constantFrom('buy' as const, 'sell' as const),
  away: fc.integer({ min: 1, max: 12 }),
  quantity: fc.integer({ min: 0, max: 400 }),
});

const priceOf = ({ kind, side, away }: TapeStep): string => {
  const below = kind === 'bid' || (kind === 'trade' && side === 'sell');
  return new Decimal('0.5').plus((below ? -away : away) / 10_000).toFixed(5);
};

/** A session of a second a step. */
function playTape(steps: readonly TapeStep[]): Tape {
  const levels = (sign: number): [string, string][] =>
    Array.from({ length: 8 }, (_, i) => [
      new Decimal('0.5').plus((sign * (i + 1)) / 10_000).toFixed(5),
      '150',
    ]);
  const session = tape('XRP/USDT', { bids: levels(-1), asks: levels(1) });
  steps.forEach((step, index) => {
    const at = (index + 1) * 1000;
    const quantity = step.quantity.toFixed(0);
    if (step.kind !== 'trade') {
      session.book(at, { [step.kind === 'bid' ? 'bids' : 'asks']: [[priceOf(step), quantity]] });
    } else if (step.quantity > 0) session.trade(at, step.side, priceOf(step), quantity);
  });
  return session;
}
