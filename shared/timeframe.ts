/** Bar lengths the project knows, shortest first. All are aligned to the Unix epoch in UTC. */
export const TIMEFRAMES = ['1m', '5m', '15m', '30m', '1h', '4h', '1d'] as const;
export type Timeframe = (typeof TIMEFRAMES)[number];

const MINUTES: Record<Timeframe, number> = {
  '1m': 1,
  '5m': 5,
  '15m': 15,
  '30m': 30,
  '1h': 60,
  '4h': 240,
  '1d': 1440,
};

export function isTimeframe(text: string): text is Timeframe {
  return (TIMEFRAMES as readonly string[]).includes(text);
}

export function timeframeMinutes(timeframe: Timeframe): number {
  return MINUTES[timeframe];
}

export function timeframeMs(timeframe: Timeframe): number {
  return MINUTES[timeframe] * 60_000;
}

/** Open time of the bar that contains `timeMs` (Unix milliseconds, UTC). */
export function barOpenMs(timeMs: number, timeframe: Timeframe): number {
  const length = timeframeMs(timeframe);
  return Math.floor(timeMs / length) * length;
}

/** A time as written at every border: ISO 8601 UTC; whole seconds carry no fraction. */
export function isoTime(timeMs: number): string {
  return new Date(timeMs).toISOString().replace('.000Z', 'Z');
}
