import { WebSocket } from 'ws';
import { parseJson } from '../../../shared/kraken/json.ts';
import { MethodAnswer } from '../../../shared/kraken/socket-messages.ts';
import { VenueError } from '../../../shared/venue.ts';

export interface SocketTimes {
  /** First and longest wait before a reconnect; doubled in between, with jitter. */
  firstBackoffMs: number;
  mostBackoffMs: number;
  /** Silence after which the venue is asked for a sign of life; twice that ends the connection. */
  silenceMs: number;
  /** For a connect, an acknowledgement, a snapshot. */
  answerMs: number;
}

/** Kraken allows about 150 connects in ten minutes; it suggests a reconnect after some seconds of silence. */
export const SOCKET_TIMES: SocketTimes = {
  firstBackoffMs: 500,
  mostBackoffMs: 60_000,
  silenceMs: 5_000,
  answerMs: 10_000,
};

/** A connection that lived this long was a good one: the next back-off starts anew. */
const GOOD_LIFE_MS = 10_000;

/** Requests over one open connection; each ends with the connection. */
export interface Connection {
  /** Resolves when `answers` successful answers have come; throws `VenueError` on the first refusal. */
  request(method: string, params?: Record<string, unknown>, answers?: number): Promise<void>;
}

export interface KrakenSocketOptions {
  url: string;
  name: 'public' | 'private';
  /** Subscribes to everything; the socket counts as up when this has resolved. */
  subscribe(connection: Connection): Promise<void>;
  /** A message of a channel, with its numbers as text. Not called for heartbeats. */
  onChannel(message: ChannelFrame, text: string): void;
  /** Sees the text of every message first; true when it needs nothing further. */
  onText?(text: string): boolean;
  onUp(): void;
  onDown(reason: string): void;
  /** Venue less wall clock and how far it may be off, of each pong that tells its time. */
  onClockSkew?(skew: { skewMs: number; uncertaintyMs: number }): void;
  log(message: string): void;
  times: SocketTimes;
  /** In [0, 1), for the jitter. */
  random: () => number;
}

export interface ChannelFrame {
  channel: string;
}

export interface KrakenSocket {
  /** Resolves when the socket is up for the first time; rejects when it never can be. */
  ready: Promise<void>;
  /** Resolves when all that was sent before now has been handled; waits out a reconnect. */
  barrier(): Promise<void>;
  /** Ends the connection and starts another: its snapshots are the truth. */
  restart(reason: string): void;
  /** The open connection, or null while there is none. */
  connection(): Connection | null;
  /** Ends it for good, without an `onDown`. */
  close(): void;
}

interface Pending {
  left: number;
  /** Wall clock of the latest sending. */
  sentMs?: number;
  resolve: () => void;
  reject: (error: Error) => void;
}

const HEARTBEAT = '{"channel":"heartbeat"';
/** Upgrade answers and close codes after which another try would fail the same way. */
const REFUSING_STATUS = new Set([400, 401, 403, 404]);
const REFUSING_CLOSE = 1008;

