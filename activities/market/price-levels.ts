import type pg from 'pg';
import type { Candle } from '../../shared/candle.ts';
import type { Pair } from '../../shared/pair.ts';
import { priceRanges } from './price-range.ts';

interface Level {
  id: string;
  pair: Pair;
  above: number | null;
  below: number | null;
}

/** The prices that workflows wait for at real time, compared with what the venue says was traded. */
export interface PriceLevels {
  /** Reads which levels are wanted now; those that are reached already are noticed at once. */
  refresh(): Promise<void>;
  /** A restatement of the pair's running bar, always of the same timeframe. */
  price(pair: Pair, candle: Candle): void;
  /** Ids of levels that were reached and not told yet. */
  reached(): string[];
  /** The workflows that wait for these know, or are over. */
  told(ids: readonly string[]): Promise<void>;
}

export function priceLevels(of: { pool: pg.Pool; desk: string }): PriceLevels {
  const { pool, desk } = of;
  const ranges = priceRanges();
  const last = new Map<Pair, number>();
  let levels: Level[] = [];
  const touched = new Set<string>();

  const compare = (level: Level, low: number, high: number): void => {
    const isAbove = level.above !== null && high >= level.above;
    const isBelow = level.below !== null && low <= level.below;
    if (isAbove || isBelow) touched.add(level.id);
  };

  return {
    async refresh() {
      const { rows } = await pool.query<{
        id: string;
        pair: string;
        above: string | null;
        below: string | null;
      }>(`select id, pair, above, below from price_level where desk = $1`, [desk]);
      levels = rows.map(({ id, pair, above, below }) => ({
        id,
        pair,
        above: above === null ? null : Number(above),
        below: below === null ? null : Number(below),
      }));
      const wanted = new Set(levels.map((level) => level.id));
      for (const id of touched) if (!wanted.has(id)) touched.delete(id);
      for (const level of levels) {
        const price = last.get(level.pair);
        if (price !== undefined) compare(level, price, price);
      }
    },
    price(pair, candle) {
      const { low, high } = ranges.read(pair, candle);
      last.set(pair, candle.close);
      for (const level of levels) if (level.pair === pair) compare(level, low, high);
    },
    reached: () => [...touched],
    async told(ids) {
      await pool.query(`delete from price_level where id = any($1)`, [ids]);
      levels = levels.filter((level) => !ids.includes(level.id));
      for (const id of ids) touched.delete(id);
    },
  };
}
