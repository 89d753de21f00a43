import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { readCalls, readPrompts } from '../../activities/deciders/read-calls.ts';
import { readDeciders } from '../../activities/deciders/read-deciders.ts';
import { readDecisions } from '../../activities/deciders/read-decisions.ts';
import { readModelsNow } from '../../activities/deciders/read-models-now.ts';
import { readRecords } from '../../activities/evaluation/record-store.ts';
import { readAccount } from '../../activities/ledger/books/account.ts';
import { connectDatabase } from '../../activities/ledger/database.ts';
import {
  readCycle,
  readCycles,
  type CycleName,
  type CycleStory,
} from '../../activities/ledger/records/read-cycles.ts';
import { readWhy } from '../../activities/ledger/records/read-why.ts';
import { homeDir } from '../../infra/home.ts';
import { LlmSettingsSchema, type LlmSettings } from '../../shared/llm/settings.ts';
import { workflowIds } from '../../shared/names.ts';
import { vetoesOf } from '../../shared/risk/verdict.ts';
import { isoTime, isTimeframe } from '../../shared/timeframe.ts';
import type { DeskStatus, FeedHealth } from '../../workflows/messages.ts';
import { cycleLine } from '../cycle-line.ts';
import { chooseDesk, readDesks, type DeskEntry } from '../desk-address.ts';
import { Interrupted, orInterrupted } from '../interruption.ts';
import { paintFor, type Paint } from '../paint.ts';
import { arenaText } from './arena-text.ts';
import { arenaJson, arenaReport, assertShadows } from './arena.ts';
import { parseDeskArguments, USAGE, UsageError, type DeskCommand } from './arguments.ts';
import { borrowDatabase } from './borrowed-database.ts';
import { briefCall, callsText, promptsText } from './calls-text.ts';
import { CommandError } from './command-error.ts';
import { decidersText } from './deciders-text.ts';
import { connectDesk, type DeskWorkflow } from './desk-workflow.ts';
import { flattenDesk } from './flatten.ts';
import { limitsText } from './limits-text.ts';
import { agrees, reconcile, type Reconciliation } from './reconcile.ts';
import { replayText } from './replay-text.ts';
import { replay } from './replay.ts';
import { statusText, type DeskReport } from './status-text.ts';
import { whyText, workflowAddress } from './why-text.ts';

export interface CommandIo {
  env: NodeJS.ProcessEnv;
  /** Folder of the project, where the default home lies. */
  root: string;
  stdout: { write(text: string): unknown; isTTY?: boolean };
  stderr: { write(text: string): unknown };
  /** Aborts when somebody stops the command: exit status 130. */
  signal?: AbortSignal;
}

interface Context {
  id: string;
  entry: DeskEntry;
  pool: pg.Pool;
  /** Folder of the home. */
  home: string;
  env: NodeJS.ProcessEnv;
  paint: Paint;
  who: string;
  say(line: string): void;
}

/** Commands that need the database alone, and start it where the desk is stopped. */
const READS: readonly DeskCommand['kind'][] = [
  ...(['cycles', 'why', 'replay', 'prompt', 'calls', 'deciders', 'decisions', 'arena'] as const),
];

/** What a command has to say: `json` is its one document, `text` the same for people. */
interface Answer {
  json: unknown;
  text: string;
  exitStatus: 0 | 1 | 3;
}

/** Runs one command of `npm run desk` and returns its exit status; design.md's table of them holds. */
export async function runDeskCommand(argv: readonly string[], io: CommandIo): Promise<number> {
  try {
    const signal = io.signal ?? new AbortController().signal;
    const { command, choice, home, json } = parseDeskArguments(argv);
    if (command.kind === 'help') {
      io.stdout.write(json ? `${JSON.stringify({ usage: USAGE })}\n` : USAGE);
      return 0;
    }
    const dir = homeDir({ flag: home, env: io.env, root: io.root });
    const chosen = chooseDesk(readDesks(dir), choice);
    if (chosen.kind === 'none') throw new CommandError(chosen.message);
    const { id, entry } = chosen;
    const quiet = (): void => {};
    const borrowed = READS.includes(command.kind) ? await borrowDatabase(dir, entry, quiet) : null;
    const pool = connectDatabase({
      url: entry.databaseUrl,
      schema: entry.schema,
      maxConnections: 2,
    });
    try {
      const work = assertDatabase(pool, id).then(() =>
        run(command, {
          id,
          entry,
          pool,
          home: dir,
          env: io.env,
          paint: paintFor(io.stdout, io.env),
          who: `cli (${io.env['USER'] ?? 'somebody'})`,
          say: (line) => void io.stderr.write(`${line}\n`),
        }),
      );
      const answer = await orInterrupted(work, signal);
      io.stdout.write(`${json ? JSON.stringify(answer.json) : answer.text}\n`);
      return answer.exitStatus;
    } finally {
      const closed = pool.end();
      // A query that was interrupted may take long; its server is stopped, or goes on without us.
      if (!signal.aborted) await closed;
      await borrowed?.giveBack();
    }
  } catch (error) {
    if (error instanceof Interrupted) return 130;
    const isUsage = error instanceof UsageError;
    io.stderr.write(`desk: ${(error as Error).message}\n${isUsage ? `\n${USAGE}` : ''}`);
    return isUsage ? 2 : 1;
  }
}

