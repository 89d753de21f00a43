import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeskGate } from '../backtest/desk-gate.ts';
import { runEngine } from '../backtest/engine.ts';
import { EXIT_END, EXIT_REASONS } from '../backtest/trade-log.ts';
import type { CandleColumns } from '../candle.ts';
import type { Decision } from '../decision.ts';
import { EntrySettingsSchema, MARKET_ENTRY } from '../entry.ts';
import { GuardSettingsSchema } from '../guard/settings.ts';
import { seededCandles } from '../indicators/seeded-candles.fixture.ts';
import { barStrategyFactory, parseBarStrategy } from '../strategies/bar-registry.ts';
import {
  ENTER_LONG,
  ENTER_SHORT,
  LEAVE_LONG,
  LEAVE_SHORT,
  type BarStrategy,
} from '../strategies/bar-strategy.ts';
import { ShadowAccount } from './shadow-account.ts';
import {
  barOf,
  close,
  free,
  HOUR,
  lent,
  long,
  PAIRS,
  PLAIN,
  quiet,
  rows,
  run,
  termsOf,
  type Row,
} from './shadow-run.fixture.ts';
import type { ShadowChoice, ShadowTerms } from './shadow-types.ts';

function marketOf(bars: number, seed: number): CandleColumns[] {
  const scales = [100, 0.5, 0.01];
  return PAIRS.map((_, k) => {
    const columns = seededCandles(bars, seed + k, 100 * scales[k]!);
    return columns;
  });
}

/** Says what the strategy does, and that an entry is wrong once a close is half a per cent lower. */
class WithInvalidation implements BarStrategy {
  stopPct = 0;
  targetPct = 0;
  wishes: Required<BarStrategy>['wishes'] = { horizonHours: 20, invalidation: null };
  private readonly inner: BarStrategy;

  constructor(inner: BarStrategy) {
    this.inner = inner;
  }

  update(...bar: Parameters<BarStrategy['update']>): number {
    const said = this.inner.update(...bar);
    this.stopPct = this.inner.stopPct;
    this.targetPct = this.inner.targetPct;
    const level = bar[4] * 0.995;
    this.wishes = {
      horizonHours: 20,
      invalidation: { series: 'close', comparator: 'below', level, timeframe: '1h' },
    };
    return said;
  }
}

