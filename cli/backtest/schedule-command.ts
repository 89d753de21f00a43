import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  Client,
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type Connection,
  type ScheduleHandle,
} from '@temporalio/client';
import { codeVersion, studyId } from '../../activities/backtest/study-identity.ts';
import type { StudyRequest, SweepPlan } from '../../activities/backtest/study.ts';
import { homeDir } from '../../infra/home.ts';
import {
  COMPUTE_QUEUE,
  STUDY_SCHEDULES,
  studyScheduleId,
  studyWorkflowId,
} from '../../shared/backtest/study-names.ts';
import { isoTime } from '../../shared/timeframe.ts';
import { readArguments, UsageError } from './arguments.ts';
import { connectTemporal } from './connect-temporal.ts';
import { studyWorkflow, sweepPlan } from './study-workflow.ts';
import { temporalAddressOf } from './temporal-address.ts';

const SCHEDULE_USAGE = `npm run desk -- backtest schedule --every SPAN <flags of npm run backtest>
                          run the study as a workflow every so often, e.g. --every 1d; npm run compute serves it
npm run desk -- backtest schedules
                          all schedules of studies: when they run next, and what they started last
npm run desk -- backtest pause ID | resume ID | run ID | delete ID
                          ID as listed, or its first characters; run starts it once, now

  --json                  one JSON document on stdout
  --home DIR              the home whose Temporal server holds the schedules
`;

/** A schedule as it is told. */
export interface ToldSchedule {
  id: string;
  study: string;
  everySeconds: number | null;
  paused: boolean;
  nextRun: string | null;
  /** Workflow ids of the last runs, latest first. */
  lastRuns: string[];
}

export interface ScheduleIo {
  env: NodeJS.ProcessEnv;
  stdout: { write(text: string): unknown };
  stderr: { write(text: string): unknown };
}

const STEERING = ['pause', 'resume', 'run', 'delete'] as const;
type Steering = (typeof STEERING)[number];
const LAST_RUNS = 3;

/** `npm run desk -- backtest ...`: returns the exit status. */
export async function runScheduleCommand(argv: readonly string[], io: ScheduleIo): Promise<number> {
  const [command = 'help', ...rest] = argv;
  try {
    if (command === 'schedule') return await create(rest, io);
    if (command === 'schedules') return await list(rest, io);
    const steering = STEERING.find((name) => name === command);
    if (steering !== undefined) return await steer(steering, rest, io);
    if (command !== 'help') throw new UsageError(`unknown command "backtest ${command}"`);
    io.stdout.write(SCHEDULE_USAGE);
    return 0;
  } catch (error) {
    const isUsage = error instanceof UsageError;
    const usage = isUsage ? `\n${SCHEDULE_USAGE}` : '';
    io.stderr.write(`desk backtest: ${(error as Error).message}\n${usage}`);
    return isUsage ? 2 : 1;
  }
}

async function create(argv: readonly string[], io: ScheduleIo): Promise<number> {
  const args = readArguments([...argv, '--workflow']);
  if (args === 'help') {
    io.stdout.write(SCHEDULE_USAGE);
    return 0;
  }
  const everyMs = args.workflow?.everyMs ?? null;
  if (everyMs === null) throw new UsageError('--every is missing, e.g. --every 1d');
  const plan = args.sweep === null ? null : sweepPlan(args.sweep);
  return withClient(args.workflow?.home ?? undefined, io, async (client) => {
    const id = await scheduleStudy(client, { request: args.request, sweep: plan, everyMs });
    const told = await toldSchedule(client.schedule.getHandle(id));
    io.stdout.write(args.json ? `${JSON.stringify(told)}\n` : `${line(told)}\n`);
    return 0;
  });
}

/** Makes the schedule of a study, or changes how often it runs; returns its id. */
export async function scheduleStudy(
  client: Client,
  study: { request: StudyRequest; sweep: SweepPlan | null; everyMs: number; queue?: string },
): Promise<string> {
  const request = { ...study.request, dataDir: resolve(study.request.dataDir) };
  const hash = studyId(request, study.sweep, codeVersion());
  const scheduleId = studyScheduleId(hash);
  const { name, args } = studyWorkflow(request, study.sweep);
  const spec = { intervals: [{ every: study.everyMs }] };
  try {
    await client.schedule.create({
      scheduleId,
      spec,
      // A run that takes longer than the span is not started a second time beside itself.
      policies: { overlap: ScheduleOverlapPolicy.SKIP },
      memo: { study: `${request.strategy} on ${request.pairs.join(', ')} ${request.timeframe}` },
      action: {
        type: 'startWorkflow',
        workflowType: name,
        workflowId: studyWorkflowId(hash),
        taskQueue: study.queue ?? COMPUTE_QUEUE,
        args,
      },
    });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await client.schedule.getHandle(scheduleId).update((there) => ({ ...there, spec }));
  }
  return scheduleId;
}

