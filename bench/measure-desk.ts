import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePortBase } from '../infra/free-port-base.ts';
import { writeCycleMarket } from './cycle-market.ts';

const ROOT = join(import.meta.dirname, '..');
/** Entries at the start that do not count: the processes are still compiling what they run. */
const WARM_UP = 30;
const TOLD_EVERY_MS = 5_000;

export interface DeskTimes {
  /** Bar close sent to order answered, ms, by the simulator's clock, in the order of the orders. */
  samples: number[];
  loadBefore: number;
}

/**
 * Runs a desk of the profile in lockstep on candles that make it want a trade at every bar, until it has made
 * so many orders. Everything it starts is gone when this returns or throws.
 */
export async function measureDesk(profile: string, wanted: number): Promise<DeskTimes> {
  const dir = mkdtempSync(join(tmpdir(), 'triplegain-bench-'));
  const home = join(dir, 'home');
  // Three pairs, a trade each second bar; half as many again, should some be vetoed.
  const range = writeCycleMarket(join(dir, 'data'), (wanted + WARM_UP) * 1.5);
  const base = await freePortBase();
  const loadBefore = loadavg()[0]!;
  const desk = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      join(ROOT, 'cli', 'start.ts'),
      ...['--home', home, '--port-base', String(base), '--lockstep', '--json', '--exit'],
      ...['--data', join(dir, 'data'), '--from', range.from, '--to', range.to],
      ...['--profile', profile],
    ],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      // A start below npm ends by itself when its parent is gone, however that died.
      env: { ...process.env, npm_lifecycle_event: 'bench' },
    },
  );
  let said = '';
  desk.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString('utf8')).slice(-4_000)));
  const hasEnded = new Promise<void>((resolve) => desk.once('exit', () => resolve()));
  const interrupted = interruption();
  try {
    const samples = await Promise.race([
      measured(base + 6, wanted + WARM_UP, hasEnded),
      interrupted.promise,
    ]);
    if (samples === null) throw new Error(`the desk ended before ${wanted} orders:\n${said}`);
    return { samples: samples.slice(WARM_UP, WARM_UP + wanted), loadBefore };
  } finally {
    interrupted.forget();
    await end(desk, hasEnded);
    rmSync(dir, { recursive: true, force: true });
  }
}

/** The number of orders on the command line. Throws when it is none. */
export function wantedOrders(bench: string, args: readonly string[], usual: number): number {
  const wanted = Number(args[0] ?? usual);
  if (!Number.isInteger(wanted) || wanted < 1) {
    throw new Error(`npm run bench -- ${bench}: ${args[0]} is not a number of orders`);
  }
  return wanted;
}

/** A share of the samples lies at or below this, ms. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
}

export function timesLine({ samples, loadBefore }: DeskTimes): string {
  if (process.stderr.isTTY) process.stderr.write('\r');
  const at = (share: number): string => quantile(samples, share).toFixed(0);
  return (
    `bar close sent -> order answered, ${samples.length} cycles that ordered: ` +
    `median ${at(0.5)} ms, p95 ${at(0.95)} ms, min ${at(0)} ms, max ${at(1)} ms ` +
    `(load ${loadBefore.toFixed(1)} before, ${loadavg()[0]!.toFixed(1)} after)`
  );
}

/** Waits until the simulator has seen enough orders; null when the desk has ended before that. */
async function measured(
  controlPort: number,
  wanted: number,
  hasEnded: Promise<void>,
): Promise<number[] | null> {
  let isOver = false;
  void hasEnded.then(() => (isOver = true));
  let toldAt = performance.now();
  for (;;) {
    const samples = await fetch(`http://127.0.0.1:${controlPort}/timing`)
      .then(async (r) => ((await r.json()) as { barToOrderMs: number[] }).barToOrderMs)
      .catch(() => []);
    if (samples.length >= wanted) return samples;
    if (isOver) return null;
    const { isTTY } = process.stderr;
    if (isTTY) process.stderr.write(`\r${samples.length} of ${wanted} orders`);
    else if (performance.now() - toldAt > TOLD_EVERY_MS) {
      toldAt = performance.now();
      console.error(`${samples.length} of ${wanted} orders`);
    }
    await sleep(500);
  }
}

/** Rejects when the bench is asked to stop, so that it takes its desk down with it. */
function interruption(): { promise: Promise<never>; forget: () => void } {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  let stop = (): void => undefined;
  const promise = new Promise<never>((_, reject) => {
    stop = () => reject(new Error('npm run bench: interrupted'));
    for (const signal of signals) process.once(signal, stop);
  });
  return {
    promise,
    forget: () => {
      for (const signal of signals) process.removeListener(signal, stop);
    },
  };
}

async function end(desk: ChildProcess, hasEnded: Promise<void>): Promise<void> {
  desk.kill('SIGTERM');
  await hasEnded;
}
