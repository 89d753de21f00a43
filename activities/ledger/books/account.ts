import { Decimal, type DecimalText } from '../../../shared/money.ts';
import { baseOf, quoteOf, type Asset, type Pair } from '../../../shared/pair.ts';
import { periodStart, type Period } from '../../../shared/risk/periods.ts';
import type { AccountView, PositionView } from '../../../shared/snapshot.ts';
import { isoTime, timeframeMs, type Timeframe } from '../../../shared/timeframe.ts';
import { usdtPrices, worthInUsdt } from '../../../shared/usdt-prices.ts';
import type { Queryable } from '../database.ts';
import { bagBalances, ledgerBalances } from './balances.ts';
import { allowsMargin, equityWith, marginView, readMargin } from './margin-account.ts';

/** Each pair's latest bar that had closed by `atMs`: its open time, Unix ms, and its close. */
export async function closedBars(
  db: Queryable,
  timeframe: Timeframe,
  atMs: number,
): Promise<Record<Pair, { openMs: number; close: number }>> {
  const { rows } = await db.query<{ pair: string; close: number; open_at: Date }>(
    `select distinct on (pair) pair, close, open_at from candle
      where timeframe = $1 and open_at <= $2 order by pair, open_at desc`,
    [timeframe, new Date(atMs - timeframeMs(timeframe))],
  );
  return Object.fromEntries(
    rows.map((r) => [r.pair, { openMs: r.open_at.getTime(), close: r.close }]),
  );
}

/** Close of each pair's latest bar that had closed by `atMs`. */
export async function closesAt(
  db: Queryable,
  timeframe: Timeframe,
  atMs: number,
): Promise<Record<Pair, number>> {
  const bars = await closedBars(db, timeframe, atMs);
  return Object.fromEntries(Object.entries(bars).map(([pair, { close }]) => [pair, close]));
}

interface PositionRow {
  id: string;
  guard: string;
  pair: string;
  opened_at: Date;
  is_short: boolean;
  leverage: number | null;
  entered: string;
  entered_for: string;
  left_again: string;
  stop_price: string | null;
  targets: { price: string }[] | null;
}

/** Positions that hold something, as the booked fills tell, oldest first. */
export async function openPositions(
  db: Queryable,
  desk: string,
  closes: Record<Pair, number>,
): Promise<PositionView[]> {
  const { rows } = await db.query<PositionRow>(
    `select p.id, p.guard, p.pair, p.opened_at,
            bool_or(o.leg = 'entry' and o.side = 'sell') as is_short,
            max(o.leverage) as leverage,
            coalesce(sum(o.filled_quantity) filter (where o.leg = 'entry'), 0) as entered,
            coalesce(sum(o.filled_cost) filter (where o.leg = 'entry'), 0) as entered_for,
            coalesce(sum(o.filled_quantity) filter (where o.leg <> 'entry'), 0) as left_again,
            coalesce(max(o.price) filter (where o.leg = 'stop' and o.status = 'open'),
                     max((v.plan->>'stopPrice')::numeric)) as stop_price,
            v.plan->'targets' as targets
       from position p
       join trade_order o on o.position = p.id and o.desk = p.desk
       join verdict v on v.id = p.cycle
      where p.desk = $1 and p.state in ('opening', 'open')
      group by p.id, p.guard, p.pair, p.opened_at, v.plan
      order by p.opened_at, p.id`,
    [desk],
  );
  return rows
    .map((row) => ({ row, held: new Decimal(row.entered).minus(row.left_again) }))
    .filter(({ held }) => held.gt(0))
    .map(({ row, held }) => {
      const entry = new Decimal(row.entered_for).div(row.entered);
      const close = closes[row.pair] ?? entry.toNumber();
      const sign = row.is_short ? -1 : 1;
      return {
        position: row.id,
        guard: row.guard,
        pair: row.pair,
        side: row.is_short ? ('short' as const) : ('long' as const),
        ...(row.leverage === null ? {} : { leverage: row.leverage }),
        quantity: held.toFixed(),
        entryPrice: entry.toSignificantDigits(12).toFixed(),
        stopPrice: row.stop_price === null ? null : new Decimal(row.stop_price).toFixed(),
        targetPrices: (row.targets ?? []).map((t) => t.price),
        openedAt: isoTime(row.opened_at.getTime()),
        unrealisedPct: Number((sign * (close / entry.toNumber() - 1) * 100).toFixed(3)),
      };
    });
}

/** What a short loses at its stop, in the quote that it is settled in: it is kept for that. */
function lossAtStop(position: PositionView): DecimalText {
  if (position.side === 'long' || position.stopPrice === null) return '0';
  const loss = new Decimal(position.stopPrice).minus(position.entryPrice).mul(position.quantity);
  return Decimal.max(0, loss).toFixed();
}