describe('a shadow account beside the engine of the backtests', () => {
  const even = { afterR: 1, offsetPct: 0.2 };
  it.each([
    [3, 'market', {}, []],
    [11, 'market', {}, []],
    [42, 'market', {}, []],
    [3, 'post-only', {}, []],
    [11, 'post-only', {}, []],
    [3, 'market', { trailing: { atr: 2 } }, ['stop']],
    [11, 'market', { breakEven: even, trailing: { atr: 1.2, afterR: 0.5 } }, ['stop', 'trailing']],
    [42, 'market', { breakEven: even, timeStopHours: 9 }, ['time']],
    [3, 'post-only', { breakEven: even, trailing: { atr: 1.5 }, timeStopHours: 12 }, ['time']],
    [11, 'post-only', { timeStopHours: 'horizon' }, ['time']],
    [42, 'market', { invalidation: true, timeStopHours: 'horizon' }, ['invalidated']],
    [3, 'market', {}, [], 'shorts too'],
    [11, 'market', { timeStopHours: 30 }, ['time'], 'shorts too'],
    [42, 'market', { breakEven: even, trailing: { atr: 2 } }, ['stop'], 'shorts too'],
    [3, 'post-only', { invalidation: true }, ['invalidated'], 'shorts too'],
    [11, 'post-only', {}, [], 'shorts too'],
  ] as const)(
    'makes the same trades of the same decisions, market %i, %s entries, exits %j, %j, %s',
    (seed, type, guard, reasons, sides?: string) => {
      const shorts = sides === 'shorts too';
      const warmup = 150;
      const market = marketOf(600, seed);
      const entry = EntrySettingsSchema.parse({ type });
      const settings = GuardSettingsSchema.parse({
        ...{ targetSlippagePct: 0.2, invalidation: false },
        ...guard,
      });
      const terms: ShadowTerms = {
        ...termsOf(PAIRS),
        ...{ entry, guard: settings },
        ...(shorts ? { margin: { leverage: 2 }, instruments: PAIRS.map(lent) } : {}),
      };
      const choice = parseBarStrategy('trend', { shorts });
      const strategy = (): BarStrategy => new WithInvalidation(barStrategyFactory(choice, HOUR)(0));
      const says = market.map((m) => {
        const bars = strategy();
        return Array.from(m.close, (price, i) => {
          const bits = bars.update(m.timeMs[i]!, m.open[i]!, m.high[i]!, m.low[i]!, price, 1);
          const { stopPct, targetPct, wishes } = bars;
          return { bits, stopPct, targetPct, wishes: wishes! };
        });
      });
      const { log, account, interest } = runEngine({
        pairs: PAIRS,
        bars: market,
        barMs: HOUR,
        strategy,
        costs: terms.instruments.map((i, p) => ({
          ...terms.costs[p]!,
          takerFee: i.takerFee,
          makerFee: i.makerFee,
          priceScale: 10 ** i.priceDecimals,
          lot: Number(i.lot),
          marginRatePct: i.marginRatePct ?? null,
        })),
        numeraire: 'USDT',
        balances: { USDT: 1000 },
        gate: new DeskGate({
          entry,
          margin: terms.margin ?? null,
          limits: terms.limits,
          instruments: terms.instruments,
          halfSpread: terms.costs.map((c) => c.halfSpread),
          confidence: 0.65,
        }),
        exits: {
          settings,
          timeframe: '1h',
          ticks: terms.instruments.map((i) => i.tick),
          watched: (p, i) => market[p]!.close[i]!,
        },
        gapBars: 24,
        warmupBars: warmup,
        targetRests: 'short',
      });
      const { shadow, trades } = run(terms, market, warmup - 1, (p, i, held) => {
        const { bits, stopPct, targetPct, wishes } = says[p]![i]!;
        if (i < warmup) return null;
        if (held !== null) {
          return (bits & (held === 'long' ? LEAVE_LONG : LEAVE_SHORT)) !== 0 ? close() : null;
        }
        if ((bits & (ENTER_LONG | ENTER_SHORT)) === 0) return null;
        const action = (bits & ENTER_LONG) !== 0 ? 'long' : 'short';
        return long({ action, stopLossPct: stopPct, takeProfitPct: [targetPct], ...wishes });
      });
      const theirs = Array.from({ length: log.count }, (_, k) => k)
        .filter((k) => log.reason[k] !== EXIT_END)
        .map((k) => ({
          pair: PAIRS[log.pair[k]!],
          entryBarMs: market[0]!.timeMs[log.entryBar[k]!],
          exitBarMs: market[0]!.timeMs[log.exitBar[k]!],
          entryPrice: log.entryPrice[k],
          exitPrice: log.exitPrice[k],
          quantity: log.quantity[k],
          grossPnl: log.grossPnl[k],
          fees: log.fees[k],
          exit: EXIT_REASONS[log.reason[k]!],
          ...(log.side[k] === -1 ? { side: 'sell' } : {}),
        }));
      const ours = trades.map(({ net: _net, netR: _netR, ...trade }) => trade);
      expect(ours.length).toBeGreaterThan(3);
      expect(ours).toEqual(theirs);
      expect(ours.map((trade) => trade.exit)).toEqual(expect.arrayContaining([...reasons]));
      if (log.count === theirs.length) expect(shadow.account.equity).toBe(account.equity);
      expect(ours.some((trade) => trade.side === 'sell')).toBe(shorts);
      if (shorts) expect(Object.values(interest).some((paid) => paid > 0)).toBe(true);
    },
  );
});

