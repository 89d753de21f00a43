import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyUpdate, quantityOf, retire, type GuardState, type LegOrder } from './guard-state.ts';
import type { OrderState } from './messages.ts';

const leg = (clientOrderId: string, quantity: string): LegOrder => ({
  ...{ clientOrderId, quantity, filled: '0', cost: '0', over: false },
});

/** An entry of 2 with its stop of 2. */
const guarded = (): GuardState => ({
  ...{
    entry: leg('e', '2'),
    entryN: 1,
    stop: { ...leg('s', '2'), price: '98', changedMs: 0 },
    stopPrice: '98',
    stopN: 1,
  },
  ...{ target: null, targetN: 0, exit: null, exitN: 0, soldBefore: '0', rungs: [] },
  ...{ lostStops: [], resting: [], taken: [], takenTold: 0, dust: null, dustN: 0 },
  ...{ closing: null, exitReason: null, openedMs: null, alarms: [], isStepped: false },
});

const update = (clientOrderId: string, filled: string, change: Partial<OrderState> = {}) => ({
  ...{ clientOrderId, leg: '', n: 1, status: 'open' as const },
  ...{ filledQuantity: filled, filledCost: String(Number(filled) * 100) },
  ...change,
});

const held = (s: GuardState): string => quantityOf.held(s).toFixed();

describe('an update', () => {
  test('is cumulative: a repeat changes nothing', () => {
    const s = guarded();
    applyUpdate(s, update('e', '1.5'));
    applyUpdate(s, update('e', '1.5'));
    expect(s.entry).toMatchObject({ filled: '1.5', cost: '150', over: false });
    expect(held(s)).toBe('1.5');
  });

  test('of a further order of the entry is taken over, and the one before forgotten', () => {
    const s = { ...guarded(), stop: null };
    applyUpdate(s, update('e', '0', { leg: 'entry', status: 'rejected' }));
    applyUpdate(s, update('e2', '1', { leg: 'entry', n: 2 }));
    expect(s).toMatchObject({ entryN: 2, entry: { clientOrderId: 'e2', over: false } });
    applyUpdate(s, update('e', '0', { leg: 'entry', status: 'rejected' }));
    expect(s.entry.over).toBe(false);
    expect(held(s)).toBe('1');
  });

  test('that is late never goes backwards', () => {
    const s = guarded();
    applyUpdate(s, update('e', '2', { status: 'filled' }));
    applyUpdate(s, update('e', '0.5'));
    expect(s.entry).toMatchObject({ filled: '2', cost: '200', over: true });
  });

  test('of an order that is not of this position changes nothing', () => {
    const s = guarded();
    applyUpdate(s, update('other', '2', { status: 'filled' }));
    expect(s).toEqual(guarded());
  });

  test.each(['filled', 'canceled', 'expired', 'rejected'] as const)(
    '%s ends its order',
    (status) => {
      const s = guarded();
      applyUpdate(s, update('s', '0', { status }));
      expect(s.stop?.over).toBe(true);
      expect(s.entry.over).toBe(false);
    },
  );
});

test('an order that is put aside keeps what it sold', () => {
  const s = guarded();
  applyUpdate(s, update('e', '2', { status: 'filled' }));
  applyUpdate(s, update('s', '0.5', { status: 'canceled' }));
  retire(s, 'stop');
  retire(s, 'stop');
  expect(s).toMatchObject({ stop: null, soldBefore: '0.5' });
  expect(held(s)).toBe('1.5');
});

test('whatever the order of messages, the end is the same', () => {
  const messages = [
    update('e', '0.5'),
    update('e', '1.25'),
    update('e', '2', { status: 'filled' }),
    update('s', '0.75'),
    update('s', '1', { status: 'canceled' }),
  ];
  fc.assert(
    fc.property(
      fc.shuffledSubarray(messages, { minLength: 5 }),
      fc.array(fc.constantFrom(...messages)),
      (shuffled, repeats) => {
        const s = guarded();
        for (const message of [...shuffled, ...repeats]) applyUpdate(s, message);
        expect(held(s)).toBe('1');
        expect([s.entry.over, s.stop?.over]).toEqual([true, true]);
      },
    ),
  );
});
