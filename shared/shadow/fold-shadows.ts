import type { CandleColumns } from '../candle.ts';
import type { Decision } from '../decision.ts';
import { computeIndicators } from '../indicators/indicator-set.ts';
import { mayBeShort } from '../margin.ts';
import type { Pair } from '../pair.ts';
import type { StrategyView } from '../strategies/strategy.ts';
import type { Timeframe } from '../timeframe.ts';
import type { CandleHistory } from './candle-history.ts';
import { baselineDecision, baselinesOf, type Contestant } from './contestants.ts';
import { ShadowAccount } from './shadow-account.ts';
import type {
  SavedShadow,
  ShadowBar,
  ShadowChoice,
  ShadowTerms,
  ShadowTrade,
  ShadowVolatility,
} from './shadow-types.ts';

/** Terms of a desk's shadow accounts from a bar on. */
export interface DeskTerms {
  fromBarMs: number;
  timeframe: Timeframe;
  terms: ShadowTerms;
  /** Deciders that are asked at the closes from that bar on, with model and prompt, or strategy. */
  roster: Record<string, string>;
}

/** What a desk's cycle left for its shadow accounts. */
export interface CycleLeft {
  barMs: number;
  pair: Pair;
  decisions: Record<string, Decision>;
  costsUsd: Record<string, number>;
  /** What strategies see of its snapshot, but for the position; null when it is not stored. */
  view: Omit<StrategyView, 'hasPosition'> | null;
}

export interface ShadowRow {
  decider: string;
  variant: string;
  /** Bar at whose close the account was opened. */
  fromBarMs: number;
  saved: SavedShadow;
}

export interface FoldResult {
  /** As they stand after the last bar, by `shadowKey`. */
  rows: Map<string, ShadowRow>;
  trades: { key: string; n: number; trade: ShadowTrade }[];
  /** Equity at each day's last close; a day that goes on is told again. */
  days: { key: string; dayMs: number; equity: number }[];
}

export function shadowKey(of: { decider: string; variant: string }): string {
  return `${of.decider} | ${of.variant}`;
}

/**
 * Carries the accounts of a desk over bars: at each one what was chosen at the close before is done, then
 * the bar happens. The same records give the same accounts, in one go or bar by bar. An account is opened at the
 * first close at which its contestant is on the roster and every pair has a price; one that has left the roster
 * goes on without decisions.
 */
