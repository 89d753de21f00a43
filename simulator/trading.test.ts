import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testClient, type TestClient, type TestSocket } from './client.fixture.ts';
import { handMarket, type Row } from './market/market.fixture.ts';
import { readJournal } from './service/read-journal.ts';
import { startSimulator, type Simulator } from './start-simulator.ts';
import { signature } from './wire/keys.ts';

const rows: Row[] = [
  [1, 1.1, 0.9, 1],
  [1, 1.2, 0.8, 1.1],
];
let dir: string;
let simulator: Simulator;
let client: TestClient;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'trading-'));
  simulator = await startSimulator({
    market: handMarket({ 'XRP/USDT': rows }),
    marketName: 'hand',
    deposits: { USDT: '1000', XRP: '500' },
    pace: 'lockstep',
    waitForDesk: true,
    journalDir: dir,
  });
  client = testClient(simulator);
});
afterEach(async () => {
  await simulator.close();
  rmSync(dir, { recursive: true });
});

async function privateSocket(): Promise<{ socket: TestSocket; token: string }> {
  const { result } = (await client.private('GetWebSocketsToken')) as { result: { token: string } };
  const socket = await client.socket(simulator.wsAuth);
  await socket.untilPong();
  return { socket, token: result.token };
}
const limit = { ordertype: 'limit', type: 'buy', price: '0.5', volume: '10' };

describe('trading over the socket', () => {
  it('adds, amends, cancels, in batches and all at once', async () => {
    const { socket, token } = await privateSocket();
    let id = 0;
    const ask = async (method: string, params: Record<string, unknown>) => {
      socket.send({ method, req_id: (id += 1), params: { ...params, token } });
      return (await socket.untilPong()).map(({ time_in: _in, time_out: _out, ...rest }) => rest);
    };
    const order = {
      symbol: 'XRP/USDT',
      side: 'buy',
      order_type: 'limit',
      order_qty: 10,
      limit_price: 0.5,
    };
    const [added] = await ask('add_order', { ...order, cl_ord_id: 'one' });
    expect(added).toMatchObject({
      method: 'add_order',
      req_id: 1,
      success: true,
      result: { cl_ord_id: 'one' },
    });
    expect(await ask('amend_order', { cl_ord_id: 'one', limit_price: 0.55 })).toMatchObject([
      { success: true, result: { cl_ord_id: 'one' } },
    ]);
    expect(await ask('add_order', { ...order, leverage: 2 })).toMatchObject([
      { success: false, error: "Unsupported field: 'leverage'" },
    ]);
    expect(
      await ask('batch_add', {
        symbol: 'XRP/USDT',
        orders: [order, { ...order, order_qty: 5000 }].map(({ symbol: _, ...o }) => o),
      }),
    ).toMatchObject([{ success: true, result: [{}, { error: 'EOrder:Insufficient funds' }] }]);
    expect(await ask('cancel_order', { cl_ord_id: ['one', 'none'] })).toMatchObject([
      { success: true, result: { cl_ord_id: 'one' } },
      { success: false, error: 'EOrder:Unknown order', cl_ord_id: 'none' },
    ]);
    expect(await ask('cancel_all', {})).toMatchObject([{ success: true, result: { count: 1 } }]);
    socket.send({ method: 'cancel_all', req_id: 99, params: { token: 'wrong' } });
    expect(await socket.untilPong()).toMatchObject([
      { success: false, error: 'EAPI:Invalid token' },
    ]);
    socket.close();
  });

  it('reads triggers, distances and quantities as their text says', async () => {
    const { socket, token } = await privateSocket();
    socket.send({
      method: 'add_order',
      params: {
        symbol: 'XRP/USDT',
        side: 'sell',
        order_type: 'stop-loss',
        order_qty: 12.5,
        triggers: { price: -10, price_type: 'pct', reference: 'last' },
        token,
      },
    });
    await socket.untilPong();
    const { result } = (await client.private('OpenOrders')) as {
      result: { open: Record<string, { descr: { order: string } }> };
    };
    // 10 % below the price of 1
    expect(Object.values(result.open)[0]?.descr.order).toBe(
      'sell 12.50000000 XRPUSDT @ stop loss 0.90000',
    );
    socket.close();
  });
});

