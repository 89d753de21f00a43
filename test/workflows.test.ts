import { DefaultLogger, Runtime } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  cancelEntry,
  closePosition,
  flatten,
  halt,
  limits,
  orderUpdate,
  pause,
  position,
  progress,
  resume,
  setChampion,
  venueEvent,
} from '../workflows/messages.ts';
import { openDeskWorker, type DeskWorker } from './support/desk-worker.ts';
import { BAR_MS, HOUR_MS, openWorld, PAIRS, type World } from './support/desk-world.ts';

const BTC = 'BTC/USDT';
const by = { who: 'ann', why: 'test' };
/** A machine may be busy: what is polled for has this long. */
const PATIENT = { timeout: 20_000 };

let worker: DeskWorker;
let world: World;
beforeAll(async () => {
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { filter: 'ERROR', forward: {} } },
  });
  worker = await openDeskWorker();
});
afterAll(() => worker?.close());
beforeEach(async () => {
  world = await openWorld(worker);
});
afterEach(() => world?.close());

const outcomes = () => world.recorded.map((r) => r.outcome);
const decided = (bar = 0) =>
  PAIRS.filter((p) => world.recorded.some((r) => r.cycle === world.cycleOf(p, bar)));
const allLong = (): void => {
  for (const pair of PAIRS) world.actions[pair] = 'long';
};

describe('a comparison of ledger and venue', () => {
  test('that finds a difference halts the desk: entries are cancelled, and nothing is decided', async () => {
    world.actions[BTC] = 'long';
    world.approved.add(BTC);
    world.differences = ['USDT: 999 at the venue, 1000 in the ledger'];
    await world.bar(1);
    await world.acked(1);
    expect(await world.statusOf()).toMatchObject({
      ...{ state: 'halted', who: 'reconciliation', why: world.differences[0] },
    });
    await world.bar(2, { bar: 1 });
    await world.acked(2);
    expect(decided(1)).toEqual([]);
  });

  test('that finds none changes nothing', async () => {
    await world.bar(1);
    await world.acked(1);
    expect(world.commands).toEqual([]);
    expect(await world.statusOf()).toMatchObject({ state: 'running' });
  });
});

describe('what is asked of the desk', () => {
  const change = { stopPct: 1 };

  test('is answered while a bar is being decided, and asked once under one id', async () => {
    const thinking = world.gate();
    world.before[`ask ${BTC}`] = thinking.passed;
    await world.bar(1);
    const of = { updateId: 'one', args: [{ ...by, change }] as [typeof by & { change: object }] };
    const answer = await world.handle.executeUpdate('setLimits', of);
    expect(answer).toMatchObject({ kind: 'tightened', limits: { stopPct: 1 } });
    expect(await world.handle.executeUpdate('setLimits', of)).toEqual(answer);
    thinking.open();
    await world.acked(1);
  });

  test('goes on where the desk continues as a new run', async () => {
    await world.bar(1);
    await world.acked(1);
    await world.handle.executeUpdate('setLimits', { args: [{ ...by, change }] });
    // 2026-01-06 13:00: another day
    await world.bar(2, { bar: 24 });
    await world.acked(2);
    expect(await world.handle.query(limits)).toMatchObject({ limits: { stopPct: 1 } });
    expect(
      await world.handle.executeUpdate(setChampion, { args: [{ ...by, decider: 'x' }] }),
    ).toEqual({ kind: 'refused', reason: 'x is none of the deciders' });
  });
});

describe('steering before the first bar', () => {
  test('is at the venue’s time of the start', async () => {
    await world.handle.signal(pause, by);
    await expect.poll(async () => (await world.statusOf()).state, PATIENT).toBe('paused');
    expect(world.steeredAt).toEqual([BAR_MS]);
    expect(await world.statusOf()).toMatchObject({ venueTimeMs: BAR_MS, lastBarMs: null });
  });
});