export interface OpenReservation {
  verdict: string;
  pair: Pair;
  side: 'buy' | 'sell';
  asset: Asset;
  /** What is still held back of each, in the asset and in USDT. */
  amount: DecimalText;
  riskUsdt: DecimalText;
  notionalUsdt: DecimalText;
  /** Free margin that it binds; "0" on spot. */
  marginUsdt: DecimalText;
}

/**
 * What approved entries and legs of rebalancing still hold back: ordered less filled, nothing once the order is over. Derived
 * on every reading, so it cannot be forgotten.
 */
export async function openReservations(db: Queryable, desk: string): Promise<OpenReservation[]> {
  const { rows } = await db.query<{
    verdict: string;
    pair: string;
    side: 'buy' | 'sell';
    asset: string;
    amount: string;
    risk_usdt: string;
    notional_usdt: string;
    margin_usdt: string;
    share: string;
  }>(
    `select r.verdict, r.pair, o.side, r.asset, r.amount, r.risk_usdt, r.notional_usdt, r.margin_usdt,
            (o.quantity - o.filled_quantity) / o.quantity as share
       from reservation r
       join trade_order o on o.verdict = r.verdict and o.leg in ('entry', 'rebalance')
      where r.desk = $1 and o.status in ('intended', 'sending', 'open', 'unknown')
      order by r.verdict`,
    [desk],
  );
  return rows.map((r) => {
    const left = (amount: string): string =>
      new Decimal(amount).mul(r.share).toDecimalPlaces(12, Decimal.ROUND_UP).toFixed();
    return {
      verdict: r.verdict,
      pair: r.pair,
      side: r.side,
      asset: r.asset,
      amount: left(r.amount),
      riskUsdt: left(r.risk_usdt),
      notionalUsdt: left(r.notional_usdt),
      marginUsdt: left(r.margin_usdt),
    };
  });
}

/** The account at a venue time, valued at the closes of that time; with its margin where the desk has any. */
export async function readAccount(
  db: Queryable,
  desk: string,
  timeframe: Timeframe,
  atMs: number,
): Promise<AccountView> {
  const [closes, balances, bags, reservations, isOnMargin] = await Promise.all([
    closesAt(db, timeframe, atMs),
    ledgerBalances(db),
    bagBalances(db),
    openReservations(db, desk),
    allowsMargin(db, desk),
  ]);
  const usdtPer = usdtPrices(closes);
  const positions = await openPositions(db, desk, closes);
  const margin =
    isOnMargin || positions.some((p) => p.leverage !== undefined)
      ? await readMargin(db, { desk, closes, usdtPer })
      : null;
  const free = Object.fromEntries(
    Object.entries(balances).map(([asset, amount]) => {
      const bound = [
        // What a position on margin holds is borrowed, and lies in no balance.
        ...positions
          .filter((p) => p.leverage === undefined && baseOf(p.pair) === asset)
          .map((p) => p.quantity),
        ...positions.filter((p) => quoteOf(p.pair) === asset).map(lossAtStop),
        ...reservations.filter((r) => r.asset === asset).map((r) => r.amount),
        bags[asset] ?? '0',
      ].reduce((sum, part) => sum.plus(part), new Decimal(0));
      return [asset, Decimal.max(0, new Decimal(amount).minus(bound)).toFixed()];
    }),
  );
  const worth = worthInUsdt(balances, usdtPer);
  return {
    asOf: isoTime(atMs),
    equity: margin === null ? worth : equityWith(worth, margin),
    balances,
    free,
    ...(Object.keys(bags).length === 0 ? {} : { bags }),
    ...(margin === null ? {} : { margin: marginView(worth, margin) }),
    usdtPer,
    positions,
  };
}

/** Equity at the marks that the loss rules measure from, in USDT. Periods begin at 00:00 UTC. */
export interface EquityMarks {
  peak: DecimalText;
  day: { startMs: number; equity: DecimalText };
  week: { startMs: number; equity: DecimalText };
  month: { startMs: number; equity: DecimalText };
}

export function firstMarks(equity: DecimalText, atMs: number): EquityMarks {
  const starts = periodStarts(atMs);
  return {
    peak: equity,
    day: { startMs: starts.day, equity },
    week: { startMs: starts.week, equity },
    month: { startMs: starts.month, equity },
  };
}

/** The marks after seeing `equity`: the peak follows it up, a new day, week or month starts from it. */
export function nextMarks(marks: EquityMarks, equity: DecimalText, atMs: number): EquityMarks {
  const starts = periodStarts(atMs);
  const period = (mark: EquityMarks['day'], startMs: number): EquityMarks['day'] =>
    mark.startMs === startMs ? mark : { startMs, equity };
  return {
    peak: Decimal.max(marks.peak, equity).toFixed(),
    day: period(marks.day, starts.day),
    week: period(marks.week, starts.week),
    month: period(marks.month, starts.month),
  };
}

function periodStarts(atMs: number): Record<Period, number> {
  return {
    day: periodStart(atMs, 'day'),
    week: periodStart(atMs, 'week'),
    month: periodStart(atMs, 'month'),
  };
}