describe('exits as the guard makes them', () => {
  const ladder = long({ stopLossPct: 2, takeProfitPct: [4, 8] });
  const cases: { name: string; bars: Row[]; exits: [kind: string, price: number] }[] = [
    // Bought at 100; stop at 98, half at 104, half at 108: mean 106.
    {
      name: 'both rungs in one bar',
      bars: [quiet, [100, 109, 99, 105]],
      exits: ['target', 106],
    },
    // Half at 104, the rest at the stop: (104 + 98) / 2 = 101.
    {
      name: 'a rung, later the stop',
      bars: [quiet, [100, 105, 99, 100], [100, 101, 97, 98]],
      exits: ['stop', 101],
    },
    { name: 'rung and stop in one bar', bars: [quiet, [100, 105, 97, 100]], exits: ['stop', 98] },
    {
      name: 'a gap over the first rung, then the stop',
      bars: [quiet, [105, 106, 97, 98]],
      exits: ['stop', 101.5],
    },
    { name: 'a gap below the stop', bars: [quiet, [95, 99, 94, 97]], exits: ['stop', 95] },
  ];
  it.each(cases)('$name', ({ bars, exits }) => {
    const market = [rows([quiet, ...bars])];
    const { trades } = run(free(), market, 0, (_, i) => (i === 0 ? ladder : null));
    expect(trades.map((t) => [t.exit, t.exitPrice])).toEqual([exits]);
  });

  const guarded = (settings: object): ShadowTerms => ({
    ...free(),
    guard: GuardSettingsSchema.parse({ targetSlippagePct: 0, ...settings }),
  });
  it.each([
    // Bought at 100 at the open of bar 1, so 2 hours old at the open of bar 3.
    ['time', guarded({ timeStopHours: 2 }), {}, [quiet, quiet, quiet], ['time', 100, 3]],
    // A high of 103 is 1.5 R: from the next bar on the stop lies at the entry.
    [
      'break-even',
      guarded({ breakEven: { afterR: 1.5 } }),
      {},
      [
        [100, 103, 99, 102],
        [102, 103, 99, 101],
      ],
      ['stop', 100, 2],
    ],
    [
      'invalidation',
      guarded({}),
      { invalidation: { series: 'close', comparator: 'below', level: 99.8, timeframe: '1h' } },
      [[100, 100.5, 99, 99.5], quiet],
      ['invalidated', 100, 2],
    ],
  ] as [string, ShadowTerms, Partial<Decision>, Row[], [string, number, number]][])(
    'leaves by %s as the guard does',
    (_name, terms, change, later, [exit, price, bar]) => {
      const market = [rows([quiet, ...later])];
      const { trades } = run(terms, market, 0, (_, i) => (i === 0 ? long(change) : null));
      expect(trades.map((t) => [t.exit, t.exitPrice, t.exitBarMs])).toEqual([
        [exit, price, market[0]!.timeMs[bar]],
      ]);
    },
  );

  it('brings the stop nearer for a decider that would hold with a nearer one', () => {
    const market = [rows([quiet, quiet, [100, 101, 98.9, 100]])];
    const hold = long({ action: 'hold', stopLossPct: 1 });
    const { trades } = run(free(), market, 0, (_, i) => (i === 0 ? long() : hold));
    expect(trades.map((t) => [t.exit, t.exitPrice])).toEqual([['stop', 99]]);
  });

  it('leaves at the next open when the decider says close', () => {
    const market = [rows([quiet, quiet, [101, 102, 100, 101]])];
    const { trades } = run(free(), market, 0, (_, i) => (i === 0 ? long() : close()));
    expect(trades.map((t) => [t.exit, t.exitPrice, t.exitBarMs])).toEqual([
      ['signal', 101, market[0]!.timeMs[2]],
    ]);
  });
});

describe('limit entries', () => {
  const at = (price: number): Decision =>
    long({ entry: { type: 'limit', price }, stopLossPct: 2, takeProfitPct: [8] });
  const cases: { name: string; bars: Row[]; limit: number; entered: number | null }[] = [
    { name: 'is filled at its price', bars: [[100, 101, 98.9, 100]], limit: 99, entered: 99 },
    {
      name: 'is not reached and expires',
      bars: [quiet, [99, 99, 98, 98]],
      limit: 99,
      entered: null,
    },
    { name: 'takes when it crosses', bars: [[100, 101, 99.9, 100]], limit: 101, entered: 100 },
  ];
  it.each(cases)('$name', ({ bars, limit, entered }) => {
    const market = [rows([quiet, ...bars])];
    const { shadow } = run(free(), market, 0, (_, i) => (i === 0 ? at(limit) : null));
    const pair = shadow.saved().pairs['BTC/USDT']!;
    expect(pair.position?.entryPrice ?? null).toBe(entered);
    expect(pair.entry).toBeNull();
  });
});

it('enters post-only at the near side where the desk does, and pays the maker fee', () => {
  // Ask 100.02, bid 99.98: it rests there and is bought when the range comes down to it.
  const terms: ShadowTerms = {
    ...termsOf(['BTC/USDT'], PLAIN),
    entry: { ...MARKET_ENTRY, type: 'post-only' },
  };
  const market = [rows([quiet, [100, 100.5, 99.5, 100]])];
  const { shadow } = run(terms, market, 0, () => long());
  const { position } = shadow.saved().pairs['BTC/USDT']!;
  expect(position?.entryPrice).toBe(99.98);
  expect(position!.fees).toBeCloseTo(position!.quantity * 99.98 * 0.0025, 12);
});

