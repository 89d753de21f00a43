import { CandleHistory } from '../../shared/shadow/candle-history.ts';
import { timeframeMs } from '../../shared/timeframe.ts';
import { advanceShadows, type ShadowDeps } from './advance-shadows.ts';

export type EvaluationActivities = ReturnType<typeof createEvaluationActivities>;

export function createEvaluationActivities(deps: ShadowDeps) {
  const history = new CandleHistory(timeframeMs(deps.profile.timeframe));
  return {
    /** Brings the shadow accounts up to a bar, catching up on what is missing. Keyed by desk and bar. */
    async advanceShadows(of: { barMs: number }): Promise<{ barMs: number; accounts: number }> {
      return advanceShadows(deps, history, of);
    },
  };
}
