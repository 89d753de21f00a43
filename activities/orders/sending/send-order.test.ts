import type pg from 'pg';
import { beforeEach, describe, expect, test } from 'vitest';
import { bookFill } from '../../ledger/books/book-fill.ts';
import { inTransaction } from '../../ledger/database.ts';
import { applyDeskEvents, lockDesk } from '../../ledger/desk/desk-store.ts';
import { CLOSE_MS, DESK, storeEntry } from '../../ledger/example-desk.fixture.ts';
import type { MemoryVenue } from '../memory-venue.fixture.ts';
import { onOrderDesk } from '../order-desk.fixture.ts';
import { findOrder } from '../order-store.ts';
import { sendOrder, settleOrder, type SendingDeps } from './send-order.ts';

let pool: pg.Pool;
let venue: MemoryVenue;
let deps: SendingDeps;

onOrderDesk('send_order', (desk) => {
  ({ pool, venue, deps } = desk);
});

const entry = async (): Promise<string> => (await storeEntry(pool)).clientOrderId;
const statusOf = async (id: string) => (await findOrder(pool, id))?.status;
const steer = (kind: 'halt' | 'pause' | 'resume') =>
  inTransaction(pool, async (client) =>
    applyDeskEvents(client, DESK, await lockDesk(client, DESK), [
      kind === 'pause'
        ? { kind, atMs: CLOSE_MS, who: 'ann', why: 'test', untilMs: null }
        : { kind, atMs: CLOSE_MS, who: 'ann', why: 'test' },
    ]),
  );

describe('sending', () => {
  test('an accepted order is open, and what was sent is what was stored', async () => {
    const id = await entry();
    expect(await sendOrder(deps, id)).toEqual({ kind: 'open' });
    expect(await statusOf(id)).toBe('open');
    expect(venue.received).toEqual([
      {
        ...{ clientOrderId: id, pair: 'BTC/USDT', side: 'buy', kind: 'market', quantity: '2' },
        feeIn: 'quote',
      },
    ]);
  });

  test('a second call sends nothing', async () => {
    const id = await entry();
    await sendOrder(deps, id);
    expect(await sendOrder(deps, id)).toEqual({ kind: 'open' });
    expect(venue.received).toHaveLength(1);
  });

  test('two calls at once send one order', async () => {
    const id = await entry();
    await Promise.allSettled([sendOrder(deps, id), sendOrder(deps, id)]);
    expect(venue.received).toHaveLength(1);
  });

  test('a refusal is an answer, with the venue’s words, and stays one', async () => {
    const id = await entry();
    venue.fates = ['refused'];
    const refused = { kind: 'refused', reason: 'EOrder:Insufficient funds' };
    expect(await sendOrder(deps, id)).toEqual(refused);
    expect(await settleOrder(deps, id)).toEqual(refused);
    expect(await statusOf(id)).toBe('rejected');
    expect(venue.received).toEqual([]);
  });

  test('no answer is no refusal', async () => {
    const id = await entry();
    venue.fates = ['answer-lost'];
    await expect(sendOrder(deps, id)).rejects.toMatchObject({ kind: 'ambiguous' });
    expect(await statusOf(id)).toBe('unknown');
  });

  test('a process that dies between writing and sending leaves it for the look-up', async () => {
    const id = (await storeEntry(pool, { status: 'sending' })).clientOrderId;
    await expect(sendOrder(deps, id)).rejects.toThrow('look it up');
    expect(venue.received).toEqual([]);
  });

  test('an order that nobody stored is not sent', async () => {
    const id = '00000000-0000-5000-8000-000000000000';
    await expect(sendOrder(deps, id)).rejects.toThrow(`no order is stored under client id ${id}`);
  });
});

