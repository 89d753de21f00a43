import { beforeEach, describe, expect, test } from 'vitest';
import { applyUpdate, newGuardState, type GuardState } from './guard-state.ts';
import { guardSteps, type GuardPorts, type GuardSteps } from './guard-steps.ts';

/** A venue that accepts everything and keeps what it was asked, in words. */
function recording(asked: string[]): GuardPorts {
  const open = { status: 'open' as const, filledQuantity: '0', filledCost: '0' };
  const over = { ...open, status: 'canceled' as const };
  return {
    async place({ leg, n, quantity, price }) {
      asked.push(`${leg} ${n}: ${quantity} at ${price ?? 'market'}`);
      return { kind: 'open', quantity };
    },
    async amend({ quantity, price }) {
      asked.push(`stop to ${quantity} at ${price}`);
      return open;
    },
    cancel: () => Promise.resolve(over),
    cancelEntry: () => Promise.resolve({ ...over, clientOrderId: 'entry', n: 1 }),
    watchLevel: () => Promise.resolve(),
    forgetLevel: () => Promise.resolve(),
    async wakeAt(name, atMs) {
      asked.push(`wake for ${name} at ${atMs}`);
    },
    readBar: () => Promise.resolve(null),
    beforeStop: () => Promise.resolve(),
    alarm: () => Promise.resolve(),
  };
}

let asked: string[];
let state: GuardState;
let isTimed: boolean;
let steps: GuardSteps;
beforeEach(() => {
  asked = [];
  isTimed = true;
  const input = {
    ...{ position: 'p', pair: 'BTC/USDT', entryQuantity: '2', entryClientOrderId: 'entry' },
    ...{ stopPrice: '98', targets: [], lot: '0.01', tick: '0.01', minQuantity: '0.01' },
    ...{ minCost: '5', targetSlippage: 0.002 },
    exits: {
      ...{ breakEven: null, trailing: null, timeStopMs: null, invalidation: null },
      ...{ timeframe: '1h' as const, unprotectedMs: 5000 },
    },
  };
  state = newGuardState(input);
  steps = guardSteps(input, 'guard/p', state, recording(asked), () => isTimed);
});

/** The entry has filled so much, at a venue time. */
async function filled(quantity: string, atMs: number): Promise<void> {
  const cost = String(Number(quantity) * 100);
  applyUpdate(state, {
    ...{ clientOrderId: 'entry', leg: 'entry', n: 1, status: 'open' },
    ...{ filledQuantity: quantity, filledCost: cost },
  });
  await steps.react(atMs);
}

describe('an entry that fills in parts', () => {
  test('is covered at once, and what fills within 5 s by one change', async () => {
    await filled('0.5', 1000);
    await filled('1', 2000);
    await filled('1.5', 3000);
    expect(asked).toEqual([
      'stop 1: 0.5 at 98',
      'wake for cover at 6000',
      'wake for cover at 6000',
    ]);
    await steps.react(6000);
    expect(asked.slice(3)).toEqual(['stop to 1.5 at 98']);
    await filled('2', 6001);
    expect(asked.slice(4)).toEqual(['wake for cover at 11000']);
  });

  test('is covered at once when it has ended', async () => {
    await filled('0.5', 1000);
    applyUpdate(state, {
      ...{ clientOrderId: 'entry', leg: 'entry', n: 1, status: 'expired' },
      ...{ filledQuantity: '1', filledCost: '100' },
    });
    await steps.react(1500);
    expect(asked).toEqual(['stop 1: 0.5 at 98', 'stop to 1 at 98']);
  });

  test('is covered part by part where the venue’s clock stands', async () => {
    isTimed = false;
    await filled('0.5', 1000);
    await filled('1', 1000);
    expect(asked).toEqual(['stop 1: 0.5 at 98', 'stop to 1 at 98']);
  });

  test('is not covered while the venue takes no order so small', async () => {
    await filled('0.01', 1000); // worth 0.98 at the stop, of 5
    expect(asked).toEqual([]);
  });
});

