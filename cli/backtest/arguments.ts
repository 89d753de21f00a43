import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { StudyRequest } from '../../activities/backtest/study.ts';
import {
  MOST_SEARCHED,
  sweepSets,
  sweepSpace,
  type SweepAxes,
  type SweepSearch,
} from '../../activities/backtest/sweep-plan.ts';
import type { WalkForwardOptions } from '../../shared/backtest/walk-forward.ts';
import { isPair, type Pair } from '../../shared/pair.ts';
import {
  BAR_STRATEGY_NAMES,
  parseBarStrategy,
  type BarStrategyChoice,
} from '../../shared/strategies/bar-registry.ts';
import { isTimeframe, timeframeMs, TIMEFRAMES, type Timeframe } from '../../shared/timeframe.ts';
import { readFlags } from '../flags.ts';
import { parseSpan, parseTime } from '../parse-time.ts';
import { readDesk } from './desk-arguments.ts';
import { asUsage, readCount, readObject, UsageError } from './read-flags.ts';

export { UsageError } from './read-flags.ts';

export const USAGE = `npm run backtest -- --strategy NAME --data DIR --pairs P[,P] --timeframe T [options]

  --strategy NAME     ${BAR_STRATEGY_NAMES.join(', ')}
  --params JSON       parameters of the strategy, e.g. '{"fast":12,"slow":26}'
  --data DIR          folder of candle files
  --pairs P[,P]       e.g. BTC/USDT,XRP/USDT
  --timeframe T       ${TIMEFRAMES.join(', ')}
  --from T --to T     open times, ISO 8601 UTC; --from is included, --to is not
  --fills-only        fixed quantity, no risk engine, each pair one series
  --limits L          desk (default): the risk engine; none: an equal share of the account per entry
  --profile FILE      limits, entries, exits, margin and balances of that desk; other flags win
  --entry E           with the risk engine: market (default), or post-only at the bid
  --entry-minutes N   after which a post-only entry ends (60)
  --exits JSON        how positions are left besides, as in a profile's guard: breakEven, trailing, timeStopHours,
                      invalidation, reviewEveryHours; e.g. '{"trailing":{"atr":3},"timeStopHours":48}'
  --margin N          lets the risk engine sell short, with a leverage of N at most
  --confidence P      stated confidence of the strategy, for the risk engine (0.65)
  --balances A=N,..   start balances, e.g. USDT=1000,XRP=500
  --beneath T         finer bars that tell whether stop or target came first, where they exist
  --gap-bars N        more missing bars than this end a segment (24)
  --trades FILE       write the trades as CSV
  --report DIR        write report.html, summary.json and trades.csv
  --sweep JSON        values to try, e.g. '{"fast":[8,12],"slow":{"from":20,"to":50,"step":10}}'
  --samples N         try N sets of the sweep, drawn by --seed (1)
  --search NAME       random (default): any N sets; bayesian: each round where the ones before let expect most
  --walk-forward JSON e.g. '{"trainDays":365,"testDays":90,"embargoDays":7}', with --sweep
  --threads N         of a sweep (as many as the machine has)
  --workflow          run it as a Temporal workflow, results below the home folder
  --every SPAN        with --workflow: make a schedule, e.g. 1d; npm run compute serves it
  --home DIR          home folder, for --workflow
  --json              one JSON document on stdout
`;

export interface BacktestArguments {
  request: StudyRequest;
  choice: BarStrategyChoice;
  sweep: {
    /** None for a search, which finds its own. */
    choices: BarStrategyChoice[];
    search: SweepSearch | null;
    threads: number;
    walkForward: WalkForwardOptions | null;
  } | null;
  tradesFile: string | null;
  reportDir: string | null;
  workflow: { home: string | null; everyMs: number | null } | null;
  json: boolean;
}