describe('a stop by a person', () => {
  test.each(['halt', 'pause'] as const)(
    'a %s that is written before sends no entry',
    async (kind) => {
      const id = await entry();
      await steer(kind);
      expect(await sendOrder(deps, id)).toEqual({
        ...{
          kind: 'refused',
          reason: `the desk is ${kind}${kind === 'halt' ? 'ed' : 'd'}: no entry is sent`,
        },
      });
      expect(venue.received).toEqual([]);
      await steer('resume');
      expect((await sendOrder(deps, id)).kind).toBe('refused');
    },
  );

  test('also stops an entry that would be sent again', async () => {
    const id = await entry();
    venue.fates = ['request-lost'];
    await expect(sendOrder(deps, id)).rejects.toMatchObject({ kind: 'ambiguous' });
    await steer('halt');
    expect((await settleOrder(deps, id)).kind).toBe('refused');
    expect(venue.received).toEqual([]);
  });

  test('does not stop an order that only reduces', async () => {
    const id = await entry();
    await pool.query(`update trade_order set leg = 'stop', side = 'sell'`);
    await steer('halt');
    expect(await sendOrder(deps, id)).toEqual({ kind: 'open' });
  });
});

describe('settling what has no definite answer', () => {
  test('adopts what the venue knows under the id', async () => {
    const id = await entry();
    venue.fates = ['answer-lost'];
    await sendOrder(deps, id).catch(() => null);
    expect(await settleOrder(deps, id)).toEqual({ kind: 'open' });
    expect(await statusOf(id)).toBe('open');
    expect(venue.received).toHaveLength(1);
  });

  test('sends again under the same id when the venue knows none', async () => {
    const id = await entry();
    venue.fates = ['request-lost'];
    await sendOrder(deps, id).catch(() => null);
    expect(await settleOrder(deps, id)).toEqual({ kind: 'open' });
    expect(venue.received.map((o) => o.clientOrderId)).toEqual([id]);
  });

  test('sends what was never sent', async () => {
    const id = await entry();
    expect(await settleOrder(deps, id)).toEqual({ kind: 'open' });
    expect(venue.received).toHaveLength(1);
  });

  test('takes over an order that was filled before anybody could ask', async () => {
    const id = await entry();
    venue.fates = ['answer-lost'];
    await sendOrder(deps, id).catch(() => null);
    await bookFill(deps, venue.fill(id, '2'));
    expect(await settleOrder(deps, id)).toEqual({ kind: 'open' });
    expect(await statusOf(id)).toBe('filled');
    expect(venue.received).toHaveLength(1);
  });

  describe('at real time', () => {
    beforeEach(() => {
      deps = { ...deps, deadlineClock: () => venue.time() };
    });

    test('an entry dies at the venue 5 s after it was sent, a protective order after 2.5 s', async () => {
      await sendOrder(deps, await entry());
      await pool.query(`update trade_order set leg = 'stop', status = 'intended'`);
      const id = (await pool.query<{ id: string }>(`select client_order_id as id from trade_order`))
        .rows[0]!.id;
      venue.fates = ['request-lost'];
      await sendOrder(deps, id).catch(() => null);
      expect(venue.received[0]?.deadline).toBe('2026-01-05T13:00:05.000Z');
      expect((await findOrder(pool, id))?.deadlineMs).toBe(CLOSE_MS + 2500);
    });

    test('nothing is sent again until the deadline of the first has passed', async () => {
      const id = await entry();
      venue.fates = ['late'];
      await sendOrder(deps, id).catch(() => null);
      venue.nowMs += 5000;
      await expect(settleOrder(deps, id)).rejects.toMatchObject({ kind: 'retry' });
      venue.nowMs += 1;
      expect(await settleOrder(deps, id)).toEqual({ kind: 'open' });
      expect(venue.received).toHaveLength(1);
    });

    test('a first request that arrives after all is adopted', async () => {
      const id = await entry();
      venue.fates = ['late'];
      await sendOrder(deps, id).catch(() => null);
      await expect(settleOrder(deps, id)).rejects.toMatchObject({ kind: 'retry' });
      venue.arriveLate();
      expect(await settleOrder(deps, id)).toEqual({ kind: 'open' });
      expect(venue.received).toHaveLength(1);
    });
  });
});