export function foldShadows(
  known: ReadonlyMap<string, ShadowRow>,
  of: {
    /** Bars after this one; null for all there are. */
    afterBarMs: number | null;
    toBarMs: number;
    /** Ascending; the first from the first bar on. */
    terms: readonly DeskTerms[];
    candles: CandleHistory;
    /** Of the closes from `afterBarMs` on. */
    cycles: readonly CycleLeft[];
    volatility: (bars: CandleColumns, timeframe: Timeframe) => ShadowVolatility;
  },
): FoldResult {
  const { candles } = of;
  const rows = new Map(known);
  const accounts = new Map<string, ShadowAccount>();
  const trades: FoldResult['trades'] = [];
  const days: FoldResult['days'] = [];
  const cycles = new Map(of.cycles.map((cycle) => [`${cycle.pair} ${cycle.barMs}`, cycle]));
  const first = of.terms[0];
  if (first === undefined) throw new Error('shadow accounts need terms to start under');
  let last = of.afterBarMs;
  let at: DeskTerms = termsAt(of.terms, last ?? first.fromBarMs);
  const pairs = [...new Set(of.terms.flatMap(({ terms }) => terms.pairs))];
  for (const barMs of candles.times(pairs, last ?? first.fromBarMs - 1, of.toBarMs)) {
    const then = at;
    at = termsAt(of.terms, barMs);
    if (last !== null) step(barMs, last, then, at);
    open(barMs, at);
    last = barMs;
  }
  for (const [key, account] of accounts) {
    rows.set(key, { ...rows.get(key)!, saved: account.saved() });
    noteDays(key, account);
  }
  return { rows, trades, days };

  function step(barMs: number, lastMs: number, before: DeskTerms, now: DeskTerms): void {
    const { terms, timeframe } = now;
    const seen = new Map<number, ShadowVolatility>();
    const bar: ShadowBar = {
      barMs,
      candles: terms.pairs.map((pair) => candles.at(pair, barMs)),
      volatility(p) {
        const found =
          seen.get(p) ?? of.volatility(candles.window(terms.pairs[p]!, lastMs), timeframe);
        seen.set(p, found);
        return found;
      },
      watched(p, { series, timeframe: on }) {
        // Accounts see the bars of the desk's timeframe only.
        if (on !== timeframe) return null;
        const window = candles.window(terms.pairs[p]!, lastMs);
        return series === 'close'
          ? (window.close.at(-1) ?? null)
          : computeIndicators(window)[series];
      },
    };
    const left = terms.pairs.map((pair) => cycles.get(`${pair} ${lastMs}`) ?? null);
    const players = new Map(playersOf(before).map((player) => [shadowKey(player), player]));
    for (const [key, row] of rows) {
      const account = accountOf(key, row.saved, before.terms !== terms, terms, lastMs);
      const choice = choose(players.get(key), account, left, now, lastMs);
      const count = account.tradesDone;
      account.advance(bar, choice).forEach((trade, i) => {
        trades.push({ key, n: count + i + 1, trade });
      });
    }
  }

  /** The running account; whose terms have changed goes on under the new ones. */
  function accountOf(
    key: string,
    saved: SavedShadow,
    isChanged: boolean,
    terms: ShadowTerms,
    lastMs: number,
  ): ShadowAccount {
    const running = accounts.get(key);
    if (running !== undefined && !isChanged) return running;
    if (running !== undefined) noteDays(key, running);
    const closes = closesBy(terms.pairs, lastMs);
    const account = ShadowAccount.restored(terms, running?.saved() ?? saved, closes);
    accounts.set(key, account);
    return account;
  }

  function noteDays(key: string, account: ShadowAccount): void {
    for (const day of account.days()) days.push({ key, ...day });
  }

  function choose(
    player: Contestant | undefined,
    account: ShadowAccount,
    left: readonly (CycleLeft | null)[],
    { terms, timeframe }: DeskTerms,
    lastMs: number,
  ): ShadowChoice {
    const plays = player?.plays ?? { kind: 'nothing' as const };
    const decisions = (
      pick: (cycle: CycleLeft, p: number) => Decision | null,
      costUsd = 0,
    ): ShadowChoice => ({
      kind: 'decisions',
      decisions: left.map((cycle, p) => (cycle === null ? null : pick(cycle, p))),
      costUsd,
    });
    switch (plays.kind) {
      case 'nothing':
        return decisions(() => null);
      case 'allocation':
        return plays;
      case 'strategy':
      case 'random':
        return decisions(({ view }, p) =>
          view === null
            ? null
            : baselineDecision(
                plays,
                // The baselines are those of spot, whatever the desk may do.
                viewOf(view, account, terms, p),
                { timeframe, barMs: lastMs, confidence: terms.limits.confidence },
              ),
        );
      case 'decider': {
        const { decider } = player!;
        const costUsd = left.reduce((sum, cycle) => sum + (cycle?.costsUsd[decider] ?? 0), 0);
        return decisions((cycle) => cycle.decisions[decider] ?? null, costUsd);
      }
      default:
        return plays satisfies never;
    }
  }

  function open(barMs: number, { terms }: DeskTerms): void {
    const closes = closesBy(terms.pairs, barMs);
    if (closes.some(Number.isNaN)) return;
    for (const { decider, variant } of playersOf(at)) {
      const key = shadowKey({ decider, variant });
      if (rows.has(key)) continue;
      const account = ShadowAccount.opened(terms, barMs, closes);
      accounts.set(key, account);
      rows.set(key, { decider, variant, fromBarMs: barMs, saved: account.saved() });
    }
  }

  function closesBy(of: readonly Pair[], barMs: number): number[] {
    return of.map((pair) => candles.closeBy(pair, barMs) ?? NaN);
  }
}

/** What a rule baseline sees: the desk's snapshot, with the position of its own account and what may be done there. */
function viewOf(
  view: NonNullable<CycleLeft['view']>,
  account: ShadowAccount,
  { margin, instruments }: ShadowTerms,
  p: number,
): StrategyView {
  const side = account.sideOn(p);
  const mayShort = mayBeShort(margin, instruments[p]!);
  return { ...view, hasPosition: side !== null, isShort: side === 'short', mayShort };
}

/** Who is asked at the closes under these terms: the roster, then the baselines. */
function playersOf({ roster, terms }: DeskTerms): Contestant[] {
  const deciders = Object.entries(roster).map(([decider, variant]) => ({
    decider,
    variant,
    plays: { kind: 'decider' as const },
  }));
  return [...deciders, ...baselinesOf(terms.pairs)];
}

export function termsAt(terms: readonly DeskTerms[], barMs: number): DeskTerms {
  let found = terms[0]!;
  for (const each of terms) if (each.fromBarMs <= barMs) found = each;
  return found;
}
