import type pg from 'pg';
import { variantsOf } from '../../shared/arena/variants.ts';
import { canonicalJson } from '../../shared/canonical-json.ts';
import type { FillCosts } from '../../shared/fills.ts';
import type { Pair } from '../../shared/pair.ts';
import type { Profile } from '../../shared/profile.ts';
import { CandleHistory } from '../../shared/shadow/candle-history.ts';
import { foldShadows, type DeskTerms, type FoldResult } from '../../shared/shadow/fold-shadows.ts';
import type { ShadowTerms } from '../../shared/shadow/shadow-types.ts';
import { timeframeMs } from '../../shared/timeframe.ts';
import type { Instrument } from '../../shared/venue.ts';
import { inTransaction } from '../ledger/database.ts';
import { readLimits } from '../ledger/desk/desk-limits.ts';
import { volatility } from '../orders/review/volatility.ts';
import { loadCandles, openingBalances, readCyclesLeft, readTerms } from './shadow-record.ts';
import { lockShadows, readShadows, storeFold, storeTerms } from './shadow-store.ts';

export interface ShadowDeps {
  pool: pg.Pool;
  desk: string;
  profile: Profile;
  instruments: () => Promise<Instrument[]>;
  /** Spread and slippage of a pair, as the fill model takes them. */
  fillCosts: (pair: Pair) => FillCosts;
}

/**
 * Brings all shadow accounts of the desk up to a bar, from wherever they are, in one transaction: what was
 * decided at each close, then the bar that followed. Keyed by desk and bar: what was done before changes
 * nothing. `history` keeps candles between calls.
 */
export async function advanceShadows(
  deps: ShadowDeps,
  history: CandleHistory,
  of: { barMs: number },
): Promise<{ barMs: number; accounts: number }> {
  const { pool, desk, profile } = deps;
  const { timeframe } = profile;
  const instruments = await deps.instruments();
  return inTransaction(pool, async (client) => {
    await lockShadows(client, desk);
    const known = await readShadows(client, desk);
    const { barMs: lastMs } = known;
    const there = { barMs: lastMs ?? of.barMs, accounts: known.rows.size };
    if (lastMs !== null && lastMs >= of.barMs) return there;
    const terms = await readTerms(client, desk);
    const now = await termsNow(client, deps, instruments, of.barMs, terms);
    if (now === null) return there;
    if (!terms.includes(now)) {
      terms.push(now);
      await storeTerms(client, desk, now);
    }
    const fromBarMs = lastMs ?? terms[0]!.fromBarMs;
    const pairs = now.terms.pairs;
    const reach = { timeframe, fromBarMs, toBarMs: of.barMs };
    await loadCandles(client, history, { ...reach, pairs });
    const fold = foldShadows(known.rows, {
      ...{ afterBarMs: lastMs, toBarMs: of.barMs, terms, candles: history, volatility },
      cycles: await readCyclesLeft(client, { ...reach, desk }),
    });
    await storeFold(client, desk, fold);
    history.trim(of.barMs);
    return { barMs: of.barMs, accounts: fold.rows.size };
  });
}

/** The accounts made anew from recorded cycles and candles alone, as far as the stored ones have come. */
export async function rebuildShadows(db: pg.Pool, desk: string): Promise<FoldResult | null> {
  return inTransaction(db, async (client) => {
    await client.query('set transaction isolation level repeatable read read only');
    const { barMs } = await readShadows(client, desk);
    const terms = await readTerms(client, desk);
    const first = terms[0];
    const last = terms.at(-1);
    if (barMs === null || first === undefined || last === undefined) return null;
    const { timeframe } = first;
    const { pairs } = last.terms;
    const history = new CandleHistory(first.terms.barMs);
    const reach = { timeframe, fromBarMs: first.fromBarMs, toBarMs: barMs };
    await loadCandles(client, history, { ...reach, pairs });
    return foldShadows(new Map(), {
      ...{ afterBarMs: null, toBarMs: barMs, terms, candles: history, volatility },
      cycles: await readCyclesLeft(client, { ...reach, desk }),
    });
  });
}

/** Accounts whose stored state is not what their records make of them, by name; empty when all is well. */
export async function checkShadows(pool: pg.Pool, desk: string): Promise<string[]> {
  const stored = await readShadows(pool, desk);
  const rebuilt = await rebuildShadows(pool, desk);
  const names = new Set([...stored.rows.keys(), ...(rebuilt?.rows.keys() ?? [])]);
  const text = (row: unknown): string => canonicalJson(row ?? null);
  return [...names]
    .filter((key) => text(stored.rows.get(key)) !== text(rebuilt?.rows.get(key)))
    .sort();
}

/** The terms as they are now: the last stored ones when nothing has changed; null before the desk is opened. */
async function termsNow(
  client: pg.PoolClient,
  deps: ShadowDeps,
  known: readonly Instrument[],
  barMs: number,
  stored: readonly DeskTerms[],
): Promise<DeskTerms | null> {
  const { profile } = deps;
  const before = stored.at(-1);
  const balances = before?.terms.balances ?? (await openingBalances(client, deps.desk));
  if (balances === null) return null;
  // A pair that is not decided on any more may still be held: it goes on being valued.
  const pairs = [...new Set([...profile.pairs, ...(before?.terms.pairs ?? [])])];
  const instruments = pairs.map((pair): Instrument => {
    const then = before?.terms.pairs.indexOf(pair) ?? -1;
    const found = known.find((i) => i.pair === pair) ?? before?.terms.instruments[then];
    if (found === undefined) throw new Error(`the venue's terms of ${pair} are not known`);
    return found;
  });
  const terms: ShadowTerms = {
    pairs,
    barMs: timeframeMs(profile.timeframe),
    limits: (await readLimits(client, deps.desk, profile)).limits,
    entry: profile.entry,
    ...(profile.margin === undefined ? {} : { margin: profile.margin }),
    guard: profile.guard,
    timeframe: profile.timeframe,
    instruments,
    costs: pairs.map(deps.fillCosts),
    balances,
  };
  const now: DeskTerms = {
    fromBarMs: barMs,
    timeframe: profile.timeframe,
    terms,
    roster: variantsOf(profile),
  };
  const same = (of: DeskTerms): string => canonicalJson({ ...of, fromBarMs: 0 });
  return before !== undefined && same(before) === same(now) ? before : now;
}
