import { Decimal, type DecimalText } from '../../../shared/money.ts';
import { SnapshotSchema, type Snapshot } from '../../../shared/snapshot.ts';
import { isoTime } from '../../../shared/timeframe.ts';
import type { Queryable } from '../database.ts';
import type { CycleStory } from './read-cycles.ts';

/** Everything that is on record about one cycle and the position that it opened or closed. */
export interface CycleWhy extends CycleStory {
  /** Null when the document is gone. */
  snapshot: Snapshot | null;
  position: PositionStory | null;
}

export interface PositionStory {
  id: string;
  guard: string;
  state: string;
  openedAt: string;
  closedAt: string | null;
  exitReason: string | null;
  orders: OrderStory[];
  fills: FillStory[];
}

export interface OrderStory {
  clientOrderId: string;
  leg: string;
  n: number;
  side: 'buy' | 'sell';
  kind: string;
  quantity: DecimalText;
  price: DecimalText | null;
  status: string;
  filledQuantity: DecimalText;
  reason: string | null;
  intendedAt: string;
}

export interface FillStory {
  executionId: string;
  leg: string;
  n: number;
  side: 'buy' | 'sell';
  price: DecimalText;
  quantity: DecimalText;
  fee: DecimalText;
  feeAsset: string;
  liquidity: string;
  at: string;
}

export async function readWhy(db: Queryable, desk: string, story: CycleStory): Promise<CycleWhy> {
  const document = await db.query<{ body: unknown }>(`select body from document where hash = $1`, [
    story.snapshotHash,
  ]);
  const body = document.rows[0]?.body;
  return {
    ...story,
    snapshot: body === undefined ? null : SnapshotSchema.parse(body),
    position: await positionOf(db, desk, story),
  };
}

/** The position that the cycle opened, or for a close the one that stood on its pair. */
async function positionOf(
  db: Queryable,
  desk: string,
  story: CycleStory,
): Promise<PositionStory | null> {
  const { rows } = await db.query<{
    id: string;
    guard: string;
    state: string;
    opened_at: Date;
    closed_at: Date | null;
    exit_reason: string | null;
  }>(
    `select id, guard, state, opened_at, closed_at, exit_reason from position
      where desk = $1 and (cycle = $2 or ($3 = 'closing' and pair = $4 and opened_at < $5
                                          and (closed_at is null or closed_at >= $5)))
      order by opened_at desc limit 1`,
    [desk, story.id, story.outcome, story.pair, story.decidedAt],
  );
  const row = rows[0];
  if (row === undefined) return null;
  return {
    id: row.id,
    guard: row.guard,
    state: row.state,
    openedAt: isoTime(row.opened_at.getTime()),
    closedAt: row.closed_at === null ? null : isoTime(row.closed_at.getTime()),
    exitReason: row.exit_reason,
    orders: await ordersOf(db, desk, row.id),
    fills: await fillsOf(db, desk, row.id),
  };
}

async function ordersOf(db: Queryable, desk: string, position: string): Promise<OrderStory[]> {
  const { rows } = await db.query<{
    client_order_id: string;
    leg: string;
    n: number;
    side: 'buy' | 'sell';
    kind: string;
    quantity: string;
    price: string | null;
    status: string;
    filled_quantity: string;
    reason: string | null;
    intended_at: Date;
  }>(
    `select client_order_id, leg, n, side, kind, quantity, price, status, filled_quantity, reason,
            intended_at
       from trade_order where desk = $1 and position = $2 order by intended_at, leg, n`,
    [desk, position],
  );
  return rows.map((row) => ({
    clientOrderId: row.client_order_id,
    leg: row.leg,
    n: row.n,
    side: row.side,
    kind: row.kind,
    quantity: plain(row.quantity),
    price: row.price === null ? null : plain(row.price),
    status: row.status,
    filledQuantity: plain(row.filled_quantity),
    reason: row.reason,
    intendedAt: isoTime(row.intended_at.getTime()),
  }));
}

async function fillsOf(db: Queryable, desk: string, position: string): Promise<FillStory[]> {
  const { rows } = await db.query<{
    execution_id: string;
    leg: string;
    n: number;
    side: 'buy' | 'sell';
    price: string;
    quantity: string;
    fee: string;
    fee_asset: string;
    liquidity: string;
    at: Date;
  }>(
    `select f.execution_id, o.leg, o.n, f.side, f.price, f.quantity, f.fee, f.fee_asset, f.liquidity, f.at
       from fill f join trade_order o on o.client_order_id = f.client_order_id
      where o.desk = $1 and o.position = $2 order by f.at, o.leg, o.n, f.execution_id`,
    [desk, position],
  );
  return rows.map((row) => ({
    executionId: row.execution_id,
    leg: row.leg,
    n: row.n,
    side: row.side,
    price: plain(row.price),
    quantity: plain(row.quantity),
    fee: plain(row.fee),
    feeAsset: row.fee_asset,
    liquidity: row.liquidity,
    at: isoTime(row.at.getTime()),
  }));
}

/** Without the zeros that a numeric column keeps. */
function plain(text: string): DecimalText {
  return new Decimal(text).toFixed();
}
