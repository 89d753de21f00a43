/**
 * A named line of code at which a crash would be interesting. Production passes `noProbe`; the crash
 * tests pass one that kills the process where it is armed.
 */
export type Probe = (point: ProbePoint) => void;

const PROBE_POINTS = [
  'order-intended',
  'order-answered',
  'between-fill-and-stop',
  'inside-booking',
] as const;
export type ProbePoint = (typeof PROBE_POINTS)[number];

export const noProbe: Probe = () => {};
