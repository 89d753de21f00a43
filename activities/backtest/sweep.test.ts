import { describe, expect, it } from 'vitest';
import { venueFacts } from '../../cli/backtest/venue-facts.ts';
import { gapsIn } from '../../shared/backtest/segments.ts';
import { mapColumns } from '../../shared/candle-columns.ts';
import { seededCandles } from '../../shared/indicators/seeded-candles.fixture.ts';
import { parseBarStrategy } from '../../shared/strategies/bar-registry.ts';
import { reportHtml } from './report-html.ts';
import { runStudy } from './run-study.ts';
import { runSweep } from './run-sweep.ts';
import type { PairData, StudyRequest } from './study.ts';
import { studyMeasures } from './study-measures.ts';
import { studySummary } from './study-summary.ts';
import { sweepDays } from './sweep-days.ts';
import { sweepHtml } from './sweep-html.ts';
import { sweepSets } from './sweep-plan.ts';
import { sweepSummary } from './sweep-summary.ts';
import { startSweepThreads } from './sweep-threads.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const request: StudyRequest = {
  ...{ strategy: 'trend', params: {}, dataDir: '', pairs: ['BTC/USDT'], timeframe: '1h' },
  ...{ fromMs: null, toMs: null, fillsOnly: false, limits: 'none', beneath: null },
  ...{ gapBars: 24, confidence: 0.65, balances: { USDT: 1000 } },
};

/** `bars` hours, those of the days [40, 70) missing. */
function dataOf(bars: number): PairData[] {
  const columns = seededCandles(bars, 4);
  const kept = (_: number, i: number): boolean => i < 40 * 24 || i >= 70 * 24;
  const cut = mapColumns(columns, (column) => column.filter(kept));
  const gaps = gapsIn(cut.timeMs, HOUR);
  return [{ pair: 'BTC/USDT', bars: cut, file: '', fileTimeframe: '1h', gaps, beneath: null }];
}

describe('the days of a sweep', () => {
  const at = (hours: number[]) => ({
    ...dataOf(24)[0]!.bars,
    timeMs: Float64Array.from(hours, (hour) => 10 * DAY + hour * HOUR),
  });
  // Bars on days 10, 11, 13 and 14 of 1970.
  const bars = [at([0, 5, 23, 24]), at([25, 75, 96, 97, 98])];
  it.each([
    { hasAccount: false, days: [10, 11, 13, 14] },
    // Day 10 is the first, and before day 13 one is missing: their change is none of a day.
    { hasAccount: true, days: [11, 14] },
  ])('are those with bars, with an account: $hasAccount', ({ hasAccount, days }) => {
    const { dayMs, firstDay, columnOf } = sweepDays(bars, hasAccount);
    expect(dayMs.map((ms) => ms / DAY)).toEqual(days);
    expect(firstDay).toBe(10);
    expect([...columnOf]).toEqual([10, 11, 12, 13, 14].map((day) => days.indexOf(day)));
  });
});

describe('a sweep', () => {
  const choices = sweepSets('trend', {}, { fast: [20, 10, 5], slow: [30, 50] });

  it('gives a set the Sharpe ratio of its own study, days without data left out', async () => {
    const data = dataOf(3000);
    const run = await runSweep(request, choices, data, venueFacts, { threads: 0 });
    const annual = sweepSummary(request, run, null).rows.map((row) => row!.sharpe);
    for (const [k, choice] of choices.entries()) {
      const alone = runStudy(request, choice, data, venueFacts);
      expect(annual[k]).toBeCloseTo(studyMeasures(alone, data, 0.004)!.equity.sharpe, 9);
    }
  });

  it('has the same results from threads that have worked before', async () => {
    const data = dataOf(2500);
    const here = await runSweep(request, choices, data, venueFacts, { threads: 0 });
    const crew = startSweepThreads(2);
    try {
      for (let k = 0; k < 2; k++) {
        const there = await runSweep(request, choices, data, venueFacts, { threads: 9, crew });
        expect(there.rows).toEqual(here.rows);
        expect(there.returns).toEqual(here.returns);
        expect(there.threads).toBe(2);
      }
    } finally {
      await crew.close();
    }
  });

  it('tells sets, windows and doubts on one page, values in their order', async () => {
    const run = await runSweep(request, choices, dataOf(4000), venueFacts, { threads: 0 });
    const forward = { trainDays: 40, testDays: 20, embargoDays: 2 };
    const summary = sweepSummary(request, run, forward);
    expect(summary.verdict).toContain('luck of 6 tries');
    const html = sweepHtml(summary);
    const across = [...html.matchAll(/class="axis"[^>]*>(\d+)</g)].map(([, value]) => value);
    expect(across).toEqual(['5', '10', '20', '30', '50']);
    for (const window of summary.walkForward!.windows) {
      expect(html).toContain(`${window.testFrom} to ${window.testTo}`);
    }
    const { equity, totalReturn } = summary.walkForward!;
    expect(equity.at(-1)!.value).toBeCloseTo(1 + totalReturn, 12);
    expect(equity.map(({ day }) => day)).toEqual([...equity.map(({ day }) => day)].sort());
  });
});

describe('reports of next to nothing', () => {
  const flat = seededCandles(400, 1);
  const cases: { name: string; strategy: string; bars: number }[] = [
    { name: 'one bar', strategy: 'buy-and-hold', bars: 1 },
    { name: 'no trade', strategy: 'trend', bars: 30 },
    { name: 'one trade', strategy: 'buy-and-hold', bars: 30 },
    { name: 'a few days', strategy: 'random-entry', bars: 400 },
  ];
  it.each(cases)('say what is not known: $name', async ({ strategy, bars: count }) => {
    const bars = mapColumns(flat, (column) => column.slice(0, count));
    const data: PairData[] = [
      { pair: 'BTC/USDT', bars, file: '', fileTimeframe: '1h', gaps: [], beneath: null },
    ];
    const own = { ...request, strategy };
    const choice = parseBarStrategy(strategy, {});
    const run = runStudy(own, choice, data, venueFacts);
    const summary = studySummary(own, choice, data, run);
    const measures = studyMeasures(run, data, 0.004);
    const swept = await runSweep(own, [choice], data, venueFacts, { threads: 0 });
    const forward = { trainDays: 10, testDays: 5, embargoDays: 0 };
    const sweep = sweepSummary(own, swept, forward);
    for (const html of [reportHtml({ summary, measures, run, data }), sweepHtml(sweep)]) {
      expect(html).not.toMatch(/NaN|undefined|Infinity|\bnull\b(?!,|})/);
    }
    // Sixteen days at most: nothing can be told of them, and nothing is.
    expect(sweep.verdict).toContain('too few to tell');
    for (const { verdict } of measures!.comparisons) expect(verdict).toContain('too few days');
  });
});