describe('the desk', () => {
  test('lets cycles take their turns in the profile’s order, whoever answers first', async () => {
    allLong();
    const first = world.gate();
    world.before[`ask ${BTC}`] = first.passed;
    await world.bar(1);
    for (const pair of PAIRS.slice(1)) {
      const cycle = world.client.workflow.getHandle(world.cycleOf(pair));
      await expect
        .poll(() => cycle.query(progress).catch(() => null), PATIENT)
        .toMatchObject({ step: 'waiting for its turn' });
    }
    expect(world.reviewed).toEqual([]);
    first.open();
    await world.acked(1);
    expect(world.reviewed).toEqual(PAIRS);
    expect(outcomes()).toEqual(['vetoed', 'vetoed', 'vetoed']);
  });

  test('does not let a cycle that holds keep the others waiting', async () => {
    allLong();
    world.actions[BTC] = 'hold';
    await world.bar(1);
    await world.acked(1);
    expect(world.reviewed).toEqual(PAIRS.slice(1));
    expect(world.recorded[0]).toEqual({ cycle: world.cycleOf(BTC), outcome: 'held' });
  });

  test('brings the shadow accounts up to a bar after its orders, once, and goes on when that fails', async () => {
    allLong();
    world.approved.add(BTC);
    world.actions[PAIRS[1]!] = 'hold';
    world.actions[PAIRS[2]!] = 'hold';
    let atSending: number[] | null = null;
    world.before[`send ${BTC}`] = async () => void (atSending = [...world.shadowed]);
    world.shadowsFail = true;
    await world.bar(1);
    await world.when(() => world.recorded.length === 3);
    const guard = world.client.workflow.getHandle(world.guardOf(BTC));
    await guard.signal(cancelEntry, { event: 1, atMs: BAR_MS, reason: 'test', by: 'ann' });
    await world.acked(1);
    expect(atSending).toEqual([]);
    expect(new Set(world.shadowed)).toEqual(new Set([BAR_MS]));
    world.shadowsFail = false;
    await world.bar(2, { bar: 1 });
    await world.acked(2);
    expect(world.shadowed.slice(2)).toEqual([BAR_MS + HOUR_MS]);
  });

  test('starts no cycle for a bar that is missing', async () => {
    await world.bar(1, { pairs: [BTC] });
    await world.acked(1);
    expect(decided()).toEqual([BTC]);
  });

  test('paused, decides nothing and acknowledges; resumed, goes on with the next bar', async () => {
    await world.handle.signal(pause, by);
    await world.bar(1);
    await world.acked(1);
    expect(world.commands).toEqual(['pause']);
    expect(world.recorded).toEqual([]);
    expect(await world.statusOf()).toMatchObject({ state: 'paused', who: 'ann', why: 'test' });
    await world.handle.signal(resume, by);
    await world.bar(2, { bar: 1 });
    await world.acked(2);
    expect(decided(0)).toEqual([]);
    expect(decided(1)).toEqual(PAIRS);
  });

  test('paused for a time, is woken at its end and goes on', async () => {
    const [untilMs, self] = [BAR_MS + 2 * HOUR_MS, world.handle.workflowId];
    await world.handle.signal(pause, { ...by, untilMs });
    await world.when(() => world.wakes.size > 0);
    expect([...world.wakes]).toEqual([[`${self}#unlock`, { atMs: untilMs }]]);
    // What the feed does when the venue's clock has come there.
    const at = { event: 1, atMs: untilMs };
    await world.handle.signal(orderUpdate, {
      ...{ ...at, orders: [], wakes: [`${self}#unlock`], outbox: [] },
    });
    await world.handle.signal(venueEvent, { ...at, kind: 'wake', concerned: [self] });
    await world.acked(1);
    expect(await world.statusOf()).toMatchObject({ state: 'running', untilMs: null });
  });

  test('at real time wakes itself, but not before the venue’s clock has come there', async () => {
    const untilMs = BAR_MS + 30;
    // When it is booked; after the timer, a little early still; and then.
    world.venueTimes.push(BAR_MS, untilMs - 10, untilMs + 1);
    await world.handle.signal(pause, { ...by, untilMs });
    await world.when(() => world.commands.includes('clock'));
    expect(world.commands).toEqual(['pause', 'clock']);
    expect(world.venueTimes).toEqual([]);
    await expect.poll(world.statusOf, PATIENT).toMatchObject({ state: 'running', untilMs: null });
  });

  test('does not decide a bar twice: not a repeat, not a late one', async () => {
    await world.bar(1, { bar: 1 });
    await world.bar(1, { bar: 1 });
    await world.acked(1);
    await world.bar(1, { bar: 1 });
    await world.bar(2, { bar: 1 });
    await world.bar(3, { bar: 0 });
    await world.acked(3);
    expect(world.recorded).toHaveLength(PAIRS.length);
    expect(decided(1)).toEqual(PAIRS);
    expect(await world.statusOf()).toMatchObject({ missedBars: 2, lastBarMs: BAR_MS + HOUR_MS });
  });

  test('at real time decides no bar that came too late, and counts those it was not told', async () => {
    world.late.add(BAR_MS + HOUR_MS);
    for (const bar of [0, 1, 4]) await world.bar(null, { bar, pairs: [BTC] });
    await world.when(() => world.recorded.length === 2);
    expect([0, 1, 4].map((bar) => decided(bar))).toEqual([[BTC], [], [BTC]]);
    // The one that came late, and bars 2 and 3.
    expect(await world.statusOf()).toMatchObject({ missedBars: 3 });
  });

  test('frees turn and event of a cycle that dies', async () => {
    allLong();
    const never = world.gate();
    world.before[`review ${BTC}`] = never.passed;
    await world.bar(1);
    await world.when(() => world.reviewed.length === 1);
    await world.client.workflow.getHandle(world.cycleOf(BTC)).terminate('killed by the test');
    await world.acked(1);
    expect(world.reviewed).toEqual(PAIRS);
    expect(decided()).toEqual(PAIRS.slice(1));
    never.open();
  });

  test('takes what came before it ran in the order in which it came', async () => {
    await world.close();
    world = await openWorld(worker, async ({ handle, bar }) => {
      await handle.signal(resume, by);
      await handle.signal(pause, by);
      await bar(1);
    });
    await world.acked(1);
    expect(world.commands).toEqual(['resume', 'pause']);
    expect(world.recorded).toEqual([]);
  });

  test('crosses the border of days with messages in flight and loses none', async () => {
    const runOf = async () => (await world.handle.describe()).runId;
    const bars = [0, 12, 36];
    let sent = 0;
    for (const [i, bar] of bars.entries()) {
      const run = await runOf();
      await world.bar(i + 1, { bar, pairs: [BTC] });
      await world.acked(i + 1);
      // The desk goes on as a new run while people send it commands, with gaps in which it may.
      for (let round = 0; i > 0 && (await runOf()) === run; round++) {
        if (round % 8 !== 0) continue;
        await world.handle.signal(round % 16 === 0 ? halt : resume, by);
        sent += 1;
      }
    }
    await world.handle.signal(resume, by);
    await world.when(() => world.commands.length > sent);
    expect(world.commands).toHaveLength(sent + 1);
    expect([...new Set(world.acknowledged)]).toEqual(bars.map((_, i) => i + 1));
    expect(await world.statusOf()).toMatchObject({
      ...{ state: 'running', missedBars: 0, lastBarMs: BAR_MS + 36 * HOUR_MS },
    });
    const cycles = world.recorded.map((r) => r.cycle);
    expect(new Set(cycles).size).toBe(cycles.length);
  });

  test('decides every bar of a burst over three days, at a venue that does not wait', async () => {
    const bars = [0, 20, 40, 60];
    for (const bar of bars) await world.bar(null, { bar, pairs: [BTC] });
    await world.when(() => world.recorded.length === bars.length);
    expect(bars.map((bar) => decided(bar))).toEqual(bars.map(() => [BTC]));
  });
});

