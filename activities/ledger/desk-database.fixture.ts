import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { migrate } from '../../infra/migrate.ts';
import type { DeskRecord } from '../../shared/audit/desk-record.ts';
import { databaseUrl } from '../../test/support/services.ts';
import { connectDatabase } from './database.ts';

/** For tests: a schema with the desk's tables, all empty. The caller ends the pool. */
export async function emptySchema(schema: string): Promise<pg.Pool> {
  const pool = connectDatabase({ url: databaseUrl(), schema, maxConnections: 2 });
  await migrate(pool, {
    schema,
    dir: fileURLToPath(new URL('../../infra/migrations', import.meta.url)),
  });
  return pool;
}

/** Writes a record into an empty schema as a desk would have left it, its position closed. */
export async function storeRecord(pool: pg.Pool, record: DeskRecord): Promise<void> {
  const { desk } = record;
  for (const c of record.cycles) {
    await pool.query(
      `insert into cycle (id, desk, pair, bar, decided_at, snapshot_hash, action, outcome, confidence, consensus)
       values ($1, $2, $3, $4, $5, 'none', $6, $7, $8, $9)`,
      [c.id, desk, c.pair, c.bar, c.decidedAt, c.action, c.outcome, c.confidence, c.consensus],
    );
  }
  for (const { cycle, decider, answer } of record.decisions) {
    await pool.query(`insert into decision values ($1, $2, $3)`, [cycle, decider, answer]);
  }
  for (const v of record.verdicts) {
    await pool.query(
      `insert into verdict (id, desk, kind, at, rules, plan) values ($1, $2, $3, $4, $5, $6)`,
      [v.id, desk, v.kind, v.at, JSON.stringify(v.rules), JSON.stringify(v.plan)],
    );
  }
  for (const o of record.orders) {
    await pool.query(
      `insert into trade_order (client_order_id, desk, position, verdict, guard, leg, n, pair, side, kind,
                                quantity, price, time_in_force, status, venue_order_id, filled_quantity,
                                intended_at)
       values ($1, $2, $3, $3 || '/' || $4, 'guard', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
      [
        ...[o.clientOrderId, desk, o.position, o.leg, o.n, o.pair, o.side, o.kind, o.quantity],
        ...[o.price, o.timeInForce, o.status, o.venueOrderId, o.filledQuantity, o.intendedAt],
      ],
    );
  }
  for (const position of new Set(record.orders.map((order) => order.position))) {
    const cycle = record.cycles.find(({ pair, bar }) => position === `${pair}/${bar}`);
    await pool.query(
      `insert into position (id, desk, pair, cycle, guard, state, opened_at, closed_at, exit_reason)
       values ($1, $2, $3, $4, 'guard', 'closed', $5, $5, 'stop')`,
      [position, desk, cycle?.pair, cycle?.id, cycle?.decidedAt],
    );
  }
  for (const entry of record.entries) {
    await pool.query(
      `insert into ledger_entry (id, desk, kind, reference, at) overriding system value
       values ($1, $2, $3, $4, $5)`,
      [entry.id, desk, entry.kind, entry.reference, entry.at],
    );
    for (const { account, asset, amount } of entry.postings) {
      await pool.query(`insert into posting values ($1, $2, $3, $4)`, [
        entry.id,
        account,
        asset,
        amount,
      ]);
    }
  }
  for (const f of record.fills) {
    await pool.query(
      `insert into fill (execution_id, entry, client_order_id, venue_order_id, pair, side, price, quantity,
                         cost, fee, fee_asset, liquidity, at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
      [
        ...[f.executionId, f.entry, f.clientOrderId, f.venueOrderId, f.pair, f.side, f.price],
        ...[f.quantity, f.cost, f.fee, f.feeAsset, f.liquidity, f.at],
      ],
    );
  }
}
