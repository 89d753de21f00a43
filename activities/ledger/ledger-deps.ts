import type pg from 'pg';
import type { Profile } from '../../shared/profile.ts';
import type { Instrument, Venue } from '../../shared/venue.ts';
import type { Probe } from '../probe.ts';
import type { DocumentStore } from './documents.ts';

/** What the activities of the ledger work on. */
export interface LedgerDeps {
  pool: pg.Pool;
  desk: string;
  profile: Profile;
  venue: Venue;
  documents: DocumentStore;
  /** `forMs` is the venue time (Unix ms) whose fees count. */
  instruments: (forMs?: number) => Promise<Instrument[]>;
  probe: Probe;
}
