import type { Reading } from '../../shared/analysts/reading.ts';
import type { CandleColumns } from '../../shared/candle.ts';
import { legalActions } from '../../shared/desk-view.ts';
import { mayBeShort } from '../../shared/margin.ts';
import { extraIndicator } from '../../shared/indicators/extra-indicators.ts';
import { computeIndicators } from '../../shared/indicators/indicator-set.ts';
import type { Pair } from '../../shared/pair.ts';
import type { Profile } from '../../shared/profile.ts';
import type { AccountView, Snapshot } from '../../shared/snapshot.ts';
import { isoTime, timeframeMs, type Timeframe } from '../../shared/timeframe.ts';
import { missingReasons } from './missing-reasons.ts';
import { Decimal } from '../../shared/money.ts';
import type { Instrument, VenueDepth } from '../../shared/venue.ts';

/** Bars of each timeframe that a decider reads; indicators see up to 720. */
const SHOWN_BARS = 20;
const HOUR_MS = 3_600_000;

export interface SnapshotParts {
  profile: Profile;
  pair: Pair;
  barMs: number;
  atMs: number;
  /** Closed bars by timeframe; empty where the venue has none. */
  candles: Partial<Record<Timeframe, CandleColumns>>;
  account: AccountView;
  recentTrades: Snapshot['recentTrades'];
  instrument: Instrument;
  /** The local book's best prices and depth; null where none is kept or it is not right at the moment. */
  book: VenueDepth | null;
}

/**
 * The snapshot of one cycle from its parts, pure; the readings of its analysts come last (`withReadings`). Throws when the bar that is decided on is not the
 * latest closed one of the pair, since everything in it would then be late.
 */
export function buildSnapshot(parts: SnapshotParts): Omit<Snapshot, 'readings'> {
  const { profile, pair, candles } = parts;
  const missing: Record<string, string> = {
    derivatives: 'no source of funding and open interest is set up',
    ...(parts.book === null ? { orderBook: 'the feed keeps no book' } : {}),
  };
  const timeframes: Snapshot['timeframes'] = {};
  for (const timeframe of profile.snapshotTimeframes) {
    const columns = candles[timeframe];
    if (columns === undefined || columns.close.length === 0) {
      timeframes[timeframe] = null;
      missing[`timeframes.${timeframe}`] = `the venue has no closed ${timeframe} bars`;
      continue;
    }
    timeframes[timeframe] = {
      candles: candleRows(columns),
      indicators: Object.fromEntries(
        Object.entries(computeIndicators(columns)).map(([name, value]) => [
          name,
          typeof value === 'number' ? significant(value) : (value as boolean | null),
        ]),
      ),
    };
  }
  const decided = candles[profile.timeframe];
  const last = (decided?.close.length ?? 0) - 1;
  if (decided === undefined || decided.timeMs[last] !== parts.barMs) {
    throw new Error(
      `the ${profile.timeframe} bar ${isoTime(parts.barMs)} of ${pair} is not stored: ` +
        `the latest one is ${last < 0 ? 'none' : isoTime(decided!.timeMs[last]!)}`,
    );
  }
  const now = decided.close[last]!;
  const position = parts.account.positions.find((p) => p.pair === pair) ?? null;
  const { takerFee, makerFee, marginRatePct } = parts.instrument;
  const mayShort = mayBeShort(profile.margin, parts.instrument);
  const actions =
    parts.account.desk?.pairs[pair]?.legalActions ??
    legalActions({ isHeld: position !== null, mayEnter: true, mayShort });
  const isShort = position?.side === 'short' || actions.includes('short');
  const market = {
    timeframe: profile.timeframe,
    price: {
      now,
      change1hPct: changePct(decided, profile.timeframe, HOUR_MS),
      change24hPct: changePct(decided, profile.timeframe, 24 * HOUR_MS),
    },
    volume: volumeOf(decided, profile.timeframe),
    timeframes,
    ...extraIndicators(profile, candles),
  };
  return {
    version: 1,
    pair,
    bar: isoTime(parts.barMs),
    asOf: isoTime(parts.atMs),
    ...market,
    derivatives: null,
    orderBook: orderBookOf(parts.book),
    missing: { ...missing, ...missingReasons(market, decided) },
    account: parts.account,
    position,
    recentTrades: parts.recentTrades,
    lessons: profile.lessons,
    costs: {
      takerFeePct: rounded(takerFee * 100, 4),
      makerFeePct: rounded(makerFee * 100, 4),
      roundTripPct: rounded(2 * takerFee * 100, 4),
      ...(isShort && marginRatePct != null ? { marginRatePct } : {}),
    },
    legalActions: actions,
  };
}

