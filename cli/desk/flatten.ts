import type pg from 'pg';
import { CommandError } from './command-error.ts';
import type { DeskWorkflow } from './desk-workflow.ts';

export interface Flattened {
  desk: string;
  /** Positions that were closed by it. */
  closed: string[];
}

export interface FlattenParts {
  desk: string;
  pool: pg.Pool;
  workflow: DeskWorkflow;
  why: string;
  who: string;
  /** Told of progress, a line at a time. */
  say(line: string): void;
  pause(ms: number): Promise<void>;
}

const POLL_MS = 500;

/**
 * Tells the desk to close everything and waits, however long it takes, until no position is open and the
 * desk itself says that it is done. Interrupting the wait does not stop the desk from going on.
 */
export async function flattenDesk(parts: FlattenParts): Promise<Flattened> {
  const before = await livePositions(parts.pool, parts.desk);
  await parts.workflow.flatten({ who: parts.who, why: parts.why });
  parts.say(
    before.length === 0
      ? 'nothing is open; waiting for the desk to say so'
      : `closing ${before.join(', ')}`,
  );
  let told = before.length;
  for (;;) {
    const open = await livePositions(parts.pool, parts.desk);
    const { state, isEnded } = await parts.workflow.status();
    // Flat is halted: before the desk has taken the command in, it still says what it was.
    if (open.length === 0 && state === 'halted') break;
    if (isEnded) {
      throw new CommandError(
        `the replay of desk ${parts.desk} is at its end: its clock stands and nothing can be closed any more`,
      );
    }
    if (open.length !== told) {
      told = open.length;
      parts.say(open.length === 0 ? 'all positions are closed' : `still open: ${open.join(', ')}`);
    }
    await parts.pause(POLL_MS);
  }
  return { desk: parts.desk, closed: before };
}

async function livePositions(pool: pg.Pool, desk: string): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `select id from position where desk = $1 and state in ('opening', 'open') order by id`,
    [desk],
  );
  return rows.map(({ id }) => id);
}
