import type { Pair } from '../../shared/pair.ts';
import type { Instrument, Venue } from '../../shared/venue.ts';

const FRESH_MS = 3_600_000;

/**
 * The venue's instruments, read at first use and again every hour of the session. Fees follow what was traded,
 * so in stepped time what is asked for a venue time is read at that time, while the clock stands: with the
 * session's hours, a run that was killed and started again would reckon with other fees than one that was not.
 */
export function instrumentCache(
  venue: Pick<Venue, 'name' | 'instruments'>,
  pairs: readonly Pair[],
  isStepped: boolean,
  nowMs: () => number = Date.now,
) {
  let reading: Promise<Instrument[]> | null = null;
  let readAtMs = -Infinity;
  let readFor: number | undefined;

  /** All of them; `forMs` is the venue time (Unix ms) that they are asked for, where fees count. */
  const all = (forMs?: number): Promise<Instrument[]> => {
    const isPassed = isStepped && forMs !== undefined && forMs !== readFor;
    if (reading === null || isPassed || nowMs() - readAtMs > FRESH_MS) {
      readAtMs = nowMs();
      readFor = forMs;
      reading = venue.instruments(pairs);
      reading.catch(() => {
        reading = null;
      });
    }
    return reading;
  };
  return {
    all,
    /** Throws when the venue does not offer the pair. */
    async of(pair: Pair, forMs?: number): Promise<Instrument> {
      const instrument = (await all(forMs)).find((i) => i.pair === pair);
      if (instrument === undefined) throw new Error(`${venue.name} does not offer ${pair}`);
      return instrument;
    },
  };
}
