import type pg from 'pg';
import type { Candle } from '../../shared/candle.ts';
import { barAssembler, type BarClose, type BarState } from '../../shared/kraken/bar-assembler.ts';
import type { Pair } from '../../shared/pair.ts';
import type { Profile } from '../../shared/profile.ts';
import { barOpenMs, isoTime, timeframeMs, type Timeframe } from '../../shared/timeframe.ts';
import type { Venue } from '../../shared/venue.ts';
import type { CandleStore } from './candle-store.ts';
import type { FeedMessages } from './feed-messages.ts';
import type { VenueClock } from './venue-clock.ts';

export interface BarCloseDeps {
  pool: pg.Pool;
  desk: string;
  profile: Profile;
  venue: Pick<Venue, 'closedCandles'>;
  candles: CandleStore;
  clock: VenueClock;
  messages: Pick<FeedMessages, 'barClosed'>;
  log: (line: string) => void;
  /** Waits so many wall milliseconds. */
  pause: (ms: number) => Promise<void>;
}

/** Venue milliseconds after a bar's end in which its last update may still come. */
const GRACE_MS = 2_000;
/** How long, and how often, the venue's history is asked for a bar that was not seen to its end. */
const REPAIR_TRIES = 8;
const REPAIR_PAUSE_MS = 1_500;

/** A bar told later than this after its close is not decided on: the market has moved on. */
export function lateAfterMs(timeframe: Timeframe): number {
  return Math.min(timeframeMs(timeframe) / 4, 300_000);
}

/** Bars closed by the venue's clock, made whole from its history, stored, and told to the desk. */
export interface BarCloses {
  /** Reads the venue's history of every series: what closed while nobody watched. */
  readHistory(): Promise<void>;
  /** Candles come without a break from this venue time on. */
  connected(fromMs: number): void;
  disconnected(): void;
  candle(update: { pair: Pair; timeframe: Timeframe; candle: Candle }): void;
  /** Works off the bars that are over by now. Calls may overlap: they are worked off one after the other. */
  settleDue(): Promise<void>;
  /** Resolves when nothing is being worked off any more. */
  idle(): Promise<void>;
}

