import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Row } from '../simulator/market/market.fixture.ts';
import { everyWay, guardModel, type Choose, type Mutation } from './support/guard-model.ts';

/** 100 XRP bought at the market near 1, the stop at 0.98, half to be sold at 1.008 and half at 1.02. */
const position = {
  entry: { quantity: '100', price: null },
  stopPrice: '0.98',
  targets: [
    { price: '1.008', share: '0.5' },
    { price: '1.02', share: '0.5' },
  ],
};
/** 100 XRP sold short near 1, the stop at 1.02, half to be bought back at 0.992 and half at 0.98. */
const short = {
  margin: { side: 'sell' as const, leverage: 2 },
  entry: { quantity: '100', price: null },
  stopPrice: '1.02',
  targets: [
    { price: '0.992', share: '0.5' },
    { price: '0.98', share: '0.5' },
  ],
};
const still: Row = [1, 1, 1, 1];
const rises: Row = [1, 1.03, 1, 1.025];
const falls: Row = [1.025, 1.025, 0.97, 0.975];
const swings: Row = [1, 1.05, 0.96, 1];
/** Enough for a position to be sold in after all that happens. */
const after: Row[] = Array.from({ length: 30 }, () => still);

/** Everything that a walk ends with: all messages in, then sold and gone. */
async function endsWell(model: Awaited<ReturnType<typeof guardModel>>): Promise<void> {
  const settles = async (): Promise<void> => {
    const wrong = await model.settle();
    if (wrong.length > 0) throw new Error(wrong.join('; '));
  };
  await settles();
  await model.close('flatten');
  for (let n = 0; n < 6 && !model.isOver(); n++) {
    await settles();
    model.run(3_600_000);
  }
  await settles();
  expect(model.isOver(), 'it is over').toBe(true);
  expect(model.exchange.openOrders()).toEqual([]);
}

describe('every way of a few events with up to two troubles', () => {
  test.each([
    { name: 'a fill and its stop', rows: [still, still, rises, falls], events: 1 },
    { name: 'a target that is touched', rows: [still, rises, falls, swings, still], events: 3 },
    { name: 'stop and target in one candle', rows: [still, swings, rises, falls], events: 3 },
  ])('$name', async ({ rows, events }) => {
    const walks = await everyWay(async (choose) => {
      const model = await guardModel({
        ...{ ...position, rows: [...rows, ...after], choose, troubles: 2, isTimed: true },
      });
      await model.deliver(0, false);
      for (let n = 1; n < events; n++) {
        model.run(3_600_000);
        while (model.pending() > 0) await model.deliver(0, false);
      }
      await endsWell(model);
    });
    expect(walks).toBeGreaterThan(50);
  });
});

const drops: Row = [1, 1, 0.97, 0.975];
const climbs: Row = [0.975, 1.03, 0.975, 1.025];
const swingsBack: Row = [1, 1.04, 0.95, 1];

describe('every way of a few events with up to two troubles, of a short on margin', () => {
  test.each([
    { name: 'a fill, its stop and its targets', rows: [still, still, drops, climbs], events: 1 },
    { name: 'a target that is reached', rows: [still, drops, climbs, swingsBack], events: 3 },
    { name: 'stop and targets in one candle', rows: [still, swingsBack, drops], events: 3 },
  ])('$name', async ({ rows, events }) => {
    const walks = await everyWay(async (choose) => {
      const model = await guardModel({
        ...{ ...short, rows: [...rows, ...after], choose, troubles: 2, isTimed: true },
      });
      await model.deliver(0, false);
      for (let n = 1; n < events; n++) {
        model.run(3_600_000);
        while (model.pending() > 0) await model.deliver(0, false);
      }
      await endsWell(model);
    });
    expect(walks).toBeGreaterThan(50);
  });
});

/** Random walks; more of them for a soak. */
const RUNS = Number(process.env['TRIPLEGAIN_GUARD_RUNS'] ?? 800);

/** A walk of candles around 1. */
const market: fc.Arbitrary<Row[]> = fc
  .array(
    fc.record({
      move: fc.double({ min: 0.985, max: 1.016, noNaN: true }),
      wick: fc.double({ min: 0, max: 0.008, noNaN: true }),
    }),
    { minLength: 60, maxLength: 60 },
  )
  .map((moves) => {
    const tick = (x: number): number => Math.round(x * 1e5) / 1e5;
    let last = 1;
    return moves.map(({ move, wick }) => {
      const open = last;
      last = Math.min(1.2, Math.max(0.85, open * move));
      const [high, low] = [Math.max(open, last) * (1 + wick), Math.min(open, last) * (1 - wick)];
      return [tick(open), tick(high), tick(low), tick(last)] as const;
    });
  });

type Step =
  | { do: 'run'; halves: number }
  | { do: 'deliver'; index: number; isKept: boolean }
  | { do: 'bar'; close: number; highest: number; lowest: number; atr: number }
  | { do: 'stranger'; share: number }
  | { do: 'close' | 'cancel-entry' | 'restart' | 'partial' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: fc.constant('run' as const), halves: fc.integer({ min: 1, max: 4 }) }) }, // prettier-ignore
  {
    weight: 24,
    arbitrary: fc.record({
      do: fc.constant('deliver' as const),
      index: fc.nat(3),
      isKept: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('bar' as const),
      close: fc.double({ min: 0.98, max: 1.05, noNaN: true }),
      highest: fc.double({ min: 0.98, max: 1.05, noNaN: true }),
      lowest: fc.double({ min: 0.95, max: 1.02, noNaN: true }),
      atr: fc.double({ min: 0.001, max: 0.02, noNaN: true }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('restart' as const, 'partial' as const) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('close' as const, 'cancel-entry' as const) }),
  },
);