/** The snapshot with what its analysts say; a reading that is missing is named as missing. */
export function withReadings(
  snapshot: Omit<Snapshot, 'readings'>,
  readings: readonly Reading[],
): Snapshot {
  const missing = readings.flatMap(({ analyst, missing: why }) =>
    why === null ? [] : [[`readings.${analyst}`, why] as const],
  );
  return {
    ...snapshot,
    readings: [...readings],
    missing: { ...snapshot.missing, ...Object.fromEntries(missing) },
  };
}

function orderBookOf(book: VenueDepth | null): Snapshot['orderBook'] {
  if (book === null) return null;
  const { bid, ask } = book;
  const [bidDepth, askDepth] = [Number(book.bidDepth), Number(book.askDepth)];
  const mid = new Decimal(bid).add(ask).div(2);
  return {
    bid,
    ask,
    spreadBps: rounded(new Decimal(ask).sub(bid).div(mid).mul(10_000).toNumber(), 2),
    bidDepth: significant(bidDepth),
    askDepth: significant(askDepth),
    imbalance: rounded((bidDepth - askDepth) / (bidDepth + askDepth), 3),
  };
}

function extraIndicators(
  profile: Profile,
  candles: SnapshotParts['candles'],
): Pick<Snapshot, 'extraIndicators'> {
  if (profile.extraIndicators.length === 0) return {};
  const values = profile.extraIndicators.map((extra) => {
    const timeframe = extra.timeframe ?? profile.timeframe;
    const columns = candles[timeframe];
    const value = columns === undefined ? null : extraIndicator(extra, columns);
    return [`${extra.name} ${timeframe}`, value] as const;
  });
  return { extraIndicators: Object.fromEntries(values) };
}

function candleRows(c: CandleColumns): [string, number, number, number, number, number][] {
  const rows: [string, number, number, number, number, number][] = [];
  for (let i = Math.max(0, c.close.length - SHOWN_BARS); i < c.close.length; i++) {
    rows.push([
      isoTime(c.timeMs[i]!),
      c.open[i]!,
      c.high[i]!,
      c.low[i]!,
      c.close[i]!,
      significant(c.volume[i]!),
    ]);
  }
  return rows;
}

function changePct(c: CandleColumns, timeframe: Timeframe, spanMs: number): number | null {
  const bars = spanMs / timeframeMs(timeframe);
  const before = c.close[c.close.length - 1 - bars];
  const now = c.close[c.close.length - 1];
  return before === undefined || now === undefined ? null : rounded((now / before - 1) * 100, 3);
}

function volumeOf(c: CandleColumns, timeframe: Timeframe): Snapshot['volume'] {
  const perDay = (24 * HOUR_MS) / timeframeMs(timeframe);
  const sumOfLast = (bars: number): number | null => {
    if (!Number.isInteger(bars) || c.volume.length < bars) return null;
    let sum = 0;
    for (let i = c.volume.length - bars; i < c.volume.length; i++) sum += c.volume[i]!;
    return sum;
  };
  const day = sumOfLast(perDay);
  const week = sumOfLast(7 * perDay);
  return {
    base24h: day === null ? null : significant(day),
    ratioTo7dMean: day === null || !week ? null : rounded(day / (week / 7), 3),
  };
}

function significant(value: number): number {
  return Number(value.toPrecision(7));
}

function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}
