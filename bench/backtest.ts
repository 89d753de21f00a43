import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readColumnFile, writeColumnFile } from '../activities/backtest/column-file.ts';
import { runSweep } from '../activities/backtest/run-sweep.ts';
import type { PairData, StudyRequest } from '../activities/backtest/study.ts';
import { sweepSets } from '../activities/backtest/sweep-plan.ts';
import { startSweepThreads, type SweepThreads } from '../activities/backtest/sweep-threads.ts';
import { loadCandles } from '../candles/load-candles.ts';
import { DeskGate } from '../shared/backtest/desk-gate.ts';
import { runEmaCross, type EmaCrossParameters } from '../shared/backtest/ema-cross.ts';
import { runEngine } from '../shared/backtest/engine.ts';
import type { EntryGate } from '../shared/backtest/engine-types.ts';
import type { PairCosts } from '../shared/backtest/exit-finder.ts';
import { fixedQuantity } from '../shared/backtest/fixed-quantity.ts';
import { sumTrades, TradeLog } from '../shared/backtest/trade-log.ts';
import { MARKET_ENTRY } from '../shared/entry.ts';
import type { CandleColumns } from '../shared/candle.ts';
import { fiveColumns, newFiveColumns } from '../shared/indicators/batch.ts';
import { RiskLimitsSchema } from '../shared/risk/limits.ts';
import { EmaCrossBars } from '../shared/strategies/ema-cross-bars.ts';
import type { Instrument } from '../shared/venue.ts';
import { h2hSeries } from './h2h-series.ts';

const PAIRS = ['BTC/USDT', 'ETH/USDT', 'XRP/USDT'];
const BARS = 1_576_800;
const SMOKE_BARS = 100_000;
const MINUTE = 60_000;
const NEWLINE = 10;
const FEE = 0.0026;

const H2H: EmaCrossParameters = {
  fast: 12,
  slow: 26,
  stopPct: 2,
  targetPct: 4,
  feePct: 0.26,
  quantity: 1,
  reference: 'fill',
  warmupBars: 1000,
};

/** Milliseconds of the rounds. */
interface Times {
  median: number;
  least: number;
  most: number;
}

