import type pg from 'pg';
import { checkLedger, unbalancedWords } from '../../activities/ledger/books/check-ledger.ts';
import { readDeskRecord } from '../../activities/ledger/records/read-record.ts';
import {
  auditJournal,
  standingFindings,
  type JournalAudit,
} from '../../shared/audit/journal-audit.ts';
import { isoTime } from '../../shared/timeframe.ts';
import { readJournal } from '../../simulator/service/read-journal.ts';
import { CommandError } from './command-error.ts';
import type { DeskWorkflow } from './desk-workflow.ts';

/** What was found when ledger and venue were held against each other; empty lists when they agree. */
export interface Reconciliation {
  desk: string;
  /** Venue time at which the desk compared them, or null when only the journal was read. */
  at: string | null;
  /** One sentence each. */
  differences: string[];
  unbalanced: string[];
  duplicates: string[];
}

/** The desk's own comparison with its venue, as it stored it. */
interface Stored {
  id: string;
  at: string;
  differences: string[];
}

export interface ReconcileParts {
  desk: string;
  pool: pg.Pool;
  /** Null when the desk does not run: then the ledger is held against the journal alone. */
  workflow: DeskWorkflow | null;
  journalDir: string | null;
  who: string;
  pause(ms: number): Promise<void>;
}

const POLL_MS = 250;
const PATIENCE_MS = 60_000;
/** A fill takes far less from the venue to the ledger; what two reads this far apart see, stands. */
const BETWEEN_READS_MS = 1_500;

/** Compares ledger and venue: by the running desk, and by the venue's journal where there is one to read. */
export async function reconcile(parts: ReconcileParts): Promise<Reconciliation> {
  const stored = parts.workflow === null ? null : await askDesk(parts, parts.workflow);
  const audit = await auditTwice(parts);
  return {
    desk: parts.desk,
    at: stored?.at ?? null,
    differences: [...(stored?.differences ?? []), ...audit.differences],
    unbalanced: unbalancedWords(await checkLedger(parts.pool)),
    duplicates: audit.duplicates,
  };
}

/** Whether nothing at all was found. */
export function agrees(found: Reconciliation): boolean {
  return found.differences.length + found.unbalanced.length + found.duplicates.length === 0;
}

/** Asks the running desk to compare, and waits until it has stored what it found. */
async function askDesk(parts: ReconcileParts, workflow: DeskWorkflow): Promise<Stored> {
  const before = await storedReconciliations(parts.pool, parts.desk);
  const asked = (await workflow.status()).venueTimeMs ?? 0;
  await workflow.reconcile({ who: parts.who, why: 'npm run desk -- reconcile' });
  for (let waited = 0; waited < PATIENCE_MS; waited += POLL_MS) {
    await parts.pause(POLL_MS);
    const now = await storedReconciliations(parts.pool, parts.desk);
    const fresh = now.find(({ id }) => !before.some((old) => old.id === id));
    if (fresh !== undefined) return fresh;
    // At a venue whose clock stands it is the comparison of this very time, under the same id.
    const same = now.find(({ at }) => Date.parse(at) >= asked);
    if (same !== undefined && waited > 8 * POLL_MS) return same;
  }
  throw new CommandError(
    `desk ${parts.desk} was asked to reconcile but has stored nothing for ${PATIENCE_MS / 1000} s: ` +
      `is its exchange up (the log of npm start says so)? The workflows "reconcile/${parts.desk}/..." in ` +
      `the Web UI show what they wait for`,
  );
}

async function storedReconciliations(pool: pg.Pool, desk: string): Promise<Stored[]> {
  const { rows } = await pool.query<{ id: string; at: Date; differences: string[] }>(
    `select id, at, differences from reconciliation where desk = $1 order by at desc limit 20`,
    [desk],
  );
  return rows.map((row) => ({ ...row, at: isoTime(row.at.getTime()) }));
}

async function auditTwice(parts: ReconcileParts): Promise<JournalAudit> {
  const { journalDir } = parts;
  if (journalDir === null) return { duplicates: [], differences: [] };
  const audit = async (): Promise<JournalAudit> =>
    auditJournal(readJournal(journalDir), await readDeskRecord(parts.pool, parts.desk));
  const first = await audit();
  if (first.duplicates.length + first.differences.length === 0) return first;
  await parts.pause(BETWEEN_READS_MS);
  return standingFindings(first, await audit());
}