/** Goes on from the bar that the desk was told last; see `BarCloses`. */
export async function barCloses(deps: BarCloseDeps): Promise<BarCloses> {
  const { pool, desk, profile, venue, candles, clock, log } = deps;
  const { pairs, snapshotTimeframes, timeframe: decided } = profile;
  const cursor = await readCursor();
  const nowMs = clock.nowMs();
  // What closed before the latest bar is for the history alone; a desk that is new waits for its first.
  const latestMs = barOpenMs(nowMs, decided) - timeframeMs(decided);
  const startMs = cursor === null ? nowMs : Math.max(cursor + timeframeMs(decided), latestMs);
  /** Series that the venue has a history of; what it streams of others is not bars of that length. */
  const offered = new Set<string>();
  const bars = barAssembler({
    pairs,
    timeframes: snapshotTimeframes,
    graceMs: GRACE_MS,
    startMs: Math.min(startMs, nowMs),
  });
  /** Open times of bars that the history did not have in time, by series. */
  const holes = new Map<string, Set<number>>();
  const settledTo = new Map<Timeframe, number>();
  let untold: BarClose[] = [];
  let working: Promise<void> = Promise.resolve();

  async function readCursor(): Promise<number | null> {
    const { rows } = await pool.query<{ bar: Date }>(
      `select bar from bar_cursor where desk = $1 and timeframe = $2`,
      [desk, decided],
    );
    return rows[0]?.bar.getTime() ?? null;
  }

  /** Reads one series from the venue and stores what is new of it. */
  async function readSeries(pair: Pair, timeframe: Timeframe): Promise<Candle[]> {
    const closed = await venue.closedCandles(pair, timeframe);
    if (closed.length > 0) offered.add(`${pair} ${timeframe}`);
    return closed;
  }

  async function settle(close: BarClose): Promise<void> {
    // Side by side: a pair whose history does not answer must not make the others late.
    await Promise.all(
      [...close.pairs]
        .filter(([pair]) => offered.has(`${pair} ${close.timeframe}`))
        .map(async ([pair, state]) => {
          const known = await confirmed(pair, close, state);
          close.pairs.set(pair, known);
          await store(pair, close, known);
        }),
    );
    settledTo.set(close.timeframe, close.barMs + timeframeMs(close.timeframe));
    if (close.timeframe === decided) untold.push(close);
    await tellWhole();
  }

  /**
   * A bar that nobody saw whole is asked of the venue's history until that has it; one after which nothing
   * was shown is asked once, since a quiet pair looks like a subscription that has died.
   */
  async function confirmed(pair: Pair, close: BarClose, seen: BarState): Promise<BarState> {
    const { timeframe, barMs } = close;
    if (seen.kind !== 'missing' && !close.unconfirmed.has(pair)) return seen;
    const tries = seen.kind === 'missing' ? REPAIR_TRIES : 1;
    for (let n = 1; n <= tries; n++) {
      if (n > 1) await deps.pause(REPAIR_PAUSE_MS);
      const history = await readSeries(pair, timeframe).catch((error: unknown) => {
        log(`the ${timeframe} bars of ${pair} could not be read: ${String(error)}`);
        return [];
      });
      const candle = history.find((each) => each.timeMs === barMs);
      if (candle !== undefined) return { kind: 'closed', candle };
      if ((history.at(-1)?.timeMs ?? -Infinity) > barMs) return { kind: 'empty' };
    }
    if (seen.kind === 'missing') {
      log(
        `the ${timeframe} bar ${isoTime(barMs)} of ${pair} is missing: the venue does not tell it`,
      );
    }
    return seen;
  }

  async function store(pair: Pair, close: BarClose, state: BarState): Promise<void> {
    const key = { pair, timeframe: close.timeframe };
    const series = `${pair} ${close.timeframe}`;
    const missing = holes.get(series) ?? new Set();
    if (state.kind === 'missing') {
      holes.set(series, missing.add(close.barMs));
      return;
    }
    if (missing.size > 0) {
      // Filled behind the newest: what is kept in memory of the series is read anew.
      const late = (await readSeries(pair, close.timeframe).catch(() => [])).filter((each) =>
        missing.has(each.timeMs),
      );
      await candles.append(key, late);
      for (const { timeMs } of late) missing.delete(timeMs);
    }
    const candle = state.kind === 'closed' ? state.candle : await flat(pair, close);
    if (candle !== null) await candles.append(key, [candle]);
  }

  /** A bar in which nothing was traded, as the venue's own history shows it. */
  async function flat(pair: Pair, { timeframe, barMs }: BarClose): Promise<Candle | null> {
    const before = await candles.closedBy({ pair, timeframe }, barMs);
    const price = before.close.at(-1);
    if (price === undefined) return null;
    return { timeMs: barMs, open: price, high: price, low: price, close: price, volume: 0 };
  }

  /** Tells the bars whose coarser and finer companions are stored too; only the newest can be decided on. */
  async function tellWhole(): Promise<void> {
    const isWhole = ({ barMs }: BarClose): boolean => {
      const endMs = barMs + timeframeMs(decided);
      return snapshotTimeframes.every(
        (each) => barOpenMs(endMs, each) !== endMs || (settledTo.get(each) ?? 0) >= endMs,
      );
    };
    const whole = untold.filter(isWhole);
    untold = untold.filter((each) => !isWhole(each));
    const newest = whole.at(-1);
    if (newest === undefined) return;
    const atMs = newest.barMs + timeframeMs(decided);
    const lateMs = clock.nowMs() - atMs;
    if (lateMs > lateAfterMs(decided)) {
      log(`the ${decided} bar ${isoTime(newest.barMs)} is not told: it closed ${lateMs} ms ago`);
    } else {
      await deps.messages.barClosed({
        event: null,
        atMs,
        timeframe: decided,
        barMs: newest.barMs,
        pairs: [...newest.pairs].map(([pair, state]) => ({ pair, state: state.kind })),
        concerned: [],
      });
    }
    await pool.query(
      `insert into bar_cursor (desk, timeframe, bar) values ($1, $2, $3)
       on conflict (desk, timeframe) do update set bar = greatest(bar_cursor.bar, excluded.bar)`,
      [desk, decided, new Date(newest.barMs)],
    );
  }

  return {
    async readHistory() {
      for (const pair of pairs) {
        for (const timeframe of snapshotTimeframes) {
          const closed = await readSeries(pair, timeframe);
          bars.repair(pair, timeframe, closed);
          const latest = (await candles.latest({ pair, timeframe })) ?? -Infinity;
          const fresh = closed.filter((each) => each.timeMs > latest);
          await candles.append({ pair, timeframe }, fresh);
        }
      }
    },
    connected: (fromMs) => bars.connected(fromMs),
    disconnected: () => bars.disconnected(),
    candle: (update) => bars.candle(update),
    settleDue() {
      const due = bars.due(clock.nowMs());
      for (const close of due) working = working.then(() => settle(close));
      return working;
    },
    idle: () => working.catch(() => {}),
  };
}