async function run(command: Exclude<DeskCommand, { kind: 'help' }>, c: Context): Promise<Answer> {
  switch (command.kind) {
    case 'status':
      return withDesk(c, async (workflow) =>
        statusAnswer(await workflow.status(), c, await workflow.feed()),
      );
    case 'pause':
    case 'resume':
    case 'halt':
      return withDesk(c, (workflow) => steer(command, workflow, c));
    case 'flatten':
      return withDesk(c, async (workflow) => {
        const done = await flattenDesk({
          ...{ desk: c.id, pool: c.pool, workflow, why: command.why, who: c.who },
          ...{ say: c.say, pause },
        });
        const closed = done.closed.length === 0 ? 'nothing was open' : done.closed.join(', ');
        return answer(done, `desk ${c.id} is flat and halted (${closed}); npm run desk -- resume`);
      });
    case 'limits':
      return withDesk(c, async (workflow) => {
        const inForce = await workflow.limits();
        return answer(inForce, limitsText(inForce, c.paint));
      });
    case 'set-limits':
      return withDesk(c, async (workflow) => {
        const { change, why } = command;
        const said = await workflow.setLimits({ who: c.who, why, change });
        if (said.kind === 'refused') throw new CommandError(`refused: ${said.reason}`);
        return answer(said, limitsText(said, c.paint));
      });
    case 'set-champion':
      return withDesk(c, async (workflow) => {
        const { decider, why } = command;
        const said = await workflow.setChampion({ who: c.who, why, decider });
        if (said.kind === 'refused') throw new CommandError(`refused: ${said.reason}`);
        return answer(
          said,
          `desk ${c.id} follows ${said.champion} (before: ${said.before ?? 'none'})`,
        );
      });
    case 'release-bag':
      return withDesk(c, async (workflow) => {
        const { amounts, why } = command;
        const said = await workflow.releaseBag({ who: c.who, why, amounts });
        if (said.kind === 'refused') throw new CommandError(`refused: ${said.reason}`);
        const left = amountWords(said.left);
        return answer(
          said,
          `desk ${c.id} trades with ${amountWords(said.amounts)} again; the bag holds ${left}`,
        );
      });
    case 'cycles': {
      const cycles = await readCycles(c.pool, c.id, { limit: command.limit });
      const lines = cycles.map((cycle) => cycleLine(cycle, c.paint));
      return answer(cycles.map(briefly), lines.join('\n') || 'no cycle is recorded yet');
    }
    case 'replay': {
      const replayed = await replay({
        ...{ pool: c.pool, desk: c.id, story: await storyOf(command.cycle, c), ask: command.ask },
        ...{ answersDir: join(c.home, 'model-answers'), env: c.env },
      });
      return answer(replayed, replayText(replayed, c.paint), replayed.identical ? 0 : 1);
    }
    case 'why': {
      const why = await readWhy(c.pool, c.id, await storyOf(command.cycle, c));
      const url = workflowAddress(c.entry, why.id);
      return answer({ ...why, url }, whyText(why, url, c.paint));
    }
    case 'prompt': {
      const { id } = await storyOf(command.cycle, c);
      const prompts = await readPrompts(c.pool, id);
      if (prompts.length === 0) throw new CommandError(`no model was asked in ${id}`);
      return answer(prompts, promptsText(prompts, c.paint));
    }
    case 'calls': {
      const { decider, limit, raw } = command;
      const cycle = command.cycle === null ? undefined : (await storyOf(command.cycle, c)).id;
      const calls = await readCalls(c.pool, c.id, { cycle, decider, limit });
      return answer(raw ? calls : calls.map(briefCall), callsText(calls, raw, c.paint));
    }
    case 'deciders': {
      const records = await readRecords(c.pool, c.id);
      const reports = (await readDeciders(c.pool, c.id, Date.now())).map((report) => ({
        ...report,
        record:
          (report.isCurrent ? records.find((r) => r.decider === report.decider) : undefined) ??
          null,
      }));
      const { budget } = await llmSettings(c);
      return answer({ deciders: reports, budget }, decidersText(reports, budget, c.paint));
    }
    case 'decisions': {
      const decisions = await readDecisions(c.pool, c.id, command.decider);
      return answer(decisions, decisions.map((d) => JSON.stringify(d)).join('\n'));
    }
    case 'arena': {
      const report = await arenaReport(c.pool, c.id);
      if (command.check) await assertShadows(c.pool, c.id);
      return answer(arenaJson(report), arenaText(report, c.paint));
    }
    case 'reconcile':
      return reconcileAnswer(c);
    default:
      return command satisfies never;
  }
}

