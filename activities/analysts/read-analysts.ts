import type { AnalystView, Found } from '../../shared/analysts/analyst.ts';
import { ReadingSchema, type Reading } from '../../shared/analysts/reading.ts';
import type { AnalystSettings } from '../../shared/analysts/settings.ts';
import { isoTime } from '../../shared/timeframe.ts';

/** An analyst as a snapshot asks it: one that reads beyond the market may wait, until `signal` says enough. */
export interface Analyst {
  source: string;
  read(view: AnalystView, signal: AbortSignal): Found | Promise<Found>;
}

/**
 * The readings of a desk's analysts, in the profile's order. They read side by side, each until its own
 * deadline of the wall clock; one that is late, fails or says what is no reading is missing with the reason,
 * and the others go on. One that reads the market alone answers at once and is never late, so that a replay
 * reads the same on any machine.
 */
export async function readAnalysts(
  settings: readonly AnalystSettings[],
  analysts: Readonly<Partial<Record<string, Analyst>>>,
  view: AnalystView,
): Promise<Reading[]> {
  return Promise.all(
    settings.map(async ({ name, weight, deadlineSeconds }) => {
      const analyst = analysts[name];
      const found: Found =
        analyst === undefined
          ? { kind: 'missing', reason: 'it is not set up' }
          : await readingUntil(analyst, view, deadlineSeconds);
      const source = analyst?.source ?? 'nothing';
      return asReading({ analyst: name, source, weight }, found, view);
    }),
  );
}

async function readingUntil(
  analyst: Analyst,
  view: AnalystView,
  deadlineSeconds: number,
): Promise<Found> {
  const off = new AbortController();
  const late = Promise.withResolvers<Found>();
  const timer = setTimeout(() => {
    off.abort();
    late.resolve({ kind: 'missing', reason: `it had not read within ${deadlineSeconds} s` });
  }, deadlineSeconds * 1000);
  try {
    return await Promise.race([asked(analyst, view, off.signal), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function asked(analyst: Analyst, view: AnalystView, signal: AbortSignal): Promise<Found> {
  try {
    return await analyst.read(view, signal);
  } catch (error) {
    // The message may quote what others wrote.
    return {
      kind: 'missing',
      reason: `it failed (${error instanceof Error ? error.name : 'unknown'})`,
    };
  }
}

function asReading(
  of: Pick<Reading, 'analyst' | 'source' | 'weight'>,
  found: Found,
  { snapshot }: AnalystView,
): Reading {
  const missing = (reason: string): Reading => ({
    ...of,
    availableAt: null,
    reading: null,
    missing: reason,
  });
  if (found.kind === 'missing') return missing(found.reason);
  if (found.availableAtMs > Date.parse(snapshot.asOf)) {
    return missing('it has read what was not there at the time of the snapshot');
  }
  const reading = ReadingSchema.safeParse({
    ...of,
    availableAt: isoTime(found.availableAtMs),
    reading: found.reading,
    missing: null,
  });
  return reading.data ?? missing('what it said is no reading');
}
