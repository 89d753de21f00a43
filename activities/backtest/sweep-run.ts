import {
  emaCrossings,
  runCrossings,
  type Crossings,
} from '../../shared/backtest/ema-cross-sweep.ts';
import { DayReturns } from '../../shared/backtest/day-returns.ts';
import type { TradeLog, TradeSink } from '../../shared/backtest/trade-log.ts';
import type { CandleColumns } from '../../shared/candle.ts';
import type { Pair } from '../../shared/pair.ts';
import { dailySharpe } from '../../shared/statistics/ratios.ts';
import type { BarStrategyChoice } from '../../shared/strategies/bar-registry.ts';
import { runStudy } from './run-study.ts';
import type { PairData, StudyInstrument, StudyRequest } from './study.ts';
import type { SweepDays } from './sweep-days.ts';

const DAY_MS = 86_400_000;

/** Numbers per set in a sweep's results. */
export const SLOT = {
  done: 0,
  trades: 1,
  wins: 2,
  /** With an account: end over start less 1. With fills only: sum of the trades' net returns. */
  netReturn: 3,
  /** Per day, not annualised. */
  sharpe: 4,
  maxDrawdown: 5,
} as const;
export const SLOTS = 6;

/** Where the counters of the groups begin in `control`. */
export const GROUPS_AT = 3;

/** A sweep as its threads see it: shared memory and plain data. */
export interface SweepTask {
  request: StudyRequest;
  choices: BarStrategyChoice[];
  /** Sets that are run together, by index. */
  groups: number[][];
  data: { pair: Pair; bars: CandleColumns; beneath: CandleColumns | null }[];
  facts: StudyInstrument[];
  days: Pick<SweepDays, 'firstDay' | 'columnOf'>;
  /** Length of a row of returns. */
  columns: number;
  /** `SLOTS` numbers per set. */
  results: Float64Array;
  /** A row of daily returns per set. */
  returns: Float64Array;
  /** [next group, stop flag, sets done], then the sets begun of each group. */
  control: Int32Array;
}

/** Sets that share their averages belong together; others stand alone. */
export function sweepGroups(
  request: StudyRequest,
  choices: readonly BarStrategyChoice[],
): number[][] {
  const groups = new Map<string, number[]>();
  choices.forEach((choice, index) => {
    const key = shares(request, choice)
      ? `${choice.parameters.fast} ${choice.parameters.slow} ${choice.parameters.warmupBars}`
      : String(index);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [index]);
    else group.push(index);
  });
  return [...groups.values()];
}

type EmaCross = Extract<BarStrategyChoice, { name: 'ema-cross' }>;

function shares(request: StudyRequest, choice: BarStrategyChoice): choice is EmaCross {
  return request.fillsOnly && choice.name === 'ema-cross';
}

/** Sets of a group that a thread takes at a time. */
const CHUNK = 4;

/**
 * Works off groups until none is left or the stop flag is set: first groups that nobody has begun, then, so that no
 * thread waits for another's last group, what is left of any. Results go to slots by set index.
 */
export function workSweep(task: SweepTask): void {
  const sums = new DayReturns(task.days);
  const count = task.groups.length;
  for (let g = Atomics.add(task.control, 0, 1); g < count; g = Atomics.add(task.control, 0, 1)) {
    workGroup(task, g, sums);
  }
  for (let g = count - 1; g >= 0; g--) workGroup(task, g, sums);
}

function workGroup(task: SweepTask, g: number, sums: DayReturns): void {
  const { control } = task;
  const group = task.groups[g]!;
  let crossings: Crossings[] | null | undefined;
  for (;;) {
    if (Atomics.load(control, 1) !== 0) return;
    const from = Atomics.add(control, GROUPS_AT + g, CHUNK);
    if (from >= group.length) return;
    crossings ??= crossingsOf(task, task.choices[group[0]!]!);
    for (const set of group.slice(from, from + CHUNK)) {
      if (Atomics.load(control, 1) !== 0) return;
      runSet(task, set, crossings, sums);
      Atomics.add(control, 2, 1);
    }
  }
}