function amountWords(amounts: Record<string, string>): string {
  const words = Object.entries(amounts).map(([asset, amount]) => `${amount} ${asset}`);
  return words.join(', ') || 'nothing';
}

function answer(json: unknown, text: string, exitStatus: 0 | 1 | 3 = 0): Answer {
  return { json, text, exitStatus };
}

async function llmSettings(c: Context): Promise<LlmSettings> {
  const { rows } = await c.pool.query<{ llm: unknown }>(
    `select profile->'llm' as llm from desk where desk = $1`,
    [c.id],
  );
  return LlmSettingsSchema.parse(rows[0]?.llm ?? {});
}

async function storyOf(name: CycleName, c: Context): Promise<CycleStory> {
  const story = await readCycle(c.pool, c.id, name);
  if (story !== null) return story;
  throw new CommandError(
    `desk ${c.id} has recorded no such cycle; npm run desk -- cycles lists the latest`,
  );
}

async function withDesk<T>(c: Context, work: (workflow: DeskWorkflow) => Promise<T>): Promise<T> {
  const workflow = await connectDesk(c.id, c.entry);
  try {
    return await work(workflow);
  } finally {
    await workflow.close();
  }
}

async function steer(
  command: Extract<DeskCommand, { kind: 'pause' | 'resume' | 'halt' }>,
  workflow: DeskWorkflow,
  c: Context,
): Promise<Answer> {
  const by = { who: c.who, why: command.why };
  const wanted = { pause: ['paused'], resume: ['running', 'reduced'], halt: ['halted'] };
  if (command.kind === 'pause') {
    const untilMs = await pauseUntil(command, workflow);
    await workflow.pause(untilMs === undefined ? by : { ...by, untilMs });
  } else {
    await workflow[command.kind](by);
  }
  // The signal is on record; a moment later the desk has taken it in.
  let status = await workflow.status();
  for (let tries = 0; !wanted[command.kind].includes(status.state) && tries < 20; tries++) {
    await pause(100);
    status = await workflow.status();
  }
  return statusAnswer(status, c, await workflow.feed());
}

async function pauseUntil(
  { until }: Extract<DeskCommand, { kind: 'pause' }>,
  workflow: DeskWorkflow,
): Promise<number | undefined> {
  switch (until.kind) {
    case 'open':
      return undefined;
    case 'at': {
      const { venueTimeMs } = await workflow.status();
      if (venueTimeMs !== null && until.ms <= venueTimeMs) {
        throw new CommandError(
          `--until ${isoTime(until.ms)} is over: the venue's clock says ${isoTime(venueTimeMs)}`,
        );
      }
      return until.ms;
    }
    case 'span': {
      const { venueTimeMs } = await workflow.status();
      if (venueTimeMs === null) {
        throw new CommandError(
          'the desk has heard of no venue time yet: give --until TIME instead',
        );
      }
      return venueTimeMs + until.ms;
    }
    default:
      return until satisfies never;
  }
}

