import { describe, expect, test } from 'vitest';
import { deskView, DeskViewSchema, type DeskFacts } from './desk-view.ts';
import { RiskLimitsSchema } from './risk/limits.ts';
import type { PositionView } from './snapshot.ts';

const AT = Date.UTC(2026, 0, 5, 13);
const held: PositionView = {
  ...{ position: 'p', guard: 'g', pair: 'BTC/USDT', side: 'long', quantity: '1' },
  ...{ entryPrice: '290', stopPrice: '280', targetPrices: [], openedAt: '2026-01-05T10:00:00Z' },
  unrealisedPct: 0,
};
const resting: DeskFacts['restingEntries'][number] = {
  ...{ pair: 'XRP/USDT', side: 'buy', kind: 'limit', price: '0.5', quantity: '100' },
  ...{ filledQuantity: '0', placedAt: '2026-01-05T12:00:00Z', endsAt: null },
};
const view = (change: Partial<DeskFacts> = {}) =>
  deskView({
    ...{ atMs: AT, pairs: ['BTC/USDT', 'XRP/USDT'], mode: 'running', equity: '1000' },
    limits: RiskLimitsSchema.parse({}),
    marks: { peak: '1000', day: '1000', week: '1000', month: '1000' },
    ...{ positions: [], usdtPer: { USDT: '1', BTC: '300' }, takerFees: { 'BTC/USDT': 0.005 } },
    ...{ reservations: [], restingEntries: [], entriesToday: 0, lastClosedMs: {}, fees: [] },
    ...change,
  });

describe('what is left', () => {
  test('of a desk that has done nothing is all', () => {
    expect(view().left).toEqual({
      ...{ heatPct: 6, positions: 3, entriesToday: 12, dayLossPct: 5, weekLossPct: 10 },
      ...{ monthLossPct: 20, drawdownPct: 10 },
    });
  });

  test('counts open and ordered risk', () => {
    // (290 - 280) + (290 + 280) * 0.005 = 12.85, and 10 ordered, of 1,000: 2.285
    const { left, heatPct } = view({
      positions: [held],
      reservations: [{ pair: 'XRP/USDT', riskUsdt: '10' }],
    });
    expect([heatPct, left.heatPct, left.positions]).toEqual([2.29, 3.71, 1]);
  });

  test('falls with losses and is never below zero', () => {
    // 940 of 1,000 today is a loss of 6 %; of 1,044.44 at the peak 10 %
    const { left } = view({
      equity: '940',
      marks: { peak: '1044.444444', day: '1000', week: '950', month: '900' },
      entriesToday: 13,
    });
    expect(left).toMatchObject({
      ...{ dayLossPct: 0, weekLossPct: 8.95, monthLossPct: 20, drawdownPct: 0, entriesToday: 0 },
    });
  });
});

describe('what is legal on a pair', () => {
  test.each<[string, Partial<DeskFacts>, string[], string[]]>([
    ['nothing held', {}, ['long', 'hold'], ['long', 'hold']],
    ['a position', { positions: [held] }, ['hold', 'close'], ['long', 'hold']],
    ['a resting entry', { restingEntries: [resting] }, ['long', 'hold'], ['hold']],
    [
      'an ordered entry',
      { reservations: [{ pair: 'XRP/USDT', riskUsdt: '1' }] },
      ['long', 'hold'],
      ['hold'],
    ],
    // 30 minutes of rest
    [
      'a trade 29 minutes ago',
      { lastClosedMs: { 'BTC/USDT': AT - 29 * 60_000 } },
      ['hold'],
      ['long', 'hold'],
    ],
    [
      'a trade 30 minutes ago',
      { lastClosedMs: { 'BTC/USDT': AT - 30 * 60_000 } },
      ['long', 'hold'],
      ['long', 'hold'],
    ],
    ['a halted desk', { mode: 'halted', positions: [held] }, ['hold', 'close'], ['hold']],
  ])('%s', (_, change, btc, xrp) => {
    const { pairs } = view(change);
    expect([pairs['BTC/USDT']?.legalActions, pairs['XRP/USDT']?.legalActions]).toEqual([btc, xrp]);
  });
});

test('fees are told in USDT, and the whole is what the schema says', () => {
  const told = view({
    fees: [
      { asset: 'USDT', today: '1', ever: '2.5' },
      { asset: 'BTC', today: '0', ever: '0.01' },
    ],
    lastClosedMs: { 'BTC/USDT': AT - 60_000 },
    restingEntries: [resting],
  });
  expect(told.feesUsdt).toEqual({ today: '1', ever: '5.5' });
  expect(told.pairs['BTC/USDT']?.restsUntil).toBe('2026-01-05T13:29:00Z');
  expect(DeskViewSchema.parse(told)).toEqual(told);
});
