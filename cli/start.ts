import { join, resolve } from 'node:path';
import { connectDatabase } from '../activities/ledger/database.ts';
import {
  exitStatusOf,
  summariseReplay,
  type ReplaySummary,
} from '../activities/ledger/replay-summary.ts';
import { findCandleFiles, type CandleFile } from '../candles/candle-files.ts';
import { homeDir, lockHome, openHome } from '../infra/home.ts';
import { createSupervisor } from '../infra/supervise.ts';
import type { Profile } from '../shared/profile.ts';
import { isoTime } from '../shared/timeframe.ts';
import { readJournal } from '../simulator/read-journal.ts';
import { addressBlock } from './cycle-line.ts';
import { writeDesk } from './desk-address.ts';
import { loadProfile } from './load-profile.ts';
import { paintFor } from './paint.ts';
import { deskWorkflows } from './start/desk-workflows.ts';
import { parseStartOptions, UsageError, USAGE, type StartOptions } from './start/options.ts';
import { progressBar } from './start/progress-bar.ts';
import { demoState, removeStaleDirs, replayState, type RunState } from './start/run-state.ts';
import { startServers, startWorker, type Market } from './start/servers.ts';
import { watchDesk } from './start/watch.ts';

const ROOT = join(import.meta.dirname, '..');
/** Where the synthetic demo begins when no time is given. */
const DEMO_FROM_MS = Date.UTC(2026, 0, 5);
const DEMO_SEED = 7;

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());

process.exit(await main(process.argv.slice(2)));

async function main(argv: readonly string[]): Promise<number> {
  try {
    const options = parseStartOptions(argv);
    if (options === 'help') {
      process.stdout.write(USAGE);
      return 0;
    }
    return await start(options);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`npm start: ${message}\n`);
    if (error instanceof UsageError) process.stderr.write(`\n${USAGE}`);
    return error instanceof UsageError ? 2 : 1;
  }
}

async function start(options: StartOptions): Promise<number> {
  const paint = paintFor(options.json ? process.stderr : process.stdout, process.env);
  const log = (line: string): void => void process.stderr.write(`${paint.dim(line)}\n`);
  const print = (line: string): void =>
    void (options.json ? process.stderr : process.stdout).write(`${line}\n`);

  const profilePath = resolve(options.profile ?? join(ROOT, 'desks', 'triplegain.yaml'));
  const profile = withPairs(loadProfile(profilePath), options.pairs);
  const files = options.data === null ? [] : candleFiles(resolve(options.data), profile, log);
  const home = openHome({
    dir: homeDir({ flag: options.home, env: process.env, root: ROOT }),
    portBase: options.portBase,
  });
  const lock = lockHome(home);
  const supervisor = createSupervisor({ dir: home.dir, log });
  try {
    for (const leftover of await supervisor.endLeftovers()) {
      log(`ended ${leftover.name} (process ${leftover.pid}), left by an earlier start`);
    }
    const seed = options.seed ?? DEMO_SEED;
    const fromMs = options.fromMs ?? DEMO_FROM_MS;
    const isReplay = options.data !== null || options.toMs !== null;
    const balances = options.balances ?? profile.balances;
    const state = isReplay
      ? replayState(
          home,
          { ...profile, balances },
          {
            files,
            seed: options.data === null ? seed : null,
            fromMs,
            toMs: options.toMs,
          },
        )
      : demoState(home, profile, seed);
    removeStaleDirs(state);
    const market: Market = {
      data: options.data === null ? null : resolve(options.data),
      seed,
      fromMs,
      toMs: options.toMs,
      speed: options.speed,
      balances,
    };
    const deps = { home, supervisor, log };
    const addresses = await startServers(deps, state, profile, market);
    await startWorker(deps, state, profile, addresses);
    writeDesk(home.dir, state.desk, {
      profile: profilePath,
      schema: state.schema,
      databaseUrl: addresses.databaseUrl,
      temporalAddress: addresses.temporal,
      temporalUi: addresses.temporalUi,
      namespace: 'default',
      control: addresses.control,
      rest: addresses.rest,
      journalDir: state.journalDir,
      replay: deskReplay(state, market, false),
    });
    const workflows = await deskWorkflows(addresses.temporal, state.desk, profile);
    const pool = connectDatabase({ url: addresses.databaseUrl, schema: state.schema });
    try {
      await workflows.start();
      print(
        addressBlock(
          [
            {
              name: 'Temporal Web UI',
              address: `${addresses.temporalUi}/namespaces/default/workflows`,
            },
            { name: 'exchange', address: addresses.rest },
          ],
          paint,
        ),
      );
      const bar =
        market.toMs === null
          ? null
          : progressBar(process.stderr, { fromMs: market.fromMs, toMs: market.toMs });
      const how = await watchDesk({
        pool,
        desk: state.desk,
        profile,
        status: () => workflows.status(),
        paint,
        print: (line) => {
          if (!options.json) {
            bar?.clear();
            print(line);
          }
        },
        onProgress: (ms, cycles) => bar?.at(ms, cycles),
        signal: stopping.signal,
      });
      bar?.clear();
      if (how === 'stopped') return 130;
      const { summary, findings } = await summariseReplay(pool, {
        desk: state.desk,
        fromMs: market.fromMs,
        toMs: market.toMs ?? market.fromMs,
        journal: readJournal(state.journalDir),
        files: files.map((f) => f.name),
      });
      for (const finding of findings) log(finding);
      tell(summary, options);
      if (!options.exit) await untilAborted(stopping.signal);
      const guards = await pool.query<{ guard: string }>(
        `select guard from position where state in ('opening', 'open')`,
      );
      await workflows.end(guards.rows.map((r) => r.guard));
      state.finish();
      return exitStatusOf(summary);
    } finally {
      await workflows.close();
      await pool.end();
    }
  } finally {
    await supervisor.stopAll();
    lock.release();
  }
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
