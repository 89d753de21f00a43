import type { DeciderReport } from '../../activities/deciders/read-deciders.ts';
import type { UsedRecord } from '../../shared/consensus/consensus.ts';
import { recalibrated } from '../../shared/consensus/pool.ts';
import type { LlmBudget } from '../../shared/llm/settings.ts';
import { Decimal } from '../../shared/money.ts';
import { columns } from '../columns.ts';
import { minute } from '../cycle-line.ts';
import type { Paint } from '../paint.ts';

/** What each decider has done and cost, for a terminal; models are held against the day's caps. */
export function decidersText(
  reports: readonly (DeciderReport & { record: UsedRecord | null })[],
  budget: LlmBudget,
  paint: Paint,
): string {
  if (reports.length === 0) return 'no decider was asked yet';
  const models = reports.filter((r) => r.model !== null);
  const today = Decimal.sum(0, ...models.map((r) => r.spentTodayUsd));
  const [head = '', ...rows] = columns(
    [
      [
        'decider',
        'model',
        'answered',
        'absent',
        'weight',
        '70 % is',
        'calls',
        'latency',
        'cost',
        'today',
        'last absence',
      ],
      ...reports.map((r) => [
        ...[r.decider, r.model ?? '-', String(r.answered), String(r.absent)],
        ...weightCells(r.record),
        ...(r.model === null
          ? ['', '', '', '']
          : [
              String(r.calls),
              r.meanLatencyMs === null ? '-' : `${(r.meanLatencyMs / 1000).toFixed(1)} s`,
              `${usd(r.usd)} USD`,
              `${usd(r.spentTodayUsd)} of ${budget.modelDayUsd}`,
            ]),
        r.lastAbsence === null
          ? ''
          : `${minute(r.lastAbsence.bar)} ${r.lastAbsence.pair}: ${r.lastAbsence.cause}`,
      ]),
    ],
    '',
    ['left', 'left', ...Array<'right'>(8).fill('right')],
  );
  return [
    paint.bold(head),
    ...rows,
    ...(models.length === 0
      ? []
      : ['', `models today: ${usd(today.toFixed())} of ${budget.dayUsd} USD`]),
  ].join('\n');
}

/** The share of a weighted pool, and what a confidence of 70 % counts as in it. */
export function weightCells(record: UsedRecord | null): [weight: string, counts: string] {
  if (record === null) return ['-', '-'];
  return [record.weight.toFixed(3), `${(100 * recalibrated(0.7, record)).toFixed(0)} %`];
}

function usd(amount: string): string {
  return new Decimal(amount).toFixed(2);
}
