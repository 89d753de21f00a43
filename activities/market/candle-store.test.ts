import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { emptySchema } from '../ledger/desk-database.fixture.ts';
import { clearTables } from '../ledger/example-desk.fixture.ts';
import type { Candle } from '../../shared/candle.ts';
import { createCandleStore, WINDOW_BARS } from './candle-store.ts';

const KEY = { pair: 'BTC/USDT', timeframe: '1h' } as const;
const HOUR = 3_600_000;
const FROM = Date.UTC(2026, 0, 1);

let pool: pg.Pool;
beforeAll(async () => {
  pool = await emptySchema(`candle_store_${process.pid}`);
});
beforeEach(() => clearTables(pool));
afterAll(() => pool?.end());

const bar = (i: number, close = i): Candle => ({
  ...{ timeMs: FROM + i * HOUR, open: i, high: i + 1, low: i - 1, close, volume: 1 },
});
const bars = (from: number, to: number): Candle[] =>
  Array.from({ length: to - from }, (_, i) => bar(from + i));

test('bars come back oldest first, and only those that had closed by then', async () => {
  const store = createCandleStore(pool);
  await store.append(KEY, bars(0, 3));
  // the third bar, 02:00, closes at 03:00
  const closed = await store.closedBy(KEY, FROM + 3 * HOUR - 1);
  expect([...closed.close]).toEqual([0, 1]);
  expect([...(await store.closedBy(KEY, FROM + 3 * HOUR)).timeMs]).toEqual(
    [0, 1, 2].map((i) => FROM + i * HOUR),
  );
});

test('a bar that is stored stays as it is', async () => {
  const store = createCandleStore(pool);
  await store.append(KEY, [bar(0)]);
  await store.append(KEY, [bar(0, 99), bar(1)]);
  expect([...(await createCandleStore(pool).closedBy(KEY, FROM + 2 * HOUR)).close]).toEqual([0, 1]);
});

test('what another process stores is seen', async () => {
  const [reader, writer] = [createCandleStore(pool), createCandleStore(pool)];
  await writer.append(KEY, bars(0, 2));
  expect((await reader.closedBy(KEY, FROM + 2 * HOUR)).close).toHaveLength(2);
  await writer.append(KEY, bars(2, 4));
  expect([...(await reader.closedBy(KEY, FROM + 4 * HOUR)).close]).toEqual([0, 1, 2, 3]);
});

test('a process that has run long and one that has just started see the same bars', async () => {
  const old = createCandleStore(pool);
  for (let at = 0; at < 3 * WINDOW_BARS; at += 500) {
    const end = Math.min(at + 500, 3 * WINDOW_BARS);
    await old.append(KEY, bars(at, end));
    await old.closedBy(KEY, FROM + end * HOUR);
  }
  const at = FROM + 3 * WINDOW_BARS * HOUR;
  const seen = await old.closedBy(KEY, at);
  expect(seen.close).toHaveLength(WINDOW_BARS);
  expect(seen.close.at(-1)).toBe(3 * WINDOW_BARS - 1);
  expect(await createCandleStore(pool).closedBy(KEY, at)).toEqual(seen);
});

test('series are kept apart; none is none', async () => {
  const store = createCandleStore(pool);
  await store.append(KEY, bars(0, 1));
  expect(await store.latest({ ...KEY, timeframe: '4h' })).toBeNull();
  expect(await store.latest(KEY)).toBe(FROM);
  const other = await store.closedBy({ pair: 'XRP/USDT', timeframe: '1h' }, FROM + HOUR);
  expect(other.close).toHaveLength(0);
});

test('a bar that comes late fills its hole for those who read before', async () => {
  const store = createCandleStore(pool);
  await store.append(KEY, [bar(0), bar(2)]);
  const close = async () => [...(await store.closedBy(KEY, FROM + 3 * HOUR)).close];
  expect(await close()).toEqual([0, 2]);
  await store.append(KEY, [bar(1)]);
  expect(await close()).toEqual([0, 1, 2]);
});
