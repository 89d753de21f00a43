import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import type { Home } from '../../infra/home.ts';
import { migrate } from '../../infra/migrate.ts';
import { assertPortsFree } from '../../infra/ports.ts';
import { startPostgres } from '../../infra/postgres.ts';
import { serverEnvironment } from '../../infra/server-environment.ts';
import type { Supervisor } from '../../infra/supervise.ts';
import { findTemporal } from '../../infra/temporal-cli.ts';
import { prepareNamespace, startTemporal } from '../../infra/temporal-server.ts';
import type { Profile } from '../../shared/profile.ts';
import { isoTime } from '../../shared/timeframe.ts';
import { keysIn } from '../../simulator/wire/keys.ts';
import type { WorkerConfig } from '../../workers/config.ts';
import type { LiveAccess } from './live.ts';
import type { KrakenAddresses, StartOptions } from './options.ts';
import type { RunState } from './run-state.ts';
import { throughRestarts } from './through-restarts.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const NODE = [process.execPath, '--disable-warning=ExperimentalWarning'] as const;

export interface Deps {
  home: Home;
  supervisor: Supervisor;
  log: (line: string) => void;
  /** Aborted when the start is to stop. */
  signal: AbortSignal;
}

export interface Addresses {
  temporal: string;
  temporalUi: string;
  databaseUrl: string;
  rest: string;
  ws: string;
  wsAuth: string;
  /** Of the simulator; null at a real venue. */
  control: string | null;
}

/** Whose prices a desk trades on, and where its orders go. */
export interface Market {
  venue: StartOptions['venue'];
  kraken: KrakenAddresses;
  /** The venue's clock goes on by itself; otherwise it stands at each event until the desk has done with it. */
  isRealTime: boolean;
  data: string | null;
  seed: number;
  fromMs: number;
  toMs: number | null;
  speed: number | null;
  balances: Record<string, string>;
}

/** Starts database, Temporal and exchange side by side, and brings the desk's schema up to date. */
export async function startServers(
  deps: Deps,
  state: RunState,
  profile: Profile,
  market: Market,
): Promise<Addresses> {
  const simulated = simulatorAddresses(deps.home);
  const venue = market.venue === 'live' ? { ...market.kraken, control: null } : simulated;
  const [databaseUrl, temporal] = await Promise.all([
    timed(deps, 'PostgreSQL', startDatabase(deps, state)),
    timed(deps, 'Temporal', startTemporalServer(deps)),
    market.venue === 'live'
      ? null
      : timed(deps, 'exchange simulator', startSimulator(deps, state, profile, market)),
  ]);
  return { databaseUrl, temporal: temporal.address, temporalUi: temporal.uiUrl, ...venue };
}

