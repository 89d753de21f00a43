import type { Pair } from '../../shared/pair.ts';
import { timeframeMs, type Timeframe } from '../../shared/timeframe.ts';
import type { FeedTick } from '../market/book-feed.ts';
import type { Notice } from '../state/state.ts';
import { textOf } from '../wire/json.ts';
import { timeframeOf } from '../wire/market-view.ts';
import { pairStatusOf } from '../wire/system-status.ts';
import * as channel from './public-channels.ts';
import type { Frame, Link, Session, SocketOptions } from './session.ts';

type Subscription =
  | { channel: 'ticker'; pair: Pair; onBook: boolean; best: string }
  | { channel: 'trade'; pair: Pair }
  | { channel: 'ohlc'; pair: Pair; timeframe: Timeframe }
  | { channel: 'book'; pair: Pair; depth: number; book: channel.DrawnBook }
  | { channel: 'instrument'; told: string };

const DEPTHS = [10, 25, 100, 500, 1000];

/** What one client of the public socket hears. */
export function createPublicSession({ service }: SocketOptions, link: Link): Session {
  const { exchange } = service;
  const subscriptions = new Map<string, Subscription>();

  function subscribe(params: Frame, request: Frame): void {
    const name = params['channel'];
    if (name === 'instrument') {
      const text = channel.instrumentMessage(exchange, 'snapshot');
      subscriptions.set('instrument', { channel: 'instrument', told: statuses() });
      link.reply(request, { success: true, result: { channel: name, snapshot: true } });
      if (params['snapshot'] !== false) link.send(text);
      return;
    }
    const symbols = params['symbol'];
    if (!Array.isArray(symbols)) {
      link.reply(request, { success: false, error: 'Symbol(s) not found' });
      return;
    }
    for (const symbol of symbols as unknown[]) subscribeOne(textOf(symbol), params, request);
  }

  function subscribeOne(pair: string, params: Frame, request: Frame): void {
    const refuse = (error: string): void =>
      link.reply(request, { success: false, symbol: pair, error });
    if (!exchange.instruments.has(pair)) {
      refuse(`Currency pair not supported ${pair}`);
      return;
    }
    const name = params['channel'];
    const wantsSnapshot = params['snapshot'] ?? name !== 'trade';
    const acknowledge = (more: Frame): void =>
      link.reply(request, {
        success: true,
        result: { channel: name, symbol: pair, ...more, snapshot: wantsSnapshot },
      });
    const key = keyOf(name, pair, params);
    switch (name) {
      case 'ticker':
        subscriptions.set(key, {
          channel: name,
          pair,
          onBook: params['event_trigger'] === 'bbo',
          best: '',
        });
        acknowledge({ event_trigger: params['event_trigger'] ?? 'trades' });
        if (wantsSnapshot === true) link.send(channel.tickerMessage(exchange, pair, 'snapshot'));
        return;
      case 'trade':
        subscriptions.set(key, { channel: name, pair });
        acknowledge({});
        if (wantsSnapshot === true) link.send(channel.tradeSnapshot(exchange, pair));
        return;
      case 'ohlc': {
        const interval = Number(params['interval'] ?? 1);
        const timeframe = timeframeOf(interval);
        if (timeframe === null) {
          refuse(`Invalid interval ${interval}`);
          return;
        }
        subscriptions.set(key, { channel: name, pair, timeframe });
        acknowledge({ interval });
        if (wantsSnapshot === true) link.send(channel.ohlcSnapshot(exchange, pair, timeframe));
        return;
      }
      case 'book': {
        const depth = Number(params['depth'] ?? 10);
        if (!DEPTHS.includes(depth)) {
          refuse(`Invalid depth ${depth}`);
          return;
        }
        const { book, text } = channel.bookSnapshot(exchange, pair, depth);
        subscriptions.set(key, { channel: name, pair, depth, book });
        acknowledge({ depth });
        if (wantsSnapshot === true) link.send(text);
        return;
      }
      default:
        refuse(`Channel not found ${textOf(name)}`);
    }
  }

  function unsubscribe(params: Frame, request: Frame): void {
    const name = params['channel'];
    const symbols = Array.isArray(params['symbol']) ? (params['symbol'] as unknown[]) : [''];
    for (const symbol of symbols) {
      const pair = textOf(symbol);
      // A book may be left without its depth, a candle without its interval.
      const keys = [...subscriptions.keys()].filter(
        (key) => key === keyOf(name, pair, params) || key.startsWith(`${textOf(name)} ${pair} `),
      );
      const narrow = params['depth'] ?? params['interval'];
      const gone =
        narrow === undefined ? keys : keys.filter((k) => k.endsWith(` ${textOf(narrow)}`));
      for (const key of gone) subscriptions.delete(key);
      const result = { channel: name, ...(pair === '' ? {} : { symbol: pair }) };
      if (gone.length > 0) link.reply(request, { success: true, result });
      else link.reply(request, { success: false, error: 'Subscription Not Found', ...result });
    }
  }

  /** Sends what the notices mean for one subscription. */
  function tell(subscription: Subscription, notices: readonly Notice[]): void {
    if (subscription.channel === 'instrument') return tellStatuses(subscription, notices);
    const { pair } = subscription;
    let isDirty = false;
    for (const notice of notices) {
      if (notice.notice === 'feed') tellFeed(subscription, notice.tick);
      if (notice.notice === 'bar-over') tellBarOver(subscription, notice);
      if (notice.notice === 'price' && notice.pair === pair) isDirty = true;
      if (notice.notice !== 'boundary') continue;
      isDirty = true;
      if (subscription.channel === 'trade') {
        const text = channel.tradesAtBoundary(exchange, pair, notice.atMs);
        if (text !== null) link.send(text);
      } else if (subscription.channel === 'ohlc') {
        const { timeframe } = subscription;
        const texts = channel.ohlcBoundary(exchange, pair, timeframe, notice.atMs);
        for (const text of texts) link.send(text);
        if (notice.atMs % timeframeMs(timeframe) === 0) isDirty = false;
      }
    }
    if (isDirty) tellNow(subscription);
  }

  const statuses = (): string =>
    exchange.market.pairs.map((pair) => pairStatusOf(exchange, pair)).join();

  function tellStatuses(
    subscription: Extract<Subscription, { channel: 'instrument' }>,
    notices: readonly Notice[],
  ): void {
    if (!notices.some((n) => n.notice === 'feed') || subscription.told === statuses()) return;
    subscription.told = statuses();
    link.send(channel.instrumentMessage(exchange, 'update'));
  }

  /** Passes on what the venue said whose books move the market. */
  function tellFeed(
    subscription: Exclude<Subscription, { channel: 'instrument' }>,
    tick: FeedTick,
  ): void {
    if (tick.tick === 'status' || tick.tick === 'mismatch' || tick.pair !== subscription.pair) {
      return;
    }
    const { pair } = subscription;
    switch (subscription.channel) {
      case 'book':
        if (tick.tick !== 'book') return;
        if (subscription.depth === exchange.market.books?.depth) link.send(tick.message);
        else tellNow(subscription);
        return;
      case 'ticker': {
        const best = (side: 'buy' | 'sell'): string => exchange.touch(pair, side).toFixed();
        const isNew = (): boolean => subscription.best !== `${best('sell')} ${best('buy')}`;
        if (tick.tick === 'ticker' || (tick.tick === 'book' && subscription.onBook && isNew())) {
          if (subscription.onBook) subscription.best = `${best('sell')} ${best('buy')}`;
          tellNow(subscription);
        }
        return;
      }
      case 'trade':
        if (tick.tick !== 'prints') return;
        link.send(channel.printsMessage(pair, tick.prints, 'update'));
        return;
      case 'ohlc':
        if (tick.tick !== 'bar' || tick.timeframe !== subscription.timeframe) return;
        link.send(channel.ohlcMessage(exchange, pair, tick.timeframe, [tick.bar], 'update'));
        return;
      default:
        subscription satisfies never;
    }
  }

  function tellBarOver(
    subscription: Exclude<Subscription, { channel: 'instrument' }>,
    { timeframe, atMs }: Extract<Notice, { notice: 'bar-over' }>,
  ): void {
    if (subscription.channel !== 'ohlc' || subscription.timeframe !== timeframe) return;
    const text = channel.barOverMessage(exchange, subscription.pair, timeframe, atMs);
    if (text !== null) link.send(text);
  }

  function tellNow(subscription: Exclude<Subscription, { channel: 'instrument' }>): void {
    const { pair } = subscription;
    if (subscription.channel === 'ticker') {
      link.send(channel.tickerMessage(exchange, pair, 'update'));
    } else if (subscription.channel === 'ohlc') {
      const text = channel.ohlcRunning(exchange, pair, subscription.timeframe);
      if (text !== null) link.send(text);
    } else if (subscription.channel === 'book') {
      const update = channel.bookUpdate(exchange, pair, subscription.depth, subscription.book);
      if (update === null) return;
      subscription.book = update.book;
      link.send(update.text);
    }
  }

  return {
    request(method, params, request) {
      if (method === 'subscribe') subscribe(params, request);
      else if (method === 'unsubscribe') unsubscribe(params, request);
      else return false;
      return true;
    },
    notices(notices) {
      for (const subscription of subscriptions.values()) tell(subscription, notices);
    },
    isSubscribed: () => subscriptions.size > 0,
    close: () => subscriptions.clear(),
  };
}

function keyOf(name: unknown, pair: string, params: Frame): string {
  if (name === 'instrument') return 'instrument';
  const rest =
    name === 'ohlc' ? (params['interval'] ?? 1) : name === 'book' ? (params['depth'] ?? 10) : '';
  return `${textOf(name)} ${pair} ${textOf(rest)}`;
}