/** A position of 2 BTC whose stop rests, after events 1 and 2. */
async function openPosition(filled = '2'): Promise<void> {
  world.actions[BTC] = 'long';
  world.approved.add(BTC);
  await world.bar(1);
  await world.acked(1);
  await world.tell(2, BTC, { orders: [world.fill(BTC, 'entry', filled)] });
  await world.acked(2);
}
const closedAs = () => world.closed.map((c) => c.exitReason);

describe('an entry', () => {
  test('is guarded before it is sent, and by a stop from its fill', async () => {
    await openPosition();
    expect(outcomes()).toContain('ordered');
    expect(world.order(BTC, 'stop')).toMatchObject({
      kind: 'stop-loss',
      quantity: '2',
      price: '98',
    });
    expect([...world.wakes]).toEqual([[`${world.guardOf(BTC)}#target-0`, { above: '108' }]]);
  });

  test('without a definite answer is looked up, not sent again', async () => {
    world.losesAnswer = ['entry'];
    await openPosition();
    expect(outcomes()).toContain('ordered');
    expect(world.restingExits()).toEqual({ 'stop 1': '2' });
  });

  test('that is refused leaves no guard behind', async () => {
    world.refuse = ['entry'];
    world.actions[BTC] = 'long';
    world.approved.add(BTC);
    await world.bar(1);
    await world.acked(1);
    expect(outcomes()).toContain('refused');
    expect(closedAs()).toEqual(['unfilled']);
  });

  test('is cancelled by a halt, even on its way, and its cycle is recorded', async () => {
    const sent = world.gate();
    world.before[`send ${BTC}`] = sent.passed;
    world.refuse = ['entry'];
    world.actions[BTC] = 'long';
    world.approved.add(BTC);
    await world.bar(1);
    await world.when(() => world.orders.size === 1);
    await expect
      .poll(
        () =>
          world.client.workflow
            .getHandle(world.guardOf(BTC))
            .describe()
            .catch(() => null),
        PATIENT,
      )
      .not.toBeNull();
    await world.handle.signal(halt, by);
    await world.when(() => closedAs().includes('unfilled'));
    sent.open();
    await world.acked(1);
    expect(world.recorded.find((r) => r.cycle === world.cycleOf(BTC))?.outcome).toBe('refused');
    await world.bar(2, { bar: 1 });
    await world.acked(2);
    expect(decided(1)).toEqual([]);
  });

  test('that fills in parts is covered part by part by one stop', async () => {
    await openPosition('0.5');
    expect(world.restingExits()).toEqual({ 'stop 1': '0.5' });
    await world.tell(3, BTC, { orders: [world.fill(BTC, 'entry', '1.5')] });
    await world.acked(3);
    expect(world.restingExits()).toEqual({ 'stop 1': '2' });
  });

  test('that fills on while its stop is selling is covered for what is left', async () => {
    await openPosition('1');
    // 1 held, 0.4 of it sold by the stop: another 1 makes 1.6
    await world.tell(3, BTC, {
      orders: [world.fill(BTC, 'stop', '0.4'), world.fill(BTC, 'entry', '1')],
    });
    await world.acked(3);
    expect(world.restingExits()).toEqual({ 'stop 1': '1.6' });
    expect(world.oversold).toEqual([]);
  });

  test('that fills on gets a new stop when the old one cannot grow', async () => {
    await openPosition('0.5');
    world.refuse = ['amend stop'];
    await world.tell(3, BTC, { orders: [world.fill(BTC, 'entry', '1.5')] });
    await world.acked(3);
    expect(world.restingExits()).toEqual({ 'stop 2': '2' });
    expect(world.oversold).toEqual([]);
  });

  test('that is cancelled half filled stays guarded with what it got', async () => {
    await openPosition('0.5');
    await world.client.workflow
      .getHandle(world.guardOf(BTC))
      .signal(cancelEntry, { event: null, atMs: BAR_MS, reason: 'halted', by: 'ann' });
    await world.when(() => world.order(BTC, 'entry').status === 'canceled');
    expect(world.restingExits()).toEqual({ 'stop 1': '0.5' });
    expect(closedAs()).toEqual([]);
  });
});

