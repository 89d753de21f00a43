import type { DeskMode } from './desk-mode.ts';
import { PERIODS, nextPeriod, type Period } from './periods.ts';

export { DESK_MODES, type DeskMode } from './desk-mode.ts';

/** How far below its high-water mark a desk is, by the bands of its limits. */
export const DRAWDOWN_BANDS = ['none', 'pause', 'reduce', 'halt'] as const;
export type DrawdownBand = (typeof DRAWDOWN_BANDS)[number];

export type LockCause = 'person' | 'drawdown' | 'reconcile' | Period;

/** One reason for which a desk may not do all. Times are venue time, Unix ms. */
export interface DeskLock {
  cause: LockCause;
  mode: Exclude<DeskMode, 'running'>;
  sinceMs: number;
  /** When it ends by itself; null means that only a person (or recovery, for `reduced`) ends it. */
  untilMs: number | null;
  who: string;
  why: string;
}

/** The state of a desk: plain data. What it may do follows from its locks, see `deskStanding`. */
export interface DeskState {
  locks: readonly DeskLock[];
  /** The band that was acted upon: each acts once until the drawdown has left it. */
  drawdownBand: DrawdownBand;
  /** Loss limits that were reached and that a person resumed from: they do not pause again in that period. */
  waived: readonly { period: Period; untilMs: number }[];
  /** False from an unexplained difference until ledger and venue are found equal again. */
  reconciled: boolean;
  /** The last command that changed it, for whom it may concern while it runs. */
  changed: { atMs: number; who: string; why: string };
}

/** What happens to a desk. `who` is a person, or `risk` or `reconciliation`. */
export type DeskEvent =
  | { kind: 'pause'; atMs: number; who: string; why: string; untilMs: number | null }
  | { kind: 'resume'; atMs: number; who: string; why: string }
  | { kind: 'halt'; atMs: number; who: string; why: string }
  | { kind: 'flatten'; atMs: number; who: string; why: string }
  /** Every position is closed and no order is open: a flattening is over. */
  | { kind: 'flat'; atMs: number }
  /** The drawdown was measured; `pauseHours` from the limits. */
  | { kind: 'drawdown'; atMs: number; band: DrawdownBand; pct: number; pauseHours: number }
  | { kind: 'loss-limit'; atMs: number; period: Period; pct: number }
  | { kind: 'roll-over'; atMs: number; period: Period }
  | { kind: 'reconcile-difference'; atMs: number; why: string }
  | { kind: 'reconciled'; atMs: number }
  /** Venue time has come so far: what is timed ends. A roll-over is the same, told for the record. */
  | { kind: 'clock'; atMs: number };

/** A desk that starts. */
export function newDeskState(atMs: number): DeskState {
  return {
    locks: [],
    drawdownBand: 'none',
    waived: [],
    reconciled: true,
    changed: { atMs, who: 'desk', why: 'started' },
  };
}

/**
 * The state after an event. Locks of different causes stand side by side, and the strictest rules: a person's
 * pause does not end because the day does. A repeated event changes nothing that matters.
 *
 * - pause, halt, flatten: as commanded; a timed pause ends by itself, a halt only by a person.
 * - flatten closes everything and ends halted. A resume does not interrupt it.
 * - resume: lifts every pause and halt, also those of drawdown and reconciliation. What the rules measure
 *   (losses of the day, drawdown) still vetoes; after a drawdown halt the high-water mark starts anew
 *   (`resetsHighWaterMark`), because else the desk could never trade again.
 * - drawdown: entering `pause` (or going beyond it at once) pauses for a time, `reduce` halves size for as
 *   long as it lasts, `halt` flattens and halts. A band acts once; below the first band all is armed anew.
 * - loss-limit: pauses until its period ends, or a person resumes; then not again in that period.
 * - reconcile-difference: halts entries until a person resumes.
 */
