import { spawn } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { runStudy } from '../../activities/backtest/run-study.ts';
import type { PairData, StudyRequest } from '../../activities/backtest/study.ts';
import { venueFacts } from '../../cli/backtest/venue-facts.ts';
import { freePortBase } from '../../infra/free-port-base.ts';
import { ExitSettingsSchema, type ExitSettings } from '../../shared/backtest/exit-settings.ts';
import { EXIT_END, EXIT_REASONS } from '../../shared/backtest/trade-log.ts';
import { parseBarStrategy } from '../../shared/strategies/bar-registry.ts';
import { isoTime } from '../../shared/timeframe.ts';
import { lockstepMarket, type LockstepPair } from '../support/lockstep-market.ts';
import { databaseUrl, temporalAddress } from '../support/services.ts';

const START = fileURLToPath(new URL('../../cli/start.ts', import.meta.url));
const HOUR = 3_600_000;
/** Bars before the replay, for the indicators, and bars that are traded. */
const HISTORY = 150;
const TRADED = 30;
/** A market in which stops and targets are hit and all three pairs trade. */
const SEED = 103;
/** One that goes both ways, for shorts. */
const FALLING = 146;
type Entry = NonNullable<StudyRequest['entry']>;
/** How a desk trades: two strategies that must agree, or, with `shorts`, one that sells short on margin too. */
interface Rules {
  entry: Entry;
  exits: ExitSettings;
  shorts: boolean;
}
const MARGIN = { leverage: 2 };
/** The first desk; its entries are set by each case. */
const PROFILE = fileURLToPath(new URL('../../desks/triplegain.yaml', import.meta.url));
const BALANCES = { USDT: 1000, XRP: 500, BTC: 0.05 };

let dir: string;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'triplegain-lockstep-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true, maxRetries: 3 }));

interface Fill {
  bar: string;
  pair: string;
  side: string;
  price: number;
  quantity: number;
}

const MOVED = { breakEven: { afterR: 0.4, offsetPct: 0.1 }, trailing: { atr: 0.8, afterR: 0.3 } };

it.each([
  { name: 'market', entry: 'market' as const, guard: {}, least: 10, ends: ['target', 'stop'] },
  {
    name: 'post-only, stops that move',
    ...{ entry: 'post-only' as const, guard: MOVED, least: 20, ends: ['stop', 'trailing'] },
  },
  {
    name: 'market, all exits',
    entry: 'market' as const,
    guard: { ...MOVED, timeStopHours: 5, reviewEveryHours: 3 },
    ...{ least: 20, ends: ['stop', 'trailing', 'time'] },
  },
  {
    name: 'shorts on margin, at the market',
    ...{ entry: 'market' as const, shorts: true, guard: {}, least: 5, ends: ['target', 'stop'] },
  },
  {
    name: 'shorts on margin, post-only, stops that move',
    ...{ entry: 'post-only' as const, shorts: true, guard: MOVED },
    ...{ least: 10, ends: ['stop', 'trailing'] },
  },
])(
  'a desk at the simulator and a backtest trade the same: bars, pairs, prices and quantities, $name',
  async ({ entry, guard, least, ends, ...rest }) => {
    const shorts = 'shorts' in rest;
    const rules: Rules = { entry, shorts, exits: ExitSettingsSchema.parse(guard) };
    const market = lockstepMarket(HISTORY + TRADED, shorts ? FALLING : SEED);
    const fromMs = market[0]!.bars.timeMs[HISTORY]!;
    const toMs = fromMs + TRADED * HOUR;
    const { fills: ours, reasons, shortTrades } = backtestFills(market, rules);
    expect(reasons).toEqual(expect.arrayContaining(ends));
    expect(shortTrades > 0).toBe(shorts);
    const theirs = await deskFills(market, fromMs, toMs, rules);
    expect(ours.length).toBeGreaterThanOrEqual(least);
    const keyOf = (f: Fill): string => `${f.bar} ${f.pair} ${f.side} ${f.price}`;
    expect(ours.map(keyOf).sort()).toEqual(theirs.map(keyOf).sort());
    for (const fill of ours) {
      const other = theirs.find((f) => keyOf(f) === keyOf(fill))!;
      // The venue rounds fees to its decimals, which moves the equity that sizes are a share of.
      expect(Math.abs(fill.quantity / other.quantity - 1)).toBeLessThan(1e-6);
    }
  },
  180_000,
);

