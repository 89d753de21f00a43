import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Decimal } from '../../../shared/money.ts';
import { bookFill } from '../../ledger/books/book-fill.ts';
import { emptySchema } from '../../ledger/desk-database.fixture.ts';
import {
  clearTables,
  CLOSE_MS,
  DESK,
  exampleFill,
  storeDesk,
  storeEntry,
} from '../../ledger/example-desk.fixture.ts';
import { noProbe } from '../../probe.ts';
import { setOrderStatus } from '../order-store.ts';
import { intendReduction, type Intended, type Reduction } from './reduce.ts';

let pool: pg.Pool;
let position: string;
let guard: string;

beforeAll(async () => {
  pool = await emptySchema(`reduce_${process.pid}`);
});
beforeEach(() => bought('2'));
afterAll(() => pool?.end());

/** A position that holds `quantity`. */
async function bought(quantity: string): Promise<void> {
  await clearTables(pool);
  await storeDesk(pool);
  const entry = await storeEntry(pool, { quantity, status: 'open' });
  ({ position, guard } = entry);
  const fill = exampleFill({ clientOrderId: entry.clientOrderId, quantity });
  await bookFill({ pool, desk: DESK, probe: noProbe }, fill);
}

const reduce = (change: Partial<Reduction>): Promise<Intended> =>
  intendReduction(
    { pool, desk: DESK },
    {
      ...{ guard, position, pair: 'BTC/USDT', leg: 'stop', n: 1, kind: 'stop-loss' },
      ...{ quantity: '2', lot: '0.01', price: '98', timeInForce: 'gtc', atMs: CLOSE_MS },
      ...change,
    },
  );
const exit = (change: Partial<Reduction>) =>
  reduce({ leg: 'exit', kind: 'market', price: null, ...change });

test('all that is held goes under the stop', async () => {
  expect(await reduce({})).toMatchObject({ kind: 'intended', quantity: '2' });
});

test('asked again, it is the same order', async () => {
  const first = await reduce({});
  expect(await reduce({ quantity: '1' })).toEqual(first);
});

test('more than is held is shrunk to what is held', async () => {
  expect(await exit({ quantity: '5' })).toMatchObject({ quantity: '2' });
});

test('what exit orders may still sell is not sold again', async () => {
  await reduce({ quantity: '1.5' });
  expect(await exit({ quantity: '2' })).toMatchObject({ kind: 'intended', quantity: '0.5' });
  expect(await exit({ n: 2 })).toMatchObject({
    ...{ kind: 'vetoed', reason: expect.stringContaining('nothing to close') as string },
  });
});

test('what an ended exit order has left may be sold', async () => {
  const stop = await reduce({});
  if (stop.kind === 'vetoed') throw new Error(stop.reason);
  await setOrderStatus(pool, stop.clientOrderId, { status: 'canceled' });
  expect(await exit({})).toMatchObject({ kind: 'intended', quantity: '2' });
});

test('an exit whose answer is open holds what it may sell', async () => {
  const stop = await reduce({});
  if (stop.kind === 'vetoed') throw new Error(stop.reason);
  await setOrderStatus(pool, stop.clientOrderId, { status: 'unknown' });
  expect(await exit({})).toMatchObject({ kind: 'vetoed' });
});

test('a desk that is halted reduces all the same', async () => {
  await pool.query(`update desk set state = jsonb_set(state, '{kind}', '"halted"')`);
  expect(await reduce({})).toMatchObject({ kind: 'intended' });
});

test('two at once never sell more than is held', async () => {
  const both = await Promise.all([exit({ quantity: '1.5' }), reduce({ quantity: '1.5' })]);
  const sum = both.map((i) => Number(i.kind === 'intended' ? i.quantity : 0));
  expect(sum.sort((a, b) => a - b)).toEqual([0.5, 1.5]);
});

const hundredths = fc.integer({ min: 1, max: 500 }).map((n) => new Decimal(n).div(100).toFixed());
test('whatever is asked for, exits together never exceed what is held', async () => {
  await fc.assert(
    fc.asyncProperty(
      hundredths,
      fc.array(fc.tuple(hundredths, fc.boolean()), { minLength: 1, maxLength: 4 }),
      async (held, wishes) => {
        await bought(held);
        let resting = new Decimal(0);
        for (const [i, [quantity, ends]] of wishes.entries()) {
          const intended = await exit({ n: i + 1, quantity });
          if (intended.kind === 'vetoed') continue;
          if (ends) {
            await setOrderStatus(pool, intended.clientOrderId, { status: 'canceled' });
          } else {
            resting = resting.plus(intended.quantity);
          }
          expect(new Decimal(intended.quantity).lte(held)).toBe(true);
        }
        expect(resting.lte(held)).toBe(true);
      },
    ),
    { numRuns: 20 },
  );
});