describe('a guard', () => {
  test('ends when its stop has sold everything, and frees the pair', async () => {
    await openPosition();
    await world.tell(3, BTC, { orders: [world.fill(BTC, 'stop', '2')] });
    await world.acked(3);
    expect(closedAs()).toEqual(['stop']);
    expect(world.wakes.size).toBe(0);
  });

  test('whose stop cannot be placed closes at market', async () => {
    world.refuse = ['stop'];
    await openPosition();
    expect(world.order(BTC, 'exit')).toMatchObject({ kind: 'market', quantity: '2' });
    await world.tell(3, BTC, { orders: [world.fill(BTC, 'exit', '2')] });
    await world.acked(3);
    expect(closedAs()).toEqual(['unprotected']);
  });

  test.each(['losesRequest', 'losesAnswer'] as const)(
    'a stop whose sending %s rests once',
    async (fate) => {
      world[fate] = ['stop'];
      await openPosition();
      expect(world.restingExits()).toEqual({ 'stop 1': '2' });
      expect(world.oversold).toEqual([]);
    },
  );

  test('tries a refused exit again until it is sold', async () => {
    world.refuse = ['stop', 'exit'];
    await openPosition();
    expect(world.restingExits()).toEqual({});
    expect(world.wakes.has(`${world.guardOf(BTC)}#exit`)).toBe(true);
    await world.tell(3, BTC, { wakes: ['exit'] });
    await world.acked(3);
    expect(world.restingExits()).toEqual({ 'exit 2': '2' });
  });

  test('sells a target below its price at worst, and the stop makes room first', async () => {
    await openPosition();
    await world.tell(3, BTC, { wakes: ['target-0'] });
    await world.acked(3);
    // 108 less 0.2 %, on the tick
    expect(world.order(BTC, 'target')).toMatchObject({ kind: 'limit', price: '107.78' });
    expect(world.restingExits()).toEqual({ 'target 1': '2' });
    await world.tell(4, BTC, { orders: [world.fill(BTC, 'target', '2')] });
    await world.acked(4);
    expect(closedAs()).toEqual(['target']);
    expect(world.oversold).toEqual([]);
  });

  test('puts what a target left unsold back under a stop', async () => {
    await openPosition();
    await world.tell(3, BTC, { wakes: ['target-0'] });
    await world.acked(3);
    world.fill(BTC, 'target', '0.5');
    await world.tell(4, BTC, { orders: [world.end(BTC, 'target', 'canceled')] });
    await world.acked(4);
    expect(world.restingExits()).toEqual({ 'stop 2': '1.5' });
    expect([...world.wakes.keys()]).toEqual([`${world.guardOf(BTC)}#target-0`]);
  });

  test('touched at stop and target never sells more than it holds', async () => {
    await openPosition();
    // The stop has sold half of it when the target is touched.
    const stopped = world.fill(BTC, 'stop', '1');
    await world.tell(3, BTC, { orders: [stopped], wakes: ['target-0'] });
    await world.acked(3);
    expect(world.restingExits()).toEqual({ 'target 1': '1' });
    expect(world.oversold).toEqual([]);
  });

  test('whose stop sells everything while it makes room sells no target', async () => {
    await openPosition();
    // Nobody has told it yet: it learns so from the cancel.
    world.fill(BTC, 'stop', '2');
    await world.tell(3, BTC, { wakes: ['target-0'] });
    await world.acked(3);
    expect(closedAs()).toEqual(['stop']);
    expect(world.oversold).toEqual([]);
  });

  test('told to close while its entry still fills sells what it got, once', async () => {
    await openPosition('0.5');
    const close = { event: null, atMs: BAR_MS, reason: 'signal', by: 'ann' };
    const guard = world.client.workflow.getHandle(world.guardOf(BTC));
    // Another part was filled of which it has not heard.
    world.fill(BTC, 'entry', '0.25');
    await guard.signal(closePosition, close);
    await guard.signal(closePosition, close);
    await world.when(() => world.restingExits()['exit 1'] !== undefined);
    expect(world.order(BTC, 'entry').status).toBe('canceled');
    expect(world.restingExits()).toEqual({ 'exit 1': '0.75' });
    await world.tell(3, BTC, { orders: [world.fill(BTC, 'exit', '0.75')] });
    await world.acked(3);
    expect(closedAs()).toEqual(['signal']);
    expect(world.oversold).toEqual([]);
  });

  test('closes on the consensus of a later bar', async () => {
    await openPosition();
    world.actions[BTC] = 'close';
    await world.bar(3, { bar: 1 });
    await world.acked(3);
    expect(outcomes()).toContain('closing');
    expect(world.restingExits()).toEqual({ 'exit 1': '2' });
  });

  test('a repeated or late message changes nothing', async () => {
    await openPosition();
    const late = { ...world.order(BTC, 'entry'), filledQuantity: '0.5', status: 'open' as const };
    await world.tell(3, BTC, { orders: [late, late] });
    await world.acked(3);
    expect(world.restingExits()).toEqual({ 'stop 1': '2' });
  });

  test('a stop that the venue cancels is placed anew', async () => {
    await openPosition();
    await world.tell(3, BTC, { orders: [world.end(BTC, 'stop', 'canceled')] });
    await world.acked(3);
    expect(world.restingExits()).toEqual({ 'stop 2': '2' });
  });

  test('of dust that cannot be sold ends and says so', async () => {
    await openPosition('0.01');
    await world.tell(3, BTC, { orders: [world.end(BTC, 'entry', 'canceled')] });
    await world.acked(3);
    expect(closedAs()).toEqual(['dust']);
  });
});

