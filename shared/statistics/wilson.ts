import type { Interval } from './bootstrap.ts';
import { normalQuantile } from './normal.ts';

/** Wilson's interval of a share: `wins` of `count`. NaN for no tries. */
export function wilsonInterval(wins: number, count: number, confidence = 0.95): Interval {
  const z = normalQuantile((1 + confidence) / 2);
  const p = wins / count;
  const scale = 1 + (z * z) / count;
  const centre = (p + (z * z) / (2 * count)) / scale;
  const half = (z * Math.sqrt((p * (1 - p)) / count + (z * z) / (4 * count * count))) / scale;
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}
