import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testClient, type TestClient, type TestSocket } from '../client.fixture.ts';
import { handMarket, START, type Row } from '../market/market.fixture.ts';
import { startSimulator, type Simulator } from '../start-simulator.ts';
import { createFaults, type Fault } from './faults.ts';
import { parseScenario } from './scenario.ts';

const rows: Row[] = Array.from({ length: 8 }, (_, i) => [1 + i / 10, 1.3 + i / 10, 0.9, 1 + i / 9]);
let dir: string;
let simulator: Simulator;
let isOpen = false;
let client: TestClient;

async function start(scenario?: string, pace: 'lockstep' | number = 'lockstep'): Promise<void> {
  simulator = await startSimulator({
    market: handMarket({ 'XRP/USDT': rows }),
    marketName: 'hand',
    deposits: { USDT: '1000', XRP: '500' },
    pace,
    journalDir: dir,
    ...(scenario === undefined
      ? {}
      : { scenario: (startMs, nowMs) => parseScenario(scenario, startMs, nowMs) }),
  });
  isOpen = true;
  client = testClient(simulator);
}
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'faults-'));
});
afterEach(async () => {
  if (isOpen) await simulator.close();
  isOpen = false;
  rmSync(dir, { recursive: true });
});

const fault = (body: Fault): Promise<unknown> => client.control('POST', '/fault', body);
const advance = (minutes: number): Promise<unknown> =>
  client.control('POST', '/advance', {
    to: new Date(simulator.service.exchange.state.nowMs + minutes * 60_000).toISOString(),
  });
const ORDER = { pair: 'XRPUSDT', type: 'buy', ordertype: 'market', volume: '10' };
const token = async (): Promise<string> =>
  ((await client.private('GetWebSocketsToken'))['result'] as { token: string }).token;
const executions = async (): Promise<TestSocket> => {
  const socket = await client.socket(simulator.wsAuth);
  const params = { channel: 'executions', token: await token() };
  socket.send({ method: 'subscribe', params });
  await socket.untilPong();
  return socket;
};
const addOrder = async (more: object): Promise<Record<string, unknown>> => ({
  method: 'add_order',
  req_id: 1,
  params: {
    symbol: 'XRP/USDT',
    side: 'buy',
    order_type: 'market',
    order_qty: 10,
    token: await token(),
    ...more,
  },
});

