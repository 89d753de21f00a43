import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { emptySchema } from '../desk-database.fixture.ts';
import {
  BAR_MS,
  clearTables,
  CLOSE_MS,
  DESK,
  HOUR_MS,
  storeDesk,
  storeEntry,
} from '../example-desk.fixture.ts';
import { trackRecord } from './track-record.ts';

let pool: pg.Pool;
beforeAll(async () => {
  pool = await emptySchema(`track_record_${process.pid}`);
});
beforeEach(async () => {
  await clearTables(pool);
  await storeDesk(pool);
});
afterAll(() => pool?.end());

/** A closed trade that had 4 USDT at risk for 2 BTC, of which `filled` were bought. */
async function trade(hour: number, pnl: string, filled = '2', state = 'closed'): Promise<void> {
  const { position } = await storeEntry(pool, { barMs: BAR_MS + hour * HOUR_MS, risk: '4' });
  await pool.query(`update trade_order set filled_quantity = $2 where position = $1`, [
    ...[position, filled],
  ]);
  await pool.query(
    `update position set state = $2, pnl_usdt = $3, closed_at = $4, exit_reason = 'x' where id = $1`,
    [position, state, pnl, new Date(CLOSE_MS + hour * HOUR_MS)],
  );
}

test('counts results in multiples of the risk that was taken', async () => {
  await trade(0, '8'); // 2 R
  await trade(1, '4', '1'); // half filled: 4 / 2 = 2 R
  await trade(2, '20', '2', 'dust'); // 5 R
  await trade(3, '-4'); // -1 R
  await trade(4, '-1', '1'); // -0.5 R
  await trade(5, '0'); // nothing won is not won
  expect(await trackRecord(pool, DESK, CLOSE_MS + 5 * HOUR_MS)).toEqual({
    ...{ trades: 6, wins: 3, meanWinR: 3, meanLossR: 0.5 },
  });
});

test('sees what had closed by its time, and no entry that was never filled', async () => {
  await trade(0, '8');
  await trade(1, '0', '0', 'unfilled');
  await trade(2, '-4');
  expect(await trackRecord(pool, DESK, CLOSE_MS + HOUR_MS)).toEqual({
    ...{ trades: 1, wins: 1, meanWinR: 2, meanLossR: 0 },
  });
});

test('of a desk without trades is empty', async () => {
  expect(await trackRecord(pool, DESK, CLOSE_MS)).toEqual({
    ...{ trades: 0, wins: 0, meanWinR: 0, meanLossR: 0 },
  });
});
