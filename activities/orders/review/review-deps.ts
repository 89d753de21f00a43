import type pg from 'pg';
import type { Pair } from '../../../shared/pair.ts';
import type { Profile } from '../../../shared/profile.ts';
import type { Instrument, VenueDepth } from '../../../shared/venue.ts';
import type { CandleStore } from '../../market/candle-store.ts';

/** What a risk review reads from. */
export interface ReviewDeps {
  pool: pg.Pool;
  desk: string;
  profile: Profile;
  /** `forMs` is the venue time (Unix ms) whose fees count. */
  instrument: (pair: Pair, forMs?: number) => Promise<Instrument>;
  depth: (pair: Pair) => Promise<VenueDepth>;
  candles: CandleStore;
  /** Venue time, Unix ms; null in stepped time, where a review is at the time of its decision. */
  deadlineClock: (() => Promise<number>) | null;
}
