import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clientOrderId } from './client-order-id.ts';

const CYCLE = 'cycle/triplegain/BTC/USDT/2026-01-05T12:00:00Z';

test('an order keeps its id for ever: a change of it would double orders across an update', () => {
  expect(clientOrderId(CYCLE, 'entry', 1)).toBe('12e63343-153d-519e-98e1-6854f92b9519');
});

test('it is a UUID of version 5, as venues take it', () => {
  expect(clientOrderId(CYCLE, 'entry', 1)).toMatch(
    /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
});

test('another workflow, leg or number is another order', () => {
  const part = fc.record({
    workflow: fc.constantFrom(CYCLE, `${CYCLE}x`, 'guard/triplegain/p'),
    leg: fc.constantFrom('entry', 'stop', 'target', 'exit'),
    n: fc.integer({ min: 1, max: 99 }),
  });
  fc.assert(
    fc.property(part, part, (a, b) => {
      const same = a.workflow === b.workflow && a.leg === b.leg && a.n === b.n;
      const [first, second] = [a, b].map((o) => clientOrderId(o.workflow, o.leg, o.n));
      expect(first === second).toBe(same);
    }),
  );
});
