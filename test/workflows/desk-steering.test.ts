import { describe, expect, test } from 'vitest';
import {
  flatten,
  limits,
  orderUpdate,
  pause,
  resume,
  setChampion,
  venueEvent,
} from '../../workflows/messages.ts';
import { BAR_MS, HOUR_MS, PAIRS } from '../support/world/desk-script.ts';
import type { World } from '../support/world/desk-world.ts';
import { PATIENT, worldsForTests } from '../support/world/worlds-for-tests.ts';

const BTC = 'BTC/USDT';
const by = { who: 'ann', why: 'test' };

let world: World;
const worlds = worldsForTests((opened) => (world = opened));

describe('steering before the first bar', () => {
  test('is at the venue’s time of the start', async () => {
    await world.handle.signal(pause, by);
    await expect.poll(async () => (await world.statusOf()).state, PATIENT).toBe('paused');
    expect(world.steeredAt).toEqual([BAR_MS]);
    expect(await world.statusOf()).toMatchObject({ venueTimeMs: BAR_MS, lastBarMs: null });
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

describe('the desk', () => {
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
    expect(world.decided(0)).toEqual([]);
    expect(world.decided(1)).toEqual(PAIRS);
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

  test('takes what came before it ran in the order in which it came', async () => {
    await worlds.anew({
      early: async ({ handle, bar }) => {
        await handle.signal(resume, by);
        await handle.signal(pause, by);
        await bar(1);
      },
    });
    await world.acked(1);
    expect(world.commands).toEqual(['resume', 'pause']);
    expect(world.recorded).toEqual([]);
  });
});

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
    expect(world.decided(1)).toEqual([]);
  });

  test('that finds none changes nothing', async () => {
    await world.bar(1);
    await world.acked(1);
    expect(world.commands).toEqual([]);
    expect(await world.statusOf()).toMatchObject({ state: 'running' });
  });
});

describe('flattening', () => {
  test('closes every position and is over when the last one is', async () => {
    await world.openPosition(BTC);
    await world.handle.signal(flatten, by);
    await world.when(() => world.restingExits()['exit 1'] !== undefined);
    expect(await world.statusOf()).toMatchObject({ state: 'flattening' });
    await world.tell(3, BTC, { orders: [world.fill(BTC, 'exit', '2')] });
    await world.acked(3);
    await expect.poll(() => world.statusOf(), PATIENT).toMatchObject({ state: 'halted' });
    expect(world.closedAs()).toEqual(['flatten']);
  });

  test('of an entry that was never filled is over at once', async () => {
    world.actions[BTC] = 'long';
    world.approved.add(BTC);
    await world.bar(1);
    await world.acked(1);
    await world.handle.signal(flatten, by);
    await expect.poll(() => world.statusOf(), PATIENT).toMatchObject({ state: 'halted' });
    expect(world.closedAs()).toEqual(['unfilled']);
  });
});
