import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { readDesks } from '../../cli/desk-address.ts';
import { SEARCH_ATTRIBUTES } from '../../shared/names.ts';

/**
 * Records the saved histories anew: `node test/histories/record.ts`. Replays some days of the synthetic
 * market by the whole desk in a folder of its own, its stops trailing, the first entry refused by the
 * exchange, and writes the shortest history of each workflow and shape beside
 * this file. With `--passes` a day of a desk that rebalances, into `passes/`.
 */
const ROOT = join(import.meta.dirname, '..', '..');
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '3' },
    from: { type: 'string', default: '2026-01-05T20:00Z' },
    to: { type: 'string', default: '2026-01-16T00:00Z' },
    balances: { type: 'string', default: 'USDT=10000' },
    'port-base': { type: 'string', default: '26000' },
    passes: { type: 'boolean', default: false },
  },
});

/** Shapes by file name; each has a query of its own, and the shortest history that fits is kept. */
const shape = (workflow: string, outcome: string): string =>
  `WorkflowType = '${workflow}' AND ${SEARCH_ATTRIBUTES.outcome} = '${outcome}'`;
const PASSES = { rebalance: shape('rebalance', 'done') };
const DESK: Record<string, string> = {
  // Long enough to have seen some bars.
  'desk-day': `WorkflowType = 'tradingDesk' AND ExecutionStatus = 'ContinuedAsNew' AND HistoryLength > 150`,
  'desk-running': `WorkflowType = 'tradingDesk' AND ExecutionStatus = 'Running'`,
  feed: `WorkflowType = 'marketFeed'`,
  reconcile: `WorkflowType = 'reconcile'`,
  ...Object.fromEntries(
    ['held', 'vetoed', 'ordered', 'closing', 'refused'].map((outcome) => [
      `cycle-${outcome}`,
      shape('tradingCycle', outcome),
    ]),
  ),
  ...Object.fromEntries(
    ['stop', 'target', 'signal', 'unfilled'].map((outcome) => [
      `guard-${outcome}`,
      shape('positionGuard', outcome),
    ]),
  ),
};

/** A pass at 12:00 has ended by then. */
const A_DAY_LATER = '2026-01-06T15:00Z';
const SHAPES = values.passes ? PASSES : DESK;
const OUT = values.passes ? join(import.meta.dirname, 'passes') : import.meta.dirname;

const home = mkdtempSync(join(tmpdir(), 'triplegain-histories-'));
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const desk = startDesk();
try {
  if (!values.passes) await orderRefusal();
  await ended(desk);
  await record();
} finally {
  await stop(desk);
  rmSync(home, { recursive: true, force: true });
}

function startDesk(): ChildProcess {
  const { seed, from, to, balances } = values;
  const profile = join(home, 'recorded.yaml');
  const guard = 'guard:\n  trailing: { atr: 5 }\n';
  const first = readFileSync(join(ROOT, 'desks', 'triplegain.yaml'), 'utf8');
  const rebalance = values.passes ? "\nrebalance: { at: '12:00' }\n" : '';
  writeFileSync(profile, first.replace('guard:\n', guard) + rebalance);
  const args = ['--profile', profile, '--home', home, '--port-base', values['port-base'], '--lockstep', '--json'];
  args.push('--seed', seed, '--from', from, '--to', values.passes ? A_DAY_LATER : to, '--balances', balances);
  return spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(ROOT, 'cli', 'start.ts'), ...args],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
}

/** The exchange refuses the first order. */
async function orderRefusal(): Promise<void> {
  for (;;) {
    if (desk.exitCode !== null) throw new Error(`the desk ended with status ${desk.exitCode}`);
    const control = deskEntry()?.control;
    if (control != null) {
      const fault = { kind: 'error', path: 'AddOrder', error: 'EOrder:Insufficient funds' };
      const answer = await fetch(`${control}/fault`, {
        method: 'POST',
        body: JSON.stringify(fault),
      });
      if (!answer.ok) throw new Error(`the exchange takes no fault: ${await answer.text()}`);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function deskEntry() {
  const desks = readDesks(home);
  return desks === null ? undefined : desks.desks[desks.current];
}

/** Resolves when the replay has ended: the desk prints its summary and keeps its servers up. */
async function ended(child: ChildProcess): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    child.stdout?.once('data', () => resolve());
    child.once('exit', (code) => reject(new Error(`the desk ended with status ${code}`)));
  });
}

async function record(): Promise<void> {
  const connection = await Connection.connect({ address: deskEntry()?.temporalAddress ?? '' });
  const { workflow } = new Client({ connection });
  mkdirSync(OUT, { recursive: true });
  const before = readdirSync(OUT).filter((name) => name.endsWith('.json'));
  for (const name of before) rmSync(join(OUT, name));
  for (const [name, query] of Object.entries(SHAPES)) {
    let shortest: { workflowId: string; runId: string; length: number } | null = null;
    for await (const { workflowId, runId, historyLength } of workflow.list({ query })) {
      if (shortest === null || historyLength < shortest.length) {
        shortest = { workflowId, runId, length: historyLength };
      }
    }
    if (shortest === null) {
      say(`${name}: none on this market; try another --seed or a later --to`);
      process.exitCode = 1;
      continue;
    }
    const { workflowId, runId } = shortest;
    const history = await workflow.getHandle(workflowId, runId).fetchHistory();
    writeFileSync(join(OUT, `${name}.json`), fileOf(historyToJSON(history)));
    say(`${name}: ${workflowId}, ${history.events?.length ?? 0} events`);
  }
  await connection.close();
}

/** A history as a file: one event a line, without the names of process and machine that no replay needs. */
function fileOf(history: string): string {
  const { events } = JSON.parse(history) as { events: unknown[] };
  const lines = events.map((event) => JSON.stringify(event));
  return `{"events":[\n${lines.join(',\n')}\n]}\n`.replaceAll(/"\d+@[^"]*"/g, '"worker"');
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGINT');
  await gone;
}
