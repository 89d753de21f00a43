import type { Pair } from '../../shared/pair.ts';
import type { Instrument, Venue } from '../../shared/venue.ts';

const FRESH_MS = 3_600_000;

/** The venue's instruments, read at first use and again every hour of the session. */
export function instrumentCache(
  venue: Venue,
  pairs: readonly Pair[],
  nowMs: () => number = Date.now,
) {
  let reading: Promise<Instrument[]> | null = null;
  let readAtMs = -Infinity;
  const all = (): Promise<Instrument[]> => {
    if (reading === null || nowMs() - readAtMs > FRESH_MS) {
      readAtMs = nowMs();
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
    async of(pair: Pair): Promise<Instrument> {
      const instrument = (await all()).find((i) => i.pair === pair);
      if (instrument === undefined) throw new Error(`${venue.name} does not offer ${pair}`);
      return instrument;
    },
  };
}
