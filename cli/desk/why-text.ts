import type { Consensus, CycleStory } from '../../activities/ledger/records/read-cycles.ts';
import type { CycleWhy, PositionStory } from '../../activities/ledger/records/read-why.ts';
import type { ReadingFields } from '../../shared/analysts/reading.ts';
import type { UsedRecord } from '../../shared/consensus/consensus.ts';
import { recalibrated } from '../../shared/consensus/pool.ts';
import type { DeciderAnswer } from '../../shared/decision.ts';
import { Decimal, isDecimalText } from '../../shared/money.ts';
import { baseOf, quoteOf } from '../../shared/pair.ts';
import { OrderPlanSchema } from '../../shared/risk/plan.ts';
import type { RuleOutcome } from '../../shared/risk/verdict.ts';
import type { Snapshot } from '../../shared/snapshot.ts';
import { TIMEFRAMES } from '../../shared/timeframe.ts';
import { columns } from '../columns.ts';
import { minute, shown } from '../cycle-line.ts';
import type { Paint } from '../paint.ts';

/** How one decision came about, as text for a terminal: from the snapshot to the last fill. */
export function whyText(why: CycleWhy, address: string, paint: Paint): string {
  const section = (name: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', paint.bold(name), ...lines];
  return [
    `${paint.bold(`${why.pair}  ${minute(why.bar)}`)}  ${why.action} → ${why.outcome}`,
    paint.dim(`${why.id}, decided ${minute(why.decidedAt)} UTC`),
    ...section(`Snapshot ${why.snapshotHash.slice(0, 12)}`, snapshotLines(why.snapshot)),
    ...section('Decisions', why.answers.flatMap(answerLines)),
    ...section('Consensus', consensusLines(why)),
    ...section(verdictTitle(why.verdict), verdictLines(why.verdict, paint)),
    ...section(positionTitle(why.position), positionLines(why.position, why.pair)),
    '',
    `Web UI  ${paint.cyan(address)}`,
  ].join('\n');
}

/** Address of a workflow in the Temporal Web UI. */
export function workflowAddress(
  temporal: { temporalUi: string; namespace: string },
  workflowId: string,
): string {
  const ui = temporal.temporalUi.replace(/\/+$/, '');
  return `${ui}/namespaces/${encodeURIComponent(temporal.namespace)}/workflows/${encodeURIComponent(workflowId)}`;
}

function snapshotLines(snapshot: Snapshot | null): string[] {
  if (snapshot === null) return ['  is no longer stored'];
  const { account, costs, pair, position, price, volume } = snapshot;
  const held = Object.entries(account.balances).map(([asset, amount]) => `${asset} ${amount}`);
  const lines = [
    [
      'price',
      `${price.now} ${quoteOf(pair)}, 1 h ${percent(price.change1hPct)}, 24 h ${percent(price.change24hPct)}`,
    ],
    [
      'volume',
      `${orUnknown(volume.base24h)} ${baseOf(pair)} in 24 h, ${orUnknown(volume.ratioTo7dMean)} of its 7-day mean`,
    ],
    ...TIMEFRAMES.flatMap((timeframe) => {
      const data = snapshot.timeframes[timeframe];
      return data == null ? [] : [[timeframe, indicatorWords(data.indicators)]];
    }),
    ...snapshot.readings.flatMap(({ analyst, reading }) =>
      reading === null ? [] : [[analyst, readingWords(reading)]],
    ),
    ['account', `${account.equity} USDT worth; ${held.join(', ')}`],
    [
      'position',
      position === null
        ? 'none on this pair'
        : `${position.quantity} at ${position.entryPrice}, stop ${position.stopPrice ?? 'none'}, ` +
          `${percent(position.unrealisedPct)} unrealised`,
    ],
    ['costs', `${costs.takerFeePct} % taker, ${costs.roundTripPct} % round trip`],
    ...Object.entries(snapshot.missing).map(([what, reason]) => ['missing', `${what}: ${reason}`]),
  ];
  return columns(lines, '  ');
}

function readingWords(reading: ReadingFields): string {
  return Object.entries(reading)
    .map(([name, value]) => `${name} ${value ?? 'unknown'}`)
    .join(', ');
}

/** The indicators a person looks at first; the JSON has all of them. */
const FIRST_INDICATORS = ['ema21', 'ema50', 'ema200', 'rsi14', 'adx14', 'atr14'] as const;

function indicatorWords(indicators: Record<string, number | boolean | null>): string {
  return FIRST_INDICATORS.flatMap((name) => {
    const value = indicators[name];
    if (typeof value !== 'number') return [];
    return [`${name} ${new Decimal(value).toSignificantDigits(6).toFixed()}`];
  }).join(', ');
}

/** What a decider said, with its reasons, indented. */
export function answerLines(answer: DeciderAnswer): string[] {
  if (answer.kind === 'absent') return [`  ${answer.decider}: absent, ${answer.cause}`];
  const { decision } = answer;
  const terms = [
    `confidence ${decision.confidence.toFixed(2)}`,
    ...(decision.stopLossPct === null ? [] : [`stop ${shown(decision.stopLossPct)} %`]),
    ...(decision.takeProfitPct.length === 0
      ? []
      : [`target ${decision.takeProfitPct.map(shown).join(', ')} %`]),
    ...(decision.action === 'hold' ? [] : [`within ${shown(decision.horizonHours)} h`]),
  ];
  return [
    `  ${answer.decider}: ${decision.action}, ${terms.join(', ')}`,
    ...columns(
      [
        ...decision.evidenceFor.map((fact) => ['for', fact]),
        ...decision.evidenceAgainst.map((fact) => ['against', fact]),
        ...(decision.reasoning === '' ? [] : [['because', decision.reasoning]]),
      ],
      '    ',
    ),
  ];
}

/** The one that counted, then what every other rule would have done, and what the deciders weigh in a pool. */
function consensusLines({ consensus, answers }: CycleWhy): string[] {
  const others = Object.entries(consensus.others ?? {});
  return [
    `  ${consensusWords(consensus)}`,
    ...columns(
      others.map(([kind, other]) => [`${kind} would`, consensusWords(other)]),
      '    ',
    ),
    ...columns(
      (consensus.records ?? []).map((record) => [
        `${record.decider} weighs`,
        `${record.weight.toFixed(3)} in the pool${saidWords(record, answers)}, ${recordWords(record)}`,
      ]),
      '    ',
    ),
  ];
}

/** What was said, and what it counts as by the record. */
function saidWords(record: UsedRecord, answers: readonly DeciderAnswer[]): string {
  const answer = answers.find((a) => a.decider === record.decider);
  if (answer?.kind !== 'answered' || answer.decision.action === 'close') return '';
  const { confidence } = answer.decision;
  return `, its ${confidence.toFixed(2)} counts as ${recalibrated(confidence, record).toFixed(2)}`;
}

function recordWords({ resolved, independent, brierSum }: UsedRecord): string {
  if (resolved === 0) return 'unproven';
  const brier = (brierSum / resolved).toFixed(3);
  return `Brier ${brier} of ${resolved} predictions, ${independent} of them apart`;
}

function consensusWords({
  action,
  confidence,
  reason,
}: Pick<Consensus, 'action' | 'confidence' | 'reason'>): string {
  const sure = confidence === null ? '' : ` ${confidence.toFixed(2)}`;
  return `${action}${sure}${reason === '' ? '' : `, ${reason}`}`;
}

function verdictTitle(verdict: CycleStory['verdict']): string {
  return verdict === null ? 'Verdict' : `Verdict: ${verdict.kind}`;
}

function verdictLines(verdict: CycleStory['verdict'], paint: Paint): string[] {
  if (verdict === null) return ['  none: there was nothing to review'];
  const lines = columns([
    ['', 'rule', 'observed', 'limit', ''],
    ...verdict.rules.map((rule) => [
      rule.outcome === 'not-applicable' ? '-' : rule.outcome,
      rule.rule,
      withUnit(rule.observed, rule.unit),
      withUnit(rule.limit, rule.unit),
      rule.note,
    ]),
  ]);
  return [
    ...lines.map((line, i) => `  ${ruleColour(verdict.rules[i - 1], paint)(line)}`),
    ...planLines(verdict.plan),
  ];
}

function ruleColour(rule: RuleOutcome | undefined, paint: Paint): (text: string) => string {
  const outcome = rule?.outcome ?? 'not-applicable';
  switch (outcome) {
    case 'veto':
      return paint.red;
    case 'shrink':
      return paint.yellow;
    case 'pass':
      return (text) => text;
    case 'not-applicable':
      return paint.dim;
    default:
      return outcome satisfies never;
  }
}

function withUnit(value: number | string | null, unit: string): string {
  if (value === null) return '';
  const isAmount = typeof value === 'number' || isDecimalText(value);
  return isAmount && unit !== '' ? `${shown(value)} ${unit}` : shown(value);
}

function planLines(stored: unknown): string[] {
  const parsed = OrderPlanSchema.safeParse(stored);
  if (!parsed.success || parsed.data.kind !== 'enter') return [];
  const { pair, entry, quantity, stopPrice, targets, riskUsdt, notionalUsdt } = parsed.data;
  const at = entry.price === null ? 'at market' : `at ${entry.price}`;
  return [
    `  plan: buy ${quantity} ${pair} ${at}, stop ${stopPrice}, ` +
      `target ${targets.map(({ price }) => price).join(', ')}; ` +
      `${notionalUsdt} USDT, ${riskUsdt} USDT at risk`,
  ];
}

function positionTitle(position: PositionStory | null): string {
  if (position === null) return 'Orders and fills';
  const end =
    position.closedAt === null
      ? ''
      : `, ${position.exitReason ?? 'closed'} ${minute(position.closedAt)}`;
  return `Position ${position.id}: ${position.state}${end}`;
}

function positionLines(position: PositionStory | null, pair: string): string[] {
  if (position === null) return ['  none'];
  return [
    ...columns(
      position.orders.map((order) => [
        minute(order.intendedAt),
        `${order.leg} ${order.n}`,
        `${order.side} ${order.quantity} ${baseOf(pair)}`,
        order.price === null ? order.kind : `${order.kind} ${order.price}`,
        `${order.status}${order.reason === null ? '' : ` (${order.reason})`}`,
        order.clientOrderId,
      ]),
      '  ',
    ),
    ...columns(
      position.fills.map((fill) => [
        minute(fill.at),
        `fill of ${fill.leg} ${fill.n}`,
        `${fill.side} ${fill.quantity} at ${fill.price}`,
        `fee ${fill.fee} ${fill.feeAsset} (${fill.liquidity})`,
        fill.executionId,
      ]),
      '  ',
    ),
  ];
}

function percent(value: number | null): string {
  return value === null ? 'unknown' : `${value < 0 ? '' : '+'}${shown(value)} %`;
}

function orUnknown(value: number | null): string {
  return value === null ? 'unknown' : shown(value);
}
