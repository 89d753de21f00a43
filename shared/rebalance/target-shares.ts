/**
 * The shares to trade to, with as little turnover as the bands allow, or null when every share lies in its band
 * (on its edge counts as in).
 *
 * A share outside of its band comes to the nearer edge (`reach` 1) or to a part of the band (`reach` 0.5: half-way
 * between edge and target). What that frees or needs is taken up by the others in proportion to how far they are
 * from their own targets on the other side, so that none is moved past its target. Shares and targets add to 1;
 * `band` is a share too (0.05 for 5 points). Assets are in the same order in all arrays.
 */
export function targetShares(
  shares: readonly number[],
  targets: readonly number[],
  band: number,
  reach: number,
): number[] | null {
  const off = shares.map((share, n) => share - (targets[n] ?? 0));
  if (off.every((distance) => Math.abs(distance) <= band + 1e-12)) return null;
  const edge = band * reach;
  const moved = off.map((distance) =>
    Math.abs(distance) > band + 1e-12 ? Math.sign(distance) * edge : distance,
  );
  // more than nothing: the moves have freed value, which goes to those below their targets
  const freed = -moved.reduce((sum, distance) => sum + distance, 0);
  const takes = moved.map((distance) => Math.max(0, -Math.sign(freed) * distance));
  const room = takes.reduce((sum, part) => sum + part, 0);
  if (freed === 0 || room === 0) return withTargets(moved, targets);
  const part = Math.abs(freed) / room;
  return withTargets(
    moved.map((distance, n) => distance + Math.sign(freed) * (takes[n] ?? 0) * part),
    targets,
  );
}

function withTargets(distances: readonly number[], targets: readonly number[]): number[] {
  return distances.map((distance, n) => distance + (targets[n] ?? 0));
}
