import { describe, expect, it } from 'vitest';
import type { CycleWhy } from '../../activities/ledger/records/read-why.ts';
import type { Decision } from '../../shared/decision.ts';
import type { Snapshot } from '../../shared/snapshot.ts';
import { plain } from '../paint.ts';
import { whyText, workflowAddress } from './why-text.ts';

const decision: Decision = {
  evidenceFor: ['EMA 21 above EMA 50 on 1h'],
  evidenceAgainst: ['RSI 14 at 76.0: stretched'],
  action: 'long',
  confidence: 0.62,
  horizonHours: 72,
  entry: { type: 'market', price: null },
  stopLossPct: 1.8,
  takeProfitPct: [6.57],
  sizePct: null,
  leverage: null,
  expectedReturnPct: 1,
  invalidation: null,
  reasoning: 'up-trend stands on 1h',
};
const snapshot: Snapshot = {
  version: 1,
  pair: 'BTC/USDT',
  bar: '2021-05-15T13:00:00Z',
  asOf: '2021-05-15T14:00:00Z',
  timeframe: '1h',
  price: { now: 50000, change1hPct: -0.4, change24hPct: null },
  volume: { base24h: 1234.5678, ratioTo7dMean: 1.3 },
  timeframes: {
    '1h': { candles: [], indicators: { rsi14: 76.04321, ema21: 49000.5, ema50: null } },
    '15m': null,
  },
  derivatives: null,
  orderBook: null,
  readings: [
    {
      ...{ analyst: 'regime', source: 'bars', weight: 1, availableAt: '2021-05-15T14:00:00Z' },
      ...{ reading: { market: 'range', marketBars: 7 }, missing: null },
    },
  ],
  missing: { '15m': 'no candles of that length' },
  account: {
    asOf: '2021-05-15T14:00:00Z',
    equity: '1000.0000',
    balances: { USDT: '900', XRP: '500' },
    free: { USDT: '900' },
    usdtPer: { USDT: '1' },
    positions: [],
  },
  position: null,
  recentTrades: [],
  lessons: [],
  costs: { takerFeePct: 0.4, makerFeePct: 0.25, roundTripPct: 0.8 },
  legalActions: ['long', 'hold', 'close'],
};
const why: CycleWhy = {
  id: 'cycle/d/BTC/USDT/2021-05-15T13:00:00Z',
  pair: 'BTC/USDT',
  bar: '2021-05-15T13:00:00Z',
  decidedAt: '2021-05-15T14:00:00Z',
  snapshotHash: '0123456789abcdef',
  action: 'long',
  outcome: 'ordered',
  confidence: 0.62,
  consensus: {
    action: 'long',
    confidence: 0.62,
    reason: '2 of 3 say long',
    votes: [],
    others: { single: { action: 'hold', confidence: null, reason: 'single trend says hold' } },
    records: [
      {
        ...{ decider: 'trend', variant: 'trend', weight: 0.51, resolved: 20, independent: 8 },
        ...{ brierSum: 5, alpha: 0, beta: 1 },
      },
      {
        ...{ decider: 'breakout', variant: 'breakout', weight: 0.49, resolved: 0 },
        ...{ independent: 0, brierSum: 0, alpha: 0, beta: 0.5 },
      },
    ],
  },
  answers: [
    { kind: 'answered', decider: 'trend', decision },
    { kind: 'absent', decider: 'breakout', cause: 'late' },
  ],
  verdict: {
    kind: 'resized',
    rules: [
      {
        rule: 'confidence',
        outcome: 'pass',
        observed: 0.62,
        limit: 0.6,
        unit: 'probability',
        note: 'sure enough',
      },
      {
        rule: 'spread',
        outcome: 'not-applicable',
        observed: null,
        limit: 30,
        unit: 'bps',
        note: 'no book',
      },
      {
        rule: 'position-cap',
        outcome: 'shrink',
        observed: 55.55555,
        limit: 40,
        unit: '%',
        note: 'made smaller',
      },
    ],
    plan: {
      kind: 'enter',
      pair: 'BTC/USDT',
      side: 'buy',
      entry: { type: 'market', price: null },
      quantity: '0.008',
      referencePrice: '50000',
      stopPrice: '49100',
      targets: [{ price: '53285', share: '1' }],
      leverage: 1,
      riskUsdt: '10.4',
      notionalUsdt: '400',
      reserve: { asset: 'USDT', amount: '402' },
      expiresAtMs: null,
    },
  },
  snapshot,
  position: {
    id: 'BTC/USDT/2021-05-15T13:00:00Z',
    guard: 'guard/d/BTC/USDT/2021-05-15T13:00:00Z',
    state: 'closed',
    openedAt: '2021-05-15T14:00:00Z',
    closedAt: '2021-05-15T15:00:00Z',
    exitReason: 'stop',
    orders: [
      {
        clientOrderId: 'c-1',
        leg: 'entry',
        n: 1,
        side: 'buy',
        kind: 'market',
        quantity: '0.008',
        price: null,
        status: 'filled',
        filledQuantity: '0.008',
        reason: null,
        intendedAt: '2021-05-15T14:00:00Z',
      },
      {
        clientOrderId: 'c-2',
        leg: 'stop',
        n: 1,
        side: 'sell',
        kind: 'stop-loss',
        quantity: '0.008',
        price: '49100',
        status: 'canceled',
        filledQuantity: '0',
        reason: 'by its owner',
        intendedAt: '2021-05-15T14:00:00Z',
      },
    ],
    fills: [
      {
        executionId: 'T1',
        leg: 'entry',
        n: 1,
        side: 'buy',
        price: '50000',
        quantity: '0.008',
        fee: '1.6',
        feeAsset: 'USDT',
        liquidity: 'taker',
        at: '2021-05-15T14:00:00Z',
      },
    ],
  },
};

