import { expect, test } from 'vitest';
import { reviewEntry } from './review.ts';
import { exampleReview } from './example-review.ts';
import { vetoesOf, type Shown } from './verdict.ts';

const TRACK = { trades: 100, wins: 40, meanWinR: 2, meanLossR: 1 };

test('approves an entry that breaks no rule and says what may be sent', () => {
  const verdict = reviewEntry(exampleReview());
  expect(vetoesOf(verdict)).toEqual([]);
  expect(verdict.kind).toBe('approved');
  expect(verdict.plan).toEqual({
    kind: 'enter',
    pair: 'BTC/USDT',
    side: 'buy',
    entry: { type: 'market', price: null, postOnly: false },
    quantity: '33.44', // 100 / 2.99 = 33.444...
    referencePrice: '100',
    stopPrice: '98',
    targets: [{ price: '108', share: '1' }],
    leverage: 1,
    riskUsdt: '99.9856', // 33.44 x 2.99
    notionalUsdt: '3344',
    reserve: { asset: 'USDT', amount: '3360.72' }, // 3344 x 1.005
    marginUsdt: '0',
    expiresAtMs: null,
  });
});

test('lists every rule once, also after a veto', () => {
  const approved = reviewEntry(exampleReview()).rules.map((r) => r.rule);
  const vetoed = reviewEntry(exampleReview({ decision: { confidence: 0 } })).rules;
  expect(vetoed.map((r) => r.rule)).toEqual(approved);
  expect(new Set(approved).size).toBe(approved.length);
});

test('a purchase paid in an asset that is not held is vetoed by free-balance', () => {
  const verdict = reviewEntry(
    exampleReview({
      pair: 'XRP/BTC',
      market: { bid: '0.01', ask: '0.01' },
      instrument: { tick: '0.0000001', minCost: '0.00002' },
    }),
  );
  expect(vetoesOf(verdict)).toEqual(['free-balance']);
});

test('a limit entry carries its price and its end, a ladder its shares, nearest first', () => {
  const verdict = reviewEntry(
    exampleReview({
      decision: { entry: { type: 'limit', price: 99.999 }, takeProfitPct: [12, 8, 10] },
      entry: { expireAfterMinutes: 90 },
    }),
  );
  expect(verdict.plan).toMatchObject({
    entry: { type: 'limit', price: '99.99', postOnly: false }, // down to the tick
    referencePrice: '99.99',
    stopPrice: '98', // 97.9902 up to the tick
    targets: [
      { price: '107.98', share: '0.33333333' }, // 107.9892 down to the tick
      { price: '109.98', share: '0.33333333' }, // 109.989
      { price: '111.98', share: '0.33333334' }, // 111.9888
    ],
    expiresAtMs: Date.UTC(2026, 2, 1, 13, 30),
  });
  expect(verdict.kind).toBe('approved');
});

test('a post-only entry rests at the bid, costs the maker fee, and is stopped as a taker', () => {
  const { plan } = reviewEntry(
    exampleReview({
      entry: { type: 'post-only', expireAfterMinutes: 30 },
      market: { bid: '99.9', ask: '100.1' },
    }),
  );
  // 99.9 x 1.0025 = 100.14975 a unit; kept of a sale: 1 - 0.005 - 0.1/100 = 0.994; stop 97.902 -> 97.91:
  // 97.91 x 0.994 = 97.32254, at risk 2.82721, and 100 / 2.82721 = 35.37
  expect(plan).toMatchObject({
    entry: { type: 'limit', price: '99.9', postOnly: true },
    ...{ referencePrice: '99.9', stopPrice: '97.91', quantity: '35.37' },
    reserve: { asset: 'USDT', amount: '3542.2966575' }, // 35.37 x 100.14975
    expiresAtMs: Date.UTC(2026, 2, 1, 12, 30),
  });
});

test('a post-only desk keeps the lower price that a decision asks for', () => {
  const { plan } = reviewEntry(
    exampleReview({
      entry: { type: 'post-only' },
      decision: { entry: { type: 'limit', price: 99.5 } },
    }),
  );
  expect(plan?.entry).toEqual({ type: 'limit', price: '99.5', postOnly: true });
});

test('rungs that fall together are joined', () => {
  const { plan } = reviewEntry(
    exampleReview({ decision: { takeProfitPct: [8, 12, 8.001, 8.004] } }),
  );
  expect(plan?.targets).toEqual([
    { price: '108', share: '0.75' },
    { price: '112', share: '0.25' },
  ]);
});

test('a plan that some rule has shrunk is resized', () => {
  const verdict = reviewEntry(exampleReview({ decision: { sizePct: 10 } }));
  expect(verdict.kind).toBe('resized');
  expect(verdict.plan?.quantity).toBe('10');
});

