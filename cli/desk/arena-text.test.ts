import { expect, it } from 'vitest';
import { standingsOf, type ArenaAccount } from '../../shared/arena/standings.ts';
import { BASELINE } from '../../shared/shadow/contestants.ts';
import { noTotals } from '../../shared/shadow/new-shadow.ts';
import { plain } from '../paint.ts';
import { arenaJson, type ArenaReport } from './arena.ts';
import { arenaText } from './arena-text.ts';

const DAY = 86_400_000;
const account = (decider: string, variant: string, equities: number[]): ArenaAccount => ({
  ...{ decider, variant, isOnRoster: true, equity: equities.at(-1)!, startEquity: equities[0]! },
  ...{ totals: { ...noTotals(), fees: 1.5, llmCost: variant === BASELINE ? 0 : 0.25 }, trades: [] },
  days: equities.map((equity, i) => ({ dayMs: i * DAY, equity })),
});
const { standings, evidence } = standingsOf([
  account('gpt', 'gpt-6, triplegain-1', [1000, 990, 1010]),
  account('cash', BASELINE, [1000, 1000, 1000]),
]);
const report: ArenaReport = {
  ...{ desk: 'example', timeframe: '1h', evidence },
  together: { deciders: 2, correlation: 0.8, effective: 1.111, cases: 40 },
  champion: { champion: 'gpt', instead: null, words: 'Champion gpt: no switch.' },
  ...{ from: '2026-01-05T00:00:00Z', asOf: '2026-01-08T00:00:00Z' },
  standings: standings.map((standing) => ({
    ...standing,
    predictions: standing.isBaseline
      ? null
      : {
          score: {
            ...{ count: 10, hits: 4, meanConfidence: 0.62, hitRate: 0.4 },
            ...{ hitRateInterval: { low: 0.17, high: 0.69 }, brier: 0.29, logScore: 0.78 },
            ...{ skill: -0.2, skillInterval: { low: -0.5, high: 0.1 } },
            calibration: [
              { count: 5, meanConfidence: 0.55, hitRate: 0.2 },
              { count: 5, meanConfidence: 0.69, hitRate: 0.6 },
            ],
          },
          ...{ pending: 2, unscored: 0, absent: 1 },
          record: {
            ...{ decider: 'gpt', variant: 'gpt-6, triplegain-1', weight: 1 },
            ...{ resolved: 10, independent: 4, brierSum: 2.9, alpha: 0, beta: 0.5 },
          },
        },
  })),
};

it('tells the standings and that they mean nothing yet', () => {
  const text = arenaText(report, plain);
  expect(text).toContain('Not enough evidence to rank: 3 days of at least 30, 0 trades each.');
  expect(text).toMatch(/1 +gpt +gpt-6, triplegain-1 +1010\.00 +1\.00 % .* 0 +- +- +1\.50 +0\.25\n/);
  expect(text).toMatch(/2 +cash +baseline +1000\.00 +0\.00 % /);
  expect(text).toMatch(
    /gpt +10 +62 % +40 % +17 to 69 % +0\.290 +-0\.20 +-0\.50 to 0\.10 +0\.780 +1\.000 +60 %/,
  );
  expect(text).toContain('Champion gpt: no switch.');
  expect(text).toContain('Errors of 2 deciders correlate by 0.80');
  expect(arenaText({ ...report, champion: null }, plain)).not.toContain('Champion');
  expect(text).toContain('55 > 20, 69 > 60');
  expect(text).toMatch(/gpt +not distinguishable from +cash/);
});

it('gives other programs amounts as text and places as numbers', () => {
  expect(JSON.parse(JSON.stringify(arenaJson(report)))).toMatchObject({
    desk: 'example',
    evidence,
    standings: [
      { rank: 1, decider: 'gpt', equity: '1010.00', fees: '1.50', llmCost: '0.2500', days: 3 },
      { rank: 2, decider: 'cash', isBaseline: true, sharpe: null, predictions: null },
    ],
  });
});
