/** A probability this near to 0 or 1 counts as this near: nobody is that sure. */
const CLIP = 0.01;

/** ln(p / (1 - p)), p between 0.01 and 0.99. */
export function logOdds(p: number): number {
  const clipped = Math.min(1 - CLIP, Math.max(CLIP, p));
  return Math.log(clipped / (1 - clipped));
}

export function probabilityOf(odds: number): number {
  return 1 / (1 + Math.exp(-odds));
}
