import { describe, expect, it } from 'vitest';
import type { CycleStory } from '../activities/ledger/records/read-cycles.ts';
import type { DeciderAnswer, Decision } from '../shared/decision.ts';
import type { RuleOutcome } from '../shared/risk/verdict.ts';
import { addressBlock, cycleLine, equityLine, ruleWords } from './cycle-line.ts';
import { paintFor, plain } from './paint.ts';

const answer = (
  decider: string,
  action: Decision['action'],
  confidence: number,
): DeciderAnswer => ({
  kind: 'answered',
  decider,
  decision: { action, confidence } as Decision,
});
const rule = (
  name: string,
  outcome: RuleOutcome['outcome'],
  observed: RuleOutcome['observed'],
  limit: RuleOutcome['limit'],
): RuleOutcome => ({ rule: name, outcome, observed, limit, unit: '', note: '' });

const held: Pick<
  CycleStory,
  'pair' | 'bar' | 'action' | 'outcome' | 'confidence' | 'answers' | 'verdict'
> = {
  pair: 'BTC/USDT',
  bar: '2021-05-15T13:00:00Z',
  action: 'hold',
  outcome: 'held',
  confidence: null,
  answers: [
    answer('trend', 'long', 0.62),
    answer('hold', 'hold', 0.5),
    { kind: 'absent', decider: 'breakout', cause: 'late' },
  ],
  verdict: null,
};
const said = '2021-05-15 13:00  BTC/USDT  trend long 0.62 · hold hold · breakout absent';
const long = { ...held, action: 'long', confidence: 0.62 };

describe('the line of a cycle', () => {
  it.each([
    ['held', held, `${said}  → hold`],
    [
      'vetoed, by two of three rules',
      {
        ...long,
        outcome: 'vetoed',
        verdict: {
          kind: 'vetoed',
          plan: null,
          rules: [
            rule('confidence', 'pass', 0.62, 0.6),
            rule('reward-risk', 'veto', 1.4, 2),
            rule('mode', 'veto', 'paused', 'running'),
          ],
        },
      },
      `${said}  → long  vetoed reward-risk (1.4 < 2), mode (paused, allowed running)`,
    ],
    [
      'ordered',
      {
        ...long,
        outcome: 'ordered',
        verdict: {
          kind: 'approved',
          rules: [],
          plan: { kind: 'enter', side: 'buy', quantity: '0.0123', stopPrice: '49000' },
        },
      },
      `${said}  → long  ordered buy 0.0123, stop 49000`,
    ],
    ['closing', { ...held, action: 'close', outcome: 'closing' }, `${said}  → close  closing`],
    ['refused', { ...long, outcome: 'refused' }, `${said}  → long  refused by the venue`],
    ['absent', { ...held, outcome: 'absent' }, `${said}  → hold  absent`],
  ])('%s', (_name, cycle, line) => expect(cycleLine(cycle, plain)).toBe(line));

  it('is coloured on a terminal, and nowhere else', () => {
    expect(cycleLine(held, paintFor({ isTTY: true }, {}))).toContain('\u001b[32mlong\u001b[39m');
    for (const paint of [
      paintFor({ isTTY: false }, {}),
      paintFor({ isTTY: true }, { NO_COLOR: '1' }),
      paintFor({ isTTY: true }, { TERM: 'dumb' }),
    ]) {
      expect(cycleLine(held, paint)).toBe(`${said}  → hold`);
    }
  });
});

describe('the reason of a rule', () => {
  it.each([
    ['too small', rule('reward-risk', 'veto', 1.399999, 2), 'reward-risk (1.4 < 2)'],
    ['too great', rule('stop', 'veto', 2.34567, 2), 'stop (2.346 > 2)'],
    ['large', rule('depth', 'veto', 123456.7, 1000), 'depth (123457 > 1000)'],
    ['exactly at it', rule('daily-loss', 'veto', 5, 5), 'daily-loss (5 = 5)'],
    ['decimal text', rule('free-balance', 'veto', '0.01031682', '0'), 'free-balance (0.01032 > 0)'],
    ['missing', rule('stop', 'veto', null, 2), 'stop (nothing, allowed 2)'],
    ['without a limit', rule('position-open', 'veto', 'open', null), 'position-open (open)'],
    ['bare', rule('reconciled', 'veto', null, null), 'reconciled'],
  ])('%s', (_name, outcome, words) => expect(ruleWords(outcome)).toBe(words));
});

describe('the line of equity', () => {
  it.each([
    // 1010.5 / 1000 - 1 = 1.05 %
    ['a gain', '1010.5000', '+1.05 %'],
    ['a loss', '990.0000', '-1.00 %'],
    ['no change', '1000.0000', '+0.00 %'],
  ])('%s', (_name, equity, change) => {
    const account = {
      at: '2021-05-15T13:00:00Z',
      equity,
      start: '1000',
      balances: { BTC: '0', USDT: '512.3456789', XRP: '500' },
    };
    const worth = Number(equity).toFixed(2);
    expect(equityLine(account, plain)).toBe(
      `2021-05-15 13:00  equity ${worth} USDT (${change})  USDT 512.346 · XRP 500`,
    );
  });
});

it('lines up the addresses', () => {
  const addresses = [
    { name: 'Web UI', address: 'http://127.0.0.1:17001' },
    { name: 'simulator', address: 'http://127.0.0.1:17003' },
  ];
  expect(addressBlock(addresses, plain)).toBe(
    '  Web UI     http://127.0.0.1:17001\n  simulator  http://127.0.0.1:17003',
  );
});
