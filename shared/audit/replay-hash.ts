import { canonicalJson } from '../canonical-json.ts';
import { Decimal, type DecimalText } from '../money.ts';
import type { DeskRecord } from './desk-record.ts';

/** Names of what is given by a client, the venue, the database or Temporal: chance, not result. */
const IDS = new Set([
  'id',
  'desk',
  'cycle',
  'guard',
  'verdict',
  'clientOrderId',
  'venueOrderId',
  'executionId',
  'workflowId',
  'runId',
  'hash',
  'snapshotHash',
]);

/**
 * What a replay's hash is taken over: one line of JSON for each decision, verdict, order, fill and
 * posting, sorted. Two runs that decided, traded and booked the same give the same lines whatever ids,
 * insertion order or desk they had; a change of any decision, price, fill or posting changes a line.
 */
export function replayLines(record: DeskRecord): string[] {
  const { desk } = record;
  const line = (kind: string, row: object): string =>
    canonicalJson(withoutIds({ kind, ...row }, desk));
  const cycleOf = new Map(record.cycles.map((cycle) => [cycle.id, cycle]));
  const orderOf = new Map(record.orders.map((order) => [order.clientOrderId, order]));
  const lines = [
    ...record.cycles.map(({ pair, bar, decidedAt, action, outcome, confidence, consensus }) =>
      line('cycle', { pair, bar, at: decidedAt, action, outcome, confidence, consensus }),
    ),
    ...record.decisions.map(({ cycle, decider, answer }) => {
      const { pair = null, bar = null } = cycleOf.get(cycle) ?? {};
      return line('decision', { pair, bar, decider, answer: withoutCause(answer) });
    }),
    ...record.verdicts.map(({ id, kind, at, rules, plan }) =>
      line('verdict', { of: id, verdictKind: kind, at, rules, plan }),
    ),
    ...record.orders.map((order) =>
      line('order', {
        at: order.intendedAt,
        ...legOf(order),
        side: order.side,
        type: order.kind,
        price: decimal(order.price),
        quantity: decimal(order.quantity),
        timeInForce: order.timeInForce,
        ...(order.leverage == null ? {} : { leverage: order.leverage }),
      }),
    ),
    ...record.fills.map((fill) => {
      const order = fill.clientOrderId === null ? undefined : orderOf.get(fill.clientOrderId);
      return line('fill', {
        at: fill.at,
        pair: fill.pair,
        ...(order === undefined ? {} : legOf(order)),
        side: fill.side,
        price: decimal(fill.price),
        quantity: decimal(fill.quantity),
        cost: decimal(fill.cost),
        fee: decimal(fill.fee),
        feeAsset: fill.feeAsset,
        liquidity: fill.liquidity,
      });
    }),
    ...record.entries.map((entry) =>
      line('entry', {
        at: entry.at,
        entryKind: entry.kind,
        postings: entry.postings
          .map(({ account, asset, amount }) => `${account} ${asset} ${decimal(amount)}`)
          .sort(byCodeUnit),
      }),
    ),
  ];
  return lines.sort(byCodeUnit);
}

function legOf(order: { position: string; leg: string; n: number }): object {
  return { position: order.position, leg: order.leg, n: order.n };
}

/** Why a decider was absent is told in words that may carry times and addresses; that it was, counts. */
function withoutCause(answer: unknown): unknown {
  if (typeof answer !== 'object' || answer === null || !('cause' in answer)) return answer;
  const { cause: _cause, ...rest } = answer;
  return rest;
}

/** The value without ids, and without the desk's name inside longer ids. */
function withoutIds(value: unknown, desk: string): unknown {
  if (typeof value === 'string') return value.replaceAll(`${desk}/`, '');
  if (Array.isArray(value)) return value.map((item) => withoutIds(item, desk));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !IDS.has(key))
      .map(([key, item]) => [key, withoutIds(item, desk)]),
  );
}

function decimal(text: DecimalText | null): string | null {
  return text === null ? null : new Decimal(text).toString();
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
