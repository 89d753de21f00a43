import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { freePortBase } from '../infra/free-port-base.ts';
import { portsFrom } from '../infra/home.ts';
import { cpuTimes } from './cpu-times.ts';
import { writeCycleMarket } from './cycle-market.ts';

const ROOT = join(import.meta.dirname, '..');
/** Entries at the start that do not count: the processes are still compiling what they run. */
const WARM_UP = 30;
const TOLD_EVERY_MS = 5_000;

export interface DeskTimes {
  /** Bar close sent to order answered, ms, by the simulator's clock, in the order of the orders. */
  orders: number[];
  /** Start to end of the cycles that ordered, ms, by Temporal's clock, in the order of their starts. */
  cycles: number[];
  /** CPU time by process, ms for each order; empty where the system does not tell. */
  cpuMs: Map<string, number>;
  loadBefore: number;
}

/**
 * Runs a desk of the profile in lockstep on candles that make it want a trade at every bar, until it has made
 * so many orders. Everything it starts is gone when this returns or throws.
 */
export async function measureDesk(
  profile: string,
  wanted: number,
  pairs: readonly string[],
): Promise<DeskTimes> {
  const dir = mkdtempSync(join(tmpdir(), 'triplegain-bench-'));
  const home = join(dir, 'home');
  // Each pair trades at each second bar; half as many again, should some be vetoed.
  const bars = ((wanted + WARM_UP) * 2 * 1.5) / pairs.length;
  const range = writeCycleMarket(join(dir, 'data'), Math.ceil(bars));
  const base = await freePortBase();
  const loadBefore = loadavg()[0]!;
  const desk = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      join(ROOT, 'cli', 'start.ts'),
      ...['--home', home, '--port-base', String(base), '--lockstep', '--json', '--exit'],
      ...['--data', join(dir, 'data'), '--from', range.from, '--to', range.to],
      ...['--profile', profile, '--pairs', pairs.join(',')],
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
    const measured = await Promise.race([
      measure(portsFrom(base), wanted, desk.pid!, hasEnded),
      interrupted.promise,
    ]);
    if (measured === null) throw new Error(`the desk ended before ${wanted} orders:\n${said}`);
    return { ...measured, loadBefore };
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

/** What was measured, in lines for people. */
export function timesTable(
  title: string,
  { orders, cycles, cpuMs, loadBefore }: DeskTimes,
): string {
  if (process.stderr.isTTY) process.stderr.write('\r');
  const times = (samples: readonly number[]): string => {
    const [median, p95, least, most] = [0.5, 0.95, 0, 1].map((share) =>
      quantile(samples, share).toFixed(0),
    );
    return `median ${median} ms, p95 ${p95} ms, min ${least} ms, max ${most} ms`;
  };
  const cpu = [...cpuMs].sort(([, a], [, b]) => b - a).filter(([, ms]) => ms >= 0.5);
  const all = cpu.reduce((sum, [, ms]) => sum + ms, 0);
  const load = `load ${loadBefore.toFixed(1)} before, ${loadavg()[0]!.toFixed(1)} after`;
  return [
    `${title}: ${orders.length} cycles that ordered (${load})`,
    `  bar close sent -> order answered: ${times(orders)}`,
    `  cycle started -> ended:           ${times(cycles)}`,
    ...(cpu.length === 0
      ? []
      : [
          `  CPU time for each order: ${all.toFixed(0)} ms (` +
            `${cpu.map(([name, ms]) => `${name} ${ms.toFixed(0)}`).join(', ')})`,
        ]),
  ].join('\n');
}

/** Waits until the desk has made enough orders; null when it has ended before that. */
async function measure(
  ports: ReturnType<typeof portsFrom>,
  wanted: number,
  desk: number,
  hasEnded: Promise<void>,
): Promise<Omit<DeskTimes, 'loadBefore'> | null> {
  const orderTimes = (enough: number): Promise<number[] | null> =>
    ordersMade(ports.simulatorControl, enough, hasEnded);
  const warm = await orderTimes(WARM_UP);
  const cpuBefore = cpuTimes(desk);
  const orders = await orderTimes(WARM_UP + wanted);
  const cpuAfter = cpuTimes(desk);
  if (warm === null || orders === null) return null;
  const cycles = await cycleTimes(`127.0.0.1:${ports.temporal}`, WARM_UP + wanted);
  const made = orders.length - warm.length;
  return {
    orders: orders.slice(WARM_UP, WARM_UP + wanted),
    cycles: cycles.slice(WARM_UP, WARM_UP + wanted),
    cpuMs: new Map(
      [...cpuAfter].map(([name, ms]) => [name, (ms - (cpuBefore.get(name) ?? 0)) / made]),
    ),
  };
}

/** Start to end of the cycles that ordered, ms, as Temporal's list of workflows tells them. */
async function cycleTimes(address: string, enough: number): Promise<number[]> {
  const connection = await Connection.connect({ address });
  try {
    const { workflow } = new Client({ connection });
    for (;;) {
      const ended: { startMs: number; ms: number }[] = [];
      const query = `WorkflowType = 'tradingCycle' AND Outcome = 'ordered'`;
      for await (const { startTime, closeTime } of workflow.list({ query })) {
        if (closeTime === undefined) continue;
        const startMs = startTime.getTime();
        ended.push({ startMs, ms: closeTime.getTime() - startMs });
      }
      // The last one has ordered, but may not have ended yet.
      if (ended.length < enough) await sleep(100);
      else return ended.sort((a, b) => a.startMs - b.startMs).map(({ ms }) => ms);
    }
  } finally {
    await connection.close();
  }
}

/** Waits until the simulator has seen enough orders; null when the desk has ended before that. */
async function ordersMade(
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