/** The command line as a study; 'help' when that was asked for. Throws UsageError naming the flag. */
export function readArguments(argv: readonly string[]): BacktestArguments | 'help' {
  const values = asUsage(() => parseFlags(argv));
  if (values.help) return 'help';
  const { timeframe } = values;
  if (!isTimeframe(timeframe)) {
    throw new UsageError(`--timeframe ${timeframe}: there are ${TIMEFRAMES.join(', ')}`);
  }
  const confidence = Number(values.confidence);
  if (!(confidence >= 0 && confidence <= 1)) {
    throw new UsageError(`--confidence ${values.confidence}: not a probability`);
  }
  const fromMs = readTime('--from', values.from);
  const toMs = readTime('--to', values.to);
  if (fromMs !== null && toMs !== null && fromMs >= toMs) {
    throw new UsageError(`--from ${values.from} is not before --to ${values.to}`);
  }
  const params = readObject('--params', values.params);
  const strategy = needed('--strategy', values.strategy);
  const choice = asUsage(() => parseBarStrategy(strategy, params));
  if (choice.name === 'banded-thirds' && values['fills-only']) {
    throw new UsageError(
      '--fills-only goes with strategies of single pairs, not with banded-thirds',
    );
  }
  const pairs = readPairs(needed('--pairs', values.pairs));
  const desk = readDesk(values, choice.name, pairs);
  return {
    choice,
    request: {
      strategy: choice.name,
      params:
        choice.name === 'recorded'
          ? { ...choice.parameters, file: resolve(choice.parameters.file) }
          : choice.parameters,
      dataDir: needed('--data', values.data),
      pairs,
      timeframe,
      fromMs,
      toMs,
      fillsOnly: values['fills-only'],
      ...desk,
      beneath: readBeneath(values.beneath, timeframe),
      gapBars: readCount('--gap-bars', values['gap-bars'], 0),
      confidence,
      balances: values.balances === undefined ? desk.balances : readBalances(values.balances),
    },
    sweep: readSweep(values, choice.name, params),
    tradesFile: values.trades ?? null,
    reportDir: values.report ?? null,
    workflow: readWorkflow(values),
    json: values.json,
  };
}