async function timed<T>({ log }: Deps, name: string, work: Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await work;
  log(`${name} is up (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  return result;
}

async function startDatabase(deps: Deps, state: RunState): Promise<string> {
  const given = process.env['DATABASE_URL'];
  if (given !== undefined && given !== '') {
    await prepareSchema(given, state).catch((error: unknown) => {
      const { message } = error as Error;
      throw new Error(
        `the database that DATABASE_URL names${addressOf(given)} cannot be used: ${message}\n` +
          `start it, correct DATABASE_URL, or unset it for the PostgreSQL that comes with the project`,
        { cause: error },
      );
    });
    return given;
  }
  const { home, supervisor, log } = deps;
  const { url } = await startPostgres({
    supervisor,
    dataDir: home.path('postgres'),
    port: home.ports.postgres,
    log,
  });
  await throughRestarts(() => prepareSchema(url, state), deps.signal);
  return url;
}

async function prepareSchema(url: string, state: RunState): Promise<void> {
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  // The connection may be cut while the server stops; nothing waits on it by then.
  pool.on('error', () => {});
  try {
    for (const schema of state.stale.schemas) {
      await pool.query(`drop schema if exists ${pg.escapeIdentifier(schema)} cascade`);
    }
    await migrate(pool, { schema: state.schema, dir: join(ROOT, 'infra', 'migrations') });
  } finally {
    await pool.end();
  }
}

/** Host, port and database of a connection string, without name and password. */
function addressOf(url: string): string {
  try {
    const { host, pathname } = new URL(url);
    return ` (${host}${pathname})`;
  } catch {
    return ', which is no URL like postgres://user:password@host:5432/database,';
  }
}

async function startTemporalServer({ home, supervisor, log }: Deps): Promise<{
  address: string;
  uiUrl: string;
}> {
  const found = await findTemporal({ log });
  if (found.kind === 'address') {
    await prepareNamespace({ address: found.address, timeoutMs: 30_000, log }).catch(
      (error: unknown) => {
        throw new Error(
          `${(error as Error).message}\nstart it, correct TEMPORAL_ADDRESS, or unset it for the server ` +
            `that comes with the project`,
          { cause: error },
        );
      },
    );
    return { address: found.address, uiUrl: process.env['TEMPORAL_UI'] ?? 'http://127.0.0.1:8233' };
  }
  const server = await startTemporal({
    supervisor,
    binary: found.path,
    dataDir: home.path('temporal'),
    ports: { grpc: home.ports.temporal, ui: home.ports.temporalUi },
    log,
  });
  return { address: server.address, uiUrl: server.uiUrl };
}

function simulatorAddresses({ ports }: Home): KrakenAddresses & { control: string } {
  const at = (scheme: string, port: number, path = ''): string =>
    `${scheme}://127.0.0.1:${port}${path}`;
  return {
    rest: at('http', ports.simulatorRest),
    ws: at('ws', ports.simulatorWs, '/v2'),
    wsAuth: at('ws', ports.simulatorWsAuth, '/v2'),
    control: at('http', ports.simulatorControl),
  };
}

async function startSimulator(
  { home, supervisor }: Deps,
  state: RunState,
  profile: Profile,
  market: Market,
): Promise<void> {
  const { ports } = home;
  const { control } = simulatorAddresses(home);
  const args = [
    join(ROOT, 'cli', 'simulator.ts'),
    ...pricesOf(market),
    ...['--pairs', profile.pairs.join(',')],
    ...[
      '--balances',
      Object.entries(market.balances)
        .map(([a, n]) => `${a}=${n}`)
        .join(','),
    ],
    ...['--journal', state.journalDir],
    ...['--port-base', String(home.portBase)],
    ...(market.isRealTime ? [] : ['--wait-for-desk']),
    '--json',
  ];
  await supervisor.run({
    name: 'simulator',
    command: NODE[0],
    args: [...NODE.slice(1), ...args],
    env: serverEnvironment(process.env),
    beforeStart: () =>
      assertPortsFree(
        [
          ['REST', ports.simulatorRest],
          ['WebSocket', ports.simulatorWs],
          ['private WebSocket', ports.simulatorWsAuth],
          ['control', ports.simulatorControl],
        ].map(([what, port]) => ({ name: `the simulator's ${what}`, port: Number(port) })),
      ),
    ready: (_, signal) => answering(`${control}/state`, signal),
  });
}

/** The simulator's options on prices and their pace. */
function pricesOf(market: Market): string[] {
  const { kraken } = market;
  if (market.venue === 'paper') {
    return ['--paper', '--feed-rest', kraken.rest, '--feed-ws', kraken.ws];
  }
  return [
    ...(market.data === null ? ['--seed', String(market.seed)] : ['--data', market.data]),
    ...['--from', isoTime(market.fromMs)],
    ...(market.toMs === null ? [] : ['--to', isoTime(market.toMs)]),
    ...(market.speed === null ? ['--lockstep'] : ['--speed', String(market.speed)]),
  ];
}

/** Waits until `url` answers, or until the process that should is given up. */
async function answering(url: string, given: AbortSignal): Promise<void> {
  while (!given.aborted) {
    const isUp = await fetch(url, { signal: AbortSignal.timeout(2_000) })
      .then((r) => r.ok)
      .catch(() => false);
    if (isUp) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Starts the desk's worker process and resolves when it has connected to everything. */
export async function startWorker(
  deps: Deps,
  state: RunState,
  profile: Profile,
  of: { addresses: Addresses; isRealTime: boolean; live: LiveAccess | null },
): Promise<void> {
  const { addresses, live } = of;
  const { key, secret } = live === null ? keysIn(state.journalDir) : { key: null, secret: null };
  const config: WorkerConfig = {
    desk: state.desk,
    profile,
    temporal: { address: addresses.temporal, namespace: 'default' },
    database: { url: addresses.databaseUrl, schema: state.schema },
    venue: {
      rest: addresses.rest,
      ws: addresses.ws,
      wsAuth: addresses.wsAuth,
      control: of.isRealTime ? null : addresses.control,
      isLive: live !== null,
      key,
      secret,
      nonceFile: live?.nonceFile ?? join(state.dir, 'nonce'),
    },
    bundleDir: deps.home.path('cache'),
    answersDir: deps.home.path('model-answers'),
  };
  const file = join(state.dir, 'worker.json');
  mkdirSync(state.dir, { recursive: true });
  writeFileSync(file, JSON.stringify(config, null, 2), { mode: 0o600 });
  await timed(
    deps,
    'worker',
    deps.supervisor
      .run({
        name: 'worker',
        command: NODE[0],
        args: [
          ...[...NODE.slice(1), '--import', join(ROOT, 'workers', 'workflow-steps.ts')],
          ...[join(ROOT, 'workers', 'desk-worker.ts'), file],
        ],
        ipc: true,
        ...(live === null ? {} : { env: { ...process.env, ...live.keys } }),
        ready: (child) =>
          new Promise((resolve) => {
            child.once('message', () => resolve());
          }),
      })
      .then(() => undefined),
  );
}