/** On margin the venue, or a person, may close part of a position, or all of it. */
const stranger: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('stranger' as const),
  share: fc.constantFrom(0.3, 0.999, 1),
});

const parts = {
  rows: market,
  ways: fc.array(
    fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.nat(5) }),
    { maxLength: 150 },
  ),
  troubles: fc.nat(25),
  entry: fc.constantFrom('100', '100', '10', '2.5'),
  isTimed: fc.boolean(),
};

interface Scenario {
  position: typeof position & { margin?: typeof short.margin };
  rows: Row[];
  steps: Step[];
  ways: number[];
  troubles: number;
  entry: string;
  price: string | null;
  isTimed: boolean;
}

const onSpot: fc.Arbitrary<Scenario> = fc.record({
  ...parts,
  position: fc.constant(position),
  steps: fc.array(step, { minLength: 5, maxLength: 40 }),
  price: fc.constantFrom(null, null, null, '0.999', '0.985'),
});

const onMargin: fc.Arbitrary<Scenario> = fc.record({
  ...parts,
  position: fc.constant(short),
  steps: fc.array(fc.oneof({ weight: 40, arbitrary: step }, { weight: 1, arbitrary: stranger }), {
    minLength: 5,
    maxLength: 40,
  }),
  price: fc.constantFrom(null, null, null, '1.001', '1.015'),
});

async function walk(of: Scenario, mutate?: Mutation): Promise<string | null> {
  const ways = [...of.ways];
  const choose: Choose = (count) => (ways.shift() ?? 0) % count;
  const model = await guardModel({
    ...{ ...of.position, rows: of.rows, choose, troubles: of.troubles, isTimed: of.isTimed },
    entry: { quantity: of.entry, price: of.price },
    exits: {
      breakEven: { afterRung: 1, afterR: 1, offsetPct: 0.1 },
      trailing: { atr: 3, afterR: 1 },
      timeStopMs: 40 * 3_600_000,
    },
    ...(mutate === undefined ? {} : { mutate }),
  });
  for (const each of of.steps) {
    switch (each.do) {
      case 'run':
        model.run(each.halves * 1_800_000);
        break;
      case 'deliver':
        await model.deliver(each.index, each.isKept);
        break;
      case 'bar':
        await model.bar({ ...each, watched: null });
        break;
      case 'close':
        await model.close('signal');
        break;
      case 'cancel-entry':
        await model.cancelEntry();
        break;
      case 'stranger':
        model.strangerCloses(each.share);
        break;
      case 'restart':
        model.restart();
        break;
      case 'partial':
        model.exchange.fillPartially(0.4, 1);
        break;
      default:
        each satisfies never;
    }
  }
  await endsWell(model);
  return model.state().exitReason;
}

test(
  'no interleaving of fills, cancels, crashes and late messages breaks a position',
  async () => {
    const ends = new Set<string | null>();
    await fc.assert(
      fc.asyncProperty(onSpot, async (of) => {
        ends.add(await walk(of));
      }),
      { numRuns: RUNS },
    );
    // Unfilled or dust, and every way in which a position is left.
    expect([...ends]).toEqual(
      expect.arrayContaining([
        null,
        'flatten',
        'signal',
        'stop',
        'target',
        'trailing',
        'unprotected',
      ]),
    );
  },
  120_000 + RUNS * 100,
);

test(
  'nor a short on margin, with stop and targets side by side',
  async () => {
    const ends = new Set<string | null>();
    await fc.assert(
      fc.asyncProperty(onMargin, async (of) => {
        ends.add(await walk(of));
      }),
      { numRuns: RUNS },
    );
    expect([...ends]).toEqual(
      expect.arrayContaining([
        ...['flatten', 'signal', 'stop', 'target', 'trailing', 'unprotected', 'liquidated'],
      ]),
    );
  },
  120_000 + RUNS * 100,
);

describe('the walk notices a guard that', () => {
  const failsWith = async (mutate: Mutation, of = onSpot): Promise<string> => {
    const result = await fc.check(
      fc.asyncProperty(of, async (scenario) => void (await walk(scenario, mutate))),
      { numRuns: 600, endOnFailure: true },
    );
    expect(result.failed).toBe(true);
    return String(result.errorInstance);
  };

  test('sells a rung before its stop has made room', async () => {
    const error = await failsWith((ports) => ({
      ...ports,
      amend: (change) =>
        Promise.resolve({ status: 'open', filledQuantity: '0', filledCost: '0', ...change }),
    }));
    expect(error).toMatch(/may be sold of|the stop covers/);
  });

  test('takes a cancel for done that is not', async () => {
    const nothing = { status: 'canceled' as const, filledQuantity: '0', filledCost: '0' };
    const error = await failsWith((ports) => ({
      ...ports,
      cancel: () => Promise.resolve(nothing),
    }));
    expect(error).toMatch(/may be sold of|forgotten order/);
  });

  test('leaves the stop of a short as large as it was when a target is filled', async () => {
    const error = await failsWith(
      (ports) => ({
        ...ports,
        amend: (change) =>
          Promise.resolve({ status: 'open', filledQuantity: '0', filledCost: '0', ...change }),
      }),
      onMargin,
    );
    expect(error).toMatch(/the stop covers|targets of/);
  });

  test('takes a stop for placed whose sending failed', async () => {
    const error = await failsWith((ports) => ({
      ...ports,
      place: async (reduction, summary, limitMs) => {
        const placed = await ports.place(reduction, summary, limitMs);
        return placed.kind === 'refused' ? { kind: 'open', quantity: reduction.quantity } : placed;
      },
    }));
    expect(error).toMatch(/over at the exchange|never placed|covers/);
  });
});
