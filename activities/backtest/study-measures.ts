import { bandedEquity, dailyCloses, holdEquity } from '../../shared/backtest/baselines.ts';
import {
  compareWith,
  equityMeasures,
  type Comparison,
  type EquityMeasures,
} from '../../shared/backtest/measures.ts';
import { baseOf, quoteOf } from '../../shared/pair.ts';
import type { Random } from '../../shared/statistics/bootstrap.ts';
import { seededRandom } from '../../shared/statistics/seeded-random.ts';
import { tradeMeasures, type TradeMeasures } from '../../shared/statistics/trade-measures.ts';
import { contaminationOf } from './contamination.ts';
import type { StudyRun } from './run-study.ts';
import type { PairData } from './study.ts';

export interface StudyMeasures {
  equity: EquityMeasures;
  trades: TradeMeasures;
  /** Share of bars, all pairs, at whose close a position was open. */
  exposure: number;
  /** Money bought and sold over the start equity. */
  turnover: number;
  /** What must stand beside every number here, comparisons left out; null when all of it counts. */
  contaminated: string | null;
  /** Of what counts alone. */
  comparisons: Comparison[];
  /** Daily marks: start of the UTC day, and equity. */
  dailyMs: number[];
  dailyEquity: number[];
}

/** Fixed, so that the same study prints the same intervals. */
const SEED = 20_261_121;

/** What an account's run is worth, with doubts and baselines; null with fills only, which has no account. */
export function studyMeasures(
  run: StudyRun,
  data: readonly PairData[],
  takerFee: number,
): StudyMeasures | null {
  const { engine, log } = run;
  if (engine === null) return null;
  const random = seededRandom(SEED);
  const { account } = engine;
  const { dailyMs, dailyEquity, startEquity } = account;
  const net = new Float64Array(log.count);
  const risk = new Float64Array(log.count);
  for (let k = 0; k < log.count; k++) {
    net[k] = log.grossPnl[k]! - log.fees[k]!;
    risk[k] = log.risk[k]!;
  }
  const contamination = contaminationOf(data);
  return {
    equity: equityMeasures(dailyMs, dailyEquity, startEquity, random),
    trades: tradeMeasures(net, risk),
    exposure: engine.barsInPosition / engine.bars,
    turnover: engine.turnover / startEquity,
    contaminated: contamination?.label ?? null,
    comparisons: comparisonsFrom(
      contamination?.embargoMs ?? -Infinity,
      run,
      data,
      takerFee,
      random,
    ),
    dailyMs,
    dailyEquity,
  };
}

/** Against the baselines, on the days that lie wholly after `embargoMs`; none when there are no two of them. */
function comparisonsFrom(
  embargoMs: number,
  run: StudyRun,
  data: readonly PairData[],
  takerFee: number,
  random: Random,
): Comparison[] {
  const { account } = run.engine!;
  const from = account.dailyMs.findIndex((day) => day >= embargoMs);
  const dailyMs = account.dailyMs.slice(from);
  const dailyEquity = account.dailyEquity.slice(from);
  if (from < 0 || dailyMs.length < 2) return [];
  const start = account.dailyEquity[from - 1] ?? account.startEquity;
  const priced = data.filter((d) => quoteOf(d.pair) === run.numeraire);
  const closes = priced.map((d) => dailyCloses(d.bars, dailyMs));
  const baselines: [string, Float64Array][] = [
    ['cash', new Float64Array(dailyMs.length).fill(start)],
    ...priced.map((d, k): [string, Float64Array] => [
      `holding ${baseOf(d.pair)}`,
      holdEquity(closes[k]!, start, takerFee),
    ]),
  ];
  if (priced.length > 1) {
    const equal = `equal parts of ${[run.numeraire, ...priced.map((d) => baseOf(d.pair))].join(', ')}`;
    baselines.push([equal, bandedEquity(closes, start, takerFee)]);
  }
  return baselines.map(([name, equity]) =>
    compareWith(name, dailyMs, dailyEquity, equity, start, random),
  );
}
