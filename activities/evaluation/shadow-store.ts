import type pg from 'pg';
import type { DeskTerms, FoldResult, ShadowRow } from '../../shared/shadow/fold-shadows.ts';
import { shadowKey } from '../../shared/shadow/fold-shadows.ts';
import type { SavedShadow } from '../../shared/shadow/shadow-types.ts';
import type { Queryable } from '../ledger/database.ts';

/** Whoever advances the desk's accounts does so alone until the transaction ends. */
export async function lockShadows(client: pg.PoolClient, desk: string): Promise<void> {
  await client.query(`select pg_advisory_xact_lock(hashtext($1))`, [`shadow ${desk}`]);
}

/** The stored accounts by `shadowKey`, and the last bar that they have seen; null when there are none. */
export async function readShadows(
  db: Queryable,
  desk: string,
): Promise<{ rows: Map<string, ShadowRow>; barMs: number | null }> {
  const { rows } = await db.query<{
    decider: string;
    variant: string;
    from_bar: Date;
    bar: Date;
    state: SavedShadow;
  }>(
    `select decider, variant, from_bar, bar, state from shadow_account
      where desk = $1 order by decider, variant`,
    [desk],
  );
  return {
    rows: new Map(
      rows.map(({ decider, variant, from_bar, state }) => [
        shadowKey({ decider, variant }),
        { decider, variant, fromBarMs: from_bar.getTime(), saved: state },
      ]),
    ),
    barMs: rows.length === 0 ? null : Math.max(...rows.map((row) => row.bar.getTime())),
  };
}

export async function storeTerms(db: Queryable, desk: string, terms: DeskTerms): Promise<void> {
  await db.query(
    `insert into shadow_terms (desk, from_bar, terms) values ($1, $2, $3)
     on conflict (desk, from_bar) do update set terms = excluded.terms`,
    [desk, new Date(terms.fromBarMs), JSON.stringify(terms)],
  );
}

/** Writes what a fold has made of the accounts, keyed by account, day and number of the trade. */
export async function storeFold(db: Queryable, desk: string, fold: FoldResult): Promise<void> {
  const rows = [...fold.rows.values()];
  await db.query(
    `insert into shadow_account (desk, decider, variant, from_bar, bar, state)
     select $1, a.decider, a.variant, to_timestamp(a.from_bar / 1000), to_timestamp(a.bar / 1000), a.state::jsonb
       from unnest($2::text[], $3::text[], $4::float8[], $5::float8[], $6::text[])
              as a (decider, variant, from_bar, bar, state)
     on conflict (desk, decider, variant) do update set bar = excluded.bar, state = excluded.state`,
    [
      desk,
      rows.map((row) => row.decider),
      rows.map((row) => row.variant),
      rows.map((row) => row.fromBarMs),
      rows.map((row) => row.saved.barMs),
      rows.map((row) => JSON.stringify(row.saved)),
    ],
  );
  // A day may be told twice, its last word counts.
  const days = [...new Map(fold.days.map((day) => [`${day.key} ${day.dayMs}`, day])).values()];
  const nameOf = ({ key }: { key: string }): ShadowRow => fold.rows.get(key)!;
  await db.query(
    `insert into shadow_day (desk, decider, variant, day, equity)
     select $1, d.decider, d.variant, to_timestamp(d.day / 1000)::date, d.equity
       from unnest($2::text[], $3::text[], $4::float8[], $5::float8[]) as d (decider, variant, day, equity)
     on conflict (desk, decider, variant, day) do update set equity = excluded.equity`,
    [
      desk,
      days.map((day) => nameOf(day).decider),
      days.map((day) => nameOf(day).variant),
      days.map((day) => day.dayMs),
      days.map((day) => day.equity),
    ],
  );
  if (fold.trades.length === 0) return;
  await db.query(
    `insert into shadow_trade (desk, decider, variant, n, pair, entry_bar, exit_bar, trade)
     select $1, t.decider, t.variant, t.n, t.trade::jsonb->>'pair',
            to_timestamp((t.trade::jsonb->>'entryBarMs')::float8 / 1000),
            to_timestamp((t.trade::jsonb->>'exitBarMs')::float8 / 1000), t.trade::jsonb
       from unnest($2::text[], $3::text[], $4::int[], $5::text[]) as t (decider, variant, n, trade)
     on conflict (desk, decider, variant, n) do nothing`,
    [
      desk,
      fold.trades.map((each) => nameOf(each).decider),
      fold.trades.map((each) => nameOf(each).variant),
      fold.trades.map((each) => each.n),
      fold.trades.map((each) => JSON.stringify(each.trade)),
    ],
  );
}