export function deskStateAfter(state: DeskState, event: DeskEvent): DeskState {
  const { atMs } = event;
  const at = expired(state, atMs);
  switch (event.kind) {
    case 'pause':
      if (event.untilMs !== null && event.untilMs <= atMs) return at;
      return locked(at, { ...lockOf(event, 'person', 'paused'), untilMs: event.untilMs });
    case 'halt':
      return locked(at, lockOf(event, 'person', 'halted'));
    case 'flatten':
      return locked(at, lockOf(event, 'person', 'flattening'));
    case 'flat':
      if (!at.locks.some((lock) => lock.mode === 'flattening')) return at;
      return {
        ...at,
        locks: at.locks.map((lock) =>
          lock.mode === 'flattening' ? { ...lock, mode: 'halted' as const } : lock,
        ),
      };
    case 'resume':
      return resumed(at, event);
    case 'drawdown':
      return afterDrawdown(at, event);
    case 'loss-limit':
      return afterLoss(at, event);
    case 'reconcile-difference': {
      const lock: DeskLock = {
        cause: 'reconcile',
        mode: 'halted',
        sinceMs: atMs,
        untilMs: null,
        who: 'reconciliation',
        why: event.why,
      };
      return { ...locked(at, lock), reconciled: false };
    }
    case 'reconciled':
      return at.reconciled ? at : { ...at, reconciled: true };
    case 'roll-over':
    case 'clock':
      return at;
    default:
      return event satisfies never;
  }
}

const STRICTNESS: Record<DeskMode, number> = {
  running: 0,
  reduced: 1,
  paused: 2,
  halted: 3,
  flattening: 4,
};

export interface DeskStanding {
  mode: DeskMode;
  sinceMs: number;
  /** When this mode ends by itself; null when it does not. */
  untilMs: number | null;
  who: string;
  why: string;
}

/** What the desk may do now, by its strictest lock, and why. */
export function deskStanding(state: DeskState): DeskStanding {
  let strictest: DeskLock | undefined;
  for (const lock of state.locks) {
    if (strictest === undefined || isStricter(lock, strictest)) strictest = lock;
  }
  if (strictest !== undefined) {
    const { mode, sinceMs, untilMs, who, why } = strictest;
    return { mode, sinceMs, untilMs, who, why };
  }
  const { atMs, who, why } = state.changed;
  return { mode: 'running', sinceMs: atMs, untilMs: null, who, why };
}

/** Whether new cycles start: neither paused nor stricter. */
export function decides(state: DeskState): boolean {
  return STRICTNESS[deskStanding(state).mode] <= STRICTNESS.reduced;
}

/** Whether this event makes the desk's high-water mark start anew at its present equity. */
export function resetsHighWaterMark(before: DeskState, event: DeskEvent): boolean {
  return (
    event.kind === 'resume' &&
    before.drawdownBand === 'halt' &&
    !before.locks.some((lock) => lock.mode === 'flattening')
  );
}

/** The earliest venue time at which a lock ends by itself, for a timer; null when none does. */
export function nextUnlock(state: DeskState): number | null {
  const ends = state.locks.flatMap((lock) => (lock.untilMs === null ? [] : [lock.untilMs]));
  return ends.length === 0 ? null : Math.min(...ends);
}

function isStricter(a: DeskLock, b: DeskLock): boolean {
  const by = STRICTNESS[a.mode] - STRICTNESS[b.mode];
  return by !== 0 ? by > 0 : (a.untilMs ?? Infinity) > (b.untilMs ?? Infinity);
}

function lockOf(
  event: { atMs: number; who: string; why: string },
  cause: LockCause,
  mode: DeskLock['mode'],
): DeskLock {
  return { cause, mode, sinceMs: event.atMs, untilMs: null, who: event.who, why: event.why };
}

/**
 * One lock per cause, and `reduced` beside it: a reduced desk may also be paused for the same drawdown. A cause
 * never loosens its own lock: only its end or a person does.
 */
