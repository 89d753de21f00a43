import type { Decision } from '../decision.ts';
import type { ConsensusSettings } from './settings.ts';

/**
 * Why an entry is not worth its costs, or null when it is (or when there is no gate). In units of what the stop
 * loses: won R = target / stop (mean of the ladder), cost c = cost / stop, expected value
 * p * R - (1 - p) - c, which must be greater than the margin.
 */
export function refusedByValue(
  decision: Decision,
  gate: ConsensusSettings['valueGate'],
): string | null {
  if (gate === null) return null;
  const stop = decision.stopLossPct;
  const { length } = decision.takeProfitPct;
  if (stop === null || stop <= 0 || length === 0) return 'no stop or target to reckon with';
  const target = decision.takeProfitPct.reduce((sum, pct) => sum + pct, 0) / length;
  const p = decision.confidence;
  const value = (p * target) / stop - (1 - p) - gate.costPct / stop;
  if (value > gate.margin) return null;
  return `expected value ${value.toFixed(2)} R after costs is not above ${gate.margin}`;
}
