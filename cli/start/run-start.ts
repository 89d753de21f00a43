import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { connectDatabase } from '../../activities/ledger/database.ts';
import {
  exitStatusOf,
  summariseReplay,
  type ReplaySummary,
} from '../../activities/ledger/records/replay-summary.ts';
import { findCandleFiles, type CandleFile } from '../../candles/candle-files.ts';
import { assertRoom, watchDisk } from '../../infra/disk-space.ts';
import { homeDir, openHome, type Home } from '../../infra/home.ts';
import { createSupervisor } from '../../infra/supervise.ts';
import { withoutKey } from '../../shared/llm/model-asks.ts';
import { llmSettingsOf, modelDecidersOf, type Profile } from '../../shared/profile.ts';
import { isoTime, type Timeframe } from '../../shared/timeframe.ts';
import { readJournal } from '../../simulator/service/read-journal.ts';
import { addressBlock } from '../cycle-line.ts';
import { writeDesk } from '../desk-address.ts';
import { Interrupted, orInterrupted } from '../interruption.ts';
import { loadProfile } from '../load-profile.ts';
import { paintFor, type Paint } from '../paint.ts';
import { assertFineEnough } from './assert-fine-enough.ts';
import { deskWorkflows } from './desk-workflows.ts';
import { admitLive } from './live.ts';
import { parseStartOptions, UsageError, USAGE, type StartOptions } from './options.ts';
import { progressBar } from './progress-bar.ts';
import {
  REPLAY_LINES,
  demoState,
  liveState,
  paperState,
  removeStaleDirs,
  replayState,
  type RunState,
} from './run-state.ts';
import { startServers, startWorker, type Addresses, type Market } from './servers.ts';
import { stopWhenOrphaned, takeHome } from './take-home.ts';
import { throughRestarts } from './through-restarts.ts';
import { watchDesk } from './watch.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** Where the synthetic demo begins when no time is given. */
const DEMO_FROM_MS = Date.UTC(2026, 0, 5);
const DEMO_SEED = 7;

/** Runs `npm start` with these arguments and returns its exit status; an abort of `stopping` ends it in order. */
export async function runStart(
  argv: readonly string[],
  stopping: AbortController,
): Promise<number> {
  const { signal } = stopping;
  try {
    const options = parseStartOptions(argv);
    if (options === 'help') {
      process.stdout.write(USAGE);
      return 0;
    }
    stopWhenOrphaned(() => stopping.abort());
    // Nobody reads any more: without a listener the next line would end this process and leave its children.
    for (const stream of [process.stdout, process.stderr]) {
      stream.on('error', () => stopping.abort());
    }
    return await start(options, signal);
  } catch (error) {
    if (error instanceof Interrupted) return 130;
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`npm start: ${message}\n`);
    if (error instanceof UsageError) process.stderr.write(`\n${USAGE}`);
    return error instanceof UsageError ? 2 : signal.aborted ? 130 : 1;
  }
}