describe('calls for many orders', () => {
  it('adds a batch, refusing a malformed one as a whole', async () => {
    const send = (orders: unknown[]) =>
      client.private('AddOrderBatch', { pair: 'XRPUSDT', orders: JSON.stringify(orders) });
    expect(await send([limit, { ...limit, price: 'x' }])).toEqual({
      error: ['EGeneral:Invalid arguments:price'],
    });
    const placed = (await send([limit, { ...limit, volume: '5000' }])) as {
      result: { orders: { txid?: string; error?: string }[] };
    };
    expect(placed.result.orders[0]?.txid).toMatch(/^O/);
    expect(placed.result.orders[1]?.error).toBe('EOrder:Insufficient funds');
  });

  it('replaces an order by an edit, under a new id', async () => {
    const placed = (await client.private('AddOrder', { pair: 'XRPUSDT', ...limit })) as {
      result: { txid: string[] };
    };
    const txid = placed.result.txid[0] ?? '';
    const edited = (await client.private('EditOrder', { txid, price: '0.6' })) as {
      result: { txid: string; originaltxid: string };
    };
    expect(edited.result.originaltxid).toBe(txid);
    expect(
      await client.private('QueryOrders', { txid: `${txid},${edited.result.txid}` }),
    ).toMatchObject({
      result: { [txid]: { status: 'canceled' }, [edited.result.txid]: { status: 'open' } },
    });
  });

  it('cancels everything when the client falls silent', async () => {
    await client.private('AddOrder', { pair: 'XRPUSDT', ...limit, cl_ord_id: 'a' });
    await client.private('CancelAllOrdersAfter', { timeout: '60' });
    await client.control('POST', '/advance', { to: '2026-01-01T00:00:59Z' });
    const open = async (): Promise<number> =>
      Object.keys(
        ((await client.private('OpenOrders')) as { result: { open: object } }).result.open,
      ).length;
    expect(await open()).toBe(1);
    await client.control('POST', '/advance', { to: '2026-01-01T00:01:00Z' });
    expect(await open()).toBe(0);
  });

  it('tells every movement of an asset in the ledger', async () => {
    await client.private('AddOrder', {
      pair: 'XRPUSDT',
      type: 'buy',
      ordertype: 'market',
      volume: '10',
    });
    const { result } = (await client.private('Ledgers', { asset: 'USDT' })) as {
      result: {
        ledger: Record<string, { amount: string; fee: string; balance: string }>;
        count: number;
      };
    };
    expect(Object.values(result.ledger).map((e) => [e.amount, e.fee, e.balance])).toEqual([
      ['-10.01000000', '0.04004000', '989.94996000'],
      ['1000.00000000', '0.00000000', '1000.00000000'],
    ]);
  });
});

