import fc from 'fast-check';
import { exampleReview } from '../../shared/risk/example-review.ts';
import type { EntryReviewInput } from '../../shared/risk/entry-input.ts';
import { RiskLimitsSchema, type RiskLimits } from '../../shared/risk/limits.ts';

export const cents = (least: number, most: number): fc.Arbitrary<string> =>
  fc.integer({ min: least * 100, max: most * 100 }).map((n) => (n / 100).toFixed(2));
/** Mostly the first, sometimes the second: so that enough inputs are approved to say something. */
export const rarely = <A, B>(often: fc.Arbitrary<A>, rare: fc.Arbitrary<B>): fc.Arbitrary<A | B> =>
  fc.oneof({ arbitrary: often, weight: 30 }, { arbitrary: rare, weight: 1 });
export const PAIRS = ['BTC/USDT', 'XRP/USDT', 'XRP/BTC', 'ETH/USDT'] as const;

const limits: fc.Arbitrary<RiskLimits> = fc
  .record({
    confidence: fc.constantFrom(0, 0.5, 0.6),
    stopPct: fc.constantFrom(2, 3, 10),
    stopMinAtr: fc.constantFrom(0, 1),
    rewardRisk: fc.constantFrom(0, 1, 2),
    slippageBps: fc.constantFrom(0, 5, 50),
    riskPerTradePct: fc.constantFrom(0.1, 1, 2),
    positionCapPct: fc.constantFrom(5, 40, 200),
    capitalUsdt: fc.constantFrom(null, 100, 5000),
    exposurePerAssetPct: fc.constantFrom(20, 70, 300),
    heatPct: fc.constantFrom(1, 6),
    clusterHeatPct: fc.constantFrom(1, 4),
    maxOpenPositions: fc.constantFrom(2, 3, 5),
    depthSharePct: fc.constantFrom(1, 20, 100),
    volatilityTargetPct: fc.constantFrom(null, 25),
    kellyFraction: fc.constantFrom(null, 0.25),
    leverage: rarely(fc.constantFrom(3, 10), fc.constant(1)),
    marginLevelPct: fc.constantFrom(100, 200, 400),
    liquidationStops: fc.constantFrom(1, 5, 50),
  })
  .map((change) => RiskLimitsSchema.parse(change));

const positions = fc.array(
  fc.record({
    pair: fc.constantFrom(...PAIRS),
    side: rarely(fc.constant('buy' as const), fc.constant('sell' as const)),
    riskUsdt: cents(-50, 200),
    notionalUsdt: cents(0, 3000),
  }),
  { maxLength: 2 },
);
const reservations = fc.array(
  fc.record({
    pair: fc.constantFrom(...PAIRS),
    side: fc.constantFrom('buy' as const, 'sell' as const),
    riskUsdt: cents(0, 100),
    notionalUsdt: cents(0, 3000),
    marginUsdt: cents(0, 1500),
  }),
  { maxLength: 1 },
);

/** Accounts and markets as they may be, the decision aside. */
export const surroundings = fc
  .record({
    pair: fc.constantFrom(...PAIRS),
    desk: fc.record({
      state: rarely(fc.constantFrom('running', 'reduced'), fc.constantFrom('paused', 'halted')),
      cooldownUntil: rarely(fc.constant(null), fc.constant(Date.UTC(2026, 2, 1, 13))),
      reconciled: rarely(fc.constant(true), fc.constant(false)),
      lossStreak: fc.integer({ min: 0, max: 7 }),
      tradesToday: rarely(fc.constant(3), fc.constantFrom(11, 12, 13)),
      llmSpendTodayUsd: rarely(fc.constant(1), fc.constantFrom(19.99, 20, 21)),
    }),
    equity: cents(9000, 12_000),
    peakEquity: rarely(cents(11_000, 12_000), cents(8000, 16_000)),
    dayStartEquity: rarely(cents(9000, 9400), cents(9000, 12_000)),
    free: cents(0, 9000),
    held: cents(0, 5000),
    bag: rarely(fc.constant('0'), cents(0, 500)),
    positions,
    reservations,
    spread: rarely(fc.integer({ min: 0, max: 30 }), fc.constant(60)),
    depthQuote: rarely(fc.constantFrom(null, 100_000), fc.integer({ min: 0, max: 5000 })),
    volatilityRatio: rarely(fc.constantFrom(null, 1, 2.5), fc.constantFrom(3, 4, -1)),
    yearly: fc.constantFrom(null, 60, 120),
    wins: fc.constantFrom(null, 30, 43, 60),
    ageMs: rarely(fc.integer({ min: 0, max: 120_000 }), fc.constantFrom(null, 120_001)),
    takerFee: fc.constantFrom(0, 0.0026, 0.004),
    lot: fc.constantFrom('0.00000001', '0.01', '1'),
    minCost: fc.constantFrom('0', '5', '500'),
    status: rarely(fc.constant('online' as const), fc.constant('post_only' as const)),
    entry: fc.constantFrom('market' as const, 'post-only' as const),
    margin: rarely(fc.constantFrom({ leverage: 2 }, { leverage: 5 }), fc.constant(null)),
    used: rarely(cents(0, 3000), cents(0, 9000)),
    levelPct: rarely(fc.constant(null), fc.constantFrom(90, 300)),
    lends: rarely(
      fc.constantFrom<number[]>([2, 3, 4, 5], [2, 4]),
      fc.constantFrom<number[]>([3], []),
    ),
    interest: fc.constantFrom(0, 0.01, 0.02),
    limits,
  })
  .map((s): EntryReviewInput => {
    const quote = s.pair.endsWith('BTC') ? 'BTC' : 'USDT';
    const base = s.pair.split('/')[0] ?? '';
    // prices of 100 in quote with a spread in hundredths; an XRP of 10,000 USDT where it is paid in BTC
    const baseUsdt = quote === 'BTC' ? '10000' : '100';
    const market = { bid: '100', ask: (100 + s.spread / 100).toFixed(2) };
    return exampleReview({
      pair: s.pair,
      desk: s.desk,
      account: {
        equity: s.equity,
        peakEquity: s.peakEquity,
        dayStartEquity: s.dayStartEquity,
        weekStartEquity: '9500',
        monthStartEquity: '9500',
        free: { [quote]: quote === 'BTC' ? (Number(s.free) / 100).toFixed(4) : s.free },
        holdings: { [base]: (Number(s.held) / Number(baseUsdt)).toFixed(6) },
        bags: { [base]: (Number(s.bag) / Number(baseUsdt)).toFixed(6) },
        positions: s.positions,
        reservations: s.reservations,
        margin: {
          usedUsdt: s.used,
          freeUsdt: (Number(s.equity) - Number(s.used)).toFixed(2),
          levelPct: s.levelPct,
        },
      },
      market: {
        ...market,
        depthQuote: s.depthQuote,
        volatilityRatio: s.volatilityRatio,
        atrPct: 1,
        volatilityPctPerYear: s.yearly,
        inputs: [{ name: 'candles', ageMs: s.ageMs, required: true }],
        usdtPer: { BTC: '100', [base]: baseUsdt },
      },
      instrument: {
        takerFee: s.takerFee,
        makerFee: s.takerFee / 2,
        lot: s.lot,
        minCost: quote === 'BTC' ? '0.05' : s.minCost,
        status: s.status,
        leverageSell: s.lends,
        marginRatePct: { open: s.interest, rollover: s.interest },
        marginCallPct: 80,
      },
      margin: s.margin,
      entry: { type: s.entry },
      limits: s.limits,
      track: s.wins === null ? null : { trades: 100, wins: s.wins, meanWinR: 2, meanLossR: 1 },
    });
  });

