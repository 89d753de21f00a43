import { expect, test } from 'vitest';
import {
  EntrySettingsSchema,
  entryExpiry,
  entryTerms,
  MARKET_ENTRY,
  repricedEntry,
  restsThroughRange,
  wouldHaveTaken,
} from './entry.ts';
import { Decimal } from './money.ts';

const HOUR_MS = 3_600_000;
const tick = new Decimal('0.1');
const book = { bid: new Decimal('99.9'), ask: new Decimal('100.1') };
const market = { type: 'market' as const, price: null };
const limit = (price: string) => ({ type: 'limit' as const, price: new Decimal(price) });

test.each([
  { name: 'rests at the bid', wish: market, at: book, expected: '99.9' },
  {
    name: 'stays below the ask where the book has no spread',
    wish: market,
    at: { bid: new Decimal('100.1'), ask: new Decimal('100.1') },
    expected: '100', // 100.1 - 0.1
  },
  {
    name: 'lies on the tick, rounded down',
    wish: market,
    at: { bid: new Decimal('99.97'), ask: new Decimal('100.3') },
    expected: '99.9',
  },
  { name: 'keeps a lower wish', wish: limit('98.76'), at: book, expected: '98.7' },
  { name: 'does not pay up for a higher wish', wish: limit('101'), at: book, expected: '99.9' },
])('a post-only entry $name', ({ wish, at, expected }) => {
  const terms = entryTerms({ type: 'post-only' }, wish, at, tick);
  expect(terms).toMatchObject({ type: 'limit', postOnly: true });
  expect(terms?.price?.toFixed()).toBe(expected);
});

test('a market entry buys at once, and keeps a wished limit', () => {
  expect(entryTerms(MARKET_ENTRY, market, book, tick)).toEqual({
    ...{ type: 'market', price: null, postOnly: false },
  });
  const kept = entryTerms(MARKET_ENTRY, limit('99.55'), book, tick);
  expect(kept).toMatchObject({ type: 'limit', postOnly: false });
  expect(kept?.price?.toFixed()).toBe('99.5');
});

test('a wish without a usable price is no entry', () => {
  const none = { type: 'limit' as const, price: null };
  expect(entryTerms({ type: 'post-only' }, none, book, tick)).toBeNull();
  expect(entryTerms({ type: 'market' }, limit('0.05'), book, tick)).toBeNull();
  const worthless = { bid: new Decimal('0.05'), ask: new Decimal('0.1') };
  expect(entryTerms({ type: 'post-only' }, market, worthless, tick)).toBeNull();
});

test('post-only, an hour and two more tries unless the profile says otherwise', () => {
  expect(EntrySettingsSchema.parse({})).toEqual({
    ...{ type: 'post-only', expireAfterMinutes: 60, reprices: 2 },
  });
  expect(entryExpiry({ expireAfterMinutes: 60 }, 5)).toBe(5 + HOUR_MS);
});

test.each([
  { name: 'the whole of its candle', expiresMs: HOUR_MS, sees: true },
  { name: 'the range when it ends with it', expiresMs: HOUR_MS / 2, sees: true },
  { name: 'nothing when it ends before', expiresMs: HOUR_MS / 2 - 1, sees: false },
])('an entry sees $name', ({ expiresMs, sees }) => {
  expect(restsThroughRange(expiresMs, 0, HOUR_MS)).toBe(sees);
});

test.each([
  ['EOrder:Post only order', true],
  ['Post only order', true],
  ['EOrder:Insufficient funds', false],
  ['EService:Market in post_only mode', false],
  [null, false],
])('the refusal %j says that it would have taken: %s', (reason, expected) => {
  expect(wouldHaveTaken(reason)).toBe(expected);
});

test.each([
  { name: 'at the bid that has fallen', bid: '99.5', ask: '99.7', expected: '99.5' },
  { name: 'not above what was approved', bid: '100.2', ask: '100.4', expected: '99.9' },
  { name: 'not at or below its stop', bid: '98', ask: '98.2', expected: null },
])('an entry is priced anew $name', ({ bid, ask, expected }) => {
  expect(repricedEntry({ price: '99.9', stopPrice: '98' }, { bid, ask }, '0.1')).toBe(expected);
});

test.each([
  { name: 'rests at the ask', wish: market, at: book, expected: '100.1' },
  {
    name: 'stays above the bid where the book has no spread',
    wish: market,
    at: { bid: new Decimal('100.1'), ask: new Decimal('100.1') },
    expected: '100.2', // 100.1 + 0.1
  },
  {
    name: 'lies on the tick, rounded up',
    wish: market,
    at: { bid: new Decimal('99.7'), ask: new Decimal('100.03') },
    expected: '100.1',
  },
  { name: 'keeps a higher wish', wish: limit('101.23'), at: book, expected: '101.3' },
  { name: 'does not sell for less', wish: limit('99'), at: book, expected: '100.1' },
])('a post-only short $name', ({ wish, at, expected }) => {
  const terms = entryTerms({ type: 'post-only' }, wish, at, tick, 'sell');
  expect(terms).toMatchObject({ type: 'limit', postOnly: true });
  expect(terms?.price?.toFixed()).toBe(expected);
});

test.each([
  { name: 'at the ask that has risen', bid: '100.3', ask: '100.5', expected: '100.5' },
  { name: 'not below what was approved', bid: '99.4', ask: '99.6', expected: '100.1' },
  { name: 'not at or above its stop', bid: '101.8', ask: '102', expected: null },
])('a short is priced anew $name', ({ bid, ask, expected }) => {
  const approved = { price: '100.1', stopPrice: '102', side: 'sell' as const };
  expect(repricedEntry(approved, { bid, ask }, '0.1')).toBe(expected);
});
