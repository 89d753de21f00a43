import { expect, test } from 'vitest';
import type { Candle, CandleColumns } from '../../shared/candle.ts';
import { canonicalJson } from '../../shared/canonical-json.ts';
import { SnapshotSchema, type AccountView, type PositionView } from '../../shared/snapshot.ts';
import {
  BAR_MS,
  CLOSE_MS,
  exampleInstrument,
  exampleProfile,
  HOUR_MS,
} from '../ledger/example-desk.fixture.ts';
import { buildSnapshot, withReadings, type SnapshotParts } from './build-snapshot.ts';

/** `count` bars of an hour up to `BAR_MS`; bar i closes at 100 + i and turns over 1 BTC. */
function hours(count: number): CandleColumns {
  const bars = Array.from({ length: count }, (_, i): Candle => {
    const close = 100 + i;
    const timeMs = BAR_MS - (count - 1 - i) * HOUR_MS;
    return { timeMs, open: close - 1, high: close + 1, low: close - 2, close, volume: 1 };
  });
  const column = (pick: (c: Candle) => number) => Float64Array.from(bars, pick);
  return {
    timeMs: column((c) => c.timeMs),
    open: column((c) => c.open),
    high: column((c) => c.high),
    low: column((c) => c.low),
    close: column((c) => c.close),
    volume: column((c) => c.volume),
  };
}

const account: AccountView = {
  ...{ asOf: '2026-01-05T13:00:00Z', equity: '1000', balances: { USDT: '1000' } },
  ...{ free: { USDT: '1000' }, usdtPer: { USDT: '1' }, positions: [] },
};

const position: PositionView = {
  ...{ position: 'p', guard: 'g', pair: 'BTC/USDT', side: 'long', quantity: '1' },
  ...{ entryPrice: '100', stopPrice: '98', targetPrices: ['108'] },
  ...{ openedAt: '2026-01-05T10:00:00Z', unrealisedPct: 1 },
};

const build = (change: Partial<SnapshotParts> = {}) =>
  buildSnapshot({
    ...{ profile: exampleProfile, pair: 'BTC/USDT', barMs: BAR_MS, atMs: CLOSE_MS },
    ...{ candles: { '1h': hours(200) }, account, recentTrades: [] },
    ...{ instrument: exampleInstrument('BTC/USDT'), book: null },
    ...change,
  });

test('a snapshot keeps to its schema and names its bar by its open', () => {
  const snapshot = withReadings(build(), [
    {
      ...{ analyst: 'technical', source: 'bars', weight: 1, availableAt: null, reading: null },
      missing: 'too few bars',
    },
  ]);
  expect(SnapshotSchema.parse(snapshot)).toEqual(snapshot);
  expect(snapshot.missing['readings.technical']).toBe('too few bars');
  expect(snapshot).toMatchObject({
    ...{ pair: 'BTC/USDT', bar: '2026-01-05T12:00:00Z', asOf: '2026-01-05T13:00:00Z' },
    timeframe: '1h',
  });
});

test('price and its changes are those of the last close', () => {
  // closes 299, an hour before 298, a day before 275
  expect(build().price).toEqual({
    now: 299,
    change1hPct: 0.336, // 299 / 298 - 1
    change24hPct: 8.727, // 299 / 275 - 1
  });
});

test('volume is of a day, and against the mean day of a week', () => {
  expect(build().volume).toEqual({ base24h: 24, ratioTo7dMean: 1 });
  const little = hours(100);
  expect(build({ candles: { '1h': little } }).volume).toEqual({ base24h: 24, ratioTo7dMean: null });
});

test('twenty bars are shown, oldest first', () => {
  const rows = build().timeframes['1h']!.candles;
  expect(rows).toHaveLength(20);
  expect(rows.at(-1)).toEqual(['2026-01-05T12:00:00Z', 298, 300, 297, 299, 1]);
  expect(rows[0]?.[0]).toBe('2026-01-04T17:00:00Z');
});

