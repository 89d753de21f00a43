import { isoTime } from '../../shared/timeframe.ts';
import type { PairData } from './study.ts';

/** Results that a model may have known by heart when it was asked. */
export interface Contamination {
  models: string[];
  /** From when on results count, or null when none of these does. */
  countsFrom: string | null;
  /** The words that stand beside every number. */
  label: string;
  /** The same as a time, Unix ms; Infinity for never. */
  embargoMs: number;
}

/** Null for rules, and for a study that lies after the embargo of all its models. */
export function contaminationOf(data: readonly PairData[]): Contamination | null {
  let embargoMs = -Infinity;
  const models = new Set<string>();
  for (const { recorded } of data) {
    if (recorded === undefined) continue;
    embargoMs = Math.max(embargoMs, recorded.embargoMs);
    for (const model of recorded.models) models.add(model);
  }
  const firstMs = Math.min(...data.map((d) => d.bars.timeMs[0]!));
  if (!(firstMs < embargoMs)) return null;
  const named = [...models].sort();
  const countsFrom = Number.isFinite(embargoMs) ? isoTime(embargoMs) : null;
  const until =
    countsFrom === null
      ? 'of unknown training data'
      : `known to the model until ${countsFrom.slice(0, 10)}`;
  return {
    models: named,
    countsFrom,
    label: `contaminated: ${named.join(', ')}, ${until}`,
    embargoMs,
  };
}