async function statusAnswer(
  status: DeskStatus,
  c: Context,
  feed: FeedHealth | null,
): Promise<Answer> {
  const profile = await c.pool.query<{ timeframe: string }>(
    `select profile->>'timeframe' as timeframe from desk where desk = $1`,
    [c.id],
  );
  const timeframe = profile.rows[0]?.timeframe ?? '';
  const account =
    status.venueTimeMs === null || !isTimeframe(timeframe)
      ? null
      : await readAccount(c.pool, c.id, timeframe, status.venueTimeMs);
  const time = (ms: number | null): string | null => (ms === null ? null : isoTime(ms));
  const { replay } = c.entry;
  const report: DeskReport = {
    desk: c.id,
    profile: c.entry.profile,
    state: status.state,
    until: time(status.untilMs),
    who: status.who,
    why: status.why,
    venueTime: time(status.venueTimeMs),
    lastBar: time(status.lastBarMs),
    missedBars: status.missedBars,
    cyclesInFlight: status.cyclesInFlight,
    feed:
      feed === null
        ? null
        : {
            connected: feed.connected,
            clockSkewMs: feed.skewMs == null ? null : Math.round(feed.skewMs),
            alarms: feed.alarms ?? [],
          },
    models: await readModelsNow(c.pool, c.id, Date.now()),
    account:
      account === null
        ? null
        : { equity: account.equity, balances: account.balances, bags: account.bags ?? {} },
    positions: account?.positions ?? [],
    alarms: await readAlarms(c, status.venueTimeMs),
    replay:
      replay === null
        ? null
        : { hash: replay.hash, from: replay.from, to: replay.to, ended: status.isEnded },
    addresses: { webUi: workflowAddress(c.entry, workflowIds.desk(c.id)), venue: c.entry.rest },
  };
  return answer(report, statusText(report, c.paint));
}

async function readAlarms(c: Context, venueTimeMs: number | null): Promise<DeskReport['alarms']> {
  if (venueTimeMs === null) return [];
  const { rows } = await c.pool.query<{ at: Date; why: string }>(
    `select at, why from desk_event
      where desk = $1 and kind in ('unprotected', 'liquidated', 'stuck') and at > $2 order by at desc, id desc limit 5`,
    [c.id, new Date(venueTimeMs - 7 * 86_400_000)],
  );
  return rows.map(({ at, why }) => ({ at: isoTime(at.getTime()), words: why }));
}

async function reconcileAnswer(c: Context): Promise<Answer> {
  const { journalDir } = c.entry;
  const workflow = await connectDesk(c.id, c.entry).catch((error: unknown) => {
    if (journalDir === null || !(error instanceof CommandError)) throw error;
    return null;
  });
  try {
    const isThere = await workflow?.status().then(
      () => true,
      (error: unknown) => {
        if (journalDir === null || !(error instanceof CommandError)) throw error;
        c.say(`${error.message}; the ledger is held against the venue's journal alone`);
        return false;
      },
    );
    const found = await reconcile({
      ...{ desk: c.id, pool: c.pool, workflow: isThere ? workflow : null, journalDir },
      ...{ who: c.who, pause },
    });
    return answer(found, reconciliationText(found), agrees(found) ? 0 : 3);
  } finally {
    await workflow?.close();
  }
}

function reconciliationText(found: Reconciliation): string {
  if (agrees(found)) return `desk ${found.desk}: ledger and venue agree`;
  return [
    `desk ${found.desk}: ledger and venue differ`,
    ...[...found.differences, ...found.unbalanced, ...found.duplicates].map((line) => `  ${line}`),
  ].join('\n');
}

/** A cycle as `cycles --json` lists it. */
function briefly({ id, pair, bar, action, outcome, confidence, verdict }: CycleStory): object {
  const vetoes = verdict === null ? [] : vetoesOf(verdict);
  return { id, pair, bar, action, outcome, confidence, vetoes };
}

const NO_SERVER = ['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'ENOTFOUND', '57P03'];
const NO_TABLE = ['42P01', '3F000', '3D000'];

async function assertDatabase(pool: pg.Pool, id: string): Promise<void> {
  try {
    await pool.query('select 1 from desk');
  } catch (cause) {
    const { code, message } = cause as Error & { code?: string };
    if (NO_SERVER.includes(code ?? '')) {
      throw new CommandError(`desk ${id} is not running: start it with npm start`, { cause });
    }
    if (NO_TABLE.includes(code ?? '')) {
      throw new CommandError(`desk ${id} has no tables yet: let npm start finish once`, { cause });
    }
    throw new CommandError(`the database of desk ${id} cannot be read: ${message}`, { cause });
  }
}