test.each<[string, unknown]>([
  ['none', null],
  ['undefined', undefined],
  ['text', 'long'],
  ['an empty one', {}],
  ['a list', []],
])('a decision that is %s is refused by every rule that reads it', (_name, decision) => {
  const verdict = reviewEntry({ ...exampleReview(), decision: decision as never });
  expect(verdict.kind).toBe('vetoed');
  expect(vetoesOf(verdict)).toEqual([
    'legal-action',
    'confidence',
    'entry-price',
    'stop',
    'leverage',
  ]);
  expect(verdict.rules.find((r) => r.rule === 'risk-per-trade')?.outcome).toBe('not-applicable');
});

test('what cannot be read is vetoed by one rule, and the others say that they saw nothing', () => {
  const { rules } = reviewEntry(exampleReview({ account: { equity: 'x'.repeat(100) } }));
  expect(rules[0]?.note).toBe(`equity is ${'x'.repeat(40)}`);
  const unseen = rules.filter((r) => r.note === 'account or market could not be read');
  expect(unseen.map((r) => [r.rule, r.outcome, r.observed])).toEqual(
    [
      'cooldown',
      'trades-per-day',
      'llm-spend',
      'daily-loss',
      'weekly-loss',
      'monthly-loss',
      'spread',
      'entry-price',
      'stop',
      'reward-risk',
      'risk-per-trade',
      'size-wish',
      'volatility-target',
      'kelly',
      'position-cap',
      'capital',
      'exposure',
      'heat',
      'cluster-heat',
      'free-balance',
      'margin-level',
      'liquidation',
      'depth',
      'drawdown',
      'loss-streak',
      'venue-minimum',
    ].map((rule) => [rule, 'not-applicable', null]),
  );
});

test('without a stop there is nothing to size, and the sizing rules say so', () => {
  const { rules } = reviewEntry(exampleReview({ decision: { stopLossPct: null } }));
  const unsized = rules.filter((r) => r.note === 'the decision gives nothing to size');
  expect(unsized.map((r) => r.rule)).toEqual([
    'reward-risk',
    'risk-per-trade',
    'size-wish',
    'volatility-target',
    'kelly',
    'position-cap',
    'capital',
    'exposure',
    'heat',
    'cluster-heat',
    'free-balance',
    'margin-level',
    'liquidation',
    'depth',
    'venue-minimum',
  ]);
  expect(rules.find((r) => r.rule === 'venue-minimum')?.limit).toBe(null);
});

test.each<[string, Shown, Shown]>([
  ['size-wish', 33.4448, 50],
  ['free-balance', '3361.2', '10000'],
  ['venue-minimum', '33.44', '0.06'], // 5 USDT at the stop: 5 / 98 = 0.051, up to the lot
  ['capital', '3344.48', null],
])('%s shows what it saw and what it allows', (rule, observed, limit) => {
  const { rules } = reviewEntry(exampleReview({ decision: { sizePct: 50 } }));
  expect(rules.find((r) => r.rule === rule)).toMatchObject({ observed, limit });
});

test.each<[string, object, Shown]>([
  ['is not set', {}, null],
  [
    'waits for more trades',
    { limits: { kellyFraction: 0.25 }, track: { ...TRACK, trades: 99 } },
    null,
  ],
  ['has no record', { limits: { kellyFraction: 0.25 } }, null],
  ['no profile sets', { track: TRACK }, null],
  ['shows no edge', { limits: { kellyFraction: 0.25 }, track: TRACK }, 0.1],
])('the Kelly bound that %s allows %o', (_name, change, limit) => {
  const { rules } = reviewEntry(exampleReview(change));
  expect(rules.find((r) => r.rule === 'kelly')?.limit).toBe(limit);
});

test('of many problems five are told', () => {
  const { rules } = reviewEntry(
    exampleReview({
      account: { equity: 'a', peakEquity: 'b', dayStartEquity: 'c' },
      market: { bid: 'd', ask: 'e' },
      instrument: { tick: 'f' },
    }),
  );
  expect(rules[0]?.note.split('; ')).toHaveLength(5);
});

test('a wish that is no number is shown as text, and not at length', () => {
  const limitOf = (sizePct: unknown): Shown | undefined =>
    reviewEntry(exampleReview({ decision: { sizePct: sizePct as number } })).rules.find(
      (r) => r.rule === 'size-wish',
    )?.limit;
  expect(limitOf(NaN)).toBe('NaN');
  expect(limitOf('9'.repeat(99))).toBe('9'.repeat(40));
  expect(limitOf(undefined)).toBe(null);
  expect(Object.is(limitOf(-0), 0)).toBe(true);
});
