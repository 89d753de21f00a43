import type { Asset, Pair } from '../pair.ts';
import { baseOf, quoteOf } from '../pair.ts';
import { decisionOf } from '../strategies/strategy-decider.ts';
import type { Decision } from '../decision.ts';
import { createStrategy, type StrategyName } from '../strategies/registry.ts';
import { exitsFromAtr } from '../strategies/exits.ts';
import type { StrategyView } from '../strategies/strategy.ts';
import type { Timeframe } from '../timeframe.ts';
import type { Allocation } from './shadow-types.ts';
import { numeraireOf } from './new-shadow.ts';

/** What `variant` is for baselines; of deciders it tells model and prompt, or strategy. */
export const BASELINE = 'baseline';

/** Whoever has a shadow account; `decider` and `variant` together are its name. */
export interface Contestant {
  decider: string;
  variant: string;
  plays: Play;
}

export type Play =
  /** What the decider of the profile said, as it was recorded. */
  | { kind: 'decider' }
  /** Rules on the same snapshots, with the position of its own account. */
  | { kind: 'strategy'; strategy: StrategyName }
  | { kind: 'random'; seed: number }
  | { kind: 'allocation'; allocation: Allocation }
  | { kind: 'nothing' };

/** Share of snapshots on which the random baseline enters. */
const RANDOM_CHANCE = 0.02;
const RANDOM_SEED = 1;
/** Points of percent; half-way back from outside of them, at most once a day. */
const PARTS_BAND_PCT = 5;

/** The baselines of a desk with these pairs: what a decider has to beat to be worth its cost. */
export function baselinesOf(pairs: readonly Pair[]): Contestant[] {
  const numeraire = numeraireOf(pairs);
  const assets = [...new Set(pairs.flatMap((pair) => [baseOf(pair), quoteOf(pair)]))].sort();
  const held = assets.filter((asset) => asset !== numeraire);
  const all: Asset[] = [...held, numeraire];
  const share = Object.fromEntries(all.map((asset) => [asset, 1 / all.length]));
  const baseline = (decider: string, plays: Play): Contestant => ({
    decider,
    variant: BASELINE,
    plays,
  });
  const allocation = (targets: Record<Asset, number>, bandPct: number | null): Play => ({
    kind: 'allocation',
    allocation: { targets, bandPct },
  });
  return [
    baseline('nothing', { kind: 'nothing' }),
    baseline('cash', allocation({ [numeraire]: 1 }, null)),
    ...held.map((asset) => baseline(`hold ${asset}`, allocation({ [asset]: 1 }, null))),
    baseline(
      all.length === 3 ? 'banded thirds' : 'banded parts',
      allocation(share, PARTS_BAND_PCT),
    ),
    baseline('random entry', { kind: 'random', seed: RANDOM_SEED }),
    baseline('trend', { kind: 'strategy', strategy: 'trend' }),
    baseline('breakout', { kind: 'strategy', strategy: 'breakout' }),
  ];
}

/** What a rule baseline decides on a snapshot. Its confidence is the least that passes the desk's limit. */
export function baselineDecision(
  plays: Extract<Play, { kind: 'strategy' | 'random' }>,
  view: StrategyView,
  of: { timeframe: Timeframe; barMs: number; confidence: number },
): Decision | null {
  const { timeframe, confidence } = of;
  if (plays.kind === 'strategy') {
    const strategy = createStrategy(plays.strategy, { timeframe });
    return decisionOf(strategy.decide(view), { confidence });
  }
  const atr = view.timeframes[timeframe]?.indicators.atr14;
  const isDrawn = drawn(plays.seed, view.pair, of.barMs) < RANDOM_CHANCE;
  if (!isDrawn || view.hasPosition || atr == null) return null;
  const { stopPct, targetPct } = exitsFromAtr(view.price, atr);
  return decisionOf(
    {
      action: 'long',
      stopPct,
      targetPct,
      expectedReturnPct: 0,
      horizonHours: 0,
      evidenceFor: [],
      evidenceAgainst: [],
      reasoning: 'drawn by lot',
    },
    { confidence },
  );
}

/** A number in [0, 1) that only seed, pair and bar decide: no order of evaluation changes it. */
function drawn(seed: number, pair: Pair, barMs: number): number {
  let h = 0x811c9dc5 ^ seed;
  for (const sign of `${pair} ${barMs}`) h = Math.imul(h ^ sign.charCodeAt(0), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 4_294_967_296;
}
