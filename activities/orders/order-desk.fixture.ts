import { afterAll, beforeAll, beforeEach } from 'vitest';
import type pg from 'pg';
import { emptySchema } from '../ledger/desk-database.fixture.ts';
import { clearTables, DESK, storeDesk } from '../ledger/example-desk.fixture.ts';
import { noProbe } from '../probe.ts';
import { memoryVenue, type MemoryVenue } from './memory-venue.fixture.ts';
import type { SendingDeps } from './sending/send-order.ts';

export interface OrderDesk {
  pool: pg.Pool;
  venue: MemoryVenue;
  /** Over the two, in stepped time. */
  deps: SendingDeps;
}

/** Gives every test of a file a running desk of its own in a schema of that name, at a venue in memory. */
export function onOrderDesk(name: string, take: (desk: OrderDesk) => void | Promise<void>): void {
  let pool: pg.Pool | undefined;
  beforeAll(async () => {
    pool = await emptySchema(`${name}_${process.pid}`);
  });
  beforeEach(async () => {
    if (pool === undefined) return;
    await clearTables(pool);
    await storeDesk(pool);
    const venue = memoryVenue();
    const deps = { pool, desk: DESK, venue, probe: noProbe, deadlineClock: null };
    await take({ pool, venue, deps });
  });
  afterAll(() => pool?.end());
}