async function start(options: StartOptions, signal: AbortSignal): Promise<number> {
  const paint = paintFor(options.json ? process.stderr : process.stdout, process.env);
  const log = (line: string): void => void process.stderr.write(`${paint.dim(line)}\n`);
  const print = (line: string): void =>
    void (options.json ? process.stderr : process.stdout).write(`${line}\n`);

  const profilePath = resolve(options.profile ?? join(ROOT, 'desks', 'triplegain.yaml'));
  const chosen = withModelCalls(
    withPairs(loadProfile(profilePath), options.pairs),
    options.modelCalls,
  );
  const files = options.data === null ? [] : candleFiles(resolve(options.data), chosen, log);
  const dir = homeDir({ flag: options.home, env: process.env, root: ROOT });
  const lock = await orInterrupted(takeHome(openHome({ dir }), log), signal);
  // Only who holds the home may say on which ports it is.
  const home = openHome({ dir, portBase: options.portBase });
  const supervisor = createSupervisor({ dir: home.dir, log });
  const unwatch = watchDisk(home.dir, log);
  try {
    await supervisor.endLeftovers();
    assertRoom(home.dir);
    const live =
      options.venue === 'live'
        ? await orInterrupted(admitLive(home, chosen, options.kraken, process.env), signal)
        : null;
    // Only the process that trades gets to see them.
    for (const name of Object.keys(live?.keys ?? {})) delete process.env[name];
    const profile = live?.profile ?? chosen;
    const market = marketOf(options, profile);
    const state = stateOf(home, { ...profile, balances: market.balances }, market, files);
    removeStaleDirs(state);
    const deps = { home, supervisor, log, signal };
    const addresses = await orInterrupted(startServers(deps, state, profile, market), signal);
    const { isRealTime } = market;
    const { control } = addresses;
    if (control !== null) {
      assertFineEnough({
        desk: profile.name,
        timeframe: profile.timeframe,
        market: await throughRestarts(() => venueMarket(control), signal),
        isMadeUp: market.data === null,
      });
    }
    await orInterrupted(startWorker(deps, state, profile, { addresses, isRealTime, live }), signal);
    const note = (finished: boolean): void =>
      writeDesk(home.dir, state.desk, {
        profile: profilePath,
        schema: state.schema,
        databaseUrl: addresses.databaseUrl,
        temporalAddress: addresses.temporal,
        temporalUi: addresses.temporalUi,
        namespace: 'default',
        control: addresses.control,
        rest: addresses.rest,
        journalDir: live === null ? state.journalDir : null,
        replay: deskReplay(state, market, finished),
      });
    note(false);
    return await runDesk({
      ...{ options, profile, state, market, addresses, paint, print, log, note, signal },
    });
  } finally {
    unwatch();
    await supervisor.stopAll();
    lock.release();
  }
}

function marketOf(options: StartOptions, profile: Profile): Market {
  const { venue, kraken, data, toMs, speed } = options;
  return {
    venue,
    kraken,
    // Files and a market that ends are replayed in steps at any speed: they come out the same every time.
    isRealTime: venue !== 'simulated' || (speed === 1 && data === null && toMs === null),
    data: data === null ? null : resolve(data),
    seed: options.seed ?? DEMO_SEED,
    fromMs: options.fromMs ?? DEMO_FROM_MS,
    toMs,
    speed,
    balances: options.balances ?? profile.balances,
  };
}

function stateOf(
  home: Home,
  profile: Profile,
  market: Market,
  files: readonly CandleFile[],
): RunState {
  const { venue, data, toMs, fromMs, seed, isRealTime } = market;
  if (venue === 'live') return liveState(home, profile);
  if (venue === 'paper') return paperState(home, profile);
  if (data === null && toMs === null) {
    return demoState(home, profile, { seed, fromMs, isRealTime });
  }
  return replayState(home, profile, { files, seed: data === null ? seed : null, fromMs, toMs });
}

