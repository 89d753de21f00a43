import { Decimal } from '../../shared/money.ts';
import type { Pair } from '../../shared/pair.ts';
import { createExchange, type Exchange } from '../exchange/exchange.ts';
import { bookChecksum } from '../market/book-checksum.ts';
import { instrumentFor } from '../market/instruments.ts';
import { createRecordedMarket } from './recorded-source.ts';
import { parseRecording, type Recording } from './recording.ts';

/** Start of the recordings of tests. */
export const BEGIN = Date.UTC(2026, 0, 1, 12);

type Levels = readonly (readonly [price: string, quantity: string])[];

/** A session of one pair's book and tape by hand, with checksums as Kraken reckons them. */
export interface Tape {
  /** Sets levels at `atMs` after the begin; quantity "0" takes one away. */
  book(afterMs: number, change: { bids?: Levels; asks?: Levels }): Tape;
  trade(afterMs: number, side: 'buy' | 'sell', price: string, quantity: string): Tape;
  text(): string;
  recording(): Recording;
}

export function tape(
  pair: Pair,
  start: { bids: Levels; asks: Levels },
  options: { depth?: number; beginMs?: number } = {},
): Tape {
  const { priceDecimals, lotDecimals } = instrumentFor(pair, 1);
  const depth = options.depth ?? 10;
  const beginMs = options.beginMs ?? BEGIN;
  const sides = { bids: new Map<string, string>(), asks: new Map<string, string>() };
  const lines: string[] = [
    JSON.stringify({ recording: 1, depth, instruments: [{ pair, priceDecimals, lotDecimals }] }),
  ];
  let trades = 0;

  const line = (afterMs: number, message: string): void => {
    lines.push(`{"at":${beginMs + afterMs},"message":${message}}`);
  };
  const stamp = (afterMs: number): string => new Date(beginMs + afterMs).toISOString();
  const sorted = (side: 'bids' | 'asks'): { price: Decimal; quantity: Decimal }[] =>
    [...sides[side]]
      .map(([price, quantity]) => ({ price: new Decimal(price), quantity: new Decimal(quantity) }))
      .sort((a, b) => (side === 'asks' ? a.price.cmp(b.price) : b.price.cmp(a.price)));

  function book(afterMs: number, change: { bids?: Levels; asks?: Levels }, type: string): void {
    const rows = (side: 'bids' | 'asks'): string =>
      (change[side] ?? [])
        .map(([price, quantity]) => {
          if (new Decimal(quantity).isZero()) sides[side].delete(price);
          else sides[side].set(price, quantity);
          const [p, q] = [new Decimal(price), new Decimal(quantity)];
          return `{"price":${p.toFixed(priceDecimals)},"qty":${q.toFixed(lotDecimals)}}`;
        })
        .join(',');
    const [bids, asks] = [rows('bids'), rows('asks')];
    for (const side of ['bids', 'asks'] as const) {
      for (const { price } of sorted(side).slice(depth)) {
        const key = [...sides[side].keys()].find((each) => price.eq(each));
        if (key !== undefined) sides[side].delete(key);
      }
    }
    const shown = { bids: sorted('bids'), asks: sorted('asks') };
    const checksum = bookChecksum(shown, priceDecimals, lotDecimals);
    line(
      afterMs,
      `{"channel":"book","type":"${type}","data":[{"symbol":"${pair}","bids":[${bids}],` +
        `"asks":[${asks}],"checksum":${checksum},"timestamp":"${stamp(afterMs)}"}]}`,
    );
  }

  book(0, start, 'snapshot');
  const self: Tape = {
    book: (afterMs, change) => (book(afterMs, change, 'update'), self),
    trade(afterMs, side, price, quantity) {
      trades += 1;
      line(
        afterMs,
        `{"channel":"trade","type":"update","data":[{"symbol":"${pair}","side":"${side}",` +
          `"price":${price},"qty":${quantity},"ord_type":"market","trade_id":${trades},` +
          `"timestamp":"${stamp(afterMs)}"}]}`,
      );
      return self;
    },
    text: () => `${lines.join('\n')}\n`,
    recording: () => parseRecording(Buffer.from(self.text()), 'tape'),
  };
  return self;
}

/** An exchange over a recording. */
export const exchangeOver = (
  session: Recording,
  deposits: Record<string, string> = { USDT: '100000', XRP: '100000' },
): Exchange => createExchange({ market: createRecordedMarket(session), deposits });