/** One WebSocket v2 connection that comes back by itself until closed or refused for good. */
export function openKrakenSocket(options: KrakenSocketOptions): KrakenSocket {
  const { url, name, log, times } = options;
  const pending = new Map<number, Pending>();
  let barriers: Pending[] = [];
  let socket: WebSocket | null = null;
  let isUp = false;
  let finished: Error | null = null;
  let attempt = 0;
  let requestId = 0;
  let connectedMs = 0;
  let heardMs = 0;
  let askedMs: number | null = null;
  let reconnectTimer: NodeJS.Timeout | undefined;
  let becomeReady: () => void = () => {};
  let failReady: (error: Error) => void = () => {};
  const ready = new Promise<void>((resolve, reject) => {
    becomeReady = resolve;
    failReady = reject;
  });
  ready.catch(() => {});

  const send = (method: string, params: object | undefined, entry: Pending): void => {
    const id = ++requestId;
    entry.sentMs = Date.now();
    pending.set(id, entry);
    socket?.send(JSON.stringify({ method, ...(params && { params }), req_id: id }));
  };

  const request = (method: string, params?: object, answers = 1): Promise<void> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new VenueError('retry', `kraken ${name} socket: no answer to ${method}`));
      }, times.answerMs);
      const settle =
        <T extends unknown[]>(then: (...args: T) => void) =>
        (...args: T) => {
          clearTimeout(timer);
          then(...args);
        };
      send(method, params, { left: answers, resolve: settle(resolve), reject: settle(reject) });
    });
  const connection: Connection = { request };

  const ping = (barrier: Pending): void => send('ping', undefined, barrier);

  const onAnswer = (frame: unknown): void => {
    const parsed = MethodAnswer.safeParse(frame);
    if (!parsed.success) return log(`kraken ${name} socket: not understood: ${text(frame)}`);
    const answer = parsed.data;
    const entry = answer.req_id === undefined ? undefined : pending.get(answer.req_id);
    if (answer.req_id === undefined || entry === undefined) return;
    if (answer.method !== 'pong' && answer.success !== true) {
      pending.delete(answer.req_id);
      return entry.reject(refusal(name, answer));
    }
    if (answer.method === 'pong') tellSkew(answer, entry.sentMs);
    entry.left -= 1;
    if (entry.left > 0) return;
    pending.delete(answer.req_id);
    entry.resolve();
  };

  const tellSkew = ({ time_in, time_out }: MethodAnswer, sentMs: number | undefined): void => {
    if (time_in === undefined || sentMs === undefined) return;
    const venueMs = (Date.parse(time_in) + Date.parse(time_out ?? time_in)) / 2;
    const nowMs = Date.now();
    const skewMs = venueMs - (sentMs + nowMs) / 2;
    const uncertaintyMs = (nowMs - sentMs) / 2 + 1;
    if (Number.isFinite(skewMs)) options.onClockSkew?.({ skewMs, uncertaintyMs });
  };

  const onMessage = (data: string): void => {
    heardMs = performance.now();
    askedMs = null;
    if (data.startsWith(HEARTBEAT)) return;
    try {
      if (options.onText?.(data) === true) return;
      const frame = parseJson(data);
      if (isChannelFrame(frame)) options.onChannel(frame, data);
      else onAnswer(frame);
    } catch (error) {
      // What was not handled must come again: only a fresh snapshot brings it.
      restart(`a message failed: ${error instanceof Error ? error.message : text(error)}`);
    }
  };

  const watch = setInterval(() => {
    const now = performance.now();
    if (!isUp || now - heardMs < times.silenceMs) return;
    if (askedMs === null) {
      // Asked first, and judged a round later: a process that was itself held up must not blame the venue.
      askedMs = now;
      socket?.send(JSON.stringify({ method: 'ping' }));
    } else if (now - askedMs >= times.silenceMs) {
      restart(`silent for ${Math.round(now - heardMs)} ms`);
    }
  }, times.silenceMs / 4);

  const end = (why: Error): void => {
    finished = why;
    clearInterval(watch);
    clearTimeout(reconnectTimer);
    failReady(why);
    for (const barrier of barriers.splice(0)) barrier.reject(why);
  };

  const down = (closed: WebSocket, reason: string, refused: boolean): void => {
    if (socket !== closed) return;
    socket = null;
    closed.removeAllListeners();
    closed.on('error', () => {});
    closed.terminate();
    for (const entry of [...pending.values()]) {
      if (!barriers.includes(entry)) entry.reject(new VenueError('retry', `kraken: ${reason}`));
    }
    pending.clear();
    if (isUp) options.onDown(reason);
    isUp = false;
    if (finished !== null) return;
    if (refused) {
      const why = `kraken refuses the ${name} socket at ${url}: ${reason}`;
      log(why);
      return end(new VenueError('person', why));
    }
    if (performance.now() - connectedMs > GOOD_LIFE_MS) attempt = 0;
    const longest = Math.min(times.firstBackoffMs * 2 ** attempt++, times.mostBackoffMs);
    const wait = longest * (0.5 + options.random() / 2);
    log(`kraken ${name} socket is down (${reason}); next try in ${Math.round(wait)} ms`);
    reconnectTimer = setTimeout(connect, wait);
  };

  const restart = (reason: string): void => {
    if (socket !== null) down(socket, reason, false);
  };

  const connect = (): void => {
    const opened = new WebSocket(url, {
      perMessageDeflate: false,
      handshakeTimeout: times.answerMs,
    });
    socket = opened;
    connectedMs = performance.now();
    let refused = false;
    opened.on('unexpected-response', (_, response) => {
      refused = REFUSING_STATUS.has(response.statusCode ?? 0);
      down(opened, `HTTP ${response.statusCode}`, refused);
    });
    opened.on('error', (error) => down(opened, error.message, refused));
    opened.on('close', (code, reason) =>
      down(opened, `closed with ${code} ${reason.toString()}`.trimEnd(), code === REFUSING_CLOSE),
    );
    opened.on('message', (data: Buffer) => onMessage(data.toString('utf8')));
    opened.on('open', () => {
      heardMs = performance.now();
      options.subscribe(connection).then(
        () => {
          if (socket !== opened) return;
          isUp = true;
          becomeReady();
          options.onUp();
          for (const barrier of barriers) ping(barrier);
        },
        (error: unknown) => {
          const isPerson = error instanceof VenueError && error.kind === 'person';
          down(opened, error instanceof Error ? error.message : text(error), isPerson);
        },
      );
    });
  };
  connect();

  return {
    ready,
    barrier: () =>
      new Promise((resolve, reject) => {
        if (finished !== null) return reject(finished);
        const barrier: Pending = {
          left: 1,
          resolve: () => {
            barriers = barriers.filter((each) => each !== barrier);
            resolve();
          },
          reject,
        };
        barriers.push(barrier);
        if (isUp) ping(barrier);
      }),
    restart,
    connection: () => (isUp ? connection : null),
    close: () => {
      end(finished ?? new Error(`the ${name} socket was closed`));
      isUp = false;
      if (socket !== null) down(socket, 'closed by this side', false);
    },
  };
}

/** What will be refused again, a key without rights or a pair that is not listed, needs a person. */
function refusal(name: string, answer: MethodAnswer): VenueError {
  const error = answer.error ?? 'refused without a reason';
  const isFinal = /not supported|Permission denied|Invalid permissions/i.test(error);
  return new VenueError(
    isFinal ? 'person' : 'retry',
    `kraken ${name} socket: ${answer.method}: ${error}`,
  );
}

function isChannelFrame(frame: unknown): frame is ChannelFrame {
  return typeof frame === 'object' && frame !== null && 'channel' in frame;
}

function text(value: unknown): string {
  return String(JSON.stringify(value)).slice(0, 200);
}