/** Starts the desk's workflows and watches it: until its replay has ended, or somebody stops it. */
async function runDesk(run: {
  options: StartOptions;
  profile: Profile;
  state: RunState;
  market: Market;
  addresses: Addresses;
  paint: Paint;
  print: (line: string) => void;
  log: (line: string) => void;
  note: (finished: boolean) => void;
  signal: AbortSignal;
}): Promise<number> {
  const { options, profile, state, market, addresses, paint, print, signal } = run;
  const through = <T>(step: () => Promise<T>): Promise<T> => throughRestarts(step, signal);
  const workflows = await orInterrupted(
    through(() => deskWorkflows(addresses.temporal, state.desk, profile)),
    signal,
  );
  const pool = connectDatabase({ url: addresses.databaseUrl, schema: state.schema });
  try {
    await orInterrupted(
      through(() => workflows.start()),
      signal,
    );
    const ui = `${addresses.temporalUi}/namespaces/default/workflows`;
    const shown = [
      { name: 'Temporal Web UI', address: ui },
      { name: 'exchange', address: addresses.rest },
    ];
    print(addressBlock(shown, paint));
    for (const line of withoutKey(profile, (name) => process.env[name])) print(line);
    const { fromMs, toMs } = market;
    const bar = toMs === null ? null : progressBar(process.stderr, { fromMs, toMs });
    const how = await watchDesk({
      pool,
      desk: state.desk,
      profile,
      status: () => workflows.status(),
      paint,
      print: (line) => {
        if (options.json) return;
        bar?.clear();
        print(line);
      },
      onProgress: (ms, cycles) => bar?.at(ms, cycles),
      signal,
    });
    bar?.clear();
    if (how.kind === 'stopped') return 130;
    const { summary, findings, lines } = await through(async () =>
      summariseReplay(pool, {
        desk: state.desk,
        ...{ fromMs, toMs: toMs ?? how.atMs },
        journal: readJournal(state.journalDir),
        files: addresses.control === null ? [] : (await venueMarket(addresses.control)).files,
      }),
    );
    for (const finding of findings) run.log(finding);
    writeFileSync(join(state.dir, REPLAY_LINES), `${lines.join('\n')}\n`);
    tell(summary, options);
    if (!options.exit) await untilAborted(signal);
    await through(async () => {
      const open = await pool.query<{ guard: string }>(
        `select guard from position where state in ('opening', 'open')
         union select guard from trade_order where leg = 'rebalance' and status in ('open', 'unknown')`,
      );
      await workflows.end(open.rows.map((r) => r.guard));
    });
    state.finish();
    run.note(true);
    return exitStatusOf(summary);
  } finally {
    await workflows.close();
    await pool.end();
  }
}

interface VenueMarket {
  /** Names of the candle files that the venue's prices came from. */
  files: string[];
  baseTimeframe: Timeframe;
  /** Finer timeframes that could not be had. */
  passedOver: { timeframe: string; reason: string }[];
}

async function venueMarket(control: string): Promise<VenueMarket> {
  const answer = await fetch(`${control}/market`, { signal: AbortSignal.timeout(15_000) });
  return (await answer.json()) as VenueMarket;
}

function tell(summary: ReplaySummary, options: StartOptions): void {
  process.stdout.write(
    options.json
      ? `${JSON.stringify(summary)}\n`
      : `\nThe replay has ended: ${summary.cycles} cycles, ${summary.fills} fills, ` +
          `${summary.roundTrips} round trips, equity ${summary.equity.start} -> ${summary.equity.end} USDT, ` +
          `${summary.ledger.differences} differences, hash ${summary.hash}\n`,
  );
}

/** The profile with its models asked in another way; one without models stays what it is. */
function withModelCalls(profile: Profile, calls: StartOptions['modelCalls']): Profile {
  return calls === null || modelDecidersOf(profile).length === 0
    ? profile
    : { ...profile, llm: { ...llmSettingsOf(profile), calls } };
}

function withPairs(profile: Profile, pairs: readonly string[] | null): Profile {
  if (pairs === null) return profile;
  const unknown = pairs.find((p) => !profile.pairs.includes(p));
  if (unknown !== undefined) {
    throw new UsageError(
      `--pairs: ${unknown} is not a pair of desk ${profile.name}, which has ${profile.pairs.join(', ')}`,
    );
  }
  return { ...profile, pairs: profile.pairs.filter((p) => pairs.includes(p)) };
}

function candleFiles(dir: string, profile: Profile, log: (line: string) => void): CandleFile[] {
  const files = findCandleFiles(dir, { pairs: profile.pairs, log });
  const missing = profile.pairs.filter((pair) => !files.some((f) => f.pair === pair));
  if (missing.length > 0) {
    throw new Error(
      `${dir} has no candle file for ${missing.join(', ')}: expected one like ` +
        `${missing[0]!.replace('/', '')}-1h.csv, or choose other pairs by --pairs`,
    );
  }
  return files;
}

function deskReplay(state: RunState, market: Market, finished: boolean) {
  if (state.replay === null) return null;
  return {
    hash: state.replay,
    from: isoTime(market.fromMs),
    to: isoTime(market.toMs ?? market.fromMs),
    finished,
  };
}

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((done) => signal.addEventListener('abort', () => done(), { once: true }));
}