describe('a stop that the venue ends and nobody has called off', () => {
  /** The venue ends the stop that rests, at a venue time. */
  async function lost(atMs: number): Promise<void> {
    const { clientOrderId } = state.stop!;
    const nothing = { filledQuantity: '0', filledCost: '0' };
    applyUpdate(state, { clientOrderId, leg: 'stop', n: 1, status: 'canceled', ...nothing });
    await steps.react(atMs);
  }

  test('is placed anew, and the third time what it covers is closed', async () => {
    await filled('2', 1000);
    await lost(2000);
    await lost(3000);
    expect(asked).toEqual(['stop 1: 2 at 98', 'stop 2: 2 at 98', 'stop 3: 2 at 98']);
    await lost(4000);
    expect(state.closing).toBe('unprotected');
    expect(state.alarms).toEqual([
      'p: 2 without a stop, the venue has ended its stop 3 times; it is sold at the market',
    ]);
    expect(asked).toContain('exit 1: 2 at market');
  });

  test('is placed anew for ever where that is hours apart', async () => {
    await filled('2', 0);
    for (let hours = 1; hours <= 20; hours++) await lost(hours * 4 * 3_600_000);
    expect(state.closing).toBe(null);
  });
});

test('what is left of an entry is called off before its stop rises', async () => {
  await filled('0.5', 1000);
  steps.tighten(1, 100);
  await steps.react(1001);
  expect(state.entry.over).toBe(true);
  expect(asked).toEqual(['stop 1: 0.5 at 98', 'stop to 0.5 at 99']);
});

test('a stop that only rises is changed at once', async () => {
  await filled('2', 1000);
  steps.tighten(1, 100);
  await steps.react(1001);
  expect(asked).toEqual(['stop 1: 2 at 98', 'stop to 2 at 99']);
});

describe('a short on margin', () => {
  const ports = (): GuardPorts => recording(asked);
  /** 2 sold at 100, the stop at 102, targets at 95 and 90. */
  function beginShort(of: GuardPorts = ports()): void {
    const input = {
      ...{ position: 'p', pair: 'BTC/USDT', entryQuantity: '2', entryClientOrderId: 'entry' },
      ...{ stopPrice: '102', lot: '0.01', tick: '0.01', minQuantity: '0.01', minCost: '5' },
      targets: [
        { price: '95', share: '0.5' },
        { price: '90', share: '0.5' },
      ],
      targetSlippage: 0.002,
      exits: {
        ...{ breakEven: null, trailing: null, timeStopMs: null, invalidation: null },
        ...{ timeframe: '1h' as const, unprotectedMs: 5000 },
      },
      margin: { side: 'sell' as const, leverage: 2 },
    };
    state = newGuardState(input);
    steps = guardSteps(input, 'guard/p', state, of, () => isTimed);
  }
  async function sold(): Promise<void> {
    applyUpdate(state, {
      ...{ clientOrderId: 'entry', leg: 'entry', n: 1, status: 'filled' },
      ...{ filledQuantity: '2', filledCost: '200' },
    });
    await steps.react(1000);
  }

  test('has its stop and both targets at the venue, and a smaller stop after a target', async () => {
    beginShort();
    await sold();
    expect(asked).toEqual(['stop 1: 2 at 102', 'target 1: 1 at 95', 'target 2: 1 at 90']);
    const { clientOrderId } = state.resting[0]!;
    applyUpdate(state, {
      ...{ clientOrderId, leg: 'target', n: 1, status: 'filled' },
      ...{ filledQuantity: '1', filledCost: '95' },
    });
    await steps.react(2000);
    expect(asked.slice(3)).toEqual(['stop to 1 at 102']);
  });

  test('has its stop moved down, never up', async () => {
    beginShort();
    await sold();
    steps.tighten(1, 98); // 98 * 1.01
    await steps.react(2000);
    steps.tighten(1, 99);
    await steps.react(3000);
    expect(asked.slice(3)).toEqual(['stop to 2 at 98.98']);
  });

  test('that the venue has closed is over, and a person is told', async () => {
    const told: string[] = [];
    beginShort({ ...ports(), alarm: async (kind) => void told.push(kind) });
    await sold();
    applyUpdate(state, {
      ...{ clientOrderId: 'theirs', leg: 'liquidation', n: 1, status: 'filled' },
      ...{ filledQuantity: '2', filledCost: '220' },
    });
    await steps.react(2000);
    expect(told).toEqual(['liquidated']);
    expect(state.exitReason).toBe('liquidated');
    expect(steps.isOver()).toBe(true);
  });

  test('whose stop is refused because nothing is open waits for what closed it', async () => {
    const refused = { kind: 'refused', reason: 'EOrder:Reduce only:No position exists' } as const;
    beginShort({ ...ports(), place: () => Promise.resolve(refused) });
    await sold();
    expect(state).toMatchObject({ closing: null, alarms: [] });
    expect(asked).toContain('wake for cover at 6000');
  });
});
