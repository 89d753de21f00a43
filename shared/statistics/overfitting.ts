export interface Overfitting {
  /** Share of splits in which the best of the one half is below the median of the other. */
  probability: number;
  splits: number;
}

/**
 * Probability of backtest overfitting by combinatorially symmetric cross-validation (Bailey et al. 2015).
 * `returns` has one row of daily returns per trial, all of one length. The days are cut into `blocks` (even)
 * pieces; for every choice of half of them the trial with the best Sharpe ratio there is ranked on the other
 * half. NaN with fewer than two trials or two days a block.
 */
export function overfittingProbability(returns: readonly Float64Array[], blocks = 16): Overfitting {
  const trials = returns.length;
  const size = Math.floor((returns[0]?.length ?? 0) / blocks);
  if (trials < 2 || size < 2) return { probability: NaN, splits: 0 };
  // Sums and squares per trial and block: every split is then a few additions.
  const sums = new Float64Array(trials * blocks);
  const squares = new Float64Array(trials * blocks);
  for (let t = 0; t < trials; t++) {
    const row = returns[t]!;
    for (let b = 0; b < blocks; b++) {
      let sum = 0;
      let square = 0;
      for (let i = b * size; i < (b + 1) * size; i++) {
        sum += row[i]!;
        square += row[i]! * row[i]!;
      }
      sums[t * blocks + b] = sum;
      squares[t * blocks + b] = square;
    }
  }
  const inside = new Float64Array(trials);
  const outside = new Float64Array(trials);
  const half = blocks / 2;
  const days = half * size;
  let splits = 0;
  let below = 0;
  for (let chosen = 0; chosen < 1 << blocks; chosen++) {
    if (bitCount(chosen) !== half) continue;
    for (let t = 0; t < trials; t++) {
      let sumIn = 0;
      let squareIn = 0;
      let sumOut = 0;
      let squareOut = 0;
      for (let b = 0; b < blocks; b++) {
        const at = t * blocks + b;
        if (((chosen >> b) & 1) === 1) {
          sumIn += sums[at]!;
          squareIn += squares[at]!;
        } else {
          sumOut += sums[at]!;
          squareOut += squares[at]!;
        }
      }
      inside[t] = sharpeOf(sumIn, squareIn, days);
      outside[t] = sharpeOf(sumOut, squareOut, days);
    }
    let best = 0;
    for (let t = 1; t < trials; t++) if (inside[t]! > inside[best]!) best = t;
    // Rank 1 is the worst; ties share the middle of their ranks.
    let worse = 0;
    let equal = 0;
    for (let t = 0; t < trials; t++) {
      if (outside[t]! < outside[best]!) worse++;
      else if (outside[t] === outside[best]) equal++;
    }
    const rank = worse + (equal + 1) / 2;
    if (rank / (trials + 1) <= 0.5) below++;
    splits++;
  }
  return { probability: below / splits, splits };
}

/** Trials that never traded have ratio 0. */
function sharpeOf(sum: number, square: number, count: number): number {
  const mean = sum / count;
  const variance = square / count - mean * mean;
  return variance > 1e-30 ? mean / Math.sqrt(variance) : 0;
}

function bitCount(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}
