import { executionsReader } from '../../../shared/kraken/executions.ts';
import { assetOf } from '../../../shared/kraken/symbols.ts';
import {
  BalancesMessage,
  ExecutionsMessage,
  OhlcMessage,
  StatusMessage,
} from '../../../shared/kraken/socket-messages.ts';
import type { Pair } from '../../../shared/pair.ts';
import type { Timeframe } from '../../../shared/timeframe.ts';
import { timeframeMinutes } from '../../../shared/timeframe.ts';
import type {
  VenueMovement,
  VenueOrder,
  VenueStream,
  VenueStreamEvent,
} from '../../../shared/venue.ts';
import { isMarginMovement, VenueError } from '../../../shared/venue.ts';
import { candleSubscriptions } from './candle-subscriptions.ts';
import type { ChannelFrame, Connection, KrakenSocket, SocketTimes } from './socket.ts';
import { openKrakenSocket, SOCKET_TIMES } from './socket.ts';

export interface KrakenStreamOptions {
  /** Public socket, e.g. `wss://ws.kraken.com/v2`. */
  ws: string;
  /** Private socket, e.g. `wss://ws-auth.kraken.com/v2`. */
  wsAuth: string;
  /** A fresh token for the private socket, asked for at each connect. */
  token: () => Promise<string>;
  pairs: readonly Pair[];
  timeframes: readonly Timeframe[];
  onEvent: (event: VenueStreamEvent) => void;
  /** Whether to tell what the account holds, too. */
  balances?: boolean;
  /** Tells of orders that ended while the socket was down; without it they are left to the caller. */
  ordersByVenueId?: (venueOrderIds: string[]) => Promise<VenueOrder[]>;
  /**
   * Venue less wall clock in milliseconds, at each connect and barrier, as exact as half a round trip. At real
   * time more than 500 makes deadlines fail and deserves an alarm.
   */
  onClockSkew?: (skew: { skewMs: number; uncertaintyMs: number }) => void;
  log?: (message: string) => void;
  /** Closes the stream, also while it is being opened. */
  signal?: AbortSignal;
  times?: Partial<SocketTimes>;
  random?: () => number;
}

/**
 * Candles and status over the public socket, executions over the private one. Resolves when both are
 * subscribed and the snapshot of our orders has been handed on; throws `VenueError` of kind `person` when
 * Kraken refuses a connection for good.
 */
export async function openKrakenStream(options: KrakenStreamOptions): Promise<VenueStream> {
  const times = { ...SOCKET_TIMES, ...options.times };
  const log = options.log ?? (() => {});
  const random = options.random ?? Math.random;
  const byName = {
    public: openPublic(options, { times, log, random }),
    private: openPrivate(options, { times, log, random }),
  };
  const sockets = Object.values(byName);
  const close = (): void => {
    for (const socket of sockets) socket.close();
  };
  options.signal?.addEventListener('abort', close, { once: true });
  if (options.signal?.aborted === true) close();
  try {
    await Promise.all(sockets.map((socket) => socket.ready));
  } catch (error) {
    close();
    throw error;
  }
  return {
    barrier: async () => {
      await Promise.all(sockets.map((socket) => socket.barrier()));
    },
    restart: (socket, reason) => byName[socket].restart(reason),
    close: () => Promise.resolve(close()),
  };
}

interface SocketParts {
  times: SocketTimes;
  log: (message: string) => void;
  random: () => number;
}

function openPublic(options: KrakenStreamOptions, parts: SocketParts): KrakenSocket {
  const { pairs, timeframes, onEvent } = options;
  const candles = candleSubscriptions({
    pairs,
    timeframes,
    onCandle: (candle) => onEvent({ kind: 'candle', ...candle }),
  });
  const socket = openKrakenSocket({
    ...parts,
    ...(options.onClockSkew && { onClockSkew: options.onClockSkew }),
    url: options.ws,
    name: 'public',
    subscribe: async (connection) => {
      await Promise.all(
        timeframes.map((timeframe) => subscribeCandles(connection, pairs, timeframe)),
      );
      // Snapshots follow the acknowledgements; a pair without a bar has none, so a pong ends the wait.
      await connection.request('ping');
      candles.started(performance.now());
    },
    onChannel: (message) => {
      if (message.channel === 'ohlc') {
        candles.read(OhlcMessage.parse(message), performance.now());
      }
      if (message.channel === 'status') tellStatus(message, onEvent);
    },
    onUp: () => onEvent({ kind: 'connected', socket: 'public' }),
    onDown: (reason) => onEvent({ kind: 'disconnected', socket: 'public', reason }),
  });
  const watch = setInterval(() => {
    const connection = socket.connection();
    if (connection === null) return;
    for (const { pair, timeframe } of candles.silent(performance.now())) {
      parts.log(`kraken sends no ${timeframe} candles of ${pair} any more: subscribing again`);
      resubscribe(connection, pair, timeframe).catch((error: unknown) =>
        socket.restart(`subscribing again to ${pair} ${timeframe} failed: ${String(error)}`),
      );
    }
  }, 15_000);
  return { ...socket, close: () => (clearInterval(watch), socket.close()) };
}

