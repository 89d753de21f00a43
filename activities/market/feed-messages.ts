import type { Pair } from '../../shared/pair.ts';
import type { Timeframe } from '../../shared/timeframe.ts';
import type { DecimalText } from '../../shared/money.ts';

/**
 * What the feed tells workflows. Each call resolves when the server has taken the message; those to a
 * guard or a waiting workflow answer false when it is closed or unknown.
 */
export interface FeedMessages {
  barClosed(bar: {
    event: number | null;
    atMs: number;
    timeframe: Timeframe;
    barMs: number;
    pairs: { pair: Pair; state: 'closed' | 'empty' | 'missing' }[];
    concerned: string[];
  }): Promise<void>;
  venueEvent(seen: {
    event: number;
    atMs: number;
    kind: 'orders' | 'wake' | 'end';
    concerned: string[];
  }): Promise<void>;
  orderUpdate(
    guard: string,
    update: {
      event: number | null;
      atMs: number;
      clientOrderId: string;
      leg: string;
      n: number;
      status: 'open' | 'filled' | 'canceled' | 'expired' | 'rejected';
      filledQuantity: DecimalText;
      filledCost: DecimalText;
      outbox: number[];
    },
  ): Promise<boolean>;
  wake(
    workflow: string,
    wake: { event: number | null; atMs: number; id: string },
  ): Promise<boolean>;
  health(now: { connected: boolean; lastEvent: number; lastAtMs: number | null }): Promise<void>;
}
