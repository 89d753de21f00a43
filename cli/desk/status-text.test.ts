import { expect, it } from 'vitest';
import { plain } from '../paint.ts';
import { statusText, type DeskReport } from './status-text.ts';

const report: DeskReport = {
  desk: 'triplegain-1a2b3c',
  profile: 'desks/triplegain.yaml',
  state: 'paused',
  until: '2021-05-15T18:00:00Z',
  who: 'cli (ann)',
  why: 'news',
  venueTime: '2021-05-15T14:00:00Z',
  lastBar: '2021-05-15T13:00:00Z',
  missedBars: 2,
  cyclesInFlight: [],
  feed: { connected: true, clockSkewMs: null, alarms: [] },
  models: null,
  account: {
    equity: '1012.5000',
    balances: { BTC: '0.01', USDT: '512.5' },
    bags: { BTC: '0.002' },
  },
  positions: [
    {
      position: 'BTC/USDT/2021-05-15T10:00:00Z',
      guard: 'guard/d/BTC/USDT/2021-05-15T10:00:00Z',
      pair: 'BTC/USDT',
      side: 'long',
      quantity: '0.01',
      entryPrice: '49000.0000001',
      stopPrice: '48100',
      targetPrices: ['52000'],
      openedAt: '2021-05-15T11:00:00Z',
      unrealisedPct: 2.0408,
    },
  ],
  alarms: [],
  replay: null,
  addresses: { webUi: 'http://ui/w', venue: 'http://venue' },
};

it('tells what the desk does, holds and is worth', () => {
  expect(statusText(report, plain)).toBe(`triplegain-1a2b3c
  state        paused until 2021-05-15 18:00 (cli (ann): news)
  profile      desks/triplegain.yaml
  venue time   2021-05-15 14:00
  last bar     2021-05-15 13:00
  missed bars  2
  feed         connected
  deciding     nothing
  equity       1012.5000 USDT
  balances     0.01 BTC, 512.5 USDT
  put aside    0.002 BTC
  positions    1
    BTC/USDT  0.01 at 49000  stop 48100  target 52000  +2.041 %  since 2021-05-15 11:00
  Web UI  http://ui/w
  venue   http://venue`);
});

it('tells what models have cost today, and who was absent at the last bar and why', () => {
  const cause =
    'the budget of the desk today is used up: 19.99 of 20 USD spent, this call may cost 0.02';
  const absent = [
    { decider: 'gpt', bar: '2021-05-15T13:00:00Z', pairs: ['BTC/USDT', 'XRP/USDT'], cause },
  ];
  const text = statusText(
    { ...report, models: { spentTodayUsd: '19.987', dayUsd: 20, absent } },
    plain,
  );
  expect(text).toContain(`
  models       19.99 of 20 USD spent today
  absent       gpt for BTC/USDT, XRP/USDT: ${cause}
`);
});

it('tells what a person has to know at once', () => {
  const words = 'BTC/USDT/2021-05-15T10:00:00Z: 2 without a stop; it is sold at the market';
  const text = statusText({ ...report, alarms: [{ at: '2021-05-15T13:00:05Z', words }] }, plain);
  expect(text).toContain(`\n  2021-05-15 13:00 ${words}\n`);
});

it('tells a desk that has just started', () => {
  const text = statusText(
    {
      ...{ ...report, state: 'running', until: null, who: 'desk', why: 'started' },
      ...{ venueTime: null, lastBar: null, missedBars: 0, account: null, positions: [] },
    },
    plain,
  );
  expect(text).toContain('state       running\n');
  expect(text).toContain('last bar    none yet');
  expect(text).not.toContain('equity');
});

it('tells how far off the clock is, and what a person should know', () => {
  const feed = { connected: false, clockSkewMs: -720, alarms: ['the venue is in post_only'] };
  const text = statusText({ ...report, feed }, plain);
  expect(text).toContain("feed         not connected, clock 720 ms behind this machine's\n");
  expect(text).toContain('alarm        the venue is in post_only\n');
  expect(statusText({ ...report, feed: null }, plain)).toContain('feed         does not answer');
});
