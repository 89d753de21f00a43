import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { freePortBase } from '../../infra/free-port-base.ts';
import { createSyntheticSource } from '../../simulator/market/synthetic-source.ts';
import { startSimulator, type Simulator } from '../../simulator/start-simulator.ts';
import { openOrders } from '../../simulator/state/state.ts';

/**
 * A whole desk at real time, as it trades real money: `npm start -- --live` against an exchange on this
 * machine that plays Kraken, whose clock goes on by itself. Bars of a minute, so that it decides soon.
 */
const ROOT = join(import.meta.dirname, '..', '..');
const FROM_MS = Date.UTC(2026, 0, 5);
const PATIENCE_MS = 240_000;

let folder: string;
let kraken: Simulator;
let desk: ChildProcess | null;
let said: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'real-time-'));
  [desk, said] = [null, ''];
  const pairs = ['BTC/USDT', 'XRP/USDT', 'XRP/BTC'];
  kraken = await startSimulator({
    market: createSyntheticSource({ seed: 7, fromMs: FROM_MS, pairs, step: '1m' }),
    ...{ marketName: 'seed 7', deposits: { USDT: '1000', XRP: '500' }, pace: 1 },
    journalDir: join(folder, 'kraken'),
  });
  const text = readFileSync(join(ROOT, 'desks', 'triplegain.yaml'), 'utf8')
    .replace(/^name: .*$/m, 'name: minute\nmode: micro-live')
    .replace(/^timeframe: .*$/m, 'timeframe: 1m')
    .replace(/^entry: .*$/m, 'entry: { type: market, expireAfterMinutes: 60, reprices: 2 }')
    .replace(/^snapshotTimeframes: .*$/m, 'snapshotTimeframes: [1m, 5m]');
  writeFileSync(join(folder, 'minute.yaml'), text);
  mkdirSync(join(folder, 'home'));
  const passed = { passedAt: '2026-01-01T00:00:00Z', by: 'ann', evidence: 'a test' };
  const gates = JSON.stringify({ minute: { 'micro-live': passed } });
  writeFileSync(join(folder, 'home', 'gates.json'), gates);
});
afterEach(async () => {
  desk?.kill('SIGINT');
  await vi.waitUntil(() => desk === null || desk.exitCode !== null, { timeout: 60_000 });
  await kraken.close();
  rmSync(folder, { recursive: true, force: true });
});

function run(script: string, args: readonly string[]): ChildProcess {
  const given = ['--disable-warning=ExperimentalWarning', join(ROOT, 'cli', script), ...args];
  const env = { ...process.env, KRAKEN_API_KEY: kraken.key, KRAKEN_API_SECRET: kraken.secret };
  delete (env as NodeJS.ProcessEnv)['DATABASE_URL'];
  return spawn(process.execPath, [...given, '--home', join(folder, 'home')], { env });
}

async function deskSays(command: string): Promise<unknown> {
  const child = run('desk.ts', [command, '--json']);
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => (text += String(chunk)));
  await new Promise((resolve) => child.on('close', resolve));
  return JSON.parse(text);
}

test('decides at its bars, trades within its bounds, and leaves its stop at the exchange', async () => {
  desk = run('start.ts', [
    ...[
      '--live',
      '--profile',
      join(folder, 'minute.yaml'),
      '--port-base',
      String(await freePortBase()),
    ],
    ...['--kraken-rest', kraken.rest, '--kraken-ws', kraken.ws, '--kraken-ws-auth', kraken.wsAuth],
  ]);
  for (const stream of [desk.stdout, desk.stderr]) {
    stream?.on('data', (chunk: Buffer) => (said += String(chunk)));
  }
  const { state } = kraken.service.exchange;
  const stops = () => openOrders(state).filter((order) => order.type === 'stop-loss');
  // The trend of this market is up from the beginning: the first bars bring an entry, its fill a stop.
  await expect
    .poll(() => desk?.exitCode ?? stops().length, { timeout: PATIENCE_MS, interval: 250 })
    .toBe(1)
    .catch((error: unknown) => {
      throw new Error(`no stop rests; the desk said:\n${said}`, { cause: error });
    });
  expect(state.attached, 'nobody holds the clock').toBeNull();
  const [bought] = [...state.trades.values()];
  expect(bought).toMatchObject({ side: 'buy' });
  const cost = Number(bought?.price) * Number(bought?.quantity);
  expect(cost).toBeGreaterThan(50);
  expect(cost).toBeLessThanOrEqual(100);
  const status = (await deskSays('status')) as {
    feed: { connected: boolean; clockSkewMs: number };
    positions: { stopPrice: string | null }[];
  };
  expect(status).toMatchObject({ state: 'running', feed: { connected: true }, replay: null });
  // A market that is made up lies in another time; the desk lives in the market's.
  const skewMs = state.nowMs - Date.now();
  expect(Math.abs(status.feed.clockSkewMs - skewMs)).toBeLessThan(2_000);
  expect(status.positions).toMatchObject([{ stopPrice: expect.any(String) as string }]);
  expect(said).not.toContain(kraken.secret);
  expect(readFileSync(join(folder, 'home', 'desks.json'), 'utf8')).not.toContain(kraken.secret);
  desk.kill('SIGINT');
  await expect.poll(() => desk?.exitCode, { timeout: 60_000 }).toBe(130);
  expect(stops()).toHaveLength(1);
}, 300_000);
