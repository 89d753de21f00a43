import { setTimeout as pause } from 'node:timers/promises';

/** Longer than a server takes that is started again, recovery included. */
const LONGEST_MS = 120_000;
const AGAIN_MS = 250;

/** What PostgreSQL, Temporal (gRPC) and plain HTTP say while nobody answers there. */
const AWAY = new Set<unknown>([
  ...['57P01', '57P02', '57P03', '08000', '08003', '08006', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'],
  ...[4, 14], // deadline exceeded, unavailable
]);
const AWAY_TEXT = /terminat|connection.*(closed|dropped)|failed to connect|fetch failed/i;

/**
 * Repeats `step`, which must bear it, while a server that it needs is away: the supervisor starts a
 * server that died again within seconds. Throws what `step` throws for any other reason, or still after
 * two minutes, or once `signal` aborts.
 */
export async function throughRestarts<T>(step: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const begun = performance.now();
  for (;;) {
    try {
      return await step();
    } catch (error) {
      if (!isAway(error) || signal.aborted || performance.now() - begun > LONGEST_MS) throw error;
    }
    await pause(AGAIN_MS);
  }
}

function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  return AWAY.has(code) || AWAY_TEXT.test(error.message) || isAway(error.cause);
}
