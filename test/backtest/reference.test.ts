import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { h2hSeries } from '../../bench/h2h-series.ts';
import { emaCrossings, runCrossings } from '../../shared/backtest/ema-cross-sweep.ts';
import { runEmaCross } from '../../shared/backtest/ema-cross.ts';
import type { EngineInput } from '../../shared/backtest/engine-types.ts';
import { runEngine } from '../../shared/backtest/engine.ts';
import { fixedQuantity } from '../../shared/backtest/fixed-quantity.ts';
import { EXIT_REASONS, sumTrades, TradeLog } from '../../shared/backtest/trade-log.ts';
import type { CandleColumns } from '../../shared/candle.ts';
import { seededCandles } from '../../shared/indicators/seeded-candles.fixture.ts';
import { seededRandom } from '../../shared/statistics/seeded-random.ts';
import {
  SIGNAL_STRATEGY_NAMES,
  barStrategyFactory,
  parseBarStrategy,
} from '../../shared/strategies/bar-registry.ts';
import {
  slowBacktest,
  slowBars,
  slowBreakout,
  slowEmaCross,
  slowTrend,
  type SlowBar,
  type SlowRules,
  type SlowSignal,
  type SlowTrade,
} from './slow-backtest.ts';

const HOUR = 3_600_000;

const FREE: SlowRules = {
  quantity: 1,
  reference: 'fill',
  takerFee: 0.0026,
  makerFee: 0.0026,
  halfSpread: 0,
  stopSlippage: 0,
  targetRests: true,
  warmupBars: 0,
  gapBars: Infinity,
  barMs: HOUR,
  marginRate: 0,
};

function engineTrades(
  bars: CandleColumns,
  strategy: EngineInput['strategy'],
  rules: SlowRules,
): TradeLog {
  const rate = 100 * rules.marginRate;
  const costs = {
    ...rules,
    marginRatePct: { open: rate, rollover: rate },
    priceScale: 0,
    lot: 1e-8,
  };
  return runEngine({
    pairs: ['BTC/USDT'],
    bars: [bars],
    barMs: rules.barMs,
    strategy,
    costs: [costs],
    numeraire: 'USDT',
    balances: { USDT: 1e8 },
    gate: fixedQuantity(rules.quantity, rules.reference),
    gapBars: rules.gapBars,
    warmupBars: rules.warmupBars,
    targetRests: rules.targetRests,
  }).log;
}

function expectSame(log: TradeLog, slow: SlowTrade[]): void {
  const shape = slow.map((t) => [t.side, t.entryBar, t.exitBar, t.reason]);
  const ours = slow.map((_, k) => [
    log.side[k] === 1 ? 'long' : 'short',
    log.entryBar[k],
    log.exitBar[k],
    EXIT_REASONS[log.reason[k] ?? 0],
  ]);
  expect(ours).toEqual(shape);
  expect(log.count).toBe(slow.length);
  slow.forEach((t, k) => {
    expect(Math.abs(log.entryPrice[k]! / t.entryPrice - 1)).toBeLessThan(1e-9);
    expect(Math.abs(log.exitPrice[k]! / t.exitPrice - 1)).toBeLessThan(1e-9);
    expect(Math.abs(log.fees[k]! - t.fees)).toBeLessThanOrEqual(1e-9 * t.fees);
  });
}

/** The market of `seed` with pieces cut out, some shorter and some longer than a day. */
function withGaps(seed: number, bars: number): CandleColumns {
  const whole = seededCandles(bars, seed);
  const random = seededRandom(seed);
  const keep: number[] = [];
  for (let i = 0; i < bars; i++) {
    if (random() < 0.004) i += Math.floor(random() * 60);
    if (i < bars) keep.push(i);
  }
  const pick = (column: Float64Array): Float64Array => Float64Array.from(keep, (i) => column[i]!);
  return {
    timeMs: pick(whole.timeMs),
    open: pick(whole.open),
    high: pick(whole.high),
    low: pick(whole.low),
    close: pick(whole.close),
    volume: pick(whole.volume),
  };
}

