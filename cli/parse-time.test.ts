import { expect, it } from 'vitest';
import { parseSpan, parseTime } from './parse-time.ts';

it.each([
  ['2021-05-15', '2021-05-15T00:00:00.000Z'],
  ['2021-05-15 13:00', '2021-05-15T13:00:00.000Z'],
  ['2021-05-15T13:00', '2021-05-15T13:00:00.000Z'],
  ['2021-05-15T13:00:30Z', '2021-05-15T13:00:30.000Z'],
  ['2021-05-15T13:00:30.250Z', '2021-05-15T13:00:30.250Z'],
  ['2021-05-15T13:00:00+02:00', '2021-05-15T11:00:00.000Z'],
])('reads %s', (text, iso) => expect(new Date(parseTime(text)!).toISOString()).toBe(iso));

it.each([
  '',
  'yesterday',
  '2021-5-1',
  '2021-02-30',
  '2021-05-15T25:00',
  '15.05.2021',
  '1620000000',
])('does not take "%s" for a time', (text) => expect(parseTime(text)).toBeNull());

it.each([
  ['90s', 90_000],
  ['30m', 1_800_000],
  ['4h', 14_400_000],
  ['1.5d', 129_600_000],
])('reads the span %s', (text, ms) => expect(parseSpan(text)).toBe(ms));

it.each(['', '4', '0h', '-1h', 'h', '4 weeks', '4hh'])('does not take "%s" for a span', (text) =>
  expect(parseSpan(text)).toBeNull(),
);
