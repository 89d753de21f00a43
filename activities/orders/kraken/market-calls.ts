import type { BookLevel } from '../../../shared/kraken/book.ts';
import type { Candle } from '../../../shared/candle.ts';
import { feeShare, instrumentOf } from '../../../shared/kraken/orders.ts';
import * as messages from '../../../shared/kraken/rest-messages.ts';
import { assetOf, pairOf, restAsset, restName } from '../../../shared/kraken/symbols.ts';
import { millisecondsOf } from '../../../shared/kraken/wire.ts';
import type { Asset, Pair } from '../../../shared/pair.ts';
import { baseOf } from '../../../shared/pair.ts';
import { timeframeMinutes } from '../../../shared/timeframe.ts';
import type { Instrument, Venue } from '../../../shared/venue.ts';
import { VenueError } from '../../../shared/venue.ts';
import { depthOf } from './depth-of.ts';
import type { KrakenRest } from './rest.ts';
import { KrakenError } from './rest.ts';

/** Levels of each side that the depth is reckoned from. */
const SHOWN_LEVELS = 100;

/** The most bars OHLC gives, whatever is asked for. */
const MOST_BARS = 720;

export interface ClockSkew {
  /** Venue less wall clock. */
  skewMs: number;
  /** The true value lies this close around it. */
  uncertaintyMs: number;
}

export type MarketCalls = Pick<
  Venue,
  'time' | 'instruments' | 'closedCandles' | 'quote' | 'depth'
> & {
  clockSkew(): Promise<ClockSkew>;
};

/** Kraken's public calls, and the account's own fees. */
export function marketCalls(
  rest: KrakenRest,
  wallMs: () => number,
  log: (message: string) => void,
): MarketCalls {
  const time = async (): Promise<number> => {
    const answer = await rest.public('Time', {}, messages.ServerTime);
    return millisecondsOf(answer.unixtime);
  };

  const assetPairs = async (pairs: readonly Pair[]): Promise<Instrument[]> => {
    const pair = pairs.map(restName).join(',');
    const rows = await rest.public('AssetPairs', { pair }, messages.AssetPairs);
    const byPair = new Map(
      Object.entries(rows).map(([key, row]) => [pairOf(row.wsname ?? key), row]),
    );
    return pairs.map((each) => {
      const row = byPair.get(each);
      if (row === undefined) throw new VenueError('answer', `kraken lists no pair ${each}`);
      return instrumentOf(each, row);
    });
  };

  return {
    time,

    clockSkew: async () => {
      const startMs = wallMs();
      const venueMs = await time();
      const roundTripMs = wallMs() - startMs;
      // The venue cuts its time to whole seconds: the true time lies half a second further on average.
      return {
        skewMs: Math.round(venueMs + 500 - startMs - roundTripMs / 2),
        uncertaintyMs: Math.ceil(500 + roundTripMs / 2),
      };
    },

    instruments: async (pairs) => {
      const instruments = await assetPairs(pairs);
      const fees = await ownFees(rest, pairs, log);
      const rates = await marginRates(rest, instruments, log);
      return instruments.map((each) => {
        const rate = rates.get(baseOf(each.pair));
        return {
          ...{ ...each, ...fees.get(each.pair) },
          // A short borrows the base; the opening fee is the rate of a rollover.
          ...(rate === undefined ? {} : { marginRatePct: { open: rate, rollover: rate } }),
        };
      });
    },

    closedCandles: async (pair, timeframe) => {
      const interval = String(timeframeMinutes(timeframe));
      const asked = { pair: restName(pair), interval };
      const answer = await rest.public('OHLC', asked, messages.Ohlc).catch((error: unknown) => {
        if (isNoSuchLength(error)) return { last: 0 };
        throw error;
      });
      const { last, ...byName } = answer;
      // The name of the key may differ from the one asked for: there is only one.
      const rows = Object.values(byName)[0] ?? [];
      return rows
        .filter((row) => row[0] <= last)
        .slice(-MOST_BARS)
        .map(candleOfRow);
    },

    quote: async (pair) => {
      const answer = await rest.public('Ticker', { pair: restName(pair) }, messages.Tickers);
      const row = Object.values(answer)[0];
      if (row === undefined) throw new VenueError('answer', `kraken quotes nothing for ${pair}`);
      return { bid: row.b[0], ask: row.a[0], last: row.c[0] };
    },

    depth: async (pair) => {
      const asked = { pair: restName(pair), count: String(SHOWN_LEVELS) };
      const answer = await rest.public('Depth', asked, messages.Depth);
      const book = Object.values(answer)[0];
      const levels = (side: readonly messages.DepthLevel[] = []): BookLevel[] =>
        side.map(([price, quantity]) => ({ price, quantity }));
      const depth = depthOf(levels(book?.bids), levels(book?.asks));
      if (depth === null) throw new VenueError('answer', `kraken shows no book for ${pair}`);
      return depth;
    },
  };
}

function isNoSuchLength(error: unknown): boolean {
  const says = 'EGeneral:Invalid arguments:interval';
  return error instanceof KrakenError && error.errors.some((each) => each.startsWith(says));
}

type Fees = Pick<Instrument, 'takerFee' | 'makerFee'>;

/** The fees of the account's own tier; the table's first step counts where the account is told none. */
async function ownFees(
  rest: KrakenRest,
  pairs: readonly Pair[],
  log: (message: string) => void,
): Promise<Map<Pair | null, Fees>> {
  try {
    const answer = await rest.private({
      name: 'TradeVolume',
      fields: { pair: pairs.map(restName).join(',') },
      result: messages.TradeVolume,
      call: 'read',
    });
    return new Map(
      Object.entries(answer.fees ?? {}).map(([name, row]) => [
        pairOf(name),
        {
          takerFee: feeShare(row.fee),
          makerFee: feeShare((answer.fees_maker?.[name] ?? row).fee),
        },
      ]),
    );
  } catch (error) {
    if (!(error instanceof VenueError) || error.kind !== 'answer') throw error;
    log(`${error.message}; reckoning with the fees of the lowest tier`);
    return new Map();
  }
}

/** What borrowing an asset costs, percent, for the bases of pairs that can be sold short. */
async function marginRates(
  rest: KrakenRest,
  instruments: readonly Instrument[],
  log: (message: string) => void,
): Promise<Map<Asset, number>> {
  const lent = instruments.filter((each) => each.leverageSell.length > 0);
  if (lent.length === 0) return new Map();
  const asset = [...new Set(lent.map((each) => restAsset(baseOf(each.pair))))].join(',');
  try {
    const rows = await rest.public('Assets', { asset }, messages.Assets);
    return new Map(
      Object.entries(rows).flatMap(([name, row]) =>
        row.margin_rate === undefined ? [] : [[assetOf(name), Number(row.margin_rate)] as const],
      ),
    );
  } catch (error) {
    if (!(error instanceof VenueError) || error.kind !== 'answer') throw error;
    log(`${error.message}; without margin rates nothing can be sold short`);
    return new Map();
  }
}

function candleOfRow(row: messages.OhlcRow): Candle {
  const [time, open, high, low, close, , volume] = row;
  return {
    timeMs: time * 1000,
    open: Number(open),
    high: Number(high),
    low: Number(low),
    close: Number(close),
    volume: Number(volume),
  };
}
