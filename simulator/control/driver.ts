import type { Service } from '../service/service.ts';

/** `lockstep`: as fast as the desk acknowledges; a number: venue seconds per wall second. */
export type Pace = 'lockstep' | number;

export interface Driver {
  /** The desk acknowledged or attached: the clock may move on. */
  moveOn(): void;
  stop(): void;
}

const TICK_MS = 50;
/** At most this long the clock runs at a stretch, so that requests and signals are heard at any speed. */
const STRETCH_MS = 40;
const SLICE_MS = 3_600_000;

/**
 * Lets the venue's clock run at its pace. In lockstep it goes from event to event while a desk is attached,
 * and keeps real time while none is; with `waitForDesk` it stands until one has attached.
 */
export function createDriver(
  service: Service,
  options: {
    pace: Pace;
    waitForDesk: boolean;
    /** The market is one that runs now: the venue's clock is the wall's. */
    isLive?: boolean;
    wallMs?: () => number;
  },
): Driver {
  const wallMs = options.wallMs ?? (() => performance.now());
  const { state } = service.exchange;
  let anchor = { wallMs: wallMs(), venueMs: state.nowMs };

  const hasDesk = (): boolean => state.attached !== null;
  const leaps = (): boolean => options.pace === 'lockstep' && hasDesk();

  function tick(): void {
    if (options.isLive === true) return service.run(Date.now());
    if (state.event !== null || state.phase === 'ended') {
      anchor = { wallMs: wallMs(), venueMs: state.nowMs };
      return;
    }
    if (options.waitForDesk && !hasDesk()) {
      anchor = { wallMs: wallMs(), venueMs: state.nowMs };
      return;
    }
    if (leaps()) {
      service.run(Infinity);
      return;
    }
    if (state.nowMs > anchor.venueMs && state.nowMs > target()) {
      anchor = { wallMs: wallMs(), venueMs: state.nowMs };
    }
    runTo(Math.floor(target()));
  }

  function runTo(untilMs: number): void {
    const over = wallMs() + STRETCH_MS;
    do service.run(Math.min(untilMs, state.nowMs + SLICE_MS));
    while (
      state.nowMs < untilMs &&
      state.event === null &&
      state.phase !== 'ended' &&
      wallMs() < over
    );
  }

  function target(): number {
    const pace = options.pace === 'lockstep' ? 1 : options.pace;
    return anchor.venueMs + (wallMs() - anchor.wallMs) * pace;
  }

  const timer = setInterval(tick, TICK_MS);
  return {
    moveOn() {
      anchor = { wallMs: wallMs(), venueMs: state.nowMs };
      if (leaps()) tick();
    },
    stop: () => clearInterval(timer),
  };
}
