import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testClient, type TestClient, type TestSocket } from '../client.fixture.ts';
import { createRecordedMarket } from '../feed/recorded-source.ts';
import { BEGIN, tape } from '../feed/recording.fixture.ts';
import { startSimulator, type Simulator } from '../start-simulator.ts';

const PAIR = 'XRP/USDT';
let dir: string;
let simulator: Simulator;
let client: TestClient;
let socket: TestSocket;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'life-'));
  const session = tape(PAIR, {
    bids: [
      ['0.50000', '100'],
      ['0.49900', '200'],
    ],
    asks: [
      ['0.50100', '50'],
      ['0.50200', '80'],
    ],
  })
    .trade(10_000, 'sell', '0.50000', '104')
    .trade(20_000, 'sell', '0.50000', '40')
    .trade(30_000, 'sell', '0.49900', '1')
    .trade(50_000, 'buy', '0.50300', '1');
  simulator = await startSimulator({
    market: createRecordedMarket(session.recording()),
    marketName: 'tape',
    deposits: { USDT: '1000', XRP: '1000' },
    // So slow that the clock moves only when it is told to.
    pace: 1e-9,
    journalDir: dir,
  });
  client = testClient(simulator);
  socket = await client.socket(simulator.wsAuth);
  const { token } = (await client.private('GetWebSocketsToken'))['result'] as { token: string };
  socket.send({ method: 'subscribe', params: { channel: 'executions', token } });
  await socket.untilPong();
});
afterEach(async () => {
  socket.close();
  await simulator.close();
  rmSync(dir, { recursive: true });
});

const at = (afterMs: number): string => new Date(BEGIN + afterMs).toISOString();

type Step =
  | { do: 'amend'; fields: Record<string, string> }
  | { do: 'cancel' }
  | { do: 'advance'; afterMs: number };
interface Life {
  name: string;
  order: Record<string, string>;
  steps?: Step[];
  /** `exec_type order_status`, then what else a client would look at. */
  expected: string[];
}

const LIVES: Life[] = [
  {
    name: 'a market order that goes through two levels',
    order: { ordertype: 'market', volume: '60' },
    expected: [
      'pending_new pending_new',
      'new new',
      'trade partially_filled 50 @ 0.501 t',
      'trade filled 10 @ 0.502 t',
      'filled filled',
    ],
  },
  {
    name: 'a limit order that rests, is filled in parts and to the end',
    order: { ordertype: 'limit', price: '0.50000', volume: '10', oflags: 'post' },
    steps: [{ do: 'advance', afterMs: 25_000 }],
    expected: [
      'pending_new pending_new',
      'new new',
      'trade partially_filled 4 @ 0.5 m',
      'trade filled 6 @ 0.5 m',
      'filled filled',
    ],
  },
  {
    name: 'a limit order that is amended and cancelled',
    order: { ordertype: 'limit', price: '0.48000', volume: '10' },
    steps: [{ do: 'amend', fields: { limit_price: '0.48100' } }, { do: 'cancel' }],
    expected: [
      'pending_new pending_new',
      'new new',
      'amended new limit 0.481',
      'canceled canceled User requested',
    ],
  },
  {
    name: 'a partly filled order that is cancelled',
    order: { ordertype: 'limit', price: '0.50000', volume: '10' },
    steps: [{ do: 'advance', afterMs: 15_000 }, { do: 'cancel' }],
    expected: [
      'pending_new pending_new',
      'new new',
      'trade partially_filled 4 @ 0.5 m',
      'canceled canceled User requested',
    ],
  },
  {
    name: 'an immediate order that finds too little',
    order: { ordertype: 'limit', price: '0.50100', volume: '60', timeinforce: 'IOC' },
    expected: [
      'pending_new pending_new',
      'new new',
      'trade partially_filled 50 @ 0.501 t',
      'canceled canceled Immediate order could not be filled',
    ],
  },
  {
    name: 'an order good till a time',
    order: {
      ordertype: 'limit',
      price: '0.48000',
      volume: '10',
      timeinforce: 'GTD',
      expiretm: '+30',
    },
    steps: [{ do: 'advance', afterMs: 31_000 }],
    expected: ['pending_new pending_new', 'new new', 'expired expired Order expired'],
  },
  {
    name: 'a stop that is triggered',
    order: { ordertype: 'stop-loss', type: 'sell', price: '0.49900', volume: '10' },
    steps: [{ do: 'advance', afterMs: 31_000 }],
    expected: [
      'pending_new pending_new untriggered',
      'new new untriggered',
      'status new triggered',
      'trade filled 10 @ 0.5 t',
      'filled filled triggered',
    ],
  },
  {
    name: 'a stop with a limit that is triggered and rests',
    order: {
      ordertype: 'stop-loss-limit',
      type: 'sell',
      price: '0.49900',
      price2: '0.50500',
      volume: '10',
    },
    steps: [{ do: 'advance', afterMs: 31_000 }, { do: 'cancel' }],
    expected: [
      'pending_new pending_new limit 0.505 untriggered',
      'new new limit 0.505 untriggered',
      'status new limit 0.505 triggered',
      'canceled canceled limit 0.505 triggered User requested',
    ],
  },
  {
    name: 'a take-profit that is triggered',
    order: { ordertype: 'take-profit', type: 'sell', price: '0.50300', volume: '10' },
    steps: [{ do: 'advance', afterMs: 55_000 }],
    expected: [
      'pending_new pending_new untriggered',
      'new new untriggered',
      'status new triggered',
      'trade filled 10 @ 0.5 t',
      'filled filled triggered',
    ],
  },
  {
    name: 'an order on margin that opens a position',
    order: { ordertype: 'market', volume: '20', leverage: '3' },
    expected: [
      'pending_new pending_new margin',
      'new new margin',
      'trade filled 20 @ 0.501 t margin opened',
      'filled filled margin',
    ],
  },
];