function backtestFills(
  market: readonly LockstepPair[],
  { entry, exits, shorts }: Rules,
): { fills: Fill[]; reasons: string[]; shortTrades: number } {
  const request: StudyRequest = {
    strategy: shorts ? 'trend' : 'trend-breakout',
    params: shorts ? { shorts } : {},
    ...(shorts ? { margin: MARGIN } : {}),
    dataDir: '',
    pairs: market.map((m) => m.pair),
    timeframe: '1h',
    fromMs: null,
    toMs: null,
    fillsOnly: false,
    limits: 'desk',
    entry,
    exits,
    beneath: null,
    gapBars: 24,
    confidence: 0.65,
    balances: BALANCES,
  };
  const data: PairData[] = market.map(({ pair, bars }) => ({
    pair,
    bars,
    file: '',
    fileTimeframe: '1h',
    gaps: [],
    beneath: null,
  }));
  const choice = shorts
    ? parseBarStrategy('trend', { warmupBars: HISTORY, shorts })
    : parseBarStrategy('trend-breakout', { warmupBars: HISTORY });
  const { log } = runStudy(request, choice, data, venueFacts);
  const fills: Fill[] = [];
  for (let k = 0; k < log.count; k++) {
    const { pair, bars } = data[log.pair[k]!]!;
    const quantity = log.quantity[k]!;
    const at = (bar: number): string => isoTime(bars.timeMs[bar]!);
    const entry = { bar: at(log.entryBar[k]!), price: log.entryPrice[k]! };
    const [enters, leaves] = log.side[k] === 1 ? ['buy', 'sell'] : ['sell', 'buy'];
    fills.push({ ...entry, pair, quantity, side: enters });
    // What is open at the end stays open in a replay.
    if (log.reason[k] === EXIT_END) continue;
    const exit = { bar: at(log.exitBar[k]!), price: log.exitPrice[k]! };
    fills.push({ ...exit, pair, quantity, side: leaves });
  }
  const reasons = Array.from({ length: log.count }, (_, k) => EXIT_REASONS[log.reason[k]!]!);
  const shortTrades = log.side.slice(0, log.count).filter((side) => side === -1).length;
  return { fills, reasons, shortTrades };
}

/** Fills of a whole desk: launcher, Temporal, PostgreSQL, simulator, as its journal has them. */
async function deskFills(
  market: readonly LockstepPair[],
  fromMs: number,
  toMs: number,
  rules: Rules,
): Promise<Fill[]> {
  const data = join(dir, 'data');
  const home = mkdtempSync(join(dir, 'home-'));
  writeMarket(data, market);
  const profile = join(home, 'desk.yaml');
  const desk = parse(readFileSync(PROFILE, 'utf8')) as {
    entry: object;
    guard: object;
    deciders: { id: string }[];
    consensus: object;
    margin?: object;
  };
  desk.entry = { ...desk.entry, type: rules.entry };
  desk.guard = { ...desk.guard, ...rules.exits };
  if (rules.shorts) {
    desk.deciders = desk.deciders.filter(({ id }) => id === 'trend');
    desk.consensus = { kind: 'quorum', quorum: 1, closeQuorum: 1 };
    desk.margin = MARGIN;
  }
  writeFileSync(profile, stringify(desk));
  const balances = Object.entries(BALANCES)
    .map(([asset, amount]) => `${asset}=${amount}`)
    .join(',');
  const args = [
    '--profile',
    profile,
    '--data',
    data,
    '--from',
    isoTime(fromMs),
    '--to',
    isoTime(toMs),
  ];
  const rest = ['--lockstep', '--exit', '--json', '--balances', balances, '--home', home];
  const port = String(await freePortBase());
  const { status, stderr } = await run([START, ...args, ...rest, '--port-base', port]);
  expect(status, stderr.slice(-2000)).toBe(0);
  const [journal] = globSync(join(home, 'replays/*/*/journal/journal.jsonl'));
  return readFileSync(journal!, 'utf8')
    .split('\n')
    .filter((line) => line.includes('"fact":"fill"'))
    .map((line) => {
      const fact = JSON.parse(line) as Record<'pair' | 'side' | 'price' | 'quantity', string> & {
        at: number;
      };
      return {
        bar: isoTime(Math.floor(fact.at / HOUR) * HOUR),
        pair: fact.pair,
        side: fact.side,
        price: Number(fact.price),
        quantity: Number(fact.quantity),
      };
    });
}

function writeMarket(folder: string, market: readonly LockstepPair[]): void {
  mkdirSync(folder, { recursive: true });
  for (const { pair, decimals, bars } of market) {
    const rows = ['time,open,high,low,close,volume'];
    const price = (x: number): string => x.toFixed(decimals);
    for (let i = 0; i < bars.timeMs.length; i++) {
      const { open, high, low, close, volume } = bars;
      const prices = [open, high, low, close].map((column) => price(column[i]!));
      rows.push([bars.timeMs[i]! / 1000, ...prices, volume[i]!.toFixed(6)].join(','));
    }
    writeFileSync(join(folder, `${pair.replace('/', '')}-1h.csv`), `${rows.join('\n')}\n`);
  }
}

function run(args: string[]): Promise<{ status: number | null; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        ...process.env,
        TEMPORAL_ADDRESS: temporalAddress(),
        DATABASE_URL: databaseUrl(),
        NODE_OPTIONS: '--disable-warning=ExperimentalWarning',
      },
    });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, stderr }));
  });
}
