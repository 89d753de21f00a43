import { inject } from 'vitest';

/** Address of the Temporal server that runs for the whole test run; use unique ids and queues. */
export function temporalAddress(): string {
  return inject('temporalAddress');
}

/** URL of the PostgreSQL database that runs for the whole test run; use a schema of your own. */
export function databaseUrl(): string {
  return inject('databaseUrl');
}
