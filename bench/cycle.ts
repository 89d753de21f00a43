import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../infra/ports.ts';

const ROOT = join(import.meta.dirname, '..');
/** Entries that are measured before the figures count. */
const ENOUGH = 200;

/**
 * How long a desk takes from the exchange's send of a bar's close to its answer to the order that
 * follows: the whole path (feed, snapshot, deciders, consensus, turn, review, order), three pairs at
 * once, on the synthetic market in lockstep, by the simulator's clock.
 */
export async function run(args: readonly string[]): Promise<void> {
  const wanted = Number(args[0] ?? ENOUGH);
  const home = mkdtempSync(join(tmpdir(), 'triplegain-bench-'));
  const base = await freePort();
  const desk = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      join(ROOT, 'cli', 'start.ts'),
      ...['--home', home, '--port-base', String(base), '--lockstep', '--json', '--seed', '11'],
      ...['--profile', join(ROOT, 'bench', 'cycle.yaml')],
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const ended = new Promise<never>((_, reject) => {
    desk.once('exit', (code) => reject(new Error(`the desk ended early, status ${code}`)));
  });
  try {
    const samples = await Promise.race([measured(base + 6, wanted), ended]);
    report(samples);
  } finally {
    desk.removeAllListeners('exit');
    desk.kill('SIGINT');
    await new Promise((resolve) => desk.once('exit', resolve));
    rmSync(home, { recursive: true, force: true });
  }
}

async function measured(controlPort: number, wanted: number): Promise<number[]> {
  for (;;) {
    const samples = await fetch(`http://127.0.0.1:${controlPort}/timing`)
      .then(async (r) => ((await r.json()) as { barToOrderMs: number[] }).barToOrderMs)
      .catch(() => []);
    if (process.stderr.isTTY) process.stderr.write(`\r${samples.length} of ${wanted} orders`);
    if (samples.length >= wanted) return samples;
    await sleep(1_000);
  }
}

function report(samples: readonly number[]): void {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share: number): string =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!.toFixed(0);
  console.log(
    `bar close sent -> order answered, ${sorted.length} cycles that ordered: ` +
      `median ${at(0.5)} ms, p95 ${at(0.95)} ms, min ${at(0)} ms, max ${at(1)} ms`,
  );
}
