import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { smallDesk } from './desk-record.fixture.ts';
import type { DeskRecord } from './desk-record.ts';
import { replayLines } from './replay-hash.ts';

const linesAfter = (change: (record: DeskRecord) => void): string[] => {
  const { record } = smallDesk();
  change(record);
  return replayLines(record);
};
const original = replayLines(smallDesk().record);

describe('what a replay is hashed over', () => {
  it('has a line for each cycle, decision, verdict, order, fill and entry', () => {
    // 1 + 2 + 1 + 2 + 2 + 3
    expect(original).toHaveLength(11);
  });

  it.each<[string, (record: DeskRecord) => void]>([
    ['a decision', (r) => void (r.decisions[0]!.answer = { kind: 'answered', decision: {} })],
    ['an absence', (r) => void (r.decisions[1]!.answer = { kind: 'answered', decision: {} })],
    ['a decider', (r) => void (r.decisions[0]!.decider = 'breakout')],
    ['the consensus', (r) => void (r.cycles[0]!.consensus = { kind: 'quorum', action: 'hold' })],
    ['a confidence', (r) => void (r.cycles[0]!.confidence = 0.63)],
    ['an outcome', (r) => void (r.cycles[0]!.outcome = 'vetoed')],
    ['the bar', (r) => void (r.cycles[0]!.bar = '2021-05-15T14:00:00Z')],
    ['the verdict', (r) => void (r.verdicts[0]!.kind = 'resized')],
    ['a rule', (r) => void (r.verdicts[0]!.rules = [{ rule: 'confidence', observed: 0.61 }])],
    ['a plan', (r) => void (r.verdicts[0]!.plan = { kind: 'enter', quantity: '0.02' })],
    ['the price of an order', (r) => void (r.orders[1]!.price = '49000.1')],
    ['the type of an order', (r) => void (r.orders[0]!.kind = 'limit')],
    ['a leg', (r) => void (r.orders[1]!.leg = 'exit')],
    ['the time of an order', (r) => void (r.orders[1]!.intendedAt = '2021-05-15T14:00:01Z')],
    ['the price of a fill', (r) => void (r.fills[0]!.price = '50000.1')],
    ['a fee', (r) => void (r.fills[0]!.fee = '2.01')],
    ['a posting', (r) => void (r.entries[1]!.postings[0]!.amount = '0.011')],
    ['a lost fill', (r) => void r.fills.pop()],
    ['a second fill', (r) => void r.fills.push({ ...r.fills[0]!, executionId: 'T9' })],
  ])('changes with %s', (_name, change) => {
    expect(linesAfter(change)).not.toEqual(original);
  });

  it('is the same for a desk in another home', () => {
    expect(replayLines(smallDesk('triplegain-ffffff-0123abcd').record)).toEqual(original);
  });

  it.each<[string, (record: DeskRecord) => void]>([
    [
      'ids of venue and database',
      (r) => {
        r.fills.forEach((fill, i) =>
          Object.assign(fill, { executionId: `X${i}`, venueOrderId: `Y${i}`, entry: `${90 + i}` }),
        );
        r.entries.forEach((entry, i) => Object.assign(entry, { id: `${i}`, reference: `z${i}` }));
        r.orders.forEach((order) => (order.venueOrderId = null));
      },
    ],
    [
      'client order ids, in order and fill alike',
      (r) => {
        for (const row of [...r.orders, ...r.fills]) row.clientOrderId = `new ${row.clientOrderId}`;
      },
    ],
    [
      'why a decider was absent',
      (r) =>
        void (r.decisions[1]!.answer = { kind: 'absent', decider: 'model', cause: 'after 3 s' }),
    ],
    [
      'how many zeros a decimal has',
      (r) => {
        r.fills[0]!.price = '50000.00';
        r.entries[1]!.postings[0]!.amount = '0.0100';
      },
    ],
  ])('does not change with %s', (_name, change) => {
    expect(linesAfter(change)).toEqual(original);
  });

  it('does not depend on the order of the rows', () => {
    const { record } = smallDesk();
    const shuffled = <T>(rows: T[]): fc.Arbitrary<T[]> =>
      fc.shuffledSubarray(rows, { minLength: rows.length });
    fc.assert(
      fc.property(
        shuffled(record.decisions),
        shuffled(record.orders),
        shuffled(record.fills),
        shuffled(record.entries),
        (decisions, orders, fills, entries) => {
          expect(replayLines({ ...record, decisions, orders, fills, entries })).toEqual(original);
        },
      ),
      { numRuns: 30 },
    );
  });
});
