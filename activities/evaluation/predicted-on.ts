import type { PredictedOn } from '../../shared/arena/prediction.ts';

/** What a prediction is made of beside the decision, as a cycle's snapshot had it. */
export interface SnapshotFigures {
  price: number | null;
  atr14: number | null;
  /** Of the pair's position, if there was one. */
  stop: number | null;
  target: number | null;
}

/** Selects `SnapshotFigures` of the document `s`; `$2` is the desk's timeframe. */
export const SNAPSHOT_FIGURES = `
  (s.body#>>'{price,now}')::float8 as price,
  (s.body#>>array['timeframes', $2, 'indicators', 'atr14'])::float8 as atr14,
  (s.body#>>'{position,stopPrice}')::float8 as stop,
  (s.body#>>'{position,targetPrices,0}')::float8 as target`;

/** Null where the snapshot is not known. */
export function predictedOn(figures: SnapshotFigures, atMs: number): PredictedOn | null {
  const { price, atr14, stop, target } = figures;
  if (price === null) return null;
  const position = stop === null || target === null ? null : { stop, target };
  return { price, atr14, position, atMs };
}
