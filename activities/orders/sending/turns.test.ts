import type pg from 'pg';
import { beforeEach, expect, test } from 'vitest';
import { BAR_MS, DESK } from '../../ledger/example-desk.fixture.ts';
import { onOrderDesk } from '../order-desk.fixture.ts';
import { createTurnActivities } from './turns.ts';

let pool: pg.Pool;
let woken: string[];
let isThere: boolean;

onOrderDesk('turns', async (desk) => {
  ({ pool } = desk);
  await pool.query(
    `insert into bar_lock (desk, pair, bar, cycle, run_id)
     values ($1, 'BTC/USDT', $2, 'first', 'r1'), ($1, 'XRP/USDT', $2, 'second', 'r2')`,
    [DESK, new Date(BAR_MS)],
  );
});
beforeEach(() => {
  woken = [];
  isThere = true;
});

const turns = () =>
  createTurnActivities({
    pool,
    wakeForTurn: (cycle) => {
      woken.push(cycle);
      return Promise.resolve(isThere);
    },
  });

test('a cycle that wants its turn before it is given is woken', async () => {
  expect(await turns().wantTurn({ cycle: 'second' })).toBe(false);
  expect(await turns().giveTurn({ cycle: 'second' })).toBe(true);
  expect(woken).toEqual(['second']);
});

test('a cycle that does not want it yet is left alone, and finds it', async () => {
  expect(await turns().giveTurn({ cycle: 'second' })).toBe(true);
  expect(woken).toEqual([]);
  expect(await turns().wantTurn({ cycle: 'second' })).toBe(true);
});

test('whichever of the two comes first, the cycle hears of it', async () => {
  const [hasIt] = await Promise.all([
    turns().wantTurn({ cycle: 'second' }),
    turns().giveTurn({ cycle: 'second' }),
  ]);
  expect(hasIt).toBe(woken.length === 0);
});

test('each is repeated without harm', async () => {
  await turns().giveTurn({ cycle: 'second' });
  await turns().giveTurn({ cycle: 'second' });
  expect(await turns().wantTurn({ cycle: 'second' })).toBe(true);
  expect(await turns().wantTurn({ cycle: 'second' })).toBe(true);
  expect(await turns().wantTurn({ cycle: 'first' })).toBe(false);
});

test('nobody has taken the turn of a cycle that has not begun, or that is over while it waits', async () => {
  expect(await turns().giveTurn({ cycle: 'third' })).toBe(false);
  await turns().wantTurn({ cycle: 'second' });
  isThere = false;
  expect(await turns().giveTurn({ cycle: 'second' })).toBe(false);
});
