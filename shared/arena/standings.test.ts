import { describe, expect, it } from 'vitest';
import { BASELINE } from '../shadow/contestants.ts';
import { account, DAY } from './account.fixture.ts';
import { standingsOf, type ArenaAccount } from './standings.ts';

const cash = (days: number): ArenaAccount => ({
  ...account('cash', 0, days, 1, 0),
  variant: BASELINE,
  equity: 1000,
  days: Array.from({ length: days }, (_, i) => ({ dayMs: i * DAY, equity: 1000 })),
});

describe('standings', () => {
  it('order by what is left, and say that ten days rank nobody', () => {
    const { standings, evidence } = standingsOf([
      account('poor', -0.01, 10, 3, 2),
      account('rich', 0.02, 10, 4, 5),
      cash(10),
    ]);
    expect(standings.map((s) => s.decider)).toEqual(['rich', 'cash', 'poor']);
    expect(evidence).toMatch(/^Not enough evidence to rank: 10 days of at least 30, 2 to 5 trades/);
    expect(standings[0]!.lacks).toEqual(['10 of 30 days', '5 of 30 trades']);
    expect(standings[0]!.against.map((a) => a.verdict)).toEqual(['not distinguishable']);
  });

  it('cannot tell twins apart however long they run', () => {
    const { evidence } = standingsOf([
      account('one', 0.0005, 400, 13),
      account('two', 0.0005, 400, 14),
      account('three', 0.0005, 400, 15),
      cash(400),
    ]);
    expect(evidence).toMatch(/^Not enough evidence to rank: .* not distinguishable/);
  });

  it('tell one that is better by far from the others and from cash', () => {
    const { standings, evidence } = standingsOf([
      account('worse', -0.004, 400, 3),
      account('best', 0.004, 400, 4),
      account('worst', -0.006, 400, 5),
      cash(400),
    ]);
    expect(evidence).toMatch(/^best had better daily returns than all other deciders/);
    const verdicts = Object.fromEntries(standings.map((s) => [s.decider, s.against[0]?.verdict]));
    expect(verdicts).toEqual({ best: 'better', worse: 'worse', worst: 'worse', cash: undefined });
    // Luck's best of three trials is a higher mark than 0.
    expect(standings[0]!.deflatedSharpe).toBeLessThan(standings[0]!.measures.probabilisticSharpe);
  });

  it('say the same of the same records', () => {
    const records = [account('one', 0.001, 60, 3), account('two', 0, 60, 4), cash(60)];
    expect(standingsOf(records)).toEqual(standingsOf(records));
  });
});
