import { commonErrorsWords } from '../../shared/arena/common-errors.ts';
import type { Against } from '../../shared/arena/standings.ts';
import { LEAST_DAYS } from '../../shared/arena/standings.ts';
import type { Interval } from '../../shared/statistics/bootstrap.ts';
import { columns } from '../columns.ts';
import { minute } from '../cycle-line.ts';
import type { Paint } from '../paint.ts';
import type { ArenaReport } from './arena.ts';
import { weightCells } from './deciders-text.ts';

/** Ratios of fewer days are numbers without meaning: they are kept out of sight. */
const LEAST_SHOWN = 10;

type Row = ArenaReport['standings'][number];

const MONEY_HEAD = [
  ...['', 'decider', 'by', 'USDT', 'return', 'Sharpe', '[95 %]', 'P(>0)', 'deflated', 'drawdown'],
  ...['trades', 'won', '[95 %]', 'fees', 'LLM'],
];
const SAID_HEAD = [
  ...[
    'decider',
    'scored',
    'says',
    'comes',
    '[95 %]',
    'Brier',
    'skill',
    '[95 %]',
    'log',
    'weight',
    '70 % is',
  ],
  ...['calibration: says > comes', 'open', 'absent'],
];

/** The standings for people. */
export function arenaText(report: ArenaReport, paint: Paint): string {
  const { standings } = report;
  const deciders = standings.filter((row) => !row.isBaseline);
  const names = new Set(deciders.map((row) => row.decider));
  const money = columns([MONEY_HEAD, ...standings.map(moneyRow)], '  ', [
    ...(['right', 'left', 'left'] as const),
    ...MONEY_HEAD.slice(3).map(() => 'right' as const),
  ]);
  const said = columns([SAID_HEAD, ...deciders.map(saidRow)], '  ', [
    'left',
    ...SAID_HEAD.slice(1, 11).map(() => 'right' as const),
  ]);
  return [
    paint.bold(`Arena of ${report.desk}`),
    `${minute(report.from)} to ${minute(report.asOf)}, ${report.timeframe} bars, net of fees, spread, slippage and LLM cost`,
    paint.yellow(report.evidence),
    ...(report.champion === null ? [] : [paint.yellow(report.champion.words)]),
    '',
    paint.dim(money[0]!),
    ...money.slice(1).map((line, i) => painted(line, standings[i]!, paint)),
    '',
    paint.dim(
      'What confidence was worth: the probability that the nearest target is reached before the stop within the horizon',
    ),
    paint.dim(said[0]!),
    ...said.slice(1),
    ...(report.together === null ? [] : [`  ${commonErrorsWords(report.together)}`]),
    '',
    paint.dim('Against the baselines, daily returns resampled in pairs'),
    ...columns(
      deciders.flatMap((row) => againstRows(row, names)),
      '  ',
    ),
  ].join('\n');
}

function painted(line: string, row: Row, paint: Paint): string {
  if (row.isBaseline) return paint.dim(line);
  return row.isOnRoster ? paint.bold(line) : line;
}

function moneyRow(row: Row, place: number): string[] {
  const { measures, trades } = row;
  const isTold = measures.days >= LEAST_SHOWN;
  const ifTold = (text: string): string => (isTold ? text : '-');
  return [
    String(place + 1),
    row.decider,
    row.isOnRoster ? row.variant : `${row.variant} (former)`,
    row.equity.toFixed(2),
    percent(measures.totalReturn, 2),
    ifTold(number(measures.sharpe, 2)),
    ifTold(interval(measures.sharpeInterval, (x) => number(x, 1))),
    ifTold(percent(measures.probabilisticSharpe, 0)),
    row.isBaseline ? '' : ifTold(percent(row.deflatedSharpe, 0)),
    percent(measures.maxDrawdown, 1),
    String(trades.count),
    trades.count === 0 ? '-' : percent(trades.winRate, 0),
    trades.count === 0 ? '-' : interval(trades.winRateInterval, (x) => percent(x, 0)),
    row.fees.toFixed(2),
    row.llmCost === 0 ? '-' : row.llmCost.toFixed(2),
  ];
}

function saidRow(row: Row): string[] {
  const { score, pending = 0, absent = 0, record = null } = row.predictions ?? {};
  const open = [String(pending), String(absent)];
  const weight = weightCells(record);
  if (score == null) {
    return [row.decider, '0', ...Array<string>(7).fill('-'), ...weight, '-', ...open];
  }
  return [
    row.decider,
    String(score.count),
    percent(score.meanConfidence, 0),
    percent(score.hitRate, 0),
    interval(score.hitRateInterval, (x) => percent(x, 0)),
    number(score.brier, 3),
    number(score.skill, 2),
    interval(score.skillInterval, (x) => number(x, 2)),
    number(score.logScore, 3),
    ...weight,
    bins(score.calibration),
    ...open,
  ];
}

/** `50 > 31, 65 > 28`: neighbouring bins that say the same are one. */
function bins(calibration: readonly { count: number; meanConfidence: number; hitRate: number }[]) {
  const joined: { count: number; said: number; hits: number }[] = [];
  for (const { count, meanConfidence, hitRate } of calibration) {
    const said = Math.round(100 * meanConfidence);
    const before = joined.at(-1);
    if (before?.said === said) {
      before.count += count;
      before.hits += count * hitRate;
    } else joined.push({ count, said, hits: count * hitRate });
  }
  return joined
    .map(({ count, said, hits }) => `${said} > ${Math.round((100 * hits) / count)}`)
    .join(', ');
}

/** `deciders`: names that a baseline may share with one of them. */
function againstRows(row: Row, deciders: ReadonlySet<string>): string[][] {
  const named = (verdict: Against['verdict']): string =>
    row.against
      .filter((each) => each.verdict === verdict)
      .map(({ baseline }) => (deciders.has(baseline) ? `${baseline} (baseline)` : baseline))
      .join(', ');
  const told: [string, string][] = [
    ['better than', named('better')],
    ['worse than', named('worse')],
    ['not distinguishable from', named('not distinguishable')],
  ];
  const rows = told.filter(([, names]) => names !== '');
  return [
    ...rows.map(([verdict, names], i) => [i === 0 ? row.decider : '', verdict, names]),
    ...(row.lacks.length === 0
      ? []
      : [['', 'too little to say more', `${row.lacks.join(', ')}${trackOf(row)}`]]),
  ];
}

/** How long the same results would have to go on; silent where they would not do at any length. */
function trackOf({ measures }: Row): string {
  const days = measures.minimumTrackDays;
  const isFar = days > measures.days && days < 100_000;
  return isFar && measures.days >= LEAST_DAYS / 3
    ? `; a Sharpe ratio like this one takes ${Math.ceil(days)} days to be above 0 with 95 %`
    : '';
}

function percent(share: number, decimals: number): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(decimals)} %` : '-';
}

function number(value: number, decimals: number): string {
  return Number.isFinite(value) ? value.toFixed(decimals) : '-';
}

function interval({ low, high }: Interval, shown: (x: number) => string): string {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return '-';
  const [from, to] = [shown(low), shown(high)];
  return from.endsWith(' %') ? `${from.slice(0, -2)} to ${to}` : `${from} to ${to}`;
}
