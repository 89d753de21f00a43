import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { z } from 'zod';
import type { Pair } from '../../shared/pair.ts';
import { isoTime, TIMEFRAMES, timeframeMs } from '../../shared/timeframe.ts';
import type { WakeRequest } from '../exchange/exchange.ts';
import type { BookFeed } from '../market/book-feed.ts';
import { journalBalances, readJournal } from '../service/read-journal.ts';
import type { Service } from '../service/service.ts';
import type { VenueEvent } from '../state/state.ts';
import { FaultSchema } from '../trouble/faults.ts';
import { Cut, Index, Limits, PartialFills, System, type Troublemaker } from '../trouble/trouble.ts';
import type { Driver } from './driver.ts';
import type { Timing } from './timing.ts';

export interface ControlOptions {
  service: Service;
  driver: Driver;
  timing: Timing;
  journalDir: string;
  trouble: Troublemaker;
}

const WAIT_MOST_MS = 60_000;
const Time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const Level = z.union([z.number(), z.string().regex(/^\d+(\.\d+)?$/)]).transform(Number);
const Attach = z.object({ timeframes: z.array(z.enum(TIMEFRAMES)).min(1) });
const Ack = z.object({ event: z.int() });
const Wake = z.union([
  z.object({ id: z.string().min(1), at: Time }),
  z.object({ id: z.string().min(1), pair: z.string(), above: Level }),
  z.object({ id: z.string().min(1), pair: z.string(), below: Level }),
]);
const Unwake = z.object({ id: z.string().min(1) });
const Advance = z.object({ to: Time });

/** Calls of stepped time. */
const STEPPED = new Set(['/attach', '/ack', '/advance']);

