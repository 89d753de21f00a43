import { setTimeout as wait } from 'node:timers/promises';
import type { z } from 'zod';
import { parseJson } from '../../shared/kraken/json.ts';
import {
  AssetPairs,
  Envelope,
  Ohlc,
  type PublicTrade,
  PublicTrades,
  type AssetPair,
  type OhlcRow,
} from '../../shared/kraken/rest-messages.ts';
import { pairOf, restName } from '../../shared/kraken/symbols.ts';
import { Decimal } from '../../shared/money.ts';
import { baseOf, quoteOf, type Pair } from '../../shared/pair.ts';
import { timeframeMinutes, type Timeframe } from '../../shared/timeframe.ts';
import type { FeedBar, FeedPrint } from '../market/book-feed.ts';
import { instrumentFor, type Instrument } from '../market/instruments.ts';

/** Kraken's public REST calls that a relay needs. */
export interface FeedRest {
  /** What Kraken knows of the pairs. Throws for a pair that it does not list. */
  instruments(pairs: readonly Pair[]): Promise<Map<Pair, Instrument>>;
  /** The newest bars of the pair, the running one included. */
  bars(pair: Pair, timeframe: Timeframe): Promise<FeedBar[]>;
  /** The newest trades, oldest first. */
  prints(pair: Pair): Promise<FeedPrint[]>;
}

const ANSWER_MS = 15_000;
/** Kraken counts OHLC and Trades per address and pair: once a second is allowed. */
const PAUSE_MS = 1_100;
const TRIES = 5;

export function createFeedRest(
  base: string,
  log: (line: string) => void,
  pauseMs = PAUSE_MS,
): FeedRest {
  const queues = new Map<string, Promise<unknown>>();

  async function ask<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    const url = `${base}/0/public/${path}`;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) });
        const text = await response.text();
        if (!response.ok) throw new Error(`HTTP ${response.status}`);
        const { error, result } = Envelope.parse(parseJson(text));
        const refusal = error.find((each) => !each.startsWith('W'));
        if (refusal !== undefined) throw new Error(refusal);
        return schema.parse(result);
      } catch (cause) {
        const why = reason(cause);
        if (attempt === TRIES || why.startsWith('EQuery')) {
          throw new Error(
            `Kraken's public feed does not answer ${url}: ${why}; ` +
              'paper needs the internet, or the address of another feed: --kraken-rest and --kraken-ws of npm start, ' +
              '--feed-rest and --feed-ws of the simulator alone',
            { cause },
          );
        }
        log(`${url}: ${why}; next try in ${attempt} s`);
        await wait(attempt * 1000);
      }
    }
  }

  /** One call after the other for each pair, with the pause that Kraken asks for. */
  function inTurn<T>(pair: Pair, call: () => Promise<T>): Promise<T> {
    const before = queues.get(pair);
    const turn = before === undefined ? call() : before.then(() => wait(pauseMs)).then(call);
    queues.set(
      pair,
      turn.catch(() => undefined),
    );
    return turn;
  }

  return {
    async instruments(pairs) {
      const names = pairs.map(restName).join(',');
      const rows = await ask(`AssetPairs?pair=${names}`, AssetPairs);
      const found = new Map<Pair, Instrument>();
      for (const [key, row] of Object.entries(rows)) {
        const pair = pairOf(row.wsname ?? row.altname);
        if (pair !== null && pairs.includes(pair)) found.set(pair, instrumentOf(pair, key, row));
      }
      const missing = pairs.filter((pair) => !found.has(pair));
      if (missing.length > 0) throw new Error(`Kraken lists no pair ${missing.join(', ')}`);
      // In the order asked for, which is that in which clients see them.
      return new Map(pairs.map((pair) => [pair, found.get(pair) as Instrument]));
    },
    bars: (pair, timeframe) =>
      inTurn(pair, async () => {
        const interval = timeframeMinutes(timeframe);
        const answer = await ask(`OHLC?pair=${restName(pair)}&interval=${interval}`, Ohlc);
        return rowsOf<OhlcRow>(answer).map(
          ([time, open, high, low, close, vwap, volume, trades]) => ({
            timeMs: time * 1000,
            open: Number(open),
            high: Number(high),
            low: Number(low),
            close: Number(close),
            vwap: Number(vwap),
            volume: Number(volume),
            trades,
          }),
        );
      }),
    prints: (pair) =>
      inTurn(pair, async () => {
        const answer = await ask(`Trades?pair=${restName(pair)}`, PublicTrades);
        return rowsOf<z.output<typeof PublicTrade>>(answer).map(
          ([price, quantity, time, side, type, , number]): FeedPrint => ({
            pair,
            number,
            price,
            quantity,
            side: side === 'b' ? 'buy' : 'sell',
            type: type === 'l' ? 'limit' : 'market',
            ns: BigInt(new Decimal(time).mul(1e9).toFixed(0)),
          }),
        );
      }),
  };
}

/** The rows beside `last`; the key may be another name of the pair than the one asked for. */
function rowsOf<T>(answer: { last: unknown } & Record<string, unknown>): T[] {
  const entry = Object.entries(answer).find(([key]) => key !== 'last');
  return (entry?.[1] ?? []) as T[];
}

const reason = (error: unknown): string => {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message} (${cause.message})` : message;
};

/** Spread and depth of the drawn book are not used here: the real ones come with the feed. */
function instrumentOf(pair: Pair, key: string, row: AssetPair): Instrument {
  const leverages = row.leverage_buy.filter((ratio) => row.leverage_sell.includes(ratio));
  return {
    ...instrumentFor(pair, 1),
    base: baseOf(pair),
    quote: quoteOf(pair),
    restName: key,
    altname: row.altname,
    wsname: row.wsname ?? pair,
    priceDecimals: row.pair_decimals,
    lotDecimals: row.lot_decimals,
    costDecimals: row.cost_decimals ?? 8,
    tick: new Decimal(row.tick_size),
    orderMin: new Decimal(row.ordermin),
    costMin: new Decimal(row.costmin),
    leverages,
    positionLimit: Math.min(row.long_position_limit ?? 0, row.short_position_limit ?? 0),
  };
}
