import type { Account } from '../backtest/account.ts';
import { quoteAround, reviewedHoldings, reviewName } from '../backtest/reviewed-holdings.ts';
import type { Decision } from '../decision.ts';
import { deskStanding } from '../risk/desk-state.ts';
import type { EntryReviewInput, TrackRecord } from '../risk/entry-input.ts';
import type {
  SavedShadow,
  SavedShadowPair,
  ShadowTerms,
  ShadowTotals,
  ShadowVolatility,
} from './shadow-types.ts';

/** What the desk's risk engine is told of a shadow account, as it is told of the desk itself. */
export function shadowReview(of: {
  terms: ShadowTerms;
  saved: SavedShadow;
  account: Account;
  /** In the order of the terms. */
  pairs: readonly SavedShadowPair[];
  pair: number;
  decision: Decision;
  /** Price that the entry meets. */
  quote: number;
  volatility: ShadowVolatility;
  nowMs: number;
}): EntryReviewInput {
  const { terms, saved, account, pairs, decision, nowMs } = of;
  const instrument = terms.instruments[of.pair]!;
  const pair = reviewName(account.numeraire).pair(instrument.pair);
  const entryOf = <T>(pick: (entry: NonNullable<SavedShadowPair['entry']>) => T, none: T): T[] =>
    pairs.map(({ entry }) => (entry === null ? none : pick(entry)));
  const heldOf = (pick: (position: NonNullable<SavedShadowPair['position']>) => number): number[] =>
    pairs.map(({ position }) => (position === null ? 0 : pick(position)));
  const holdings = reviewedHoldings(
    {
      pairs: terms.pairs,
      account,
      quantity: heldOf((p) => p.quantity),
      side: pairs.map(({ position, entry }) => ((position ?? entry)?.short === undefined ? 1 : -1)),
      leverage: pairs.map(({ position, entry }) => (position ?? entry)?.short?.leverage ?? 1),
      entryPrice: heldOf((p) => p.entryPrice),
      stopPrice: heldOf((p) => p.stop),
      ordered: entryOf((e) => e.quantity, 0),
      reserved: entryOf((e) => e.reserve, 0),
      reservedRisk: entryOf((e) => e.riskUsdt, '0'),
      reservedValue: entryOf((e) => e.notionalUsdt, '0'),
      reservedMargin: entryOf((e) => e.short?.marginUsdt ?? '0', '0'),
    },
    terms.instruments,
  );
  return {
    now: nowMs,
    pair,
    decision,
    desk: {
      state: deskStanding(saved.desk).mode,
      cooldownUntil: pairs[of.pair]!.cooldownUntil,
      reconciled: true,
      lossStreak: saved.lossStreak,
      tradesToday: saved.tradesToday,
      llmSpendTodayUsd: saved.llmCostToday,
    },
    account: holdings.account,
    market: {
      ...quoteAround(of.quote, terms.costs[of.pair]!.halfSpread, instrument),
      depthQuote: null,
      ...of.volatility,
      fundingPctPerDay: null,
      inputs: [{ name: 'bars', ageMs: 0, required: true }],
      usdtPer: holdings.usdtPer,
    },
    instrument: { ...instrument, pair },
    entry: terms.entry,
    margin: terms.margin ?? null,
    limits: terms.limits,
    track: trackOf(saved.totals),
  };
}

function trackOf({ withR, wins, wonR, lostR }: ShadowTotals): TrackRecord {
  const lost = withR - wins;
  return {
    trades: withR,
    wins,
    meanWinR: wins > 0 ? wonR / wins : 0,
    meanLossR: lost > 0 ? lostR / lost : 0,
  };
}