describe('H2H-1', () => {
  const parameters = {
    fast: 12,
    slow: 26,
    stopPct: 2,
    targetPct: 4,
    feePct: 0.26,
    quantity: 1,
    warmupBars: 1000,
  };

  it('gives the golden numbers on the whole first pair', () => {
    const [bars] = h2hSeries(1, 1_576_800);
    const log = runEmaCross(bars!, { ...parameters, reference: 'fill' });
    const { gross, fees } = sumTrades(log);
    expect(log.count).toBe(28_298);
    expect(gross).toBeCloseTo(19_663.93, 2);
    expect(fees).toBeCloseTo(5_293_825.79, 2);
  });

  it.each(['fill', 'close'] as const)(
    'kernel, event engine and slow reference agree on 100,000 bars, reference %s',
    (reference) => {
      const [bars] = h2hSeries(1, 100_000);
      const rules = { ...FREE, reference, warmupBars: 1000, barMs: 60_000 };
      const slow = slowBacktest(slowBars(bars!), (b) => slowEmaCross(b, 12, 26, 2, 4), rules);
      expect(slow.length).toBeGreaterThan(1000);
      expectSame(runEmaCross(bars!, { ...parameters, reference }), slow);
      const choice = parseBarStrategy('ema-cross', {});
      expectSame(engineTrades(bars!, barStrategyFactory(choice, 60_000), rules), slow);
    },
  );
});

describe('a sweep that jumps from crossing to crossing', () => {
  it('makes the trades of the kernel for any parameters', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e9 }),
        fc.constantFrom(0, 0.3, 1, 5),
        fc.constantFrom(0, 0.3, 2, 8),
        fc.constantFrom('fill' as const, 'close' as const),
        fc.constantFrom(0, 40),
        (seed, stopPct, targetPct, reference, warmupBars) => {
          const bars = seededCandles(1200, seed);
          const own = { stopPct, targetPct, feePct: 0.26, quantity: 1, reference };
          const kernel = runEmaCross(bars, { ...own, fast: 5, slow: 13, warmupBars });
          const jumps = new TradeLog();
          runCrossings(bars, emaCrossings(bars.close, 5, 13, warmupBars), own, jumps);
          const told = (log: TradeLog): unknown[] =>
            Array.from({ length: log.count }, (_, k) => [
              ...[log.entryBar[k], log.exitBar[k], log.entryPrice[k], log.exitPrice[k]],
              ...[log.reason[k], log.fees[k], log.risk[k]],
            ]);
          expect(told(jumps)).toEqual(told(kernel));
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('the engine against the slow reference on random markets', () => {
  const SIGNALS: Record<string, (bars: SlowBar[]) => SlowSignal[]> = {
    'ema-cross': (bars) => slowEmaCross(bars, 12, 26, 2, 4),
    trend: (bars) => slowTrend(bars),
    breakout: (bars) => slowBreakout(bars),
    'trend, short too': (bars) => slowTrend(bars, true),
    'breakout, short too': (bars) => slowBreakout(bars, true),
  };

  it.each(Object.keys(SIGNALS))('%s: same trades with costs, gaps and both references', (told) => {
    const [name = '', shorts] = told.split(', ');
    const parameters = shorts === undefined ? {} : { shorts: true };
    let sold = 0;
    let trades = 0;
    let closedAtGaps = 0;
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e9 }),
        fc.constantFrom('fill' as const, 'close' as const),
        fc.boolean(),
        fc.constantFrom(24, 3, Infinity),
        fc.constantFrom(0, 0.0003),
        (seed, reference, targetRests, gapBars, halfSpread) => {
          const bars = withGaps(seed, 1500);
          const rules: SlowRules = {
            quantity: 2,
            reference,
            takerFee: 0.004,
            makerFee: 0.0025,
            halfSpread,
            stopSlippage: 2 * halfSpread,
            targetRests,
            warmupBars: 60,
            gapBars,
            barMs: HOUR,
            marginRate: 0.0002,
          };
          const slow = slowBacktest(slowBars(bars), SIGNALS[told]!, rules);
          const strategy = barStrategyFactory(parseBarStrategy(name, parameters), HOUR);
          expectSame(engineTrades(bars, strategy, rules), slow);
          trades += slow.length;
          sold += slow.filter((t) => t.side === 'short').length;
          closedAtGaps += slow.filter((t) => t.reason === 'gap').length;
        },
      ),
      { numRuns: 30 },
    );
    expect(trades).toBeGreaterThan(300);
    expect(closedAtGaps).toBeGreaterThan(0);
    expect(sold > 100).toBe(shorts !== undefined);
  });
});