interface ExecRow {
  exec_type: string;
  order_status: string;
  last_qty?: number;
  last_price?: number;
  liquidity_ind?: string;
  limit_price?: number;
  order_type: string;
  triggers?: { status: string };
  reason?: string;
  margin?: boolean;
  position_status?: string;
  timestamp: string;
}
/** What a client sees of a row; the limit where it is not the order's own from the start. */
const seen = (row: ExecRow): string =>
  [
    row.exec_type,
    row.order_status,
    row.last_qty === undefined ? '' : `${row.last_qty} @ ${row.last_price} ${row.liquidity_ind}`,
    row.limit_price !== undefined && (row.exec_type === 'amended' || row.order_type !== 'limit')
      ? `limit ${row.limit_price}`
      : '',
    row.triggers?.status ?? '',
    row.margin === true ? 'margin' : '',
    row.position_status ?? '',
    row.reason ?? '',
  ]
    .filter((word) => word !== '')
    .join(' ');

describe("an order's life as its owner hears it", () => {
  it.each(LIVES)('$name', async ({ order, steps = [], expected }) => {
    const answer = await client.private('AddOrder', {
      pair: 'XRPUSDT',
      type: 'buy',
      cl_ord_id: 'mine',
      ...order,
    });
    expect(answer['error']).toEqual([]);
    for (const step of steps) {
      if (step.do === 'advance') await client.control('POST', '/advance', { to: at(step.afterMs) });
      else if (step.do === 'cancel') await client.private('CancelOrder', { cl_ord_id: 'mine' });
      else await client.private('AmendOrder', { cl_ord_id: 'mine', ...step.fields });
    }
    const messages = (await socket.untilPong()).filter((m) => m['channel'] === 'executions');
    // One row a message: a client routes a message by its first row.
    expect(messages.every((m) => (m['data'] as unknown[]).length === 1)).toBe(true);
    const numbers = messages.map((m) => m['sequence'] as number);
    expect(numbers).toEqual(numbers.map((_, i) => (numbers[0] ?? 0) + i));
    expect(messages.flatMap((m) => m['data'] as ExecRow[]).map(seen)).toEqual(expected);
  });

  it('a post-only order that would take is refused and never seen', async () => {
    const fields = { pair: 'XRPUSDT', type: 'buy', ordertype: 'limit', price: '0.50100' };
    expect(await client.private('AddOrder', { ...fields, volume: '10', oflags: 'post' })).toEqual({
      error: ['EOrder:Post only order'],
    });
    expect(await socket.untilPong()).toEqual([]);
  });
});