describe('why', () => {
  it('tells a traded cycle from the snapshot to the last fill', () => {
    expect(whyText(why, 'http://ui/w', plain)).toBe(
      `BTC/USDT  2021-05-15 13:00  long → ordered
cycle/d/BTC/USDT/2021-05-15T13:00:00Z, decided 2021-05-15 14:00 UTC

Snapshot 0123456789ab
  price     50000 USDT, 1 h -0.4 %, 24 h unknown
  volume    1235 BTC in 24 h, 1.3 of its 7-day mean
  1h        ema21 49000.5, rsi14 76.0432
  regime    market range, marketBars 7
  account   1000.0000 USDT worth; USDT 900, XRP 500
  position  none on this pair
  costs     0.4 % taker, 0.8 % round trip
  missing   15m: no candles of that length

Decisions
  trend: long, confidence 0.62, stop 1.8 %, target 6.57 %, within 72 h
    for      EMA 21 above EMA 50 on 1h
    against  RSI 14 at 76.0: stretched
    because  up-trend stands on 1h
  breakout: absent, late

Consensus
  long 0.62, 2 of 3 say long
    single would  hold, single trend says hold
    trend weighs     0.510 in the pool, its 0.62 counts as 0.62, Brier 0.250 of 20 predictions, 8 of them apart
    breakout weighs  0.490 in the pool, unproven

Verdict: resized
          rule          observed          limit
  pass    confidence    0.62 probability  0.6 probability  sure enough
  -       spread                          30 bps           no book
  shrink  position-cap  55.56 %           40 %             made smaller
  plan: buy 0.008 BTC/USDT at market, stop 49100, target 53285; 400 USDT, 10.4 USDT at risk

Position BTC/USDT/2021-05-15T13:00:00Z: closed, stop 2021-05-15 15:00
  2021-05-15 14:00  entry 1  buy 0.008 BTC   market           filled                   c-1
  2021-05-15 14:00  stop 1   sell 0.008 BTC  stop-loss 49100  canceled (by its owner)  c-2
  2021-05-15 14:00  fill of entry 1  buy 0.008 at 50000  fee 1.6 USDT (taker)  T1

Web UI  http://ui/w`,
    );
  });

  it('says what there is not', () => {
    const bare = { ...why, snapshot: null, verdict: null, position: null, action: 'hold' };
    const text = whyText({ ...bare, outcome: 'held' }, 'http://ui/w', plain);
    for (const words of [
      'hold → held',
      'is no longer stored',
      'none: there was nothing to review',
      'Orders and fills\n  none',
    ]) {
      expect(text).toContain(words);
    }
  });
});

it('leads to the workflow in the Web UI', () => {
  const temporal = { temporalUi: 'http://127.0.0.1:17001/', namespace: 'default' };
  expect(workflowAddress(temporal, why.id)).toBe(
    'http://127.0.0.1:17001/namespaces/default/workflows/cycle%2Fd%2FBTC%2FUSDT%2F2021-05-15T13%3A00%3A00Z',
  );
});
