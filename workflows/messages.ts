import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { ReleaseAnswer } from '../activities/ledger/books/bag.ts';
import type { ChampionAnswer } from '../activities/ledger/desk/desk-commands.ts';
import type { OrderState } from '../activities/market/feed-messages.ts';
import type { DecimalText } from '../shared/money.ts';
import type { Asset, Pair } from '../shared/pair.ts';
import type { LimitsAnswer, LimitsInForce } from '../shared/risk/standing-limits.ts';
import type { Timeframe } from '../shared/timeframe.ts';

/** One bar of all pairs of a timeframe has closed. `event` is the number to acknowledge in stepped time. */
export interface BarClosed {
  event: number | null;
  /** Venue time of the close, Unix ms. */
  atMs: number;
  timeframe: Timeframe;
  /** Open time of the bar, Unix ms. */
  barMs: number;
  pairs: { pair: Pair; state: 'closed' | 'empty' | 'missing' }[];
  /** Workflows that were told about this event and will report `settled`. */
  concerned: string[];
}

/** A numbered event of a stepped venue that is not a bar: the desk acknowledges it when all have settled. */
export interface VenueEventSeen {
  event: number;
  atMs: number;
  kind: 'orders' | 'wake' | 'end';
  concerned: string[];
}

/** Who has done everything that an event asked of them, and whom they have set to work on it. */
export interface Settled {
  event: number;
  by: string;
  concerned: string[];
}

/** What a comparison of ledger and venue found; one sentence a difference. */
export interface Compared {
  event: number | null;
  by: string;
  atMs: number;
  differences: string[];
}

export type { OrderState };

/**
 * All that one event means for one position, in one message: a guard that saw half of it would report
 * the event as settled too soon.
 */
export interface OrderUpdate {
  event: number | null;
  /** Venue time, Unix ms. */
  atMs: number;
  orders: OrderState[];
  /** Ids of the wake-ups and price levels that were reached. */
  wakes: string[];
  /** Outbox rows that this message delivers. */
  outbox: number[];
}

/** What somebody other than the feed asks of a guard; `by` tells apart those who ask at one event. */
interface Request {
  event: number | null;
  atMs: number;
  by: string;
}

export interface CloseRequest extends Request {
  reason: string;
}

/** A bar of the desk's timeframe has closed. */
export type BarSeen = Request;

/** The stop is to lie at most so many percent below the price as the deciders saw it. */
export interface TightenRequest extends Request {
  stopPct: number;
  price: number;
}

/**
 * Under what a guard reports a request as settled, and the desk waits for it: a guard that is told twice at one
 * event has two things to settle.
 */
export function settledAs(guard: string, by: string): string {
  return `${guard} for ${by}`;
}

export interface TradeClosed {
  position: string;
  pair: Pair;
  atMs: number;
  exitReason: string;
  /** Result in the desk's numeraire, fees included. */
  pnl: DecimalText;
}

export interface Steering {
  who: string;
  why: string;
}

export const barClosed = defineSignal<[BarClosed]>('barClosed');
export const venueEvent = defineSignal<[VenueEventSeen]>('venueEvent');
export const settled = defineSignal<[Settled]>('settled');
export const compared = defineSignal<[Compared]>('compared');
export const turn = defineSignal('turn');
export const tradeClosed = defineSignal<[TradeClosed]>('tradeClosed');
export const orderUpdate = defineSignal<[OrderUpdate]>('orderUpdate');
export const closePosition = defineSignal<[CloseRequest]>('close');
export const barSeen = defineSignal<[BarSeen]>('barSeen');
export const tighten = defineSignal<[TightenRequest]>('tighten');
/** Cancels what is not filled yet of the entry; what is filled stays guarded. */
export const cancelEntry = defineSignal<[CloseRequest]>('cancelEntry');

export const pause = defineSignal<[Steering & { untilMs?: number }]>('pause');
export const resume = defineSignal<[Steering]>('resume');
export const halt = defineSignal<[Steering]>('halt');
export const flatten = defineSignal<[Steering]>('flatten');
/** Asks the desk for a reconciliation now. */
export const reconcileNow = defineSignal<[Steering]>('reconcile');

/** Limits by name, and the values that they are to have. */
export interface LimitsChange extends Steering {
  change: Record<string, number>;
}
export interface ChampionChange extends Steering {
  decider: string;
}
/** Amounts by asset. */
export interface BagRelease extends Steering {
  amounts: Record<Asset, DecimalText> | 'all';
}
/** Tightens limits of the running desk; a change that loosens any of them is refused whole. */
export const setLimits = defineUpdate<LimitsAnswer, [LimitsChange]>('setLimits');
export const setChampion = defineUpdate<ChampionAnswer, [ChampionChange]>('setChampion');
/** Gives what lies in the hodl bag back to the desk: for a person to ask, and for nobody else. */
export const releaseBag = defineUpdate<ReleaseAnswer, [BagRelease]>('releaseBag');
export const limits = defineQuery<LimitsInForce>('limits');

/** What `npm run desk -- status` shows of the desk workflow. */
export interface DeskStatus {
  desk: string;
  state: 'running' | 'paused' | 'reduced' | 'halted' | 'flattening';
  untilMs: number | null;
  who: string;
  why: string;
  lastBarMs: number | null;
  venueTimeMs: number | null;
  cyclesInFlight: string[];
  /** The decider that is followed, where the profile's consensus is `champion`. */
  champion: string | null;
  missedBars: number;
  /** A replay has reached its end and everything of it is settled. */
  isEnded: boolean;
}

export interface PositionStatus {
  position: string;
  pair: Pair;
  state: 'opening' | 'open' | 'closing' | 'over';
  held: DecimalText;
  entryPrice: DecimalText | null;
  stopPrice: DecimalText | null;
  targets: { price: DecimalText; quantity: DecimalText; done: boolean }[];
  /** What a person was told of it, newest last. */
  alarms: string[];
}

export interface CycleProgress {
  step: string;
  outcome: string | null;
}

export const status = defineQuery<DeskStatus>('status');
export const position = defineQuery<PositionStatus>('position');
export const progress = defineQuery<CycleProgress>('progress');
export interface FeedHealth {
  connected: boolean;
  lastEvent: number;
  /** Venue time of the last word from the venue, Unix ms. */
  lastAtMs: number | null;
  /** Venue less wall clock, ms; null in stepped time. */
  skewMs?: number | null;
  /** What a person should know, in a sentence each. */
  alarms?: string[];
}

export const health = defineQuery<FeedHealth>('health');
export const feedHealth = defineSignal<[FeedHealth]>('feedHealth');
