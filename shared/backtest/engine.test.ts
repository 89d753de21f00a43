import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CandleColumns } from '../candle.ts';
import { seededCandles } from '../indicators/seeded-candles.fixture.ts';
import { seededRandom } from '../statistics/seeded-random.ts';
import {
  ENTER_LONG,
  ENTER_SHORT,
  LEAVE_LONG,
  LEAVE_SHORT,
  type BarStrategy,
} from '../strategies/bar-strategy.ts';
import type { EngineInput } from './engine-types.ts';
import { runEngine } from './engine.ts';
import { equalShare } from './equal-share.ts';
import { ExitSettingsSchema } from './exit-settings.ts';
import { fixedQuantity } from './fixed-quantity.ts';
import type { ExitRules } from './guarded-exits.ts';
import { EXIT_REASONS, type TradeLog } from './trade-log.ts';

const HOUR = 3_600_000;
const FREE = {
  takerFee: 0,
  makerFee: 0,
  halfSpread: 0,
  stopSlippage: 0,
  priceScale: 0,
  lot: 1e-8,
};

type Row = [open: number, high: number, low: number, close: number];

function bars(rows: Row[], barMs = HOUR, startMs = 0): CandleColumns {
  const column = (k: number): Float64Array => Float64Array.from(rows, (r) => r[k]!);
  return {
    timeMs: Float64Array.from(rows, (_, i) => startMs + i * barMs),
    open: column(0),
    high: column(1),
    low: column(2),
    close: column(3),
    volume: new Float64Array(rows.length).fill(1),
  };
}

/** Says `script[i]` at the close of bar i; stop 10 %, target 10 %. */
function scripted(script: number[]): BarStrategy {
  let i = 0;
  return { stopPct: 10, targetPct: 10, update: () => script[i++] ?? 0 };
}

function inputOf(columns: CandleColumns[], script: number[], change: Partial<EngineInput> = {}) {
  return {
    pairs: ['BTC/USDT', 'XRP/USDT'].slice(0, columns.length),
    bars: columns,
    barMs: HOUR,
    strategy: () => scripted(script),
    costs: columns.map(() => FREE),
    numeraire: 'USDT',
    balances: { USDT: 1000 },
    gate: fixedQuantity(1, 'fill'),
    gapBars: 24,
    targetRests: true,
    ...change,
  } satisfies EngineInput;
}

