import type pg from 'pg';
import { closesAt, readAccount } from '../activities/ledger/account.ts';
import { readCyclesSince, type CycleStory } from '../activities/ledger/read-cycles.ts';
import { Decimal, type DecimalText } from '../shared/money.ts';
import type { Pair } from '../shared/pair.ts';
import type { Timeframe } from '../shared/timeframe.ts';
import { usdtPrices, worthInUsdt } from '../shared/usdt-prices.ts';
import { cycleLine, equityLine } from './cycle-line.ts';
import type { Paint } from './paint.ts';

export interface CycleWatch {
  /** Prints what was recorded since the last look; returns how many cycles that was. */
  look(): Promise<number>;
}

/** Cycles told at one look; what is left over comes with the next. */
const AT_ONCE = 200;
const DAY_MS = 86_400_000;

/**
 * Tells a desk's cycles a line each as they are recorded, oldest first, and the equity once a venue day.
 * It only reads, so it can be late or killed without harm. What was recorded before `sinceMs` (open time
 * of a bar) is not told.
 */
export function createCycleWatch(of: {
  pool: pg.Pool;
  desk: string;
  /** In the profile's order. */
  pairs: readonly Pair[];
  timeframe: Timeframe;
  sinceMs: number;
  print(line: string): void;
  paint: Paint;
}): CycleWatch {
  const told = new Set<string>();
  let sinceMs = of.sinceMs;
  let day: number | null = null;
  let start: DecimalText | null = null;

  async function tellEquity(cycle: CycleStory): Promise<void> {
    const atMs = Date.parse(cycle.decidedAt);
    const today = Math.floor(atMs / DAY_MS);
    if (day === today) return;
    const isFirst = day === null;
    day = today;
    const account = await readAccount(of.pool, of.desk, of.timeframe, atMs);
    start ??= (await openingEquity(of.pool, of.timeframe)) ?? account.equity;
    if (!isFirst) of.print(equityLine({ ...account, at: cycle.decidedAt, start }, of.paint));
  }

  return {
    async look() {
      const recorded = await readCyclesSince(of.pool, of.desk, { sinceMs, limit: AT_ONCE });
      const fresh = recorded
        .filter(({ id }) => !told.has(id))
        .sort(
          (a, b) =>
            Date.parse(a.bar) - Date.parse(b.bar) ||
            of.pairs.indexOf(a.pair) - of.pairs.indexOf(b.pair),
        );
      for (const cycle of fresh) {
        await tellEquity(cycle);
        of.print(cycleLine(cycle, of.paint));
        told.add(cycle.id);
      }
      const last = fresh.at(-1);
      if (last !== undefined) {
        // The other pairs of the last bar may still come; bars before it are complete.
        sinceMs = Date.parse(last.bar);
        for (const id of told) if (!id.endsWith(last.bar)) told.delete(id);
      }
      return fresh.length;
    },
  };
}

/** Worth of what the account was opened with, at the closes of then; null where no price was known. */
async function openingEquity(pool: pg.Pool, timeframe: Timeframe): Promise<DecimalText | null> {
  const { rows } = await pool.query<{ at: Date; asset: string; amount: string }>(
    `select e.at, p.asset, p.amount from ledger_entry e join posting p on p.entry = e.id
      where e.kind = 'opening' and p.account = 'venue'`,
  );
  const at = rows[0]?.at;
  if (at === undefined) return null;
  const prices = usdtPrices(await closesAt(pool, timeframe, at.getTime()));
  if (rows.some(({ asset }) => prices[asset] === undefined)) return null;
  return worthInUsdt(
    Object.fromEntries(rows.map(({ asset, amount }) => [asset, new Decimal(amount).toFixed()])),
    prices,
  );
}