const restingStop = () =>
  [...world.orders.values()].find((o) => o.leg === 'stop' && o.status === 'open')?.price;

describe('a guard that hears of bars', () => {
  /** 2 BTC bought at 100 with the stop at 98: 1 R is 2. */
  const seen = { close: 103, highest: 104, atr: 1, watched: null };

  test('raises its stop, and the cycles of the bar wait for it', async () => {
    world.exits = { ...world.exits, trailing: { atr: 3, afterR: 1 } };
    await openPosition();
    world.exitBar = seen;
    const stopsSeen: (string | null | undefined)[] = [];
    world.before[`ask ${BTC}`] = () => Promise.resolve(stopsSeen.push(restingStop()));
    await world.bar(3, { bar: 1 });
    await world.acked(3);
    // 104 less three ATR of 1
    expect(stopsSeen).toEqual(['101']);
    expect(world.restingExits()).toEqual({ 'stop 1': '2' });
    world.exitBar = { ...seen, atr: 2 };
    await world.bar(4, { bar: 2 });
    await world.acked(4);
    expect(restingStop()).toBe('101');
  });

  test('raises its stop once, and closes, when one event brings bar and close', async () => {
    world.exits = {
      ...world.exits,
      breakEven: { afterRung: null, afterR: 1, offsetPct: 0 },
    };
    await openPosition();
    world.exitBar = seen;
    world.actions[BTC] = 'close';
    await world.bar(3, { bar: 1 });
    await world.acked(3);
    expect(world.order(BTC, 'stop')).toMatchObject({ price: '100', status: 'canceled' });
    expect(world.restingExits()).toEqual({ 'exit 1': '2' });
  });

  test('closes when what its decision named comes true', async () => {
    const invalidation = { series: 'ema21', comparator: 'below', level: 99 } as const;
    world.exits = { ...world.exits, invalidation: { ...invalidation, timeframe: '4h' } };
    await openPosition();
    world.exitBar = { ...seen, watched: 98 };
    await world.bar(3, { bar: 1 });
    await world.acked(3);
    await world.tell(4, BTC, { orders: [world.fill(BTC, 'exit', '2')] });
    await world.acked(4);
    expect(closedAs()).toEqual(['invalidated']);
  });
});

