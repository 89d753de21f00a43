import type { Candle } from '../../../shared/candle.ts';
import type { OhlcMessage } from '../../../shared/kraken/socket-messages.ts';
import type { Pair } from '../../../shared/pair.ts';
import type { Timeframe } from '../../../shared/timeframe.ts';
import { timeframeMinutes } from '../../../shared/timeframe.ts';

export interface CandleUpdate {
  pair: Pair;
  timeframe: Timeframe;
  candle: Candle;
}

export interface CandleSubscriptions {
  read(message: OhlcMessage, nowMs: number): void;
  /** All subscriptions of this connection are acknowledged: silence counts from now. */
  started(nowMs: number): void;
  /** Subscriptions that stopped while others live; each is told once and then given time anew. */
  silent(nowMs: number): { pair: Pair; timeframe: Timeframe }[];
}

/** A trade moves the candles of every timeframe of its pair: one that lags this far behind is dead. */
const BEHIND_SIBLINGS_MS = 60_000;
/** A quiet pair beside a busy one may just be quiet; asking again is cheap. */
const BEHIND_OTHERS_MS = 300_000;

interface Subscription {
  pair: Pair;
  timeframe: Timeframe;
  /** Open time of the newest bar handed on. */
  newestMs: number | null;
  heardMs: number;
}

/**
 * Turns ohlc messages into candles. The first snapshot gives the running bar only; one after a reconnect
 * gives every bar from the newest one known, so that bars closed in between are seen to close. Times are
 * milliseconds of a clock that never goes back.
 */
export function candleSubscriptions(options: {
  pairs: readonly Pair[];
  timeframes: readonly Timeframe[];
  onCandle: (update: CandleUpdate) => void;
}): CandleSubscriptions {
  const byKey = new Map<string, Subscription>();
  for (const pair of options.pairs) {
    for (const timeframe of options.timeframes) {
      const subscription = { pair, timeframe, newestMs: null, heardMs: 0 };
      byKey.set(`${pair} ${timeframeMinutes(timeframe)}`, subscription);
    }
  }
  const all = [...byKey.values()];

  const tell = (subscription: Subscription, candle: Candle): void => {
    if (subscription.newestMs !== null && candle.timeMs < subscription.newestMs) return;
    subscription.newestMs = candle.timeMs;
    const { pair, timeframe } = subscription;
    options.onCandle({ pair, timeframe, candle });
  };

  const readSnapshot = (subscription: Subscription, candles: Candle[]): void => {
    candles.sort((a, b) => a.timeMs - b.timeMs);
    const first = subscription.newestMs === null ? candles.length - 1 : 0;
    for (const candle of candles.slice(first)) tell(subscription, candle);
  };

  return {
    read: (message, nowMs) => {
      const snapshots = new Map<Subscription, Candle[]>();
      for (const row of message.data) {
        const subscription = byKey.get(`${row.symbol} ${row.interval}`);
        if (subscription === undefined) continue;
        subscription.heardMs = nowMs;
        const candle = candleOf(row);
        if (message.type === 'update') tell(subscription, candle);
        else {
          const rows = snapshots.get(subscription);
          if (rows === undefined) snapshots.set(subscription, [candle]);
          else rows.push(candle);
        }
      }
      for (const [subscription, candles] of snapshots) readSnapshot(subscription, candles);
    },
    started: (nowMs) => {
      for (const subscription of all) subscription.heardMs = nowMs;
    },
    silent: (nowMs) => {
      const newest = (subscriptions: Subscription[]): number =>
        Math.max(...subscriptions.map((each) => each.heardMs));
      const silent = all.filter((subscription) => {
        const siblings = all.filter((each) => each.pair === subscription.pair);
        return (
          newest(siblings) - subscription.heardMs > BEHIND_SIBLINGS_MS ||
          newest(all) - subscription.heardMs > BEHIND_OTHERS_MS
        );
      });
      for (const subscription of silent) subscription.heardMs = nowMs;
      return silent;
    },
  };
}

function candleOf(row: OhlcMessage['data'][number]): Candle {
  return {
    timeMs: Date.parse(row.interval_begin),
    open: Number(row.open),
    high: Number(row.high),
    low: Number(row.low),
    close: Number(row.close),
    volume: Number(row.volume),
  };
}
