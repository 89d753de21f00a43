import type { Pair } from '../../shared/pair.ts';

export const TIERS = ['starter', 'intermediate', 'pro'] as const;
export type Tier = (typeof TIERS)[number];

interface Bucket {
  level: number;
  atMs: number;
}

/** Counters by verification tier (support 206548367 and the API SDK, 2026): ceiling and decay per second. */
const REST: Record<Tier, [most: number, decay: number]> = {
  starter: [15, 0.33],
  intermediate: [20, 0.5],
  pro: [20, 1],
};
const ENGINE: Record<Tier, [most: number, decay: number]> = {
  starter: [60, 1],
  intermediate: [125, 2.34],
  pro: [180, 3.75],
};
/** What changing an order costs by its age in seconds: below the first number, amend and cancel. */
const BY_AGE: readonly [belowS: number, amend: number, cancel: number][] = [
  [5, 4, 8],
  [10, 3, 6],
  [15, 2, 5],
  [45, 1, 4],
  [90, 1, 2],
  [300, 1, 1],
  [Infinity, 1, 0],
];
const DEAR = new Set(['TradesHistory', 'ClosedOrders', 'Ledgers', 'QueryLedgers', 'QueryTrades']);

export interface RateLimits {
  /** Null switches them off, as they are unless a scenario sets them. */
  setTier(tier: Tier | null): void;
  /** Counts a private call and says why it is refused, or null. */
  call(name: string): string | null;
  /** Counts an order entering, changing or leaving a pair and says why it is refused, or null. */
  engine(pair: Pair, what: 'place' | 'amend' | 'cancel', ageMs: number): string | null;
}

const ENGINE_CALLS = new Set([
  'AddOrder',
  'AddOrderBatch',
  'AmendOrder',
  'EditOrder',
  'CancelOrder',
  'CancelOrderBatch',
  'CancelAll',
  'CancelAllOrdersAfter',
]);

/** Kraken's two counters. They run on the wall clock: they belong to the session, not to the market. */
export function createRateLimits(wallMs: () => number = () => performance.now()): RateLimits {
  let tier: Tier | null = null;
  let calls: Bucket = { level: 0, atMs: wallMs() };
  let pairs = new Map<Pair, Bucket>();

  /** `bucket` after its decay and `cost`; full when that is beyond `most`. */
  function fill(bucket: Bucket, cost: number, most: number, decay: number): boolean {
    const now = wallMs();
    bucket.level = Math.max(0, bucket.level - ((now - bucket.atMs) / 1000) * decay) + cost;
    bucket.atMs = now;
    return bucket.level <= most;
  }

  return {
    setTier(next) {
      tier = next;
      calls = { level: 0, atMs: wallMs() };
      pairs = new Map();
    },
    call(name) {
      if (tier === null || ENGINE_CALLS.has(name)) return null;
      return fill(calls, DEAR.has(name) ? 2 : 1, ...REST[tier]) ? null : 'EAPI:Rate limit exceeded';
    },
    engine(pair, what, ageMs) {
      if (tier === null) return null;
      const bucket = pairs.get(pair) ?? { level: 0, atMs: wallMs() };
      pairs.set(pair, bucket);
      const row = BY_AGE.find(([belowS]) => ageMs / 1000 < belowS);
      const cost = what === 'place' ? 1 : what === 'amend' ? (row?.[1] ?? 1) : (row?.[2] ?? 0);
      // A cancel is never refused, it only fills the counter for what follows.
      const fits = fill(bucket, cost, ...ENGINE[tier]);
      return fits || what === 'cancel' ? null : 'EOrder:Rate limit exceeded';
    },
  };
}
