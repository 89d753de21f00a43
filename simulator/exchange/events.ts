import type { Timeframe } from '../../shared/timeframe.ts';
import { orderReport } from '../matching/execute.ts';
import type { Order } from '../state/order.ts';
import type { BarReport, Core, VenueEvent, Wake } from '../state/state.ts';

/** Opens the next event and stops the clock, while a desk is attached. */
export function openEvent(
  core: Core,
  what: { kind: VenueEvent['kind']; bars?: BarReport[]; orders?: Order[]; wakes?: Wake[] },
): void {
  const { state } = core;
  if (state.attached === null) return;
  state.eventNumber += 1;
  state.event = {
    number: state.eventNumber,
    atMs: state.nowMs,
    kind: what.kind,
    bars: what.bars ?? [],
    orders: (what.orders ?? []).map(orderReport),
    wakes: (what.wakes ?? []).map((wake) =>
      wake.kind === 'time'
        ? { id: wake.id, atMs: wake.atMs }
        : { id: wake.id, pair: wake.pair, level: wake.level },
    ),
  };
  core.fact({ fact: 'event', at: state.nowMs, number: state.eventNumber, kind: what.kind });
}

/** Tells of wake-ups in the order of their ids; each comes once. */
export function fireWakes(core: Core, wakes: Wake[]): void {
  const sorted = [...wakes].sort((a, b) => (a.id < b.id ? -1 : 1));
  for (const wake of sorted) core.state.wakes.delete(wake.id);
  openEvent(core, { kind: 'wake', wakes: sorted });
}

/** When the market has an end and it is reached: the clock stands for good, told once as an event. */
export function endMarket(core: Core): void {
  core.state.phase = 'ended';
  if (core.state.attached !== null) openEvent(core, { kind: 'end' });
}

/**
 * The desk has dealt with event `number`: the clock may move on. An old number is fine and changes nothing;
 * returns false for a number that was not handed out yet.
 */
export function acknowledge(core: Core, number: number): boolean {
  const { state } = core;
  if (number > state.eventNumber) return false;
  if (state.event === null || number < state.event.number || state.event.kind === 'end')
    return true;
  const wasLastBar = state.phase === 'ended';
  state.event = null;
  if (wasLastBar) endMarket(core);
  return true;
}

/** From now on the clock stands at each event; bars are told for these timeframes only. */
export function attach(core: Core, timeframes: readonly Timeframe[]): void {
  const { state } = core;
  const wasFree = state.attached === null;
  state.attached = [...timeframes];
  if (wasFree && state.phase === 'ended') openEvent(core, { kind: 'end' });
}

/** Books a wake-up; one with the same id is replaced. */
export function bookWake(core: Core, wake: Wake): void {
  core.state.wakes.set(wake.id, wake);
}

/** Which candle a level wake-up booked now can meet. */
export function wakeView(core: Core): 'whole' | 'next' {
  return core.state.phase === 'open' || core.state.phase === 'boundary' ? 'whole' : 'next';
}
