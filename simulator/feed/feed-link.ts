import { WebSocket, type RawData } from 'ws';

export interface FeedLinkOptions {
  url: string;
  /** Sends what subscribes to everything; called at each connect. */
  onOpen(send: (frame: unknown) => void): void;
  onMessage(text: string): void;
  /** The connection is gone; another is tried after a while. */
  onDown(reason: string): void;
  log(line: string): void;
  times?: Partial<FeedTimes>;
  /** In [0, 1), for the jitter. */
  random?: () => number;
}

export interface FeedTimes {
  /** First and longest wait before a reconnect; doubled in between, with jitter. */
  firstBackoffMs: number;
  mostBackoffMs: number;
  /** Silence after which the venue is asked for a sign of life; as much again ends the connection. */
  silenceMs: number;
}

/** Kraken allows about 150 connects in ten minutes, and sends a heartbeat every second. */
const TIMES: FeedTimes = { firstBackoffMs: 500, mostBackoffMs: 60_000, silenceMs: 5_000 };
/** A connection that lived this long was a good one: the next wait starts anew. */
const GOOD_LIFE_MS = 10_000;

export interface FeedLink {
  send(frame: unknown): void;
  /** Ends the connection and starts another. */
  restart(reason: string): void;
  close(): void;
}

/** One connection to a venue's public socket that comes back by itself until closed. */
export function openFeedLink(options: FeedLinkOptions): FeedLink {
  const times = { ...TIMES, ...options.times };
  const random = options.random ?? Math.random;
  let socket: WebSocket | null = null;
  let closed = false;
  let attempt = 0;
  let openedMs = 0;
  let heardMs = 0;
  let asked = false;
  let retry: NodeJS.Timeout | undefined;

  const send = (frame: unknown): void => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
  };

  function down(gone: WebSocket, reason: string): void {
    if (socket !== gone) return;
    socket = null;
    gone.removeAllListeners();
    gone.on('error', () => undefined);
    gone.terminate();
    if (closed) return;
    options.onDown(reason);
    if (performance.now() - openedMs > GOOD_LIFE_MS) attempt = 0;
    const longest = Math.min(times.firstBackoffMs * 2 ** attempt, times.mostBackoffMs);
    attempt += 1;
    const waitMs = Math.round(longest * (0.5 + random() / 2));
    options.log(`the feed ${options.url} is away (${reason}); next try in ${waitMs} ms`);
    retry = setTimeout(connect, waitMs);
  }

  function connect(): void {
    const opened = new WebSocket(options.url, {
      perMessageDeflate: false,
      handshakeTimeout: 2 * times.silenceMs,
    });
    socket = opened;
    openedMs = performance.now();
    opened.on('open', () => {
      heardMs = performance.now();
      asked = false;
      options.onOpen(send);
    });
    opened.on('message', (data: RawData) => {
      heardMs = performance.now();
      asked = false;
      if (!Buffer.isBuffer(data)) return;
      try {
        options.onMessage(data.toString('utf8'));
      } catch (error) {
        // What was not understood may have changed a book: only fresh snapshots are the truth.
        down(opened, `a message was not understood: ${(error as Error).message}`);
      }
    });
    opened.on('error', (error) => down(opened, error.message));
    opened.on('unexpected-response', (_, response) => down(opened, `HTTP ${response.statusCode}`));
    opened.on('close', (code) => down(opened, `closed with ${code}`));
  }

  const watch = setInterval(() => {
    if (socket?.readyState !== WebSocket.OPEN) return;
    const silentMs = performance.now() - heardMs;
    if (silentMs < times.silenceMs) return;
    if (!asked) send({ method: 'ping' });
    else if (silentMs >= 2 * times.silenceMs) down(socket, `silent for ${Math.round(silentMs)} ms`);
    asked = true;
  }, times.silenceMs / 4);

  connect();
  return {
    send,
    restart(reason) {
      if (socket !== null) down(socket, reason);
    },
    close() {
      closed = true;
      clearInterval(watch);
      clearTimeout(retry);
      socket?.terminate();
    },
  };
}
