/**
 * Kraken's counters, mirrored so that it never has to refuse (docs.kraken.com, rate limits, read 2026-11-21).
 * The tier follows from the account's verification and cannot be read by API.
 */
export type Tier = 'starter' | 'intermediate' | 'pro';

interface Limit {
  most: number;
  decayPerSecond: number;
}

const REST: Record<Tier, Limit> = {
  starter: { most: 15, decayPerSecond: 0.33 },
  intermediate: { most: 20, decayPerSecond: 0.5 },
  pro: { most: 20, decayPerSecond: 1 },
};

/** Of the matching engine, one a pair. */
const ENGINE: Record<Tier, Limit> = {
  starter: { most: 60, decayPerSecond: 1 },
  intermediate: { most: 125, decayPerSecond: 2.34 },
  pro: { most: 180, decayPerSecond: 3.75 },
};

/** One call a second; history calls are counted by pair, all others together. */
const PUBLIC: Limit = { most: 1, decayPerSecond: 1 };
const COUNTED_BY_PAIR = new Set(['OHLC', 'Trades']);

const DOUBLE_COST = new Set(['Ledgers', 'QueryLedgers', 'TradesHistory', 'ClosedOrders']);
const ENGINE_CALLS = new Set([
  'AddOrder',
  'AddOrderBatch',
  'AmendOrder',
  'CancelOrder',
  'CancelOrderBatch',
  'CancelAll',
  'CancelAllOrdersAfter',
]);

/** Engine cost of changing an order of at most this age: younger orders cost more. */
const BY_AGE = [
  { belowMs: 5_000, amend: 4, cancel: 8 },
  { belowMs: 10_000, amend: 3, cancel: 6 },
  { belowMs: 15_000, amend: 2, cancel: 5 },
  { belowMs: 45_000, amend: 1, cancel: 4 },
  { belowMs: 90_000, amend: 1, cancel: 2 },
  { belowMs: 300_000, amend: 1, cancel: 1 },
];

/** Share of an engine counter that only protective orders may use. */
const KEPT_FOR_PROTECTION = 0.25;

export interface EngineUse {
  pair: string;
  change: 'place' | 'amend' | 'cancel';
  /** Of the order that is changed, milliseconds. */
  ageMs?: number;
  /** Orders in one request; default 1. */
  count?: number;
  /** May use the part kept for protection. */
  protective: boolean;
}

export interface RateLimits {
  /** Milliseconds until the call fits; 0 means that it fits now and is counted. */
  takePublic(name: string, pair: string, nowMs: number): number;
  takePrivate(name: string, nowMs: number): number;
  takeEngine(use: EngineUse, nowMs: number): number;
  /** The venue refused although there was room: others use the account too, so the counter is full. */
  refused(counter: { kind: 'rest' } | { kind: 'engine'; pair: string }, nowMs: number): void;
}

interface Counter {
  take(cost: number, nowMs: number, most?: number): number;
  fill(nowMs: number): void;
}

function decayingCounter(limit: Limit): Counter {
  let value = 0;
  let atMs = -Infinity;
  const decay = (nowMs: number): void => {
    const seconds = Math.max(nowMs - atMs, 0) / 1000;
    value = Math.max(0, value - seconds * limit.decayPerSecond);
    atMs = Math.max(nowMs, atMs);
  };
  return {
    take: (cost, nowMs, most = limit.most) => {
      decay(nowMs);
      // A cost above the whole counter would never fit: it may go when the counter is empty.
      const room = Math.max(most - cost, 0);
      if (value <= room) {
        value += cost;
        return 0;
      }
      return Math.ceil(((value - room) / limit.decayPerSecond) * 1000);
    },
    fill: (nowMs) => {
      decay(nowMs);
      value = limit.most;
    },
  };
}

export function engineCost(use: EngineUse): number {
  const count = use.count ?? 1;
  if (use.change === 'place') return count;
  const age = use.ageMs ?? 0;
  const step = BY_AGE.find((each) => age < each.belowMs);
  const cost = step === undefined ? { amend: 1, cancel: 0 } : step;
  return count * cost[use.change];
}

/** The counters of one account, all empty at first. */
export function rateLimits(tier: Tier): RateLimits {
  const rest = decayingCounter(REST[tier]);
  const engines = new Map<string, Counter>();
  const publics = new Map<string, Counter>();
  const of = (map: Map<string, Counter>, key: string, limit: Limit): Counter => {
    const counter = map.get(key) ?? decayingCounter(limit);
    map.set(key, counter);
    return counter;
  };
  return {
    takePublic: (name, pair, nowMs) => {
      const key = COUNTED_BY_PAIR.has(name) ? `${name} ${pair}` : '';
      return of(publics, key, PUBLIC).take(1, nowMs);
    },
    takePrivate: (name, nowMs) => {
      if (ENGINE_CALLS.has(name)) return 0;
      return rest.take(DOUBLE_COST.has(name) ? 2 : 1, nowMs);
    },
    takeEngine: (use, nowMs) => {
      const limit = ENGINE[tier];
      const most = use.protective ? limit.most : limit.most * (1 - KEPT_FOR_PROTECTION);
      return of(engines, use.pair, limit).take(engineCost(use), nowMs, most);
    },
    refused: (counter, nowMs) => {
      if (counter.kind === 'rest') rest.fill(nowMs);
      else of(engines, counter.pair, ENGINE[tier]).fill(nowMs);
    },
  };
}