describe('trouble to order', () => {
  it('a lockout refuses every private call and order, and no public one', async () => {
    await start();
    const socket = await executions();
    const order = await addOrder({});
    await fault({ kind: 'lockout' });
    expect(await client.private('Balance')).toEqual({ error: ['EGeneral:Temporary lockout'] });
    expect(await client.private('AddOrder', ORDER)).toEqual({
      error: ['EGeneral:Temporary lockout'],
    });
    socket.send(order);
    expect(await socket.next()).toMatchObject({
      success: false,
      error: 'EGeneral:Temporary lockout',
    });
    expect((await client.public('Time'))['error']).toEqual([]);
    await client.control('POST', '/faults/clear');
    expect((await client.private('Balance'))['error']).toEqual([]);
    socket.close();
  });

  it('what is filled while the socket is away is found in the history', async () => {
    await start();
    const socket = await executions();
    await fault({ kind: 'offline', socket: 'private' });
    await client.private('AddOrder', { ...ORDER, cl_ord_id: 'unseen' });
    await expect(client.socket(simulator.wsAuth)).rejects.toThrow(/503/);
    await client.control('POST', '/faults/clear');
    const again = await client.socket(simulator.wsAuth);
    const params = { channel: 'executions', snap_trades: true, token: await token() };
    again.send({ method: 'subscribe', params });
    const rowsSeen = (await again.untilPong()).flatMap((m) => (m['data'] ?? []) as object[]);
    expect(rowsSeen).toContainEqual(
      expect.objectContaining({ exec_type: 'trade', cl_ord_id: 'unseen' }),
    );
    expect(socket.texts.join()).not.toContain('unseen');
    again.close();
  });

  it('one subscription is silent while its socket is healthy', async () => {
    await start();
    const socket = await client.socket(simulator.ws);
    for (const channel of ['ticker', 'ohlc']) {
      const params = { channel, symbol: ['XRP/USDT'], interval: 60, snapshot: false };
      socket.send({ method: 'subscribe', params });
    }
    await socket.untilPong();
    await fault({ kind: 'silence', channel: 'ohlc', symbol: 'XRP/USDT', forMs: 60_000 });
    await advance(60);
    const channels = (await socket.untilPong()).map((m) => m['channel']);
    expect(channels).toContain('ticker');
    expect(channels).not.toContain('ohlc');
    socket.close();
  });

  it('messages come late, in their order', async () => {
    await start();
    const socket = await executions();
    await fault({ kind: 'lag', channel: 'executions', ms: 30 });
    await client.private('AddOrder', ORDER);
    const types = [];
    while (types.at(-1) !== 'filled') {
      const { data } = (await socket.next()) as { data: { exec_type: string }[] };
      types.push(data[0]?.exec_type);
    }
    expect(types).toEqual(['pending_new', 'new', 'trade', 'filled']);
    socket.close();
  });

  it("an order over the socket is refused after its deadline, by the venue's clock", async () => {
    await start(undefined, 1);
    const socket = await executions();
    const now = simulator.service.exchange.state.nowMs;
    const inTime = new Date(now + 5_000).toISOString();
    socket.send(await addOrder({ deadline: inTime, validate: true }));
    expect(await socket.next()).toMatchObject({ success: true });
    await fault({ kind: 'clock-jump', ms: 60_000 });
    socket.send(await addOrder({ deadline: inTime }));
    expect(await socket.next()).toMatchObject({ error: 'EService:Deadline elapsed' });
    socket.send(await addOrder({ deadline: 'soon' }));
    expect(await socket.next()).toMatchObject({ error: 'EGeneral:Invalid arguments:deadline' });
    expect(await client.private('AddOrder', { ...ORDER, deadline: inTime })).toEqual({
      error: ['EService:Deadline elapsed'],
    });
    const { result } = (await client.public('Time')) as { result: { unixtime: number } };
    expect(result.unixtime).toBeGreaterThanOrEqual(START / 1000 + 60);
    expect(simulator.service.exchange.trades()).toEqual([]);
    socket.close();
  });

  it('a request over the socket waits, or is refused, or its answer is lost', async () => {
    await start();
    const socket = await executions();
    await fault({ kind: 'error', path: 'add_order', error: 'EService:Unavailable' });
    socket.send(await addOrder({ cl_ord_id: 'refused' }));
    expect(await socket.next()).toMatchObject({ error: 'EService:Unavailable' });
    await fault({ kind: 'delay', path: 'add_order', ms: 20 });
    socket.send(await addOrder({ cl_ord_id: 'late' }));
    expect(await socket.next()).toMatchObject({ data: [{ cl_ord_id: 'late' }] });
    await fault({ kind: 'lose-reply', path: 'add_order' });
    socket.send(await addOrder({ cl_ord_id: 'lost' }));
    const found = async (): Promise<boolean> => {
      const { result } = await client.private('ClosedOrders', { cl_ord_id: 'lost' });
      return Object.keys((result as { closed: object }).closed).length > 0;
    };
    while (!(await found()));
    expect(simulator.service.exchange.trades().map((t) => t.clientId)).toEqual(['late', 'lost']);
  });

  it('the index of a pair is set by the control address', async () => {
    await start();
    const index = { pair: 'XRP/USDT', ratio: 0.9 };
    expect((await client.control('POST', '/index', index)).status).toBe(200);
    const wrong = await client.control('POST', '/index', { ...index, pair: 'FOO/BAR' });
    expect(wrong.status).toBe(400);
  });
});

describe('trouble by script', () => {
  it('comes at its venue time, also in the middle of a leap, and its orders outlive a restart', async () => {
    const scenario = `
      steps:
        - { at: +30m, system: maintenance }
        - { at: +90m, system: online }
        - { at: +100m, index: { pair: XRP/USDT, ratio: 0.5 } }`;
    await start(scenario);
    const refused = async (): Promise<unknown> =>
      (await client.private('AddOrder', ORDER))['error'];
    await advance(29);
    expect(await refused()).toEqual([]);
    await advance(10);
    expect(await refused()).toEqual(['EService:Unavailable']);
    await simulator.close();
    await start(scenario);
    expect(await refused()).toEqual(['EService:Unavailable']);
    await advance(200);
    expect(await refused()).toEqual([]);
    expect(simulator.service.exchange.state.indexRatios.get('XRP/USDT')).toBe(0.5);
  });
});

describe('drawing by chance', () => {
  it('a seed strikes the same occasions on every run', () => {
    const strikes = (seed: number): string => {
      const faults = createFaults();
      faults.order({ kind: 'cut', channel: '*', chance: 0.4, seed });
      return Array.from({ length: 40 }, () => (faults.strike(['cut'], 'book') ? 1 : 0)).join('');
    };
    expect(strikes(3)).toBe(strikes(3));
    expect(strikes(3)).not.toBe(strikes(4));
  });

  it('a fault for a while is over after it', () => {
    let now = 0;
    const faults = createFaults(() => now);
    faults.order({ kind: 'silence', channel: 'book', forMs: 100 });
    faults.order({ kind: 'offline', socket: 'both', ms: 100 });
    faults.order({ kind: 'lockout', ms: 100 });
    const state = (): unknown[] => [
      faults.strike(['silence'], 'book') !== null,
      faults.isOffline('public'),
      faults.isLockedOut(),
    ];
    expect(state()).toEqual([true, true, true]);
    expect(state()).toEqual([true, true, true]);
    now = 101;
    expect(state()).toEqual([false, false, false]);
  });
});
