import type { Core } from '../state/state.ts';
import { bookStep } from './book-clock.ts';
import { candleStep } from './candle-clock.ts';

/**
 * Moves the clock on to `limitMs`, or to the next event while a desk is attached. Everything that happens on
 * the way happens in one fixed order, whatever the limit was before.
 */
export function runClock(core: Core, limitMs: number): void {
  const { books } = core.market;
  while (core.state.event === null && core.state.phase !== 'ended') {
    const moved = books === undefined ? candleStep(core, limitMs) : bookStep(core, books, limitMs);
    if (!moved) return;
  }
}
