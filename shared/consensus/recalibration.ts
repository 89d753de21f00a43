import { logOdds, probabilityOf } from './log-odds.ts';

/** What is believed of a decider of which nothing is known: models say more than they know, by half. */
export const UNPROVEN = { alpha: 0, beta: 0.5 } as const;

/** Weight of that belief: that of 40 cases at even odds, each of which tells 0.25. */
const RIDGE = 10;
const STEPS = 50;
const CLOSE_ENOUGH = 1e-10;

export interface Recalibration {
  alpha: number;
  beta: number;
}

/** Cases of the same confidence. */
export interface SaidAndCame {
  confidence: number;
  count: number;
  hits: number;
}

/**
 * Logistic recalibration: what is said as p comes true with the log-odds alpha + beta * logit p. Of all cases
 * the least, over alpha and beta >= 0, of
 *
 *     w * sum of (n * ln(1 + e^z) - h * z) + ridge / 2 * (alpha^2 + (beta - 0.5)^2),   z = alpha + beta * logit p
 *
 * n cases and h hits at each p, w = independent / all: cases that overlap tell together what the independent ones
 * of them tell. Without cases that is (0, 0.5); the ridge keeps it near while cases are few. A beta below 0 would
 * trade on the opposite of what is said; it is 0 there. Convex, so Newton's method finds the one minimum. Rounded
 * to 4 decimals.
 */
export function recalibration(cases: readonly SaidAndCame[], independent: number): Recalibration {
  const all = cases.reduce((sum, { count }) => sum + count, 0);
  if (all === 0) return { ...UNPROVEN };
  const share = independent / all;
  const points = cases.map(({ confidence, count, hits }) => ({
    x: logOdds(confidence),
    n: share * count,
    h: share * hits,
  }));
  const free = fitted(points, true);
  const { alpha, beta } = free.beta >= 0 ? free : fitted(points, false);
  return { alpha: rounded(alpha), beta: rounded(beta) };
}

/** Newton's method from the prior on; with beta held at 0 where it may not move. */
function fitted(
  points: readonly { x: number; n: number; h: number }[],
  isBetaFree: boolean,
): Recalibration {
  const target = isBetaFree ? UNPROVEN.beta : 0;
  let at: Recalibration = { alpha: UNPROVEN.alpha, beta: target };
  let loss = lossAt(at);
  for (let step = 0; step < STEPS; step++) {
    let [slopeA, slopeB] = [RIDGE * at.alpha, RIDGE * (at.beta - target)];
    let [aa, ab, bb] = [RIDGE, 0, RIDGE];
    for (const { x, n, h } of points) {
      const p = probabilityOf(at.alpha + at.beta * x);
      const bend = n * p * (1 - p);
      slopeA += n * p - h;
      slopeB += (n * p - h) * x;
      aa += bend;
      ab += bend * x;
      bb += bend * x * x;
    }
    const determinant = aa * bb - ab * ab;
    const moveA = isBetaFree ? (bb * slopeA - ab * slopeB) / determinant : slopeA / aa;
    const moveB = isBetaFree ? (aa * slopeB - ab * slopeA) / determinant : 0;
    if (Math.abs(moveA) + Math.abs(moveB) < CLOSE_ENOUGH) break;
    // A whole step may lead too far out; half of it, or a part, never does.
    for (let part = 1; part > 1e-6; part /= 2) {
      const next = { alpha: at.alpha - part * moveA, beta: at.beta - part * moveB };
      const there = lossAt(next);
      if (there > loss) continue;
      [at, loss] = [next, there];
      break;
    }
  }
  return at;

  function lossAt({ alpha, beta }: Recalibration): number {
    let sum = (RIDGE / 2) * (alpha ** 2 + (beta - target) ** 2);
    for (const { x, n, h } of points) {
      const z = alpha + beta * x;
      // ln(1 + e^z) without overflow
      sum += n * (Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)))) - h * z;
    }
    return sum;
  }
}

function rounded(value: number): number {
  // never -0
  return Math.round(value * 1e4) / 1e4 + 0;
}