describe('engine', () => {
  const enterAt0 = [ENTER_LONG];
  const quiet: Row = [100, 101, 99, 100];
  const cases: { name: string; rows: Row[]; script?: number[]; exit: [number, number, string] }[] =
    [
      { name: 'stop inside', rows: [quiet, quiet, [99, 100, 80, 95]], exit: [2, 90, 'stop'] },
      {
        name: 'gap through the stop',
        rows: [quiet, quiet, [85, 95, 80, 90]],
        exit: [2, 85, 'stop'],
      },
      {
        name: 'target inside',
        rows: [quiet, quiet, [101, 120, 95, 100]],
        exit: [2, 110, 'target'],
      },
      {
        name: 'gap through the target',
        rows: [quiet, quiet, [115, 116, 80, 90]],
        exit: [2, 115, 'target'],
      },
      {
        name: 'both: the stop wins',
        rows: [quiet, quiet, [100, 120, 80, 100]],
        exit: [2, 90, 'stop'],
      },
      {
        name: 'on the bar of the entry too',
        rows: [quiet, [100, 101, 85, 90]],
        exit: [1, 90, 'stop'],
      },
      {
        name: 'by signal at the next open',
        rows: [quiet, quiet, [102, 103, 99, 100]],
        script: [ENTER_LONG, LEAVE_LONG],
        exit: [2, 102, 'signal'],
      },
      {
        name: 'at the last close',
        rows: [quiet, quiet, [100, 104, 97, 103]],
        exit: [2, 103, 'end'],
      },
    ];
  it.each(cases)('leaves at a price one can check: $name', ({ rows, script, exit }) => {
    const { log } = runEngine(inputOf([bars(rows)], script ?? enterAt0));
    expect(log.count).toBe(1);
    expect([log.entryBar[0], log.entryPrice[0]]).toEqual([1, 100]);
    expect([log.exitBar[0], log.exitPrice[0], EXIT_REASONS[log.reason[0]!]]).toEqual(exit);
  });

  it('asks finer bars which of stop and target came first', () => {
    const coarse = bars([quiet, quiet, [100, 120, 80, 100], quiet]);
    const quarter = HOUR / 4;
    const exitWith = (rows: Row[]): unknown => {
      const beneath = [bars(rows, quarter, 2 * HOUR)];
      const { log } = runEngine(inputOf([coarse], enterAt0, { beneath }));
      return [log.exitPrice[0], EXIT_REASONS[log.reason[0]!]];
    };
    const up: Row = [100, 120, 99, 118];
    const down: Row = [118, 118, 80, 100];
    expect(exitWith([up, down])).toEqual([110, 'target']);
    expect(exitWith([[100, 101, 80, 85], up])).toEqual([90, 'stop']);
    // Finer bars that do not reach either leave it at the stop.
    expect(exitWith([quiet])).toEqual([90, 'stop']);
  });

  it('books what it trades: fees, spread and tick against the account', () => {
    // Bought at 100 * 1.01 = 101, sold at 90 * (1 - 0.01 - 0.02) = 87.3; 1 % fee of each.
    const costs = [
      { ...FREE, takerFee: 0.01, halfSpread: 0.01, stopSlippage: 0.02, priceScale: 10 },
    ];
    const rows: Row[] = [quiet, quiet, [100, 101, 80, 95]];
    const gate = fixedQuantity(2, 'close');
    const { log, account, turnover } = runEngine(inputOf([bars(rows)], enterAt0, { costs, gate }));
    expect([log.entryPrice[0], log.exitPrice[0]]).toEqual([101, 87.3]);
    expect(log.fees[0]).toBeCloseTo(2 * (1.01 + 0.873), 12);
    expect(account.equity).toBeCloseTo(1000 - 2 * (101 - 87.3) - 2 * (1.01 + 0.873), 9);
    expect(turnover).toBeCloseTo(2 * (101 + 87.3), 9);
  });

  it('never spends what another pair of the same bar has ordered', () => {
    const rows: Row[] = [quiet, quiet, quiet];
    const minimums = [{ instrument: { minQuantity: '1' } }, { instrument: { minQuantity: '1' } }];
    const gate = equalShare([FREE, FREE], minimums);
    const { log, account } = runEngine(inputOf([bars(rows), bars(rows)], enterAt0, { gate }));
    expect(log.count).toBe(2);
    expect(log.quantity[0]! + log.quantity[1]!).toBeLessThanOrEqual(10);
    expect(account.balance[0]).toBeCloseTo(1000, 9);
  });

  it('buys as much as the balance pays for when the open gaps up', () => {
    const gate = fixedQuantity(10, 'fill');
    const rows: Row[] = [quiet, [125, 126, 124, 125], [125, 126, 124, 125]];
    const { log } = runEngine(inputOf([bars(rows)], enterAt0, { gate }));
    expect(log.quantity[0]).toBe(8); // 1000 / 125
  });

  it('works together the bars that pairs share, and alone those that only one has', () => {
    const one = bars([quiet, quiet, quiet, quiet, quiet]);
    const other = bars([quiet, quiet, [100, 101, 80, 95]], HOUR, 2 * HOUR);
    const { log, account } = runEngine(inputOf([one, other], enterAt0));
    // The first pair enters at its bar 1, the second at its own bar 1, which is the fourth hour.
    expect([...log.entryBar.subarray(0, log.count)]).toEqual([1, 1]);
    expect([...log.exitBar.subarray(0, log.count)].sort((a, b) => a - b)).toEqual([2, 4]);
    expect(account.dailyMs).toEqual([0]);
  });

  const shortAt0 = [ENTER_SHORT];
  const shorts: { name: string; rows: Row[]; script?: number[]; exit: [number, number, string] }[] =
    [
      { name: 'stop above', rows: [quiet, quiet, [100, 115, 99, 101]], exit: [2, 110, 'stop'] },
      {
        name: 'gap over the stop',
        rows: [quiet, quiet, [112, 115, 109, 111]],
        exit: [2, 112, 'stop'],
      },
      { name: 'target below', rows: [quiet, quiet, [99, 101, 85, 95]], exit: [2, 90, 'target'] },
      {
        name: 'both: the stop wins',
        rows: [quiet, quiet, [100, 120, 80, 100]],
        exit: [2, 110, 'stop'],
      },
      {
        name: 'by signal, which of a long position means nothing',
        rows: [quiet, quiet, quiet, [98, 99, 97, 98]],
        script: [ENTER_SHORT, LEAVE_LONG, LEAVE_SHORT],
        exit: [3, 98, 'signal'],
      },
    ];
  it.each(shorts)('buys back what it sold short: $name', ({ rows, script, exit }) => {
    const { log, account } = runEngine(inputOf([bars(rows)], script ?? shortAt0));
    expect([log.side[0], log.entryBar[0], log.entryPrice[0]]).toEqual([-1, 1, 100]);
    expect([log.exitBar[0], log.exitPrice[0], EXIT_REASONS[log.reason[0]!]]).toEqual(exit);
    expect(log.grossPnl[0]).toBe(100 - exit[1]);
    expect(account.equity).toBe(1000 + 100 - exit[1]);
    expect(account.balance[1]).toBe(0);
  });

  it('pays for what it borrows at the open and every four hours', () => {
    const costs = [{ ...FREE, takerFee: 0.01, marginRatePct: { open: 0.1, rollover: 0.1 } }];
    const rows: Row[] = Array.from({ length: 12 }, () => quiet);
    const { log, account } = runEngine(inputOf([bars(rows)], shortAt0, { costs }));
    // Open from hour 1 to the close of bar 11, 11 hours: at 0, 4 and 8. 3 * 0.1 beside 1 + 1 of fees.
    expect(log.fees[0]).toBeCloseTo(2.3, 9);
    expect(account.equity).toBeCloseTo(1000 - 2.3, 9);
  });

  it('shows interest in the equity as it falls due, not only at the close', () => {
    const costs = [{ ...FREE, marginRatePct: { open: 0.1, rollover: 0.1 } }];
    const rows: Row[] = Array.from({ length: 12 }, () => quiet);
    const seen: number[] = [];
    const gate: EngineInput['gate'] = {
      ...fixedQuantity(1, 'fill'),
      afterMark({ account }) {
        seen.push(Number((1000 - account.equity).toFixed(9)));
        return false;
      },
      quietAbove(_state, band) {
        band.floor = Infinity;
      },
    };
    runEngine(inputOf([bars(rows)], shortAt0, { costs, gate }));
    // Sold at the open of hour 1: 0.1 at once, at hour 5 (the close of bar 4) and at hour 9.
    expect(seen).toEqual([0, 0.1, 0.1, 0.1, 0.2, 0.2, 0.2, 0.2, 0.3, 0.3, 0.3, 0.3]);
  });

  it('sells short only with a stop, and spends nothing of what that brought', () => {
    const minimums = [{ instrument: { minQuantity: '1' } }, { instrument: { minQuantity: '1' } }];
    const gate = equalShare([FREE, FREE], minimums);
    const rows: Row[] = [quiet, quiet, quiet, quiet];
    const scripts = [[ENTER_SHORT], [0, ENTER_LONG]];
    const both = inputOf([bars(rows), bars(rows)], [], { gate });
    const strategy = (pair: number): BarStrategy => scripted(scripts[pair]!);
    const { log } = runEngine({ ...both, strategy });
    expect([...log.side.subarray(0, 2)].sort((a, b) => a - b)).toEqual([-1, 1]);
    // Half of the account each, and no more although the sale brought as much again.
    for (const k of [0, 1]) expect(log.quantity[k]! * 100).toBeLessThanOrEqual(500);
    const bare = (): BarStrategy => ({ ...scripted([ENTER_SHORT]), stopPct: 0 });
    expect(runEngine({ ...both, strategy: bare }).log.count).toBe(0);
  });

  const rules: ExitRules = {
    settings: ExitSettingsSchema.parse({
      breakEven: { afterR: 1 },
      trailing: { atr: 2, afterR: 0.5 },
      timeStopHours: 30,
    }),
    timeframe: '1h',
    ticks: ['0.000001'],
  };
  it.each([
    { name: '', exits: {} },
    { name: ', with all exits', exits: { exits: rules } },
  ])('trades a market turned over as it does the market itself$name', ({ exits }) => {
    const reasons = new Set<string>();
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e9 }), (seed) => {
        const up = seededCandles(400, seed);
        const turn = (column: Float64Array): Float64Array => column.map((x) => 2 ** 20 - x);
        const down: CandleColumns = {
          ...{ timeMs: up.timeMs, volume: up.volume, open: turn(up.open), close: turn(up.close) },
          ...{ high: turn(up.low), low: turn(up.high) },
        };
        const random = seededRandom(seed);
        const script = Array.from({ length: 400 }, () => (random() < 0.1 ? ENTER_LONG : 0));
        const away = up.close[0]! / 100;
        const gate: EngineInput['gate'] = {
          review(order) {
            order.quantity = 1;
            order.stopPrice = order.close - order.side * away;
            order.targetPrice = order.close + 2 * order.side * away;
          },
        };
        const balances = { USDT: 2 ** 30 };
        const long = runEngine(inputOf([up], script, { gate, balances, ...exits })).log;
        const turned = script.map((said) => (said === ENTER_LONG ? ENTER_SHORT : 0));
        const short = runEngine(inputOf([down], turned, { gate, balances, ...exits })).log;
        const told = (log: TradeLog): unknown[] =>
          Array.from({ length: log.count }, (_, k) => [
            ...[log.entryBar[k], log.exitBar[k], log.reason[k]],
          ]);
        expect(long.count).toBeGreaterThan(2);
        for (let k = 0; k < long.count; k++) reasons.add(EXIT_REASONS[long.reason[k]!]!);
        expect(told(short)).toEqual(told(long));
        for (let k = 0; k < long.count; k++) {
          expect(Math.abs(short.grossPnl[k]! - long.grossPnl[k]!)).toBeLessThan(1e-5);
        }
      }),
      // These markets have every exit, whatever the others have.
      { numRuns: 50, examples: [[1], [2], [3], [4], [5], [6]] },
    );
    expect(reasons.has('time') && reasons.has('trailing')).toBe('exits' in exits);
  });
});