function parseFlags(argv: readonly string[]) {
  return readFlags({
    args: [...argv],
    options: {
      strategy: { type: 'string' },
      params: { type: 'string', default: '{}' },
      data: { type: 'string' },
      pairs: { type: 'string' },
      timeframe: { type: 'string', default: '1h' },
      from: { type: 'string' },
      to: { type: 'string' },
      'fills-only': { type: 'boolean', default: false },
      limits: { type: 'string', default: 'desk' },
      profile: { type: 'string' },
      entry: { type: 'string' },
      'entry-minutes': { type: 'string' },
      exits: { type: 'string' },
      margin: { type: 'string' },
      confidence: { type: 'string', default: '0.65' },
      balances: { type: 'string' },
      beneath: { type: 'string' },
      'gap-bars': { type: 'string', default: '24' },
      trades: { type: 'string' },
      report: { type: 'string' },
      sweep: { type: 'string' },
      samples: { type: 'string' },
      search: { type: 'string' },
      seed: { type: 'string', default: '1' },
      'walk-forward': { type: 'string' },
      threads: { type: 'string' },
      workflow: { type: 'boolean', default: false },
      every: { type: 'string' },
      home: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  }).values;
}

function readSweep(
  values: ReturnType<typeof parseFlags>,
  strategy: string,
  params: Record<string, unknown>,
): BacktestArguments['sweep'] {
  if (values.sweep === undefined) {
    for (const flag of ['samples', 'search', 'walk-forward', 'threads'] as const) {
      if (values[flag] !== undefined) throw new UsageError(`--${flag} goes with --sweep`);
    }
    return null;
  }
  if (strategy === 'recorded')
    throw new UsageError('--sweep: recorded decisions have nothing to try');
  const axes = readObject('--sweep', values.sweep) as SweepAxes; // checked axis by axis in sweepSets
  const random =
    values.samples === undefined
      ? null
      : {
          samples: readCount('--samples', values.samples, 1),
          seed: readCount('--seed', values.seed, 0),
        };
  const threads =
    values.threads === undefined
      ? availableParallelism()
      : readCount('--threads', values.threads, 1);
  const forward = values['walk-forward'];
  const search = readSearch(values.search, random, params, axes);
  return {
    choices: search === null ? asUsage(() => sweepSets(strategy, params, axes, random)) : [],
    search: search === null ? null : { ...search, samples: searched(strategy, search) },
    threads,
    walkForward: forward === undefined ? null : readForward(readObject('--walk-forward', forward)),
  };
}

function readSearch(
  name: string | undefined,
  random: { samples: number; seed: number } | null,
  base: Record<string, unknown>,
  axes: SweepAxes,
): SweepSearch | null {
  if (name === undefined || name === 'random') return null;
  if (name !== 'bayesian') {
    throw new UsageError(`--search ${name}: there are random and bayesian`);
  }
  if (random === null) throw new UsageError('--search bayesian needs --samples N');
  return { base, axes, ...random };
}

/** How many sets a search tries: no more than there are. Throws when one of its axes is none. */
function searched(strategy: string, { base, axes, samples }: SweepSearch): number {
  return asUsage(() => {
    const space = sweepSpace(strategy, base, axes);
    space.choiceAt(0);
    space.choiceAt(space.total - 1);
    if (samples > MOST_SEARCHED) {
      throw new Error(`--samples ${samples}: a search tries ${MOST_SEARCHED} sets at most`);
    }
    return Math.min(samples, space.total);
  });
}

function readWorkflow(values: ReturnType<typeof parseFlags>): BacktestArguments['workflow'] {
  const { workflow, every, home } = values;
  if (!workflow) {
    if (every !== undefined) throw new UsageError('--every goes with --workflow');
    return null;
  }
  const everyMs = every === undefined ? null : parseSpan(every);
  if (every !== undefined && everyMs === null) {
    throw new UsageError(`--every ${every}: not a span like 12h or 1d`);
  }
  return { home: home ?? null, everyMs };
}

function readForward(given: Record<string, unknown>): WalkForwardOptions {
  const days = (name: string, least: number): number => {
    const value = given[name];
    if (typeof value === 'number' && Number.isInteger(value) && value >= least) return value;
    throw new UsageError(`--walk-forward: ${name} must be a whole number of days from ${least} on`);
  };
  return {
    trainDays: days('trainDays', 10),
    testDays: days('testDays', 1),
    embargoDays: days('embargoDays', 0),
  };
}

function needed(flag: string, value: string | undefined): string {
  if (value === undefined || value === '') throw new UsageError(`${flag} is missing`);
  return value;
}

function readBeneath(text: string | undefined, timeframe: Timeframe): Timeframe | null {
  if (text === undefined) return null;
  if (!isTimeframe(text) || timeframeMs(text) >= timeframeMs(timeframe)) {
    throw new UsageError(`--beneath ${text}: not a timeframe shorter than ${timeframe}`);
  }
  return text;
}

function readPairs(text: string): Pair[] {
  const pairs = text.split(',').map((p) => p.trim());
  for (const pair of pairs) {
    if (!isPair(pair)) throw new UsageError(`--pairs: "${pair}" is not a pair like BTC/USDT`);
  }
  if (new Set(pairs).size < pairs.length) throw new UsageError(`--pairs ${text}: a pair twice`);
  return pairs;
}

function readTime(flag: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const timeMs = parseTime(text);
  if (timeMs !== null) return timeMs;
  throw new UsageError(`${flag} ${text}: not a time like 2021-05-15 or 2021-05-15T12:00:00Z`);
}

function readBalances(text: string): Record<string, number> {
  const balances: Record<string, number> = {};
  for (const part of text.split(',')) {
    const match = /^([A-Z0-9]{2,10})=(\d+(?:\.\d+)?)$/.exec(part.trim());
    if (match === null) throw new UsageError(`--balances: "${part}" is not like USDT=1000`);
    balances[match[1]!] = Number(match[2]);
  }
  return balances;
}
