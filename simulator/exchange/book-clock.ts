import { timeframeMs } from '../../shared/timeframe.ts';
import type { BookFeed, FeedTick } from '../market/book-feed.ts';
import { matchBook, matchPrints, takeFreshInBook } from '../matching/book-matching.ts';
import type { Order } from '../state/order.ts';
import type { BarReport, Core, Wake } from '../state/state.ts';
import { freshWakes, liquidationStep, timedStep } from './due.ts';
import { endMarket, fireWakes, openEvent } from './events.ts';

const MINUTE_MS = timeframeMs('1m');

/** One step of the clock over a venue's messages; false when the limit holds it. */
export function bookStep(core: Core, books: BookFeed, limitMs: number): boolean {
  const { state, market } = core;
  if (liquidationStep(core)) return true;
  const order = takeFreshInBook(core);
  if (order !== null) {
    openEvent(core, { kind: 'orders', orders: [order] });
    return true;
  }
  if (freshWakes(core)) return true;
  const feedMs = books.nextMs() ?? Infinity;
  const minuteMs = state.candleMs + MINUTE_MS;
  if (timedStep(core, Math.min(limitMs, feedMs, minuteMs))) return true;
  if (Math.min(feedMs, minuteMs) > limitMs) {
    state.nowMs = Math.max(state.nowMs, limitMs);
    return false;
  }
  if (minuteMs <= feedMs) {
    state.nowMs = Math.max(state.nowMs, minuteMs);
    state.candleMs = minuteMs;
    if (market.toMs !== null && minuteMs >= market.toMs) state.phase = 'ended';
    const bars = barsClosed(core, books, minuteMs);
    if (bars.length > 0) openEvent(core, { kind: 'bar', bars });
    else if (state.phase === 'ended') endMarket(core);
    return true;
  }
  state.nowMs = Math.max(state.nowMs, feedMs);
  takeIn(core, books.take());
  state.feedTaken += 1;
  return true;
}

/** All that one message does is one event. */
function takeIn(core: Core, ticks: readonly FeedTick[]): void {
  const orders: Order[] = [];
  const wakes: Wake[] = [];
  for (const tick of ticks) {
    core.notice({ notice: 'feed', tick, atMs: core.state.nowMs });
    if (tick.tick === 'book') {
      const { pair } = tick;
      orders.push(...matchBook(core, pair, tick.ns));
      const last = core.market.books?.last(pair) ?? 0;
      if (last > 0) core.state.prices.set(pair, last);
    } else if (tick.tick === 'prints') {
      const found = matchPrints(core, tick.pair, tick.prints, tick.late);
      orders.push(...found.orders);
      wakes.push(...found.wakes);
    }
  }
  if (orders.length > 0) openEvent(core, { kind: 'orders', orders: [...new Set(orders)] });
  if (wakes.length === 0) return;
  // A second event of one moment stands once the first is acknowledged.
  if (core.state.event === null) fireWakes(core, wakes);
  else for (const wake of wakes) if (wake.kind === 'level') wake.fresh = true;
}

/** The attached timeframes' bars that close at `atMs`; a pair without a trade in its bar has an empty one. */
function barsClosed(core: Core, books: BookFeed, atMs: number): BarReport[] {
  const { state, market } = core;
  const reports: BarReport[] = [];
  for (const timeframe of state.attached ?? []) {
    const openMs = atMs - timeframeMs(timeframe);
    if (atMs % timeframeMs(timeframe) !== 0 || openMs < market.fromMs) continue;
    reports.push({
      timeframe,
      openMs,
      pairs: market.pairs.map((pair) => ({
        pair,
        state: books.running(pair, timeframe, openMs) === null ? 'empty' : 'closed',
      })),
    });
  }
  // The first tick of the next bar goes out before the clock stands.
  for (const { timeframe } of reports) {
    core.notice({ notice: 'bar-over', timeframe, atMs });
  }
  return reports;
}