test('a rung that is sold takes the stop to break-even, with one change', async () => {
  world.targets = [
    { price: '104', share: '0.5' },
    { price: '108', share: '0.5' },
  ];
  world.exits = { ...world.exits, breakEven: { afterRung: 1, afterR: null, offsetPct: 0.5 } };
  await openPosition();
  await world.tell(3, BTC, { wakes: ['target-0'] });
  await world.acked(3);
  expect(world.restingExits()).toEqual({ 'stop 1': '1', 'target 1': '1' });
  await world.tell(4, BTC, { orders: [world.fill(BTC, 'target', '1')] });
  await world.acked(4);
  expect(restingStop()).toBe('100.5');
  expect(world.restingExits()).toEqual({ 'stop 1': '1' });
  expect(world.wakes.has(`${world.guardOf(BTC)}#target-1`)).toBe(true);
});

test('a ladder is a share of what the entry has filled when it ends', async () => {
  world.targets = [
    { price: '104', share: '0.5' },
    { price: '108', share: '0.5' },
  ];
  await openPosition('1');
  await world.tell(3, BTC, { orders: [world.end(BTC, 'entry', 'expired')] });
  await world.acked(3);
  await world.tell(4, BTC, { wakes: ['target-0'] });
  await world.acked(4);
  expect(world.restingExits()).toEqual({ 'stop 1': '0.5', 'target 1': '0.5' });
});