function locked(state: DeskState, lock: DeskLock): DeskState {
  const replaces = (other: DeskLock): boolean =>
    other.cause === lock.cause && (other.mode === 'reduced') === (lock.mode === 'reduced');
  const present = state.locks.find(replaces);
  if (present !== undefined && STRICTNESS[present.mode] > STRICTNESS[lock.mode]) return state;
  return {
    ...state,
    locks: [...state.locks.filter((other) => !replaces(other)), lock],
    changed: { atMs: lock.sinceMs, who: lock.who, why: lock.why },
  };
}

function without(state: DeskState, drop: (lock: DeskLock) => boolean): DeskState {
  const locks = state.locks.filter((lock) => !drop(lock));
  return locks.length === state.locks.length ? state : { ...state, locks };
}

/** Without what has ended by itself; the same object when nothing has. */
function expired(state: DeskState, atMs: number): DeskState {
  const lasts = (end: { untilMs: number | null }): boolean =>
    end.untilMs === null || end.untilMs > atMs;
  if (state.locks.every(lasts) && state.waived.every(lasts)) return state;
  return { ...state, locks: state.locks.filter(lasts), waived: state.waived.filter(lasts) };
}

function afterLoss(
  state: DeskState,
  event: { atMs: number; period: Period; pct: number },
): DeskState {
  const { atMs, period, pct } = event;
  const known =
    state.locks.some((lock) => lock.cause === period) ||
    state.waived.some((waiver) => waiver.period === period);
  if (known) return state;
  return locked(state, {
    cause: period,
    mode: 'paused',
    sinceMs: atMs,
    untilMs: nextPeriod(atMs, period),
    who: 'risk',
    why: `${pct} % lost this ${period}`,
  });
}

function resumed(
  state: DeskState,
  event: { kind: 'resume'; atMs: number; who: string; why: string },
): DeskState {
  if (state.locks.some((lock) => lock.mode === 'flattening')) return state;
  const rearmed = resetsHighWaterMark(state, event);
  return {
    ...state,
    locks: state.locks.filter((lock) => lock.mode === 'reduced' && !rearmed),
    drawdownBand: rearmed ? 'none' : state.drawdownBand,
    waived: [...state.waived, ...state.locks.flatMap(waiverOf)],
    changed: { atMs: event.atMs, who: event.who, why: event.why },
  };
}

function waiverOf({ cause, sinceMs, untilMs }: DeskLock): DeskState['waived'][number][] {
  const period = PERIODS.find((each) => each === cause);
  return period === undefined ? [] : [{ period, untilMs: untilMs ?? sinceMs }];
}

function afterDrawdown(
  state: DeskState,
  event: { atMs: number; band: DrawdownBand; pct: number; pauseHours: number },
): DeskState {
  const from = DRAWDOWN_BANDS.indexOf(state.drawdownBand);
  const to = DRAWDOWN_BANDS.indexOf(event.band);
  // a halt for drawdown stands until a person resumes, however prices recover meanwhile
  if (from === to || state.drawdownBand === 'halt') return state;
  const reaches = (band: DrawdownBand): boolean => {
    const at = DRAWDOWN_BANDS.indexOf(band);
    return from < at && at <= to;
  };
  const why = `${event.pct} % below the high-water mark`;
  const mine = { ...event, who: 'risk', why };
  let next: DeskState = { ...state, drawdownBand: event.band };
  if (reaches('halt')) return locked(next, lockOf(mine, 'drawdown', 'flattening'));
  next = without(next, (lock) => lock.mode === 'reduced');
  if (reaches('reduce')) next = locked(next, lockOf(mine, 'drawdown', 'reduced'));
  if (reaches('pause')) {
    const untilMs = event.atMs + event.pauseHours * 3_600_000;
    next = locked(next, { ...lockOf(mine, 'drawdown', 'paused'), untilMs });
  }
  return next;
}