/** What the sets of a group share; null where they share nothing. */
function crossingsOf(task: SweepTask, choice: BarStrategyChoice): Crossings[] | null {
  if (!shares(task.request, choice)) return null;
  const { fast, slow, warmupBars } = choice.parameters;
  return task.data.map(({ bars }) => emaCrossings(bars.close, fast, slow, warmupBars));
}

function runSet(
  task: SweepTask,
  set: number,
  crossings: Crossings[] | null,
  sums: DayReturns,
): void {
  const choice = task.choices[set]!;
  const returns = task.returns.subarray(set * task.columns, (set + 1) * task.columns);
  returns.fill(0);
  if (crossings !== null && choice.name === 'ema-cross') {
    const reference = choice.parameters.reference === 'fill' ? 'fill' : 'close';
    sums.startSet(returns);
    task.data.forEach(({ bars }, pair) => {
      sums.startPair(bars.timeMs);
      runCrossings(bars, crossings[pair]!, { ...choice.parameters, reference }, sums, pair);
    });
    storeDays(task, set, sums, returns);
    return;
  }
  const data: PairData[] = task.data.map((d) => ({
    ...d,
    file: '',
    fileTimeframe: task.request.timeframe,
    gaps: [],
  }));
  const run = runStudy(task.request, choice, data, (pair) => {
    return task.facts[task.request.pairs.indexOf(pair)]!;
  });
  const { log } = run;
  if (run.engine === null) {
    sums.startSet(returns);
    for (let k = 0, pair = -1; k < log.count; k++) {
      if (log.pair[k] !== pair) sums.startPair(task.data[(pair = log.pair[k]!)]!.bars.timeMs);
      addTrade(sums, log, k);
    }
    storeDays(task, set, sums, returns);
    return;
  }
  let wins = 0;
  for (let k = 0; k < log.count; k++) if (log.grossPnl[k]! > log.fees[k]!) wins++;
  const { account } = run.engine;
  const { firstDay, columnOf } = task.days;
  for (let k = 1; k < account.dailyMs.length; k++) {
    const column = columnOf[account.dailyMs[k]! / DAY_MS - firstDay]!;
    if (column < 0) continue;
    returns[column] = account.dailyEquity[k]! / account.dailyEquity[k - 1]! - 1;
  }
  const netReturn = account.equity / account.startEquity - 1;
  store(task, set, log.count, wins, netReturn, account.maxDrawdown, returns);
}

function addTrade(into: TradeSink, log: TradeLog, k: number): void {
  into.add(
    log.pair[k]!,
    log.side[k] === 1 ? 1 : -1,
    log.reason[k]!,
    log.entryBar[k]!,
    log.exitBar[k]!,
    log.entryPrice[k]!,
    log.exitPrice[k]!,
    log.quantity[k]!,
    log.fees[k]!,
    log.risk[k]!,
  );
}

/** What the trades of all pairs made on each day, as an equity that does not compound. */
function storeDays(task: SweepTask, set: number, sums: DayReturns, returns: Float64Array): void {
  let equity = 1;
  let peak = 1;
  let deepest = 0;
  for (let day = 0; day < returns.length; day++) {
    equity += returns[day]!;
    peak = Math.max(peak, equity);
    deepest = Math.max(deepest, peak - equity);
  }
  store(task, set, sums.trades, sums.wins, equity - 1, deepest, returns);
}

function store(
  task: SweepTask,
  set: number,
  trades: number,
  wins: number,
  netReturn: number,
  maxDrawdown: number,
  returns: Float64Array,
): void {
  const at = set * SLOTS;
  task.results[at + SLOT.trades] = trades;
  task.results[at + SLOT.wins] = wins;
  task.results[at + SLOT.netReturn] = netReturn;
  task.results[at + SLOT.sharpe] = dailySharpe(returns);
  task.results[at + SLOT.maxDrawdown] = maxDrawdown;
  task.results[at + SLOT.done] = 1;
}
