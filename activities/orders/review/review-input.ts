import { Decimal } from '../../../shared/money.ts';
import { baseOf, quoteOf, type Pair } from '../../../shared/pair.ts';
import type { EntryReviewInput, ReviewedAccount } from '../../../shared/risk/entry-input.ts';
import { openRiskUsdt } from '../../../shared/risk/open-risk.ts';
import type { AccountView } from '../../../shared/snapshot.ts';
import type { Timeframe } from '../../../shared/timeframe.ts';
import type { Instrument, VenueDepth } from '../../../shared/venue.ts';
import {
  closedBars,
  openReservations,
  readAccount,
  type EquityMarks,
  type OpenReservation,
} from '../../ledger/books/account.ts';
import { trackRecord } from '../../ledger/books/track-record.ts';
import type { Queryable } from '../../ledger/database.ts';
import { readLimits } from '../../ledger/desk/desk-limits.ts';
import { inputAges } from './input-ages.ts';
import type { ReviewDeps } from './review-deps.ts';
import { reviewedDesk } from './reviewed-desk.ts';
import { volatility, type Volatility } from './volatility.ts';

/** What a review needs from outside of the desk's tables. Read before its transaction begins. */
export interface MarketReading extends Volatility {
  instruments: ReadonlyMap<Pair, Instrument>;
  book: VenueDepth;
  /** Open time of the pair's latest closed bar by timeframe; null where the venue has none. */
  lastBars: Partial<Record<Timeframe, number | null>>;
  /** Venue time, Unix ms. */
  nowMs: number;
}

/** Reads the market of the pair as it is now; in stepped time that is the time of the decision. */
export async function readMarket(
  deps: ReviewDeps,
  of: { pair: Pair; atMs: number },
): Promise<MarketReading> {
  const { profile } = deps;
  const instruments = new Map<Pair, Instrument>();
  for (const pair of new Set([of.pair, ...profile.pairs])) {
    instruments.set(pair, await deps.instrument(pair, of.atMs));
  }
  const lastBars: MarketReading['lastBars'] = {};
  for (const timeframe of profile.snapshotTimeframes) {
    const { timeMs } = await deps.candles.closedBy({ pair: of.pair, timeframe }, of.atMs);
    lastBars[timeframe] = timeMs[timeMs.length - 1] ?? null;
  }
  const bars = await deps.candles.closedBy(
    { pair: of.pair, timeframe: profile.timeframe },
    of.atMs,
  );
  return {
    instruments,
    book: await deps.depth(of.pair),
    lastBars,
    nowMs: deps.deadlineClock === null ? of.atMs : await deps.deadlineClock(),
    ...volatility(bars, profile.timeframe),
  };
}

/**
 * Everything but the decision that an entry is judged on, as the desk's tables tell it inside the review's
 * transaction. `side` is what it takes from the book.
 */
export async function readReviewInput(
  db: Queryable,
  deps: ReviewDeps,
  of: { pair: Pair; atMs: number; side: 'buy' | 'sell' },
  market: MarketReading,
  marks: EquityMarks,
): Promise<Omit<EntryReviewInput, 'decision'>> {
  const { desk, profile } = deps;
  const { book, atrPct, volatilityRatio, volatilityPctPerYear, nowMs } = market;
  const readDesk = async () => {
    const { limits } = await readLimits(db, desk, profile);
    const at = { pair: of.pair, atMs: nowMs };
    return { limits, known: await reviewedDesk(db, desk, limits, at) };
  };
  const [account, valued, { limits, known }, reservations, track] = await Promise.all([
    readAccount(db, desk, profile.timeframe, of.atMs),
    closedBars(db, profile.timeframe, of.atMs),
    readDesk(),
    openReservations(db, desk),
    trackRecord(db, desk, nowMs),
  ]);
  const instrument = instrumentOf(market, of.pair);
  return {
    now: nowMs,
    pair: of.pair,
    desk: known,
    account: reviewedAccount(account, reservations, marks, market),
    market: {
      bid: book.bid,
      ask: book.ask,
      depthQuote: Number(of.side === 'buy' ? book.askDepth : book.bidDepth),
      atrPct,
      volatilityRatio,
      volatilityPctPerYear,
      fundingPctPerDay: null,
      inputs: inputAges({
        pair: of.pair,
        timeframe: profile.timeframe,
        nowMs,
        lastBars: market.lastBars,
        valued: Object.fromEntries(Object.entries(valued).map(([pair, bar]) => [pair, bar.openMs])),
        held: Object.entries(account.balances)
          .filter(([, amount]) => !new Decimal(amount).isZero())
          .map(([asset]) => asset),
      }),
      usdtPer: account.usdtPer,
    },
    instrument,
    entry: profile.entry,
    ...(profile.margin === undefined ? {} : { margin: profile.margin }),
    limits,
    track,
  };
}

function reviewedAccount(
  account: AccountView,
  reservations: readonly OpenReservation[],
  marks: EquityMarks,
  market: MarketReading,
): ReviewedAccount {
  return {
    equity: account.equity,
    peakEquity: marks.peak,
    dayStartEquity: marks.day.equity,
    weekStartEquity: marks.week.equity,
    monthStartEquity: marks.month.equity,
    free: account.free,
    holdings: account.balances,
    bags: account.bags ?? {},
    positions: account.positions.map((p) => ({
      pair: p.pair,
      side: sideOf(p),
      riskUsdt: openRiskUsdt({
        side: sideOf(p),
        quantity: p.quantity,
        entryPrice: p.entryPrice,
        stopPrice: p.stopPrice,
        fee: instrumentOf(market, p.pair).takerFee,
        quoteUsdt: account.usdtPer[quoteOf(p.pair)] ?? '0',
      }),
      notionalUsdt: new Decimal(p.quantity).mul(account.usdtPer[baseOf(p.pair)] ?? 0).toFixed(),
    })),
    reservations: reservations.map((r) => ({
      pair: r.pair,
      ...(r.marginUsdt === '0' ? {} : { side: r.side, marginUsdt: r.marginUsdt }),
      riskUsdt: r.riskUsdt,
      notionalUsdt: r.notionalUsdt,
    })),
    restingEntries: reservations.map((r) => r.pair),
    ...(account.margin === undefined ? {} : { margin: account.margin }),
  };
}

const sideOf = (position: { side: 'long' | 'short' }): 'buy' | 'sell' =>
  position.side === 'long' ? 'buy' : 'sell';

export function instrumentOf(market: MarketReading, pair: Pair): Instrument {
  const found = market.instruments.get(pair);
  if (found === undefined) throw new Error(`the venue's terms of ${pair} were not read`);
  return found;
}
