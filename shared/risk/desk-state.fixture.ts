import {
  deskStateAfter,
  newDeskState,
  type DeskEvent,
  type DeskState,
  type DrawdownBand,
} from './desk-state.ts';

export const HOUR = 3_600_000;
/** A Wednesday. */
export const NOON = Date.UTC(2026, 2, 4, 12);
export const ada = { who: 'ada', why: 'lunch' };
export const bob = { who: 'bob', why: 'looks wrong' };

export function after(events: readonly DeskEvent[]): DeskState {
  return events.reduce(deskStateAfter, newDeskState(NOON));
}

export const drawdown = (band: DrawdownBand, pct: number, atMs = NOON): DeskEvent => ({
  kind: 'drawdown',
  atMs,
  band,
  pct,
  pauseHours: 24,
});