/**
 * `npm run bench -- backtest [--smoke] [--rounds N] [--modules DIR]`: speeds of kernel, engine, sweep, indicators
 * and loading, each as a ratio measured in one run, rounds of the two sides taking turns; CPU time,
 * but for the sweep's threads. Trades are compared before any speed. C needs gcc; the peer library is measured when `--modules` names a folder that has
 * it installed.
 */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      smoke: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '7' },
      modules: { type: 'string' },
    },
  });
  const rounds = Number(values.rounds);
  const bars = h2hSeries(PAIRS.length, values.smoke ? SMOKE_BARS : BARS);
  const total = bars.reduce((sum, b) => sum + b.close.length, 0);
  const folder = mkdtempSync(join(tmpdir(), 'triplegain-bench-'));
  const rate = (t: Times): string =>
    `${(total / t.median / 1000).toFixed(1)} M bars/s (${(total / t.most / 1000).toFixed(1)} to ${(total / t.least / 1000).toFixed(1)})`;
  const say = (line: string): void => console.log(line);
  try {
    const files = bars.map((b, p) => {
      const file = join(folder, `${p}.columns`);
      writeColumnFile(file, b);
      return file;
    });
    const c = compile(folder);
    say(`${total} bars, ${rounds} rounds; median (slowest to fastest)`);
    const golden = checkTrades(bars);
    say(`trades: ${golden}`);

    const log = new TradeLog(1 << 16);
    const kernel = (): void => {
      for (const b of bars) {
        log.count = 0;
        runEmaCross(b, H2H, log);
      }
    };
    if (c === null) say('no gcc: nothing is measured against C');
    else {
      const [js, limit] = against(rounds, kernel, () => c('cross', files));
      say(`(a) kernel      ${rate(js)}; C ${rate(limit)}; ratio ${ratio(limit, js)}`);
    }
    const engines: [string, () => EntryGate][] = [
      ['fixed quantity', () => fixedQuantity(1, 'fill')],
      ['full risk engine', () => riskGate()],
    ];
    for (const [name, gate] of engines) {
      const [engine, alone] = against(rounds, () => void engineRun(bars, gate()), timed(kernel));
      say(`(b) engine, ${name}: ${rate(engine)}; of the kernel ${ratio(alone, engine)}`);
    }
    await sweep(bars, values.smoke ? 20 : 200, rounds, say);

    const columns = bars.map((b) => newFiveColumns(b.close.length));
    const fused = (): void => bars.forEach((b, p) => fiveColumns(b, columns[p]!));
    if (c !== null) {
      const [js, limit] = against(rounds, fused, () => c('five', files));
      say(`five indicators ${rate(js)}; C ${rate(limit)}; ratio ${ratio(limit, js)}`);
    }
    if (values.modules !== undefined) {
      const peer = debutIndicators(values.modules, bars);
      const [js, other] = against(Math.min(rounds, 3), fused, timed(peer));
      say(`five indicators against @debut/indicators ${rate(other)}: ${ratio(other, js)} times`);
    }
    loads(bars[0]!, files[0]!, folder, rounds, say);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function checkTrades(bars: readonly CandleColumns[]): string {
  const kernel = runEmaCross(bars[0]!, H2H);
  const engine = engineRun(bars.slice(0, 1), fixedQuantity(1, 'fill')).log;
  const { gross, fees } = sumTrades(kernel);
  for (let k = 0; k < Math.max(kernel.count, engine.count); k++) {
    if (
      kernel.entryBar[k] !== engine.entryBar[k] ||
      kernel.exitBar[k] !== engine.exitBar[k] ||
      kernel.reason[k] !== engine.reason[k]
    ) {
      throw new Error(`kernel and engine differ at trade ${k}`);
    }
  }
  if (bars[0]!.close.length === BARS && kernel.count !== 28_298) {
    throw new Error(`${kernel.count} trades instead of the golden 28,298`);
  }
  return `${kernel.count}, gross ${gross.toFixed(2)}, fees ${fees.toFixed(2)}; kernel and engine agree`;
}

function engineRun(bars: readonly CandleColumns[], gate: EntryGate) {
  const costs: PairCosts = {
    takerFee: FEE,
    makerFee: FEE,
    halfSpread: 0,
    stopSlippage: 0,
    priceScale: 0,
    lot: 1e-8,
  };
  return runEngine({
    pairs: PAIRS.slice(0, bars.length),
    bars,
    barMs: MINUTE,
    strategy: () => new EmaCrossBars(H2H.fast, H2H.slow, H2H.stopPct, H2H.targetPct),
    costs: bars.map(() => costs),
    numeraire: 'USDT',
    balances: { USDT: 1e8 },
    gate,
    gapBars: Infinity,
    warmupBars: H2H.warmupBars,
    targetRests: true,
  });
}

/** TripleGain's limits, all rules on; the instruments of the seeded pairs. */
function riskGate(): DeskGate {
  const instrument = (pair: string, priceDecimals: number): Instrument => ({
    pair,
    tick: (10 ** -priceDecimals).toFixed(priceDecimals),
    priceDecimals,
    lot: '0.00000001',
    minQuantity: '0.0001',
    minCost: '0.5',
    takerFee: FEE,
    makerFee: FEE,
    leverageBuy: [],
    leverageSell: [],
    status: 'online',
  });
  return new DeskGate({
    limits: RiskLimitsSchema.parse({}),
    instruments: PAIRS.map((pair, p) => instrument(pair, [1, 2, 4][p]!)),
    halfSpread: PAIRS.map(() => 0),
    confidence: 0.65,
    entry: MARKET_ENTRY,
  });
}

async function sweep(
  bars: readonly CandleColumns[],
  count: number,
  rounds: number,
  say: (line: string) => void,
): Promise<void> {
  const request = { pairs: PAIRS, timeframe: '1m', fillsOnly: true } as StudyRequest; // all that a sweep of fills reads
  const data: PairData[] = bars.map((b, p) => ({
    pair: PAIRS[p]!,
    bars: b,
    file: '',
    fileTimeframe: '1m',
    gaps: [],
    beneath: null,
  }));
  const choices = sweepSets(
    'ema-cross',
    { warmupBars: 1000 },
    {
      fast: [8, 10, 12, 15, 20],
      slow: [26, 50],
      stopPct: [0.5, 1, 1.5, 2, 3],
      targetPct: [1, 2, 4, 8],
    },
  ).slice(0, count);
  const noFacts = () => ({}) as never; // fills only: there is no venue
  const passes: number[] = [];
  const one: number[] = [];
  const two: number[] = [];
  const log = new TradeLog(1 << 16);
  // Started before, as a search keeps them from round to round: a start costs 0.2 s of CPU a thread.
  const [alone, together] = [startSweepThreads(1), startSweepThreads(2)];
  const cpu = { alone: [] as number[], together: [] as number[] };
  const swept = async (crew: SweepThreads): Promise<number> => {
    const before = process.cpuUsage();
    const run = await runSweep(request, choices, data, noFacts, { threads: crew.count, crew });
    const { user, system } = process.cpuUsage(before);
    cpu[crew === alone ? 'alone' : 'together'].push((user + system) / 1000);
    return run.elapsedMs;
  };
  await swept(alone);
  await swept(together);
  for (let round = 0; round < Math.min(rounds, 5); round++) {
    const started = performance.now();
    for (const choice of choices) {
      for (const b of bars) {
        log.count = 0;
        runEmaCross(b, { ...(choice.parameters as EmaCrossParameters), reference: 'fill' }, log);
      }
    }
    passes.push(performance.now() - started);
    one.push(await swept(alone));
    two.push(await swept(together));
  }
  await Promise.all([alone.close(), together.close()]);
  const [pass, single, double] = [times(passes), times(one), times(two)];
  const seconds = (t: Times): string => `${(t.median / 1000).toFixed(2)} s`;
  // On a machine that is shared threads wait for a core: what they would reach with two of their own.
  const own = ((2 * times(cpu.alone).median) / times(cpu.together).median).toFixed(2);
  const mb = (process.memoryUsage().rss / 1e6).toFixed(0);
  say(
    `sweep of ${choices.length} sets: one pass a set ${seconds(pass)}, 1 thread ${seconds(single)}, 2 threads ${seconds(double)}; ` +
      `2 over 1 ${ratio(single, double)} (by CPU time ${own}), 1 thread over passes ${ratio(pass, single)}, 2 threads over passes ${ratio(pass, double)}; ${mb} MB`,
  );
}

function loads(
  bars: CandleColumns,
  columnFile: string,
  folder: string,
  rounds: number,
  say: (line: string) => void,
): void {
  const path = join(folder, 'BTCUSDT-1m.csv');
  writeCsv(path, bars);
  const file = {
    path,
    name: 'BTCUSDT-1m.csv',
    pair: 'BTC/USDT',
    timeframe: '1m',
    format: 'csv',
  } as const;
  const [csv, raw] = against(
    rounds,
    () => void loadCandles(file),
    timed(() => readFileSync(path)),
  );
  const bytes = readFileSync(path);
  const [, scan] = against(
    rounds,
    () => undefined,
    timed(() => countLines(bytes)),
  );
  const perSecond = (amount: number): string => (amount / csv.median / 1000).toFixed(1);
  say(
    `CSV load ${csv.median.toFixed(0)} ms: ${perSecond(bars.close.length)} M rows/s, ${perSecond(bytes.length)} MB/s; ` +
      `of looking at each byte once ${ratio(scan, csv)}, of readFileSync ${ratio(raw, csv)}`,
  );
  const [columns, plain] = against(
    rounds,
    () => void readColumnFile(columnFile),
    timed(() => readFileSync(columnFile)),
  );
  say(`column file ${columns.median.toFixed(0)} ms; readFileSync ratio ${ratio(plain, columns)}`);
}

/** In a function of its own: text that is still held would be marked by every collection while loading. */
function writeCsv(path: string, bars: CandleColumns): void {
  const lines = ['time,open,high,low,close,volume'];
  for (let i = 0; i < bars.close.length; i++) {
    lines.push(
      `${bars.timeMs[i]! / 1000},${bars.open[i]},${bars.high[i]},${bars.low[i]},${bars.close[i]},${bars.volume[i]}`,
    );
  }
  writeFileSync(path, `${lines.join('\n')}\n`);
}

/** The least that anything does which reads a text byte by byte. */
function countLines(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = 0; at < bytes.length; at++) if (bytes[at] === NEWLINE) lines++;
  return lines;
}

