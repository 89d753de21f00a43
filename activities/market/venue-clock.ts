/** The venue's clock as this process knows it: its own, put right by what the venue says of its time. */
export interface VenueClock {
  /** Venue time, Unix ms. */
  nowMs(): number;
  /** Venue less wall clock, and how far the truth may lie from it; null before the first measurement. */
  skew(): ClockSkew | null;
  measured(skew: ClockSkew): void;
}

export interface ClockSkew {
  skewMs: number;
  uncertaintyMs: number;
}

/** Beyond this an order's deadline means something else than was meant. */
export const ALARMING_SKEW_MS = 500;

/** So far away lies another time, of a market that is made up: no clock that is off. */
const OTHER_TIME_MS = 86_400_000;

/** Whether this machine's clock is so far off that deadlines of orders mean something else. */
export function isAlarming(skewMs: number): boolean {
  const off = Math.abs(skewMs);
  return off > ALARMING_SKEW_MS && off < OTHER_TIME_MS;
}

/** A measurement replaces what was known when it is as exact, or when that has grown old. */
const OLD_MS = 600_000;

export function venueClock(wallMs: () => number = Date.now): VenueClock {
  let known: (ClockSkew & { atMs: number }) | null = null;
  return {
    nowMs: () => Math.round(wallMs() + (known?.skewMs ?? 0)),
    skew: () =>
      known === null ? null : { skewMs: known.skewMs, uncertaintyMs: known.uncertaintyMs },
    measured(skew) {
      const atMs = wallMs();
      const isBetter =
        known === null ||
        skew.uncertaintyMs <= known.uncertaintyMs ||
        atMs - known.atMs > OLD_MS ||
        // No two measurements of one clock can lie so far apart: it was put right or wrong.
        Math.abs(skew.skewMs - known.skewMs) > skew.uncertaintyMs + known.uncertaintyMs;
      if (isBetter) known = { ...skew, atMs };
    },
  };
}