test('a position is closed at its time stop', async () => {
  world.exits = { ...world.exits, timeStopMs: 24 * HOUR_MS };
  await openPosition();
  const wake = world.wakes.get(`${world.guardOf(BTC)}#time-stop`);
  expect(wake?.atMs).toBe(BAR_MS + 25 * HOUR_MS + 2000); // filled at event 2, an hour after the bar
  await world.tell(3, BTC, { wakes: ['time-stop'], atMs: wake?.atMs ?? 0 });
  await world.acked(3);
  await world.tell(4, BTC, { orders: [world.fill(BTC, 'exit', '2')] });
  await world.acked(4);
  expect(closedAs()).toEqual(['time-stop']);
});

test('an exit review may raise a stop and never lowers it', async () => {
  await openPosition();
  world.actions[BTC] = 'hold';
  world.heldStopPct = 1; // 1 % below the price of 100
  await world.bar(3, { bar: 1 });
  await world.acked(3);
  expect(restingStop()).toBe('99');
  world.heldStopPct = 5;
  await world.bar(4, { bar: 2 });
  await world.acked(4);
  expect(restingStop()).toBe('99');
});

test('a stop without an answer in time is cancelled, and the position sold', async () => {
  world.exits = { ...world.exits, unprotectedMs: 200 };
  world.actions[BTC] = 'long';
  world.approved.add(BTC);
  await world.bar(null);
  await world.when(() => outcomes().includes('ordered'));
  const never = world.gate();
  world.before[`place stop`] = never.passed;
  await world.tell(null, BTC, { orders: [world.fill(BTC, 'entry', '2')] });
  await world.when(() => world.restingExits()['exit 1'] !== undefined);
  expect(world.alarms).toEqual([
    `${BTC}/2026-01-05T12:00:00Z: 2 without a stop, its stop had no answer in time; it is sold at the market`,
  ]);
  never.open();
  const guard = world.client.workflow.getHandle(world.guardOf(BTC));
  expect(await guard.query(position)).toMatchObject({ state: 'closing', alarms: world.alarms });
  await world.tell(null, BTC, { orders: [world.fill(BTC, 'exit', '2')] });
  await world.when(() => closedAs().includes('unprotected'));
  expect(world.oversold).toEqual([]);
});

describe('flattening', () => {
  test('closes every position and is over when the last one is', async () => {
    await openPosition();
    await world.handle.signal(flatten, by);
    await world.when(() => world.restingExits()['exit 1'] !== undefined);
    expect(await world.statusOf()).toMatchObject({ state: 'flattening' });
    await world.tell(3, BTC, { orders: [world.fill(BTC, 'exit', '2')] });
    await world.acked(3);
    await expect.poll(() => world.statusOf(), PATIENT).toMatchObject({ state: 'halted' });
    expect(closedAs()).toEqual(['flatten']);
  });

  test('of an entry that was never filled is over at once', async () => {
    world.actions[BTC] = 'long';
    world.approved.add(BTC);
    await world.bar(1);
    await world.acked(1);
    await world.handle.signal(flatten, by);
    await expect.poll(() => world.statusOf(), PATIENT).toMatchObject({ state: 'halted' });
    expect(closedAs()).toEqual(['unfilled']);
  });
});

test('the end of a replay is told when everything of it is settled', async () => {
  await world.bar(1);
  await world.acked(1);
  expect(await world.statusOf()).toMatchObject({ isEnded: false });
  const end = { event: 2, atMs: BAR_MS + 2 * HOUR_MS, kind: 'end' as const, concerned: [] };
  await world.handle.signal(venueEvent, end);
  await world.acked(2);
  await expect.poll(() => world.statusOf(), PATIENT).toMatchObject({ isEnded: true });
});