describe('no look-ahead', () => {
  it.each(SIGNAL_STRATEGY_NAMES)(
    '%s: nothing that happens after a bar changes what was traded until then',
    (name) => {
      fc.assert(
        fc.property(
          fc.integer({ min: 1, max: 1e9 }),
          fc.integer({ min: 100, max: 700 }),
          (seed, cut) => {
            const bars = seededCandles(800, seed);
            const other = seededCandles(800, seed + 1);
            const changed = (a: Float64Array, b: Float64Array): Float64Array =>
              a.map((x, i) => (i < cut ? x : b[i]!));
            const future: CandleColumns = {
              timeMs: bars.timeMs,
              open: changed(bars.open, other.open),
              high: changed(bars.high, other.high),
              low: changed(bars.low, other.low),
              close: changed(bars.close, other.close),
              volume: changed(bars.volume, other.volume),
            };
            // The shortest lookback only, so that the ensemble trades within 800 bars.
            const parameters =
              name === 'donchian-ensemble'
                ? { lookbackDays: [1, 2, 5] }
                : name === 'trend' || name === 'breakout'
                  ? { shorts: true }
                  : {};
            const strategy = barStrategyFactory(parseBarStrategy(name, parameters), HOUR);
            const before = (log: TradeLog): unknown[] =>
              Array.from({ length: log.count }, (_, k) => k)
                .filter((k) => log.exitBar[k]! < cut)
                .map((k) => [log.entryBar[k], log.exitBar[k], log.exitPrice[k], log.reason[k]]);
            const open = (log: TradeLog): unknown[] =>
              Array.from({ length: log.count }, (_, k) => k)
                .filter((k) => log.entryBar[k]! < cut && log.exitBar[k]! >= cut)
                .map((k) => [log.entryBar[k], log.entryPrice[k]]);
            const one = engineTrades(bars, strategy, FREE);
            const two = engineTrades(future, strategy, FREE);
            expect(before(two)).toEqual(before(one));
            expect(open(two)).toEqual(open(one));
          },
        ),
        { numRuns: 15 },
      );
    },
  );
});

describe('golden trades', () => {
  it('of every strategy on fixed seeded bars are what they were', () => {
    const bars = seededCandles(20_000, 20_240_101);
    const seen: Record<string, string> = {};
    const runs = [
      ...SIGNAL_STRATEGY_NAMES.map((name) => ({ told: name as string, name, parameters: {} })),
      { told: 'trend, short too', name: 'trend', parameters: { shorts: true } },
    ];
    for (const { told, name, parameters } of runs) {
      const choice = parseBarStrategy(name, parameters);
      const log = engineTrades(bars, barStrategyFactory(choice, HOUR), FREE);
      const hash = createHash('sha256');
      for (let k = 0; k < log.count; k++) {
        hash.update(`${log.entryBar[k]},${log.exitBar[k]},${log.reason[k]};`);
      }
      seen[told] = `${log.count} ${hash.digest('hex').slice(0, 16)}`;
    }
    expect(seen).toMatchInlineSnapshot(`
      {
        "breakout": "601 320435b8ab912a54",
        "buy-and-hold": "1 654b1ffd35273bf3",
        "donchian-ensemble": "17 552752adc1feee2e",
        "ema-cross": "242 a3e566dc9c99ae74",
        "random-entry": "273 ef5ffc71dfc7102a",
        "squeeze": "14 f25e307dd4ddd382",
        "trend": "569 5c7fc943a31c3011",
        "trend, short too": "1080 0bdf520bc49bb69f",
        "trend-breakout": "475 5a94ff62eef11bf9",
      }
    `);
  });
});
