import type { Candle } from '../../shared/candle.ts';
import type { Decision } from '../../shared/decision.ts';
import type { DecimalText } from '../../shared/money.ts';
import type { Asset, Pair } from '../../shared/pair.ts';
import type { IndicatorSet } from '../../shared/indicators/indicator-set.ts';
import type { CandleHistory } from '../../shared/shadow/candle-history.ts';
import type { CycleLeft, DeskTerms } from '../../shared/shadow/fold-shadows.ts';
import type { Timeframe } from '../../shared/timeframe.ts';
import type { Queryable } from '../ledger/database.ts';

/** What the desk's account opened with, as its ledger has it; null while it is not opened. */
export async function openingBalances(
  db: Queryable,
  desk: string,
): Promise<Record<Asset, DecimalText> | null> {
  const { rows } = await db.query<{ asset: string; amount: string }>(
    `select p.asset, sum(p.amount)::text as amount
       from ledger_entry e join posting p on p.entry = e.id
      where e.desk = $1 and e.kind = 'opening' and p.account = 'venue'
      group by p.asset order by p.asset`,
    [desk],
  );
  return rows.length === 0 ? null : Object.fromEntries(rows.map((r) => [r.asset, r.amount]));
}

export async function readTerms(db: Queryable, desk: string): Promise<DeskTerms[]> {
  const { rows } = await db.query<{ terms: DeskTerms }>(
    `select terms from shadow_terms where desk = $1 order by from_bar`,
    [desk],
  );
  return rows.map((row) => row.terms);
}

/** Brings the history up to the bars that are stored, from a window before `fromBarMs` on. */
export async function loadCandles(
  db: Queryable,
  history: CandleHistory,
  of: { pairs: readonly Pair[]; timeframe: Timeframe; fromBarMs: number; toBarMs: number },
): Promise<void> {
  const start = history.windowStart(of.fromBarMs);
  const after = of.pairs.map((pair) => history.latest(pair) ?? start - 1);
  const { rows } = await db.query<Omit<Candle, 'timeMs'> & { pair: Pair; open_at: Date }>(
    `select c.pair, c.open_at, c.open, c.high, c.low, c.close, c.volume
       from unnest($1::text[], $2::float8[]) as p (pair, after)
       join candle c on c.pair = p.pair and c.timeframe = $3
                    and c.open_at > to_timestamp(p.after / 1000) and c.open_at <= $4
      order by c.pair, c.open_at`,
    [of.pairs, after, of.timeframe, new Date(of.toBarMs)],
  );
  const byPair = Map.groupBy(rows, (row) => row.pair);
  for (const [pair, bars] of byPair) {
    history.append(
      pair,
      bars.map(({ open_at, open, high, low, close, volume }) => ({
        timeMs: open_at.getTime(),
        ...{ open, high, low, close, volume },
      })),
    );
  }
}

interface CycleRow {
  pair: Pair;
  bar: Date;
  decisions: Record<string, Decision> | null;
  costs: Record<string, number> | null;
  price: number | null;
  indicators: IndicatorSet | null;
  last: [string, number, number, number, number, number] | null;
}

/** What the recorded cycles of the bars from `fromBarMs` to before `toBarMs` left for the accounts. */
export async function readCyclesLeft(
  db: Queryable,
  of: { desk: string; timeframe: Timeframe; fromBarMs: number; toBarMs: number },
): Promise<CycleLeft[]> {
  const { rows } = await db.query<CycleRow>(
    `select c.pair, c.bar,
            (select jsonb_object_agg(d.decider, d.answer->'decision') from decision d
              where d.cycle = c.id and d.answer->>'kind' = 'answered') as decisions,
            (select jsonb_object_agg(k.decider, k.usd) from decider_cost k
              where k.cycle = c.id and k.desk = c.desk) as costs,
            (s.body#>>'{price,now}')::float8 as price,
            s.body#>array['timeframes', $4, 'indicators'] as indicators,
            s.body#>array['timeframes', $4, 'candles', '-1'] as last
       from cycle c left join document s on s.hash = c.snapshot_hash
      where c.desk = $1 and c.bar >= $2 and c.bar < $3`,
    [of.desk, new Date(of.fromBarMs), new Date(of.toBarMs), of.timeframe],
  );
  return rows.map(({ pair, bar, decisions, costs, price, indicators, last }) => ({
    barMs: bar.getTime(),
    pair,
    decisions: decisions ?? {},
    costsUsd: costs ?? {},
    view:
      price === null || indicators === null || last === null
        ? null
        : {
            pair,
            price,
            timeframes: {
              [of.timeframe]: {
                indicators,
                lastCandle: {
                  timeMs: Date.parse(last[0]),
                  ...{ open: last[1], high: last[2], low: last[3], close: last[4] },
                  volume: last[5],
                },
              },
            },
          },
  }));
}