const candleParams = (pairs: readonly Pair[], timeframe: Timeframe) => ({
  channel: 'ohlc',
  symbol: pairs,
  interval: timeframeMinutes(timeframe),
});

function subscribeCandles(
  connection: Connection,
  pairs: readonly Pair[],
  timeframe: Timeframe,
): Promise<void> {
  const params = { ...candleParams(pairs, timeframe), snapshot: true };
  return connection.request('subscribe', params, pairs.length);
}

async function resubscribe(
  connection: Connection,
  pair: Pair,
  timeframe: Timeframe,
): Promise<void> {
  await connection.request('unsubscribe', candleParams([pair], timeframe));
  await subscribeCandles(connection, [pair], timeframe);
}

function tellStatus(message: ChannelFrame, onEvent: KrakenStreamOptions['onEvent']): void {
  const system = StatusMessage.parse(message).data[0]?.system;
  if (system !== undefined) onEvent({ kind: 'status', system });
}

function openPrivate(options: KrakenStreamOptions, parts: SocketParts): KrakenSocket {
  const { onEvent } = options;
  const reader = executionsReader();
  let sequence: number | null = null;
  let balancesSequence: number | null = null;
  let snapshotIsIn: (() => void) | null = null;

  const endedUnseen = async (ids: string[]): Promise<void> => {
    const orders = (await options.ordersByVenueId?.(ids)) ?? [];
    for (const order of orders) {
      if (order.status !== 'open' && order.status !== 'pending') {
        reader.forget(order.venueOrderId);
        onEvent({ kind: 'order', order });
      }
    }
  };

  const onExecutions = (message: ExecutionsMessage): void => {
    const expected = sequence === null ? message.sequence : sequence + 1;
    if (message.sequence !== undefined) sequence = message.sequence;
    const read = reader.read(message);
    for (const event of read.events) onEvent(event);
    if (message.type === 'snapshot') {
      if (read.vanished.length > 0) {
        endedUnseen(read.vanished).catch((error: unknown) =>
          parts.log(`orders that ended during a disconnect could not be read: ${String(error)}`),
        );
      }
      snapshotIsIn?.();
    } else if (message.sequence !== undefined && message.sequence !== expected) {
      socket.restart(`executions jumped from ${String(expected)} to ${message.sequence}`);
    } else if (read.incomplete.length > 0) {
      socket.restart(`executions tell too little of ${read.incomplete.join(', ')}`);
    }
  };

  const onBalances = (message: BalancesMessage): void => {
    const expected = balancesSequence === null ? message.sequence : balancesSequence + 1;
    balancesSequence = message.sequence ?? null;
    for (const event of balanceEvents(message)) onEvent(event);
    if (message.sequence !== undefined && message.sequence !== expected) {
      socket.restart(`balances jumped from ${String(expected)} to ${message.sequence}`);
    }
  };

  const socket = openKrakenSocket({
    ...parts,
    url: options.wsAuth,
    name: 'private',
    subscribe: async (connection) => {
      sequence = null;
      balancesSequence = null;
      const token = await options.token();
      const snapshot = new Promise<void>((resolve, reject) => {
        const why = 'kraken sent no snapshot of executions';
        const timer = setTimeout(() => reject(new VenueError('retry', why)), parts.times.answerMs);
        snapshotIsIn = () => (clearTimeout(timer), resolve());
      });
      const params = { channel: 'executions', snap_orders: true, snap_trades: true, token };
      await Promise.all([connection.request('subscribe', params), snapshot]);
      if (options.balances === true) {
        await connection.request('subscribe', { channel: 'balances', snapshot: true, token });
      }
      // A second part of the snapshot, if there is one, comes before this pong.
      await connection.request('ping');
    },
    onChannel: (message) => {
      if (message.channel === 'executions') onExecutions(ExecutionsMessage.parse(message));
      if (message.channel === 'balances') onBalances(BalancesMessage.parse(message));
    },
    onUp: () => onEvent({ kind: 'connected', socket: 'private' }),
    onDown: (reason) => onEvent({ kind: 'disconnected', socket: 'private', reason }),
  });
  return socket;
}

/** What the spot wallet holds; what earns elsewhere is no money to trade with. */
function balanceEvents(message: BalancesMessage): VenueStreamEvent[] {
  return message.data.flatMap((row): VenueStreamEvent[] => {
    if (row.wallet_type !== undefined && row.wallet_type !== 'spot') return [];
    const spot = row.wallets?.find((each) => each.type === 'spot' && each.id === 'main');
    const total = row.wallets === undefined ? row.balance : (spot?.balance ?? '0');
    const why = row.type === undefined ? null : `${row.type} of ${row.amount ?? '?'}`;
    const balance = { kind: 'balance' as const, asset: assetOf(row.asset), total, why };
    const { ledger_id: id, ref_id: refId, timestamp, type } = row;
    if (id === undefined || timestamp === undefined || type === undefined) return [balance];
    if (!isMarginMovement(type)) return [balance];
    const movement: VenueMovement = {
      ...{ id, refId: refId ?? '', type, asset: assetOf(row.asset) },
      ...{ amount: row.amount ?? '0', fee: row.fee ?? '0' },
      at: new Date(timestamp).toISOString(),
    };
    return [{ kind: 'movement', movement }, balance];
  });
}