test('what is missing is null and says why, never zero', () => {
  const snapshot = build({ candles: { '1h': hours(1) } });
  expect(snapshot.timeframes['4h']).toBeNull();
  expect(snapshot.missing).toMatchObject({
    'timeframes.4h': 'the venue has no closed 4h bars',
    orderBook: expect.any(String) as string,
    derivatives: expect.any(String) as string,
  });
  expect(snapshot.price).toMatchObject({ change1hPct: null, change24hPct: null });
  expect(snapshot.missing).toMatchObject({
    'price.change1hPct': '1 closed 1h bars are too few',
    'price.change24hPct': '1 closed 1h bars are too few',
    'volume.base24h': '1 closed 1h bars are too few',
    'volume.ratioTo7dMean': '1 closed 1h bars are too few',
    'timeframes.1h.indicators': expect.stringMatching(/^too few closed 1h bars for .*ema50/),
  });
  expect(snapshot.timeframes['1h']!.indicators).toMatchObject({ rsi14: null, ema50: null });
});

test('every null of a snapshot has its reason, and nothing else has one', () => {
  const volumeless = { ...hours(200), volume: new Float64Array(200) };
  const fourHours = { ...exampleProfile, timeframe: '4h' as const, snapshotTimeframes: ['4h'] };
  const extra = { extraIndicators: [{ name: 'roc' as const, params: { period: 50 } }] };
  const cases: [string, Partial<SnapshotParts>][] = [
    ['all there', {}],
    ['few bars', { candles: { '1h': hours(30) } }],
    ['no volume', { candles: { '1h': volumeless } }],
    [
      'longer bars',
      { profile: { ...exampleProfile, ...(fourHours as object) }, candles: { '4h': hours(200) } },
    ],
    [
      'an indicator of the profile',
      { profile: { ...exampleProfile, ...extra }, candles: { '1h': hours(30) } },
    ],
  ];
  for (const [name, change] of cases) {
    const { price, volume, timeframes, extraIndicators = {}, missing } = build(change);
    const nulls = [
      ...Object.entries({ ...price }).map(([key, value]) => [`price.${key}`, value]),
      ...Object.entries({ ...volume }).map(([key, value]) => [`volume.${key}`, value]),
      ...Object.entries(extraIndicators).map(([key, value]) => [`extraIndicators.${key}`, value]),
      ...Object.entries(timeframes).map(([key, value]) => [`timeframes.${key}`, value]),
      ...Object.entries(timeframes).map(([key, value]) => [
        `timeframes.${key}.indicators`,
        value !== null && Object.values(value.indicators).includes(null) ? null : 0,
      ]),
      ...[
        ['orderBook', null],
        ['derivatives', null],
      ],
    ].flatMap(([key, value]) => (value === null ? [key] : []));
    expect([name, new Set(Object.keys(missing))]).toEqual([name, new Set(nulls)]);
  }
  const ofNothing = build({ candles: { '1h': volumeless } });
  expect(ofNothing.missing['volume.ratioTo7dMean']).toBe(
    'nothing was traded within the seven days',
  );
});

test('what may be done follows from what is held on this pair', () => {
  expect(build().legalActions).toEqual(['long', 'hold']);
  const holding = build({ account: { ...account, positions: [position] } });
  expect(holding).toMatchObject({ legalActions: ['hold', 'close'], position });
  const other = { ...position, pair: 'XRP/USDT' };
  expect(build({ account: { ...account, positions: [other] } })).toMatchObject({
    ...{ legalActions: ['long', 'hold'], position: null },
  });
});

test('a local book that is right shows spread, depth and imbalance', () => {
  const book = { bid: '99.5', ask: '100.5', bidDepth: '3000', askDepth: '1000' };
  const snapshot = build({ book });
  expect(SnapshotSchema.shape.orderBook.parse(snapshot.orderBook)).toEqual({
    ...{ bid: '99.5', ask: '100.5' },
    spreadBps: 100, // 1 of 100
    ...{ bidDepth: 3000, askDepth: 1000 },
    imbalance: 0.5, // (3000 - 1000) / 4000
  });
  expect(snapshot.missing).not.toHaveProperty('orderBook');
});

test('costs are those of the pair', () => {
  // fees of 0.5 and 0.25 %
  expect(build().costs).toEqual({ takerFeePct: 0.5, makerFeePct: 0.25, roundTripPct: 1 });
});

test('the same parts give the same text', () => {
  expect(canonicalJson(build())).toBe(canonicalJson(build()));
});

test('a bar that is not the latest is refused: everything else would be late', () => {
  expect(() => build({ barMs: BAR_MS + HOUR_MS })).toThrow(
    'the 1h bar 2026-01-05T13:00:00Z of BTC/USDT is not stored: the latest one is 2026-01-05T12:00:00Z',
  );
  expect(() => build({ candles: {} })).toThrow('the latest one is none');
});
