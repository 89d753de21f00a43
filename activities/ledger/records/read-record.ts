import type pg from 'pg';
import type {
  CycleRow,
  DeskRecord,
  EntryRow,
  FillRow,
  OrderRow,
} from '../../../shared/audit/desk-record.ts';
import { isoTime } from '../../../shared/timeframe.ts';
import { inTransaction } from '../database.ts';

/** Everything that the desk of this schema recorded, as of one moment. Changes nothing. */
export async function readDeskRecord(pool: pg.Pool, desk: string): Promise<DeskRecord> {
  return inTransaction(pool, async (client) => {
    await client.query('set transaction isolation level repeatable read read only');
    const rows = async <T>(sql: string): Promise<T[]> =>
      (await client.query<Record<string, unknown>>(sql)).rows.map((row) => withIsoTimes(row) as T);
    return {
      desk,
      cycles: await rows<CycleRow>(
        `select id, pair, bar, decided_at as "decidedAt", action, outcome, confidence, consensus
           from cycle`,
      ),
      decisions: await rows(`select cycle, decider, answer from decision`),
      verdicts: await rows(`select id, kind, at, rules, plan from verdict`),
      orders: await rows<OrderRow>(
        `select client_order_id as "clientOrderId", position, leg, n, pair, side, kind, quantity, price,
                time_in_force as "timeInForce", status, venue_order_id as "venueOrderId",
                filled_quantity as "filledQuantity", intended_at as "intendedAt", leverage
           from trade_order`,
      ),
      fills: await rows<FillRow>(
        `select execution_id as "executionId", entry, client_order_id as "clientOrderId",
                venue_order_id as "venueOrderId", pair, side, price, quantity, cost, fee,
                fee_asset as "feeAsset", liquidity, at
           from fill`,
      ),
      entries: await rows<EntryRow>(
        `select e.id, e.kind, e.reference, e.at,
                coalesce(
                  json_agg(json_build_object('account', p.account, 'asset', p.asset,
                                             'amount', p.amount::text))
                    filter (where p.entry is not null),
                  '[]') as postings
           from ledger_entry e left join posting p on p.entry = e.id
          group by e.id`,
      ),
    };
  });
}

/** Column types decide: int8 and numeric come as text, JSON parsed, timestamps as Date. */
function withIsoTimes(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([key, value]) => [
      key,
      value instanceof Date ? isoTime(value.getTime()) : value,
    ]),
  );
}