describe('ordered trouble', () => {
  const fault = (body: Record<string, unknown>) => client.control('POST', '/fault', body);
  const order = (id: string) =>
    client.private('AddOrder', { pair: 'XRPUSDT', ...limit, cl_ord_id: id });

  it.each([502, 429])('answers %i once and carries nothing out', async (status) => {
    await fault({ kind: 'status', path: 'AddOrder', status });
    await expect(order('a')).rejects.toThrow(/JSON/);
    expect(readJournal(dir).orders).toEqual([]);
    expect(await order('a')).toMatchObject({ error: [] });
  });

  it('locks out as often as it was told', async () => {
    await fault({ kind: 'error', path: '*', error: 'EGeneral:Temporary lockout', count: 2 });
    expect(await order('a')).toEqual({ error: ['EGeneral:Temporary lockout'] });
    expect(await client.public('Time')).toEqual({ error: ['EGeneral:Temporary lockout'] });
    expect(await order('a')).toMatchObject({ error: [] });
  });

  it('drops a delayed request whose connection closed, so that a look-up’s "none" is final', async () => {
    await fault({ kind: 'delay', path: 'AddOrder', ms: 40 });
    const controller = new AbortController();
    const lost = client.private(
      'AddOrder',
      { pair: 'XRPUSDT', ...limit, cl_ord_id: 'a' },
      undefined,
      controller.signal,
    );
    setTimeout(() => controller.abort(), 10);
    await expect(lost).rejects.toThrow('aborted');
    await fault({ kind: 'delay', path: 'Time', ms: 60 });
    await client.public('Time');
    expect(readJournal(dir).orders).toEqual([]);
  });

  it('knows in a look-up of every request that a dead client had sent before', async () => {
    for (let i = 0; i < 15; i += 1) {
      const id = `gone${i}`;
      const path = '/0/private/AddOrder';
      const nonce = String(1_800_000_000_000 + i * 10);
      const body = new URLSearchParams({
        nonce,
        pair: 'XRPUSDT',
        ...limit,
        cl_ord_id: id,
      }).toString();
      const { hostname, port } = new URL(simulator.rest);
      const socket = connect(Number(port), hostname);
      await once(socket, 'connect');
      // sent, and gone at once: what the process leaves behind when it is killed
      socket.end(
        `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n` +
          `API-Key: ${simulator.key}\r\nAPI-Sign: ${signature(simulator.secret, path, nonce, body)}\r\n` +
          `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
      socket.destroySoon();
      const open = (await client.private(
        'OpenOrders',
        { cl_ord_id: id },
        String(Number(nonce) + 5),
      )) as {
        result: { open: object };
      };
      const found = Object.keys(open.result.open).length;
      const written = () => readJournal(dir).orders.filter((o) => o.clientOrderId === id).length;
      expect(written()).toBe(found);
      await client.public('Time');
      expect(written()).toBe(found);
    }
  });

  it.each([
    ['duplicate', ['pending_new', 'pending_new', 'new']],
    ['reorder', ['new', 'pending_new']],
    ['silence', ['new']],
  ])('%s strikes the next message of the channel', async (kind, expected) => {
    const { socket, token } = await privateSocket();
    socket.send({
      method: 'subscribe',
      params: { channel: 'executions', token, snap_orders: false },
    });
    await socket.untilPong();
    await fault({ kind, channel: 'executions' });
    await order('a');
    const told = (await socket.untilPong()) as { data: { exec_type: string }[] }[];
    expect(told.map((m) => m.data[0]?.exec_type)).toEqual(expected);
    socket.close();
  });

  it('repeats its chances from the seed', async () => {
    const refusals = async (): Promise<boolean[]> => {
      await fault({ kind: 'error', path: 'Time', error: 'EService:Busy', chance: 0.5, seed: 7 });
      const seen: boolean[] = [];
      for (let i = 0; i < 12; i += 1) {
        seen.push(((await client.public('Time'))['error'] as string[]).length > 0);
      }
      await client.control('POST', '/faults/clear', {});
      return seen;
    };
    const first = await refusals();
    expect(new Set(first).size).toBe(2);
    expect(await refusals()).toEqual(first);
  });

  it('counts orders and calls when a tier is set', async () => {
    await client.control('POST', '/limits', { tier: 'starter' });
    const refusals: string[] = [];
    for (let i = 0; i < 20; i += 1) {
      const { error } = (await client.private('Balance')) as { error: string[] };
      refusals.push(...error);
    }
    expect(refusals.length).toBeGreaterThanOrEqual(4);
    expect(new Set(refusals)).toEqual(new Set(['EAPI:Rate limit exceeded']));
    expect(await order('a')).toMatchObject({ error: [] });
    await client.control('POST', '/limits', { tier: null });
    expect(await client.private('Balance')).toMatchObject({ error: [] });
  });

  it.each([
    ['a conditional close', { 'close[ordertype]': 'limit' }, 'close'],
    ['a later start', { starttm: '+60' }, 'starttm'],
    ['an iceberg', { displayvol: '1' }, 'displayvol'],
  ])('refuses %s rather than drop it', async (_, more, field) => {
    expect(await client.private('AddOrder', { pair: 'XRPUSDT', ...limit, ...more })).toEqual({
      error: [`EGeneral:Invalid arguments:${field}`],
    });
  });

  it('lets through what its mode allows and tells it on the socket', async () => {
    const socket = await client.socket(simulator.ws);
    await socket.untilPong();
    await client.control('POST', '/system', { status: 'post_only' });
    expect(await socket.untilPong()).toMatchObject([
      { channel: 'status', data: [{ system: 'post_only' }] },
    ]);
    expect(await order('a')).toEqual({ error: ['EService:Market in post_only mode'] });
    const post = { pair: 'XRPUSDT', ...limit, oflags: 'post' };
    expect(await client.private('AddOrder', post)).toMatchObject({ error: [] });
    await client.control('POST', '/system', { status: 'cancel_only' });
    expect(await client.private('AddOrder', post)).toEqual({
      error: ['EService:Market in cancel_only mode'],
    });
    expect(await client.private('CancelAll')).toEqual({ error: [], result: { count: 1 } });
    expect(await client.public('SystemStatus')).toMatchObject({
      result: { status: 'cancel_only' },
    });
    socket.close();
  });
});
