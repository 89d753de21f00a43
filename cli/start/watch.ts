import type pg from 'pg';
import { readAccount } from '../../activities/ledger/books/account.ts';
import { readCycles, type CycleStory } from '../../activities/ledger/records/read-cycles.ts';
import type { Profile } from '../../shared/profile.ts';
import type { DeskStatus } from '../../workflows/messages.ts';
import { cycleLine, equityLine } from '../cycle-line.ts';
import type { Paint } from '../paint.ts';
import { absenceNews } from './absence-news.ts';
import { throughRestarts } from './through-restarts.ts';

export interface Watched {
  pool: pg.Pool;
  desk: string;
  profile: Profile;
  status: () => Promise<DeskStatus | null>;
  paint: Paint;
  print: (line: string) => void;
  /** Told how much of the venue's time has passed; for a progress bar. */
  onProgress: (venueMs: number, cycles: number) => void;
  signal: AbortSignal;
}

const EVERY_MS = 250;
const EQUITY_EVERY_BARS = 12;

/** `atMs` is the venue's time at the end of its prices. */
export type WatchEnd = { kind: 'ended'; atMs: number } | { kind: 'stopped' };

/** Prints each recorded cycle, and the equity now and then, until the replay has ended or `signal` aborts. */
export async function watchDesk(w: Watched): Promise<WatchEnd> {
  const told = new Set<string>();
  const newsOf = absenceNews();
  let sinceMs: number | null = null;
  let cycles = 0;
  let bars = 0;
  let startEquity: string | null = null;
  const before = await throughRestarts(() => readCycles(w.pool, w.desk, { limit: 500 }), w.signal);
  for (const cycle of before) told.add(cycle.id);
  while (!w.signal.aborted) {
    const fresh = await readCycles(w.pool, w.desk, {
      limit: 500,
      ...(sinceMs === null ? {} : { sinceMs }),
    }).catch(() => null);
    for (const cycle of inOrder(fresh ?? [], w.profile)) {
      if (told.has(cycle.id)) continue;
      told.add(cycle.id);
      cycles += 1;
      const barMs = Date.parse(cycle.bar);
      if (sinceMs !== null && barMs > sinceMs) {
        bars += 1;
        if (bars % EQUITY_EVERY_BARS === 0) await tellEquity(Date.parse(cycle.decidedAt));
      }
      sinceMs = Math.max(sinceMs ?? barMs, barMs);
      w.print(cycleLine(cycle, w.paint));
      for (const line of newsOf(cycle.answers)) w.print(w.paint.yellow(`  ${line}`));
    }
    const now = await w.status();
    if (now?.venueTimeMs != null) w.onProgress(now.venueTimeMs, cycles);
    if (now?.isEnded && now.venueTimeMs !== null) return { kind: 'ended', atMs: now.venueTimeMs };
    await pause(EVERY_MS, w.signal);
  }
  return { kind: 'stopped' };

  async function tellEquity(atMs: number): Promise<void> {
    const account = await readAccount(w.pool, w.desk, w.profile.timeframe, atMs).catch(() => null);
    if (account === null) return;
    startEquity ??= account.equity;
    w.print(
      equityLine(
        {
          at: account.asOf,
          equity: account.equity,
          start: startEquity,
          balances: account.balances,
        },
        w.paint,
      ),
    );
  }
}

/** Oldest bar first, and within a bar in the profile's order of pairs. */
function inOrder(cycles: readonly CycleStory[], profile: Profile): CycleStory[] {
  return [...cycles].sort(
    (a, b) =>
      Date.parse(a.bar) - Date.parse(b.bar) ||
      profile.pairs.indexOf(a.pair) - profile.pairs.indexOf(b.pair),
  );
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      // A desk is watched for weeks: what has been waited for must not be kept.
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
  });
}
