import type { Pair } from '../../shared/pair.ts';
import type { Timeframe } from '../../shared/timeframe.ts';
import type { DecimalText } from '../../shared/money.ts';

/** Cumulative state of an order of a position: repeats do no harm. */
export interface OrderState {
  clientOrderId: string;
  leg: string;
  n: number;
  status: 'open' | 'filled' | 'canceled' | 'expired' | 'rejected';
  filledQuantity: DecimalText;
  filledCost: DecimalText;
}

/**
 * What the feed tells workflows. Each call resolves when the server has taken the message; that to a
 * guard answers false when it is closed or unknown.
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
    workflow: string,
    update: {
      event: number | null;
      atMs: number;
      orders: OrderState[];
      wakes: string[];
      outbox: number[];
    },
  ): Promise<boolean>;
  /** The account holds what the ledger does not explain: ledger and venue should be compared. */
  reconcileWanted(why: string): Promise<void>;
  health(now: {
    connected: boolean;
    lastEvent: number;
    /** Venue time of the last word from the venue, Unix ms. */
    lastAtMs: number | null;
    /** Venue less wall clock; null in stepped time. */
    skewMs?: number | null;
    /** What a person should know, in a sentence each. */
    alarms?: string[];
  }): Promise<void>;
}
