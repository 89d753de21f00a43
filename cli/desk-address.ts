import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** The replay that a desk is: `hash` is the short one that names its state, times are ISO 8601 UTC. */
const ReplaySchema = z.strictObject({
  hash: z.string().min(1),
  from: z.string(),
  to: z.string(),
  finished: z.boolean(),
});

const DeskEntrySchema = z.strictObject({
  /** Path of the profile file. */
  profile: z.string(),
  /** PostgreSQL schema that holds this desk alone. */
  schema: z.string().regex(/^[a-z_][a-z0-9_]*$/),
  databaseUrl: z.string().min(1),
  temporalAddress: z.string().min(1),
  /** Address of the Temporal Web UI, without a path. */
  temporalUi: z.string().min(1),
  namespace: z.string().min(1),
  /** Address of the simulator's control; null at a real venue. */
  control: z.string().nullable(),
  /** Address of the venue's REST API. */
  rest: z.string().nullable(),
  /** Folder of the simulator's journal; null at a real venue. */
  journalDir: z.string().nullable(),
  replay: ReplaySchema.nullable(),
});
export type DeskEntry = z.infer<typeof DeskEntrySchema>;

const DesksSchema = z.strictObject({
  /** Id of the desk that was started last. */
  current: z.string(),
  desks: z.record(z.string(), DeskEntrySchema),
});
/** Where the desks of a home are, as written by `npm start` and read by every command that steers. */
export type Desks = z.infer<typeof DesksSchema>;

const FILE = 'desks.json';

/** The desks of the home at `dir`, or null when none was ever started there. Throws when the file is damaged. */
export function readDesks(dir: string): Desks | null {
  const file = join(dir, FILE);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const parsed = DesksSchema.safeParse(json(text));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new Error(
      `${file} is damaged: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}. ` +
        'Delete it and run npm start: it is written anew at each start',
      { cause: parsed.error },
    );
  }
  return parsed.data;
}

/**
 * Notes the desk `id` as started in the home at `dir` and makes it the current one; other desks stay.
 * Readable by its owner only: the entry holds the database's password.
 */
export function writeDesk(dir: string, id: string, entry: DeskEntry): void {
  const before = readDesks(dir);
  const desks = DesksSchema.parse({ current: id, desks: { ...before?.desks, [id]: entry } });
  const file = join(dir, FILE);
  const draft = `${file}.${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    writeFileSync(draft, `${JSON.stringify(desks, null, 2)}\n`, { mode: 0o600 });
    renameSync(draft, file);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** What a command line may say about which desk it means. */
export interface DeskChoice {
  /** Id of the desk. */
  desk?: string | undefined;
  /** Short hash of a replay, or its beginning. */
  replay?: string | undefined;
  /** Path or name of the profile. */
  profile?: string | undefined;
}

export type ChosenDesk =
  { kind: 'found'; id: string; entry: DeskEntry } | { kind: 'none'; message: string };

/**
 * The desk that `choice` names. Without a choice: the desk that trades on its own (demo, paper, live),
 * the current one of several; where only replays ran, the one that ran last.
 */
export function chooseDesk(desks: Desks | null, choice: DeskChoice): ChosenDesk {
  const all = Object.entries(desks?.desks ?? {}).map(([id, entry]) => ({ id, entry }));
  if (desks === null || all.length === 0) {
    return { kind: 'none', message: 'no desk was ever started in this home: run npm start' };
  }
  const fits = all.filter(
    ({ id, entry }) =>
      (choice.desk === undefined || id === choice.desk) &&
      (choice.replay === undefined || (entry.replay?.hash.startsWith(choice.replay) ?? false)) &&
      (choice.profile === undefined || isProfile(entry.profile, choice.profile)),
  );
  const known = all.map(({ id }) => id).join(', ');
  if (fits.length === 0) {
    const asked = [choice.desk, choice.replay && `replay ${choice.replay}`, choice.profile];
    const words = asked.filter(Boolean).join(', ');
    return { kind: 'none', message: `no desk "${words}" in this home; it has: ${known}` };
  }
  const trading = fits.filter(({ entry }) => entry.replay === null);
  const candidates = trading.length > 0 ? trading : fits;
  const chosen =
    candidates.find(({ id }) => id === desks.current) ?? candidates[candidates.length - 1];
  if (chosen === undefined) throw new Error('no candidate although the list was not empty');
  return { kind: 'found', ...chosen };
}

function isProfile(stored: string, asked: string): boolean {
  const name = (path: string): string => path.replace(/^.*\//, '').replace(/\.ya?ml$/, '');
  return name(stored) === name(asked);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