describe('what an account is charged', () => {
  it('pays for its answers, and the limit on that spend holds for it', () => {
    const terms = free({ llmSpendPerDayUsd: 1 });
    const market = [rows([quiet, quiet, quiet, quiet])];
    const { shadow, trades } = run(terms, market, 0, (_, i) => (i === 2 ? long() : null), 0.5);
    // 3 bars of 0.50; the entry at the third is refused: 1.50 spent on that day.
    expect(shadow.account.equity).toBeCloseTo(998.5, 9);
    expect(shadow.saved().totals).toMatchObject({ llmCost: 1.5, vetoes: { 'llm-spend': 1 } });
    expect(trades).toEqual([]);
  });

  it('keeps every unit: what it has is what it started with, and won, less fees and costs', () => {
    const action = fc.constantFrom('long', 'close', 'hold', 'limit');
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.array(action, { minLength: 60, maxLength: 60 }),
        fc.double({ min: 0, max: 0.02, noNaN: true }),
        (seed, actions, cost) => {
          const market = [seededCandles(61, seed)];
          const { shadow, trades } = run(
            termsOf(['BTC/USDT'], { ...PLAIN, cooldownMinutes: 0 }),
            market,
            0,
            (_, i) => {
              const price = market[0]!.close[i]! * 0.998;
              switch (actions[i]) {
                case 'long':
                  return long({ takeProfitPct: [1, 3] });
                case 'limit':
                  return long({ entry: { type: 'limit', price } });
                case 'close':
                  return close();
                default:
                  return null;
              }
            },
            cost,
          );
          const { totals, pairs } = shadow.saved();
          const open = pairs['BTC/USDT']!.position;
          const worth = open === null ? 0 : open.quantity * market[0]!.close[60]!;
          const paid =
            open === null ? 0 : open.bought * open.entryPrice - open.proceeds + open.fees;
          const won = trades.reduce((sum, trade) => sum + trade.grossPnl - trade.fees, 0);
          const expected = 1000 + won - 60 * cost - paid + worth;
          expect(shadow.account.equity).toBeCloseTo(expected, 6);
          const tradeFees = trades.reduce((sum, trade) => sum + trade.fees, open?.fees ?? 0);
          expect(totals.fees).toBeCloseTo(tradeFees, 6);
          expect(totals.trades).toBe(trades.length);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('baselines that hold shares', () => {
  const terms: ShadowTerms = {
    ...termsOf(['BTC/USDT', 'XRP/USDT'], PLAIN),
    costs: [0, 1].map(() => ({ halfSpread: 0, stopSlippage: 0 })),
    balances: { USDT: '500', XRP: '5' },
  };
  const flat = rows([quiet, quiet, quiet, quiet]);
  const after = (targets: Record<string, number>, bandPct: number | null): ShadowAccount => {
    const shadow = ShadowAccount.opened(terms, flat.timeMs[0]!, [100, 100]);
    const choice: ShadowChoice = { kind: 'allocation', allocation: { targets, bandPct } };
    for (let i = 1; i < 4; i++) {
      const candles = [barOf(flat, i), barOf(flat, i)];
      const volatility = () => ({ atrPct: null, volatilityRatio: null });
      shadow.advance({ barMs: flat.timeMs[i]!, candles, volatility, watched: () => null }, choice);
    }
    return shadow;
  };
  it('cash sells everything once and pays for that', () => {
    const shadow = after({ USDT: 1 }, null);
    // 500 + 5 * 100 * (1 - 0.004)
    expect(shadow.account.equity).toBeCloseTo(998, 9);
    expect(shadow.saved().totals).toMatchObject({ fills: 1, trades: 0 });
    expect(shadow.saved().account.balance['XRP']).toBe(0);
  });
  it('holding one asset turns all the rest into it', () => {
    const { balance } = after({ BTC: 1 }, null).saved().account;
    expect(balance['BTC']! * 100).toBeGreaterThan(990);
    expect(balance['XRP']).toBeLessThan(0.001);
  });
  it('thirds are rebalanced when a share has left its band', () => {
    const { balance } = after({ BTC: 1 / 3, XRP: 1 / 3, USDT: 1 / 3 }, 5).saved().account;
    const value = balance['BTC']! * 100;
    expect(value).toBeGreaterThan(280);
    expect(value).toBeLessThan(340);
  });
});