const sane: fc.Arbitrary<EntryReviewInput['decision']> = fc.record({
  action: rarely(fc.constantFrom('long', 'short'), fc.constantFrom('hold', 'close')),
  confidence: rarely(fc.constantFrom(0.6, 0.8, 1), fc.constantFrom(0.59, 0)),
  entry: fc.constantFrom(
    { type: 'market' as const, price: null },
    { type: 'limit' as const, price: 99.5 },
    { type: 'limit' as const, price: 100.337 },
  ),
  stopLossPct: rarely(fc.constantFrom(1, 1.5, 2), fc.constantFrom(2.5, 0.5, 0.01)),
  takeProfitPct: fc.constantFrom([9], [7, 9, 12], [4], [30, 8]),
  sizePct: fc.constantFrom(null, 1, 25, 100),
  leverage: rarely(fc.constantFrom(null, 3, 10), fc.constant(1)),
  horizonHours: fc.constantFrom(1, 4, 24, 60),
});

/** What a model could come up with: any field missing, of another type, not finite, huge, or text. */
export const number = fc.oneof(
  fc.constantFrom(NaN, Infinity, -Infinity, 0, -0, -1, 1e308, 5e-324, 0.6, 1, 2, 8, 100),
  fc.double(),
);
const junk = fc.constantFrom(
  ...[undefined, null, true, '', '0.9', 'ignore all limits', '1e9', {}, [], [[]], 10n],
);
const absurd = fc.oneof({ arbitrary: number, weight: 2 }, junk);
const good = {
  action: 'long',
  confidence: 0.9,
  entry: { type: 'market', price: null },
  stopLossPct: 2,
  takeProfitPct: [9],
  sizePct: null,
  leverage: null,
  horizonHours: 24,
};
const names = fc.constantFrom(...Object.keys(good), 'limits', 'riskPerTradePct');
const twist = fc.oneof(
  { arbitrary: fc.tuple(names, absurd), weight: 4 },
  fc.tuple(fc.constant('takeProfitPct'), fc.array(absurd, { maxLength: 6 })),
  fc.tuple(
    fc.constant('entry'),
    fc.record({ type: fc.constantFrom('limit', 'market', 'stop'), price: absurd }),
  ),
  fc.tuple(fc.constant('stopLossPct'), fc.double({ min: 0, max: 3, noNaN: true })),
  fc.tuple(fc.constant('sizePct'), fc.double({ min: 0, max: 200, noNaN: true })),
);
/** A good decision with up to three fields twisted, sometimes no decision at all. */
export const hostile: fc.Arbitrary<EntryReviewInput['decision']> = rarely(
  fc
    .tuple(fc.constantFrom('long', 'short'), fc.array(twist, { minLength: 1, maxLength: 3 }))
    .map(([action, twists]): unknown => ({ ...good, action, ...Object.fromEntries(twists) })),
  junk,
).map((value) => value as EntryReviewInput['decision']); // it pretends to be one

export const saneInput = fc
  .tuple(surroundings, sane)
  .map(([input, decision]): EntryReviewInput => ({ ...input, decision }));
