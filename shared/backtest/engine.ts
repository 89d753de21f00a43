import { EngineRun } from './engine-run.ts';
import type { EngineInput, EngineResult } from './engine-types.ts';

/**
 * Runs strategies over several pairs on one account. Bars of one time are worked together: fills of all
 * pairs, then the account is valued once, then each pair in order decides and is reviewed, seeing the
 * orders of those before it. Everything decided at a close is filled from the next bar on; inside a bar
 * the rules are those of shared/fills, the stop first when both it and the target are touched.
 */
export function runEngine(input: EngineInput): EngineResult {
  return new EngineRun(input).run();
}
