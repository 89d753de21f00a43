import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadStudyData } from '../../activities/backtest/load-study-data.ts';
import { reportHtml } from '../../activities/backtest/report-html.ts';
import { runStudy } from '../../activities/backtest/run-study.ts';
import { codeVersion, studyId } from '../../activities/backtest/study-identity.ts';
import { studyMeasures } from '../../activities/backtest/study-measures.ts';
import { studySummary } from '../../activities/backtest/study-summary.ts';
import type { StudyRequest } from '../../activities/backtest/study.ts';
import { studyTable } from '../../cli/backtest/tables.ts';
import { venueFacts } from '../../cli/backtest/venue-facts.ts';
import type { Decision } from '../../shared/decision.ts';
import { seededCandles } from '../../shared/indicators/seeded-candles.fixture.ts';
import { parseBarStrategy } from '../../shared/strategies/bar-registry.ts';

const HOUR = 3_600_000;
/** gpt-6.1-sol counts from 2026-09-29 on: 20 days before it, and 21 after. */
const START = Date.UTC(2026, 8, 9);
const EMBARGO = Date.UTC(2026, 8, 29);
const BARS = 1000;

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'triplegain-recorded-'));
  const bars = seededCandles(BARS, 9);
  const rows = Array.from({ length: BARS }, (_, i) =>
    [START / 1000 + 3600 * i, bars.open[i], bars.high[i], bars.low[i], bars.close[i], 1].join(','),
  );
  writeFileSync(
    join(dir, 'BTCUSDT-1h.csv'),
    `time,open,high,low,close,volume\n${rows.join('\n')}\n`,
  );
});
afterAll(() => rmSync(dir, { recursive: true }));

const LONG: Decision = {
  ...{ evidenceFor: [], evidenceAgainst: [], action: 'long', confidence: 0.7, horizonHours: 24 },
  ...{ entry: { type: 'market', price: null }, stopLossPct: 1, takeProfitPct: [4, 8] },
  ...{ sizePct: null, leverage: null, expectedReturnPct: 1, invalidation: null, reasoning: '' },
};
const say = (bar: number, change: Partial<Decision> = {}, who: Record<string, unknown> = {}) => ({
  ...{ decider: 'gpt', model: 'gpt-6.1-sol', promptVersion: 'triplegain-1', pair: 'BTC/USDT' },
  bar: new Date(START + bar * HOUR).toISOString(),
  decision: { ...LONG, ...change },
  ...who,
});

function study(
  lines: unknown[],
  change: Partial<StudyRequest> = {},
  decider: string | null = null,
) {
  const file = join(dir, 'decisions.jsonl');
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const choice = parseBarStrategy('recorded', { file, decider });
  const request: StudyRequest = {
    ...{ strategy: 'recorded', params: choice.parameters, dataDir: dir, pairs: ['BTC/USDT'] },
    ...{ timeframe: '1h', fromMs: null, toMs: null, fillsOnly: false, limits: 'none' },
    ...{ beneath: null, gapBars: 24, confidence: 0.1, balances: { USDT: 1000 }, ...change },
  };
  const data = loadStudyData(request);
  const run = runStudy(request, choice, data, venueFacts);
  const summary = studySummary(request, choice, data, run);
  const measures = studyMeasures(run, data, 0.004);
  return { request, data, run, summary, measures };
}

it('trades what was recorded, at the bar after, with its own stop, target and confidence', () => {
  const close = { action: 'close' as const, stopLossPct: null, takeProfitPct: [] };
  const { run } = study([say(10), say(12, { action: 'hold' }), say(13, close)]);
  const { log } = run;
  expect(log.count).toBe(1);
  expect(log.entryBar[0]).toBe(11);
  expect(log.exitBar[0]).toBeLessThanOrEqual(14);
  // The desk wants 0.6; the run's 0.1 is for strategies that state none.
  const confident = study([say(10)], { limits: 'desk' }).summary.vetoes;
  const doubting = study([say(10, { confidence: 0.3 })], { limits: 'desk' }).summary.vetoes;
  expect(confident).not.toHaveProperty('confidence');
  expect(doubting).toEqual({ confidence: 1 });
});

it('labels every number and compares only what came after the embargo', () => {
  const lines = Array.from({ length: 60 }, (_, k) => say(16 * k + 2));
  const { summary, measures, run, data } = study(lines);
  const label = 'contaminated: gpt-6.1-sol, known to the model until 2026-09-29';
  expect(summary.contaminated).toEqual({
    models: ['gpt-6.1-sol'],
    countsFrom: '2026-09-29T00:00:00Z',
    label,
  });
  expect(measures!.contaminated).toBe(label);
  const days = run.engine!.account.dailyMs.filter((day) => day >= EMBARGO).length;
  expect(measures!.comparisons.map((c) => c.measures.days)).toEqual([days, days]);
  const lined = studyTable(summary, measures).trimEnd().split('\n');
  // The title, the two comparisons and the last line stand without.
  const bare = lined.filter((line) => !line.endsWith(`[${label}]`));
  expect(bare.slice(1)).toEqual([
    expect.stringContaining('cash'),
    expect.stringContaining('holding BTC'),
    'compared from 2026-09-29T00:00:00Z on',
  ]);
  const html = reportHtml({ summary, measures, run, data });
  const [before = '', after = ''] = html.split('Against doing something simpler');
  const unlabelled = /<td>(?!<span class="tag")[^<]/;
  expect(before).not.toMatch(unlabelled);
  expect(after.slice(0, after.indexOf('</table>'))).not.toContain('class="tag"');
  expect(after.slice(after.indexOf('</table>'))).not.toMatch(unlabelled);
});

it('counts everything that lies after the embargo, and nothing of a model nobody knows', () => {
  const after = study([say(500)], { fromMs: EMBARGO });
  expect(after.summary.contaminated).toBeNull();
  expect(after.measures!.comparisons).toHaveLength(2);
  const unknown = study([say(500, {}, { model: 'my-own' })], { fromMs: EMBARGO });
  expect(unknown.summary.contaminated).toMatchObject({ models: ['my-own'], countsFrom: null });
  expect(unknown.measures!.comparisons).toEqual([]);
  expect(studyTable(unknown.summary, unknown.measures)).toContain('no result counts');
  const rules = study([say(500, {}, { decider: 'trend', model: null })]);
  expect(rules.summary.contaminated).toBeNull();
});

it('takes the consensus as known to every model behind it', () => {
  const desk = { decider: 'consensus', model: null };
  const all = [say(10), say(10, {}, { decider: 'own', model: 'my-own' }), say(10, {}, desk)];
  expect(study(all, {}, 'consensus').summary.contaminated?.models).toEqual([
    'gpt-6.1-sol',
    'my-own',
  ]);
  expect(study([say(10, {}, desk)]).summary.contaminated?.countsFrom).toBeNull();
});

it('says what is wrong with a file', () => {
  expect(() => study([say(1), say(1, {}, { decider: 'other' })])).toThrow(/gpt, other; name one/);
  expect(() => study([{ ...say(1), decision: {} }])).toThrow(/line 1 is no recorded decision/);
  expect(() => study([say(1)], { params: { file: join(dir, 'none.jsonl') } })).toThrow(
    /cannot read the decisions .*none.jsonl/,
  );
});

it('is another study when something else was recorded, wherever the file lies', () => {
  const code = codeVersion();
  const one = studyId(study([say(10)]).request, null, code);
  expect(studyId(study([say(11)]).request, null, code)).not.toBe(one);
  expect(studyId(study([say(10)]).request, null, code)).toBe(one);
});
