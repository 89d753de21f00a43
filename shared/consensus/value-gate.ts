import type { Decision } from '../decision.ts';
import { interestPct } from '../margin.ts';
import type { ConsensusSettings } from './settings.ts';

/**
 * Why an entry is not worth its costs, or null when it is (or when there is no gate). In units of what the stop
 * loses: won R = target / stop, cost c = cost / stop, expected value p * R - (1 - p) - c, which must be greater than
 * the margin. The target is the nearest, for p is the probability that this one is reached before the stop; what
 * lies beyond it is not reckoned with. A short also pays interest over its horizon. A gate whose costs nobody has filled in lets nothing pass.
 */
export function refusedByValue(
  decision: Decision,
  gate: ConsensusSettings['valueGate'],
): string | null {
  if (gate === null) return null;
  const { costPct, margin } = gate;
  if (costPct === null) return 'the costs of a round trip are not known';
  const stop = decision.stopLossPct;
  if (stop === null || stop <= 0 || decision.takeProfitPct.length === 0) {
    return 'no stop or target to reckon with';
  }
  const target = Math.min(...decision.takeProfitPct);
  const p = decision.confidence;
  const rate = gate.shortRatePct;
  const interest =
    decision.action === 'short' && rate !== undefined
      ? interestPct(rate, decision.horizonHours)
      : 0;
  const value = (p * target) / stop - (1 - p) - (costPct + interest) / stop;
  if (value > margin) return null;
  return `expected value ${value.toFixed(2)} R after costs is not above ${margin}`;
}