async function list(argv: readonly string[], io: ScheduleIo): Promise<number> {
  const { values } = parsed(argv, 0);
  return withClient(values.home, io, async (client) => {
    const all: ToldSchedule[] = [];
    for (const id of await studySchedules(client)) {
      all.push(await toldSchedule(client.schedule.getHandle(id)));
    }
    const text = all.length === 0 ? 'no study is scheduled' : all.map(line).join('\n');
    io.stdout.write(values.json ? `${JSON.stringify(all)}\n` : `${text}\n`);
    return 0;
  });
}

async function steer(what: Steering, argv: readonly string[], io: ScheduleIo): Promise<number> {
  const { values, positionals } = parsed(argv, 1);
  return withClient(values.home, io, async (client) => {
    const handle = await named(client, positionals[0]!);
    switch (what) {
      case 'pause':
        await handle.pause('by the CLI');
        break;
      case 'resume':
        await handle.unpause('by the CLI');
        break;
      case 'run':
        await handle.trigger(ScheduleOverlapPolicy.SKIP);
        break;
      case 'delete':
        await handle.delete();
        break;
      default:
        return what satisfies never;
    }
    const told = what === 'delete' ? { deleted: handle.scheduleId } : await toldSchedule(handle);
    const text = 'deleted' in told ? `deleted ${told.deleted}` : line(told);
    io.stdout.write(values.json ? `${JSON.stringify(told)}\n` : `${text}\n`);
    return 0;
  });
}

/** The one schedule whose id, or the hash in it, begins like that. */
async function named(client: Client, start: string): Promise<ScheduleHandle> {
  // Asked for by name first: a list comes from an index that lags a little.
  for (const id of [start, studyScheduleId(start)]) {
    if (await exists(client, id)) return client.schedule.getHandle(id);
  }
  const all = await studySchedules(client);
  const fit = all.filter((id) => id.startsWith(start) || id.startsWith(studyScheduleId(start)));
  if (fit.length === 1) return client.schedule.getHandle(fit[0]!);
  throw new Error(
    fit.length === 0
      ? `no schedule of a study begins with ${start}; npm run desk -- backtest schedules lists them`
      : `${start} fits ${fit.join(', ')}; write more of the id`,
  );
}

async function exists(client: Client, id: string): Promise<boolean> {
  try {
    await client.schedule.getHandle(id).describe();
    return true;
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return false;
    throw error;
  }
}

async function studySchedules(client: Client): Promise<string[]> {
  const ids: string[] = [];
  for await (const { scheduleId } of client.schedule.list()) {
    if (scheduleId.startsWith(STUDY_SCHEDULES) && (await exists(client, scheduleId))) {
      ids.push(scheduleId);
    }
  }
  return ids.sort();
}

/** Throws ScheduleNotFoundError when it is gone. */
export async function toldSchedule(handle: ScheduleHandle): Promise<ToldSchedule> {
  const { memo, spec, state, info } = await handle.describe();
  const next = info.nextActionTimes[0];
  const study = memo?.['study'];
  return {
    id: handle.scheduleId,
    study: typeof study === 'string' ? study : '',
    everySeconds: spec.intervals?.[0] === undefined ? null : spec.intervals[0].every / 1000,
    paused: state.paused,
    nextRun: next === undefined || state.paused ? null : isoTime(next.getTime()),
    lastRuns: info.recentActions
      .slice(-LAST_RUNS)
      .reverse()
      .map(({ action }) => action.workflow.workflowId),
  };
}

function line({ id, study, everySeconds, paused, nextRun, lastRuns }: ToldSchedule): string {
  const when = paused ? 'paused' : `next ${nextRun ?? 'unknown'}`;
  const last = lastRuns.length === 0 ? '' : `, last ${lastRuns[0]!}`;
  return `${id}  ${study}, every ${everySeconds ?? '?'} s, ${when}${last}`;
}

function parsed(argv: readonly string[], positionals: number) {
  const read = (): ReturnType<typeof parse> => parse(argv);
  let result: ReturnType<typeof parse>;
  try {
    result = read();
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause });
  }
  if (result.positionals.length === positionals) return result;
  throw new UsageError(positionals === 0 ? 'takes no name' : 'takes the id of one schedule');
}

function parse(argv: readonly string[]) {
  return parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { home: { type: 'string' }, json: { type: 'boolean', default: false } },
  });
}

async function withClient<T>(
  home: string | undefined,
  io: ScheduleIo,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const root = join(import.meta.dirname, '../..');
  const dir = homeDir({ flag: home, env: io.env, root });
  const connection: Connection = await connectTemporal(temporalAddressOf(dir, io.env));
  try {
    return await work(new Client({ connection }));
  } finally {
    await connection.close();
  }
}
