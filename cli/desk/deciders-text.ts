import type { DeciderReport } from '../../activities/deciders/read-deciders.ts';
import type { UsedRecord } from '../../shared/consensus/consensus.ts';
import { recalibrated } from '../../shared/consensus/pool.ts';
import type { LlmBudget } from '../../shared/llm/settings.ts';
import { Decimal } from '../../shared/money.ts';
import { columns } from '../columns.ts';
import { minute } from '../cycle-line.ts';
import type { Paint } from '../paint.ts';

type Report = DeciderReport & { record: UsedRecord | null };

const SAID_HEAD = [
  ...['decider', 'model', 'prompt', 'answered', 'absent', 'weight', '70 % is', 'last absence'],
];
const CALLS_HEAD = [
  ...['model calls', 'prompt', 'calls', 'repairs', 'latency', '95 %', 'tokens in', 'out', 'cost'],
  'today',
];

/** What each decider has done, and what models cost, for a terminal; they are held against the day's caps. */
export function decidersText(reports: readonly Report[], budget: LlmBudget, paint: Paint): string {
  if (reports.length === 0) return 'no decider was asked yet';
  const models = reports.filter((r) => r.model !== null);
  const said = table(SAID_HEAD, [3, 7], reports, saidCells, paint);
  if (models.length === 0) return said.join('\n');
  const today = Decimal.sum(0, ...models.map((r) => r.spentTodayUsd));
  return [
    ...said,
    '',
    ...table(CALLS_HEAD, [2, CALLS_HEAD.length], models, (r) => callCells(r, budget), paint),
    '',
    `models today: ${usd(today.toFixed())} of ${budget.dayUsd} USD`,
  ].join('\n');
}

/** The columns of `numbers` [from, to) are right-aligned. */
function table(
  head: readonly string[],
  [from, to]: readonly [number, number],
  reports: readonly Report[],
  cellsOf: (report: Report) => string[],
  paint: Paint,
): string[] {
  const align = head.map((_, n) => (n >= from && n < to ? 'right' : 'left'));
  const [title = '', ...rows] = columns([head, ...reports.map(cellsOf)], '', align);
  return [
    paint.bold(title),
    ...rows.map((row, n) => (reports[n]?.isCurrent === false ? paint.dim(row) : row)),
  ];
}

/** The share of a weighted pool, and what a confidence of 70 % counts as in it. */
export function weightCells(record: UsedRecord | null): [weight: string, counts: string] {
  if (record === null) return ['-', '-'];
  return [record.weight.toFixed(3), `${(100 * recalibrated(0.7, record)).toFixed(0)} %`];
}

function saidCells(r: Report): string[] {
  const absence = r.lastAbsence;
  return [
    ...[nameOf(r), r.model ?? '-', r.promptVersion ?? '-', String(r.answered), String(r.absent)],
    ...weightCells(r.record),
    absence === null ? '' : `${minute(absence.bar)} ${absence.pair}: ${absence.cause}`,
  ];
}

function callCells(r: Report, budget: LlmBudget): string[] {
  return [
    ...[nameOf(r), r.promptVersion ?? '-', String(r.calls), String(r.repairs)],
    ...[seconds(r.meanLatencyMs), seconds(r.slowLatencyMs)],
    ...[String(r.inputTokens), String(r.outputTokens), `${usd(r.usd)} USD`],
    `${usd(r.spentTodayUsd)} of ${budget.modelDayUsd}`,
  ];
}

function nameOf({ decider, isCurrent }: Report): string {
  return isCurrent ? decider : `${decider} (before)`;
}

function seconds(ms: number | null): string {
  return ms === null ? '-' : `${(ms / 1000).toFixed(1)} s`;
}

function usd(amount: string): string {
  return new Decimal(amount).toFixed(2);
}
