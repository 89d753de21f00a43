export interface Gap {
  /** Open times of the bars on both sides. */
  afterMs: number;
  beforeMs: number;
  missingBars: number;
}

/** Every place where bars are missing, in order. */
export function gapsIn(timeMs: Float64Array, barMs: number): Gap[] {
  const gaps: Gap[] = [];
  for (let i = 1; i < timeMs.length; i++) {
    const missing = Math.round((timeMs[i]! - timeMs[i - 1]!) / barMs) - 1;
    if (missing > 0) {
      gaps.push({ afterMs: timeMs[i - 1]!, beforeMs: timeMs[i]!, missingBars: missing });
    }
  }
  return gaps;
}

/**
 * Indexes of the last bars of each segment, the last bar of all included: a segment ends where more than
 * `gapBars` bars are missing.
 */
export function segmentEnds(timeMs: Float64Array, barMs: number, gapBars: number): Int32Array {
  const ends: number[] = [];
  const n = timeMs.length;
  // Bars are on the grid, so as many as fit between first and last have no gap.
  const isWhole = n > 0 && timeMs[n - 1]! - timeMs[0]! === (n - 1) * barMs;
  if (isWhole || (gapBars === Infinity && n > 0)) return Int32Array.of(n - 1);
  const longest = (gapBars + 1.5) * barMs;
  for (let i = 1; i < timeMs.length; i++) {
    if (timeMs[i]! - timeMs[i - 1]! > longest) ends.push(i - 1);
  }
  if (timeMs.length > 0) ends.push(timeMs.length - 1);
  return Int32Array.from(ends);
}
