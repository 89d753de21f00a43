import { MODELS } from './catalogue.ts';

/**
 * From when on results of a model may count: the later of the end of its knowledge and its release, Unix ms. What
 * happened before may have been in its training data. Infinity for a model of which the catalogue knows nothing.
 */
export function embargoEnd(model: string): number {
  const facts = MODELS.find((m) => m.id === model);
  if (facts === undefined) return Infinity;
  const released = Date.parse(`${facts.releasedAt}T00:00:00Z`);
  return facts.knowledgeCutoff === null
    ? released
    : Math.max(released, endOfPeriod(facts.knowledgeCutoff));
}

/** First moment after an ISO month or date. */
function endOfPeriod(period: string): number {
  const [year = 0, month = 1, day] = period.split('-').map(Number);
  return day === undefined ? Date.UTC(year, month, 1) : Date.UTC(year, month - 1, day + 1);
}
