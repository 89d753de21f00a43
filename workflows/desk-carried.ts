import type {
  BagRelease,
  BarClosed,
  ChampionChange,
  Compared,
  LimitsChange,
  Settled,
  Steering,
  TradeClosed,
  VenueEventSeen,
} from './messages.ts';

/** What goes on into the next run of the desk's workflow. Times are venue time, Unix ms. */
export interface Carried {
  /** Days since 1970 at which this run began, by the venue's clock. */
  day: number | null;
  lastBarMs: number | null;
  /** Last bar that the shadow accounts have seen; runs of before carry none. */
  shadowBarMs?: number;
  lastEvent: number;
  lastReconcileMs: number | null;
  /** Number of the last rebalancing day that has begun: days since 1970 from its time of the day on. */
  rebalanceDay?: number;
  /** Reconciliations that people asked for. */
  askedReconciles: number;
  venueTimeMs: number | null;
  missedBars: number;
  isEnded: boolean;
  inbox: Message[];
  open: OpenEvent | null;
  /** Reports on events that the desk has not heard of yet. */
  early: Settled[];
  /** Venue times that the desk waits for, by what for; runs of before carry none. */
  wakeUps?: Record<string, number>;
}

/** An event of a stepped venue that is not acknowledged yet. */
export interface OpenEvent {
  number: number;
  atMs: number;
  waiting: string[];
  done: string[];
}

/** What is asked of the desk by an update. */
export type DeskAsk =
  | ({ kind: 'set-limits' } & LimitsChange)
  | ({ kind: 'set-champion' } & ChampionChange)
  | ({ kind: 'release-bag' } & BagRelease);

export type SteeringKind = 'pause' | 'resume' | 'halt' | 'flatten';

/** What the desk works off, one at a time, in the order in which it came. */
export type Message =
  | ({ kind: 'bar' } & BarClosed)
  | { kind: 'event'; seen: VenueEventSeen }
  | ({ kind: 'settled' } & Settled)
  | ({ kind: 'compared' } & Compared)
  | { kind: 'cycle-closed'; cycle: string; concerned: string[]; turnGoesTo: string | null }
  | ({ kind: 'trade-closed' } & TradeClosed)
  | { kind: 'steer'; command: SteeringKind; by: Steering; untilMs: number | null }
  | { kind: 'wake'; event: number | null; atMs: number; wakes: string[] }
  | { kind: 'reconcile'; by: Steering }
  | { kind: 'ask'; update: string; what: DeskAsk };

/** A desk that has seen nothing yet. */
export function newDesk(): Carried {
  return {
    day: null,
    lastBarMs: null,
    lastEvent: 0,
    lastReconcileMs: null,
    askedReconciles: 0,
    venueTimeMs: null,
    missedBars: 0,
    isEnded: false,
    inbox: [],
    open: null,
    early: [],
    wakeUps: {},
  };
}