/** One update per bar with the peer's incremental classes. */
function debutIndicators(folder: string, bars: readonly CandleColumns[]): () => void {
  type Next = { nextValue(...values: number[]): unknown };
  type Peer = Record<string, new (...args: number[]) => Next>;
  const peer = createRequire(join(folder, 'package.json'))('@debut/indicators') as Peer; // its published names
  return () => {
    for (const { high, low, close } of bars) {
      const ema = new peer['EMA']!(21);
      const rsi = new peer['RSI']!(14);
      const macd = new peer['MACD']!(12, 26, 9);
      const bands = new peer['BollingerBands']!(20, 2);
      const atr = new peer['ATR']!(14);
      for (let i = 0; i < close.length; i++) {
        ema.nextValue(close[i]!);
        rsi.nextValue(close[i]!);
        macd.nextValue(close[i]!);
        bands.nextValue(close[i]!);
        atr.nextValue(high[i]!, low[i]!, close[i]!);
      }
    }
  };
}

type CRun = (what: 'cross' | 'five', files: readonly string[]) => number;

/** The C loops, or null without a compiler. A call runs warm and returns one round's milliseconds. */
function compile(folder: string): CRun | null {
  const program = join(folder, 'kernel');
  const source = new URL('./kernel.c', import.meta.url).pathname;
  try {
    execFileSync('gcc', ['-O3', '-o', program, source, '-lm'], { stdio: 'pipe' });
  } catch {
    return null;
  }
  return (what, files) => {
    const out = execFileSync(program, [what, '3', ...files], { encoding: 'utf8' });
    const rounds = out.split('\n')[0]!.split(' ').map(Number);
    return rounds.sort((a, b) => a - b)[1]!;
  };
}

/** CPU milliseconds of this thread: the machine may be shared, and waiting is not work. */
function timed(work: () => unknown): () => number {
  return () => {
    const started = process.threadCpuUsage();
    work();
    const { user, system } = process.threadCpuUsage(started);
    return (user + system) / 1000;
  };
}

/** Rounds of both sides taking turns, after a warm-up of each; `other` returns its own milliseconds. */
function against(rounds: number, ours: () => void, other: () => number): [Times, Times] {
  const run = timed(ours);
  for (let k = 0; k < 3; k++) run();
  other();
  const a: number[] = [];
  const b: number[] = [];
  for (let k = 0; k < rounds; k++) {
    b.push(other());
    // Starting a process marks this one's pages copy-on-write: the faults of the next writes are not ours.
    run();
    a.push(run());
  }
  return [times(a), times(b)];
}

function times(values: number[]): Times {
  const sorted = [...values].sort((a, b) => a - b);
  return {
    median: sorted[Math.floor(sorted.length / 2)]!,
    least: sorted[0]!,
    most: sorted.at(-1)!,
  };
}

/** How much faster `fast` is than `slow`, as a number of times. */
function ratio(slow: Times, fast: Times): string {
  return (slow.median / fast.median).toFixed(2);
}