class BadRequest extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The clock of stepped time, wake-ups, faults and counters, as JSON over loopback. Every call may be repeated. */
export function createControlServer(options: ControlOptions): Server {
  const { service, driver, trouble } = options;
  const { state, market } = service.exchange;
  const waiting = new Set<() => void>();
  service.onChange(() => {
    for (const check of [...waiting]) check();
  });

  function openState(): unknown {
    const { event } = state;
    return {
      now: isoTime(state.nowMs),
      attached: state.attached !== null,
      ended: state.phase === 'ended' && (event === null || event.kind === 'end'),
      event: event === null ? null : eventView(event),
    };
  }

  function getState(url: URL, response: ServerResponse): void {
    const after = Number(url.searchParams.get('after') ?? '-1');
    const waitMs = Math.min(WAIT_MOST_MS, Number(url.searchParams.get('waitMs') ?? '0'));
    const isNew = (): boolean => state.event !== null && state.event.number > after;
    if (isNew() || !(waitMs > 0)) return sendJson(response, 200, openState());
    const finish = (): void => {
      waiting.delete(check);
      clearTimeout(timer);
      sendJson(response, 200, openState());
    };
    const check = (): void => {
      if (isNew()) finish();
    };
    const timer = setTimeout(finish, waitMs);
    waiting.add(check);
    // The response's end, not the request's: that closes as soon as its body is read.
    response.on('close', () => {
      waiting.delete(check);
      clearTimeout(timer);
    });
  }

  const at = (): number => state.nowMs;

  function post(path: string, body: unknown): unknown {
    if (market.books?.isLive === true && STEPPED.has(path)) {
      throw new BadRequest(409, `POST ${path}: this market runs at real time and waits for nobody`);
    }
    switch (path) {
      case '/attach': {
        const { timeframes } = parse(Attach, body);
        const base = timeframeMs(market.baseTimeframe);
        const finer = timeframes.filter((t) => timeframeMs(t) < base);
        if (finer.length > 0) {
          throw new BadRequest(
            400,
            `cannot attach to ${finer.join(', ')}: the market moves on ${market.baseTimeframe} candles`,
          );
        }
        const wanted = TIMEFRAMES.filter((t) => timeframes.includes(t));
        if (JSON.stringify(state.attached) !== JSON.stringify(wanted)) {
          service.command({ do: 'attach', at: at(), timeframes: wanted }, (e) => e.attach(wanted));
        }
        driver.moveOn();
        return { attached: true, timeframes: state.attached };
      }
      case '/ack': {
        const { event } = parse(Ack, body);
        if (event > state.eventNumber) {
          throw new BadRequest(
            409,
            `event ${event} was not handed out yet; the newest is ${state.eventNumber}`,
          );
        }
        if (state.event !== null && event >= state.event.number && state.event.kind !== 'end') {
          service.command({ do: 'ack', at: at(), event }, (e) => e.acknowledge(event));
          driver.moveOn();
        }
        return { acknowledged: event };
      }
      case '/wake': {
        const wake = wakeOf(parse(Wake, body));
        if ('pair' in wake && !service.exchange.instruments.has(wake.pair)) {
          throw new BadRequest(400, `unknown pair ${wake.pair}`);
        }
        service.command({ do: 'wake', at: at(), wake }, (e) => e.wake(wake));
        return { booked: wake.id };
      }
      case '/unwake':
        return unwake(parse(Unwake, body).id);
      case '/advance': {
        const { to } = parse(Advance, body);
        service.run(to);
        driver.moveOn();
        return openState();
      }
      case '/fault': {
        trouble.make({ fault: parse(FaultSchema, body) });
        return { ordered: true };
      }
      case '/partial-fills': {
        const partialFills = parse(PartialFills, body);
        trouble.make({ partialFills });
        return partialFills;
      }
      case '/limits': {
        const { tier } = parse(Limits, body);
        trouble.make({ limits: tier });
        return { tier };
      }
      case '/faults/clear':
        trouble.make({ clear: true });
        return { cleared: true };
      case '/cut': {
        const { socket } = parse(Cut, body);
        trouble.make({ cut: socket });
        return { cut: socket };
      }
      case '/system': {
        const { status } = parse(System, body);
        trouble.make({ system: status });
        return { status };
      }
      case '/index': {
        const index = parse(Index, body);
        if (!service.exchange.instruments.has(index.pair)) {
          throw new BadRequest(400, `unknown pair ${index.pair}`);
        }
        trouble.make({ index });
        return index;
      }
      default:
        throw new BadRequest(404, `no such call: POST ${path}`);
    }
  }

  function unwake(id: string): unknown {
    if (state.wakes.has(id)) service.command({ do: 'unwake', at: at(), id }, (e) => e.unwake(id));
    return { removed: id };
  }

  function get(path: string): unknown {
    if (path === '/timing') return { barToOrderMs: options.timing.barToOrderMs() };
    if (path === '/faults') return { struck: trouble.struck() };
    if (path === '/market') {
      return {
        pairs: market.pairs,
        baseTimeframe: market.baseTimeframe,
        from: isoTime(market.fromMs),
        to: market.toMs === null ? null : isoTime(market.toMs),
        files: market.files,
        passedOver: market.passedOver,
        ...(market.books === undefined ? {} : { away: awayPairs(market.pairs, market.books) }),
      };
    }
    if (path === '/journal') {
      const journal = readJournal(options.journalDir);
      return {
        orders: journal.orders.length,
        fills: journal.fills.length,
        deposits: journal.deposits,
        balances: journalBalances(journal),
      };
    }
    throw new BadRequest(404, `no such call: GET ${path}`);
  }

  function answer(request: IncomingMessage, response: ServerResponse, body: string): void {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const { pathname } = url;
    if (request.method === 'GET' && pathname === '/state') return getState(url, response);
    if (request.method === 'GET') return sendJson(response, 200, get(pathname));
    if (request.method === 'DELETE' && pathname.startsWith('/wake/')) {
      return sendJson(response, 200, unwake(decodeURIComponent(pathname.slice(6))));
    }
    if (request.method === 'POST') {
      return sendJson(response, 200, post(pathname, body === '' ? {} : parseJson(body)));
    }
    throw new BadRequest(405, `no such call: ${request.method} ${pathname}`);
  }

  return createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      try {
        answer(request, response, Buffer.concat(chunks).toString('utf8'));
      } catch (error) {
        const status = error instanceof BadRequest ? error.status : 500;
        sendJson(response, status, { error: (error as Error).message });
      }
    });
  });
}

/** Why a pair cannot be traded now, of those that cannot. */
function awayPairs(pairs: readonly Pair[], books: BookFeed): Record<Pair, string> {
  const reasons = pairs.map((pair) => [pair, books.away(pair)] as const);
  return Object.fromEntries(reasons.flatMap(([pair, why]) => (why === null ? [] : [[pair, why]])));
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  if (response.writableEnded) return;
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    throw new BadRequest(400, `not JSON: ${body.slice(0, 80)}`);
  }
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new BadRequest(400, z.prettifyError(parsed.error));
}

function wakeOf(wake: z.infer<typeof Wake>): WakeRequest {
  if ('at' in wake) return { id: wake.id, atMs: wake.at };
  return 'above' in wake
    ? { id: wake.id, pair: wake.pair, side: 'above', level: wake.above }
    : { id: wake.id, pair: wake.pair, side: 'below', level: wake.below };
}

/** An event as it goes over the wire. */
function eventView(event: VenueEvent): unknown {
  return {
    number: event.number,
    at: isoTime(event.atMs),
    kind: event.kind,
    ...(event.bars.length === 0
      ? {}
      : {
          bars: event.bars.map((bar) => ({
            timeframe: bar.timeframe,
            open: isoTime(bar.openMs),
            pairs: bar.pairs,
          })),
        }),
    ...(event.orders.length === 0 ? {} : { orders: event.orders }),
    ...(event.wakes.length === 0
      ? {}
      : {
          wakes: event.wakes.map(({ atMs, ...wake }) => ({
            ...wake,
            ...(atMs === undefined ? {} : { at: isoTime(atMs) }),
          })),
        }),
  };
}
