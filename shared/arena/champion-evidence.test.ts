import { describe, expect, it } from 'vitest';
import { BASELINE } from '../shadow/contestants.ts';
import { account } from './account.fixture.ts';
import { championEvidence } from './champion-evidence.ts';
import type { ArenaAccount } from './standings.ts';

describe('whether another champion is called for', () => {
  const roster = ['old', 'new', 'third'];
  const good = account('new', 0.004, 400, 4);
  const poor = account('old', -0.004, 400, 3);
  const third = account('third', -0.002, 400, 5);
  const cases: {
    name: string;
    accounts: ArenaAccount[];
    instead: string | null;
    words: RegExp;
  }[] = [
    {
      name: 'better by far over a year',
      accounts: [poor, good, third],
      instead: 'new',
      words:
        /^Champion old: the evidence would justify a switch to new, whose Sharpe ratio is higher by \d+\.\d\d \(.* with 97\.5 %\) over 399 days, 40 trades\. Nothing is switched by itself: npm run desk -- set-champion new$/,
    },
    {
      name: 'better by far, with too few trades',
      accounts: [poor, { ...good, trades: good.trades.slice(0, 12) }, third],
      instead: null,
      words: /justifies no switch, the nearest is new, .*: 12 of 30 trades\.$/,
    },
    {
      name: 'too few days',
      accounts: [account('old', -0.02, 12, 3), account('new', 0.02, 12, 4)],
      instead: null,
      words: /^Champion old: the evidence justifies no switch, 11 days of at least 30\.$/,
    },
    {
      name: 'next to the same',
      accounts: [account('old', 0.0005, 90, 13), account('new', 0.001, 90, 14)],
      instead: null,
      words: /which may be chance|nobody else has had a higher Sharpe ratio/,
    },
    {
      name: 'the champion is the best',
      accounts: [
        { ...good, decider: 'old' },
        { ...poor, decider: 'new' },
      ],
      instead: null,
      words: /nobody else has had a higher Sharpe ratio over 399 days\.$/,
    },
    { name: 'alone', accounts: [poor], instead: null, words: /nobody else to follow\.$/ },
    { name: 'no account', accounts: [good], instead: null, words: /it has no account yet\.$/ },
    {
      name: 'those that have left, that have no vote, and baselines do not count',
      accounts: [
        poor,
        { ...good, isOnRoster: false },
        { ...good, decider: 'cash', variant: BASELINE },
        { ...good, decider: 'voiceless' },
      ],
      instead: null,
      words: /nobody else to follow\.$/,
    },
  ];
  it.each(cases)('$name', ({ accounts, instead, words }) => {
    const found = championEvidence(accounts, 'old', roster);
    expect(found.instead).toBe(instead);
    expect(found.words).toMatch(words);
    expect(championEvidence(accounts, 'old', roster)).toEqual(found);
  });
});
