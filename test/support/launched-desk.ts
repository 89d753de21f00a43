import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runDeskCommand } from '../../cli/desk/run-command.ts';
import { freePortBase } from '../../infra/free-port-base.ts';
import type { CandleColumns } from '../../shared/candle.ts';
import type { CallMode } from '../../shared/llm/settings.ts';
import { isoTime } from '../../shared/timeframe.ts';
import { lockstepMarket } from './lockstep-market.ts';
import { databaseUrl, temporalAddress } from './services.ts';

/** For tests: a whole desk as `npm start` runs it, in lockstep over seeded hours of BTC/USDT. */

const ROOT = join(import.meta.dirname, '..', '..');
const HOUR_MS = 3_600_000;

export interface SeededMarket {
  /** Folder of its candle file. */
  dir: string;
  bars: CandleColumns;
  from: string;
  to: string;
}

/** Writes candles of `history` hours before the first that is traded, and of those that are. */
export function writeMarket(
  dir: string,
  of: { history: number; traded: number; seed: number },
): SeededMarket {
  const [market] = lockstepMarket(of.history + of.traded, of.seed);
  const { bars, decimals } = market!;
  const rows = ['time,open,high,low,close,volume'];
  for (let i = 0; i < bars.timeMs.length; i++) {
    const prices = [bars.open, bars.high, bars.low, bars.close].map((column) =>
      column[i]!.toFixed(decimals),
    );
    rows.push([bars.timeMs[i]! / 1000, ...prices, bars.volume[i]!.toFixed(6)].join(','));
  }
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'BTCUSDT-1h.csv'), `${rows.join('\n')}\n`);
  const fromMs = bars.timeMs[of.history]!;
  return { dir, bars, from: isoTime(fromMs), to: isoTime(fromMs + of.traded * HOUR_MS) };
}

export interface ReplaySummary {
  hash: string;
  cycles: number;
  orders: number;
  roundTrips: number;
  decisions: Record<string, Record<string, number>>;
}

/** Replays the market with a profile from start to end; throws with what was said when it fails. */
export async function replayDesk(of: {
  home: string;
  profile: object;
  market: SeededMarket;
  calls: CallMode;
  to?: string;
}): Promise<ReplaySummary> {
  const { home, market } = of;
  const profile = `${home}.yaml`;
  // JSON is YAML.
  writeFileSync(profile, JSON.stringify(of.profile));
  const { status, stdout, stderr } = await start([
    ...['--data', market.dir, '--from', market.from, '--to', of.to ?? market.to],
    ...['--lockstep', '--exit', '--json', '--home', home, '--profile', profile],
    ...['--model-calls', of.calls, '--port-base', String(await freePortBase())],
  ]);
  if (status !== 0) throw new Error(`the replay ended with ${status}: ${stderr.slice(-2000)}`);
  return JSON.parse(stdout) as ReplaySummary;
}

function start(args: string[]) {
  return new Promise<{ status: number | null; stdout: string; stderr: string }>(
    (resolve, reject) => {
      const child = spawn(process.execPath, [join(ROOT, 'cli', 'start.ts'), ...args], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          ...process.env,
          TEMPORAL_ADDRESS: temporalAddress(),
          DATABASE_URL: databaseUrl(),
          NODE_OPTIONS: '--disable-warning=ExperimentalWarning',
        },
      });
      let [stdout, stderr] = ['', ''];
      child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
      child.once('error', reject);
      child.once('close', (status) => resolve({ status, stdout, stderr }));
    },
  );
}

export interface CommandSaid {
  status: number;
  out: string;
  err: string;
}

/** `npm run desk -- ...` for the desk of a home. */
export async function deskCommand(home: string, ...argv: string[]): Promise<CommandSaid> {
  let [out, err] = ['', ''];
  const status = await runDeskCommand([...argv, '--home', home], {
    env: {},
    root: ROOT,
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
  });
  return { status, out, err };
}

/** The same with `--json`; throws where the command fails. */
export async function deskJson<T>(home: string, ...argv: string[]): Promise<T> {
  const { status, out, err } = await deskCommand(home, ...argv, '--json');
  if (status !== 0) throw new Error(`desk ${argv.join(' ')} ended with ${status}: ${err}${out}`);
  return JSON.parse(out) as T;
}

/** What a model was sent, whatever the wire format: all of its text. */
export function textOf(request: unknown): string {
  if (typeof request === 'string') return request;
  if (Array.isArray(request)) return request.map(textOf).join('\n');
  if (typeof request === 'object' && request !== null) {
    return Object.values(request).map(textOf).join('\n');
  }
  return '';
}
