import type pg from 'pg';
import { deskView, type DeskView } from '../../../shared/desk-view.ts';
import { mayBeShort } from '../../../shared/margin.ts';
import { Decimal } from '../../../shared/money.ts';
import type { Profile } from '../../../shared/profile.ts';
import type { DeskMode } from '../../../shared/risk/desk-mode.ts';
import type { RiskLimits } from '../../../shared/risk/limits.ts';
import { periodStart } from '../../../shared/risk/periods.ts';
import type { AccountView } from '../../../shared/snapshot.ts';
import { isoTime } from '../../../shared/timeframe.ts';
import type { Instrument } from '../../../shared/venue.ts';
import { openReservations, type EquityMarks } from '../books/account.ts';

/** Reads what the desk itself is and may do at a bar; see `deskView`. */
export async function readDeskView(
  client: pg.PoolClient,
  of: {
    desk: string;
    atMs: number;
    mode: DeskMode;
    profile: Pick<Profile, 'margin'>;
    limits: RiskLimits;
    account: AccountView;
    marks: EquityMarks;
    instruments: readonly Instrument[];
  },
): Promise<DeskView> {
  const { desk, atMs, account, marks, instruments } = of;
  const dayStart = new Date(periodStart(atMs, 'day'));
  const restingEntries = client.query<{
    pair: string;
    side: 'buy' | 'sell';
    kind: string;
    price: string | null;
    quantity: string;
    filled_quantity: string;
    intended_at: Date;
    expires_at: Date | null;
  }>(
    `select pair, side, kind, price, quantity, filled_quantity, intended_at, expires_at
       from trade_order where desk = $1 and leg = 'entry'
        and status in ('intended', 'sending', 'open', 'unknown') order by intended_at, pair`,
    [desk],
  );
  const tradesByPair = client.query<{
    pair: string;
    last_closed: Date | null;
    today: string;
  }>(
    `select pair, max(closed_at) filter (where state in ('closed', 'dust')) as last_closed,
            count(*) filter (where state <> 'unfilled' and opened_at >= $2) as today
       from position where desk = $1 group by pair`,
    [desk, dayStart],
  );
  const feesPaid = client.query<{ asset: string; today: string; ever: string }>(
    `select fee_asset as asset, sum(fee) as ever,
            coalesce(sum(fee) filter (where at >= $1), 0) as today
       from (select fee_asset, fee, at from fill
             union all select asset, fee, at from margin_move where type = 'rollover') as paid
      group by fee_asset order by fee_asset`,
    [dayStart],
  );
  const [{ rows: resting }, { rows: trades }, { rows: fees }, reservations] = await Promise.all([
    ...([restingEntries, tradesByPair, feesPaid] as const),
    openReservations(client, desk),
  ]);
  const plain = (text: string): string => new Decimal(text).toFixed();
  return deskView({
    ...{ atMs, mode: of.mode, limits: of.limits, fees },
    pairs: instruments.map((i) => i.pair),
    shortPairs: instruments.filter((i) => mayBeShort(of.profile.margin, i)).map((i) => i.pair),
    equity: account.equity,
    marks: {
      peak: marks.peak,
      day: marks.day.equity,
      week: marks.week.equity,
      month: marks.month.equity,
    },
    positions: account.positions,
    usdtPer: account.usdtPer,
    takerFees: Object.fromEntries(instruments.map((i) => [i.pair, i.takerFee])),
    reservations,
    restingEntries: resting.map((order) => ({
      ...{ pair: order.pair, side: order.side, kind: order.kind },
      price: order.price === null ? null : plain(order.price),
      ...{ quantity: plain(order.quantity), filledQuantity: plain(order.filled_quantity) },
      placedAt: isoTime(order.intended_at.getTime()),
      endsAt: order.expires_at === null ? null : isoTime(order.expires_at.getTime()),
    })),
    entriesToday: trades.reduce((sum, { today }) => sum + Number(today), 0),
    lastClosedMs: Object.fromEntries(
      trades.flatMap(({ pair, last_closed: at }) => (at === null ? [] : [[pair, at.getTime()]])),
    ),
  });
}
