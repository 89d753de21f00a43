import { expect, test } from 'vitest';
import { inputAges, type InputTimes } from './input-ages.ts';

const HOUR = 3_600_000;
/** 2026-01-05 13:00, when the bar of 12:00 closes. */
const NOW = Date.UTC(2026, 0, 5, 13);
const bar = (hour: number, minute = 0): number => Date.UTC(2026, 0, 5, hour, minute);

const fresh: InputTimes = {
  ...{ pair: 'XRP/BTC', timeframe: '1h', nowMs: NOW, held: ['USDT', 'XRP'] },
  lastBars: { '15m': bar(12, 45), '1h': bar(12), '4h': bar(8) },
  valued: { 'BTC/USDT': bar(12), 'XRP/USDT': bar(12), 'XRP/BTC': bar(12) },
};
const ages = (change: Partial<InputTimes>): Record<string, number | null> =>
  Object.fromEntries(inputAges({ ...fresh, ...change }).map((i) => [i.name, i.ageMs]));
const required = (change: object): string[] =>
  inputAges({ ...fresh, ...change })
    .filter((input) => input.required)
    .map((input) => input.name);

test('what is in time is not late', () => {
  expect(ages({})).toEqual({
    ...{ '1h bars': 0, '15m bars': 0, '4h bars': 0, 'price of BTC': 0, 'price of XRP': 0 },
  });
  expect(required({})).toHaveLength(5);
});

test('a second before the next close all of it is still in time', () => {
  const nowMs = NOW + HOUR - 1000;
  const lastBars = { '15m': bar(13, 30), '1h': bar(12), '4h': bar(8) };
  expect(Object.values(ages({ nowMs, lastBars }))).toEqual([0, 0, 0, 0, 0]);
});

test.each([
  // 13:00 should be told; 11:00 was closed last, at 12:00
  ['1h bars', { lastBars: { '1h': bar(11) } }, HOUR],
  // that of 12:30 is there, that of 12:45 closed this moment, that of 12:30 does not: 15 minutes ago
  ['15m bars', { lastBars: { ...fresh.lastBars, '15m': bar(12, 30) } }, 0],
  ['15m bars', { lastBars: { ...fresh.lastBars, '15m': bar(12, 15) } }, HOUR / 4],
  ['4h bars', { lastBars: { ...fresh.lastBars, '4h': bar(4) } }, HOUR],
  ['price of BTC', { valued: { ...fresh.valued, 'BTC/USDT': bar(10) } }, 2 * HOUR],
])('%s', (name, change, late) => {
  expect(ages(change)[name]).toBe(late);
});

test('an asset without a pair of its own in USDT is priced over another', () => {
  const valued = { 'BTC/USDT': bar(12), 'XRP/BTC': bar(11) };
  expect(ages({ valued })['price of XRP']).toBe(HOUR);
});

test('a length that the venue has no bars of is missing and hinders nobody', () => {
  const change = { lastBars: { '1h': bar(12), '15m': null } };
  expect(ages(change)['15m bars']).toBeNull();
  expect(required(change)).not.toContain('15m bars');
});

test('the bars that are decided on are required, there or not', () => {
  const change = { lastBars: { '1h': null } };
  expect(ages(change)['1h bars']).toBeNull();
  expect(required(change)).toContain('1h bars');
});

test('what is held without a price hinders nobody; what is traded must have one', () => {
  expect(required({ held: ['EUR'] })).not.toContain('price of EUR');
  expect(required({ valued: { 'BTC/USDT': bar(12) } })).toContain('price of XRP');
});
