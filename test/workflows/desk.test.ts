import { describe, expect, test } from 'vitest';
import { cancelEntry, halt, progress, resume, venueEvent } from '../../workflows/messages.ts';
import { BAR_MS, HOUR_MS, PAIRS } from '../support/world/desk-script.ts';
import type { World } from '../support/world/desk-world.ts';
import { PATIENT, worldsForTests } from '../support/world/worlds-for-tests.ts';

const BTC = 'BTC/USDT';
const by = { who: 'ann', why: 'test' };

let world: World;
worldsForTests((opened) => (world = opened));

describe('the desk', () => {
  test('lets cycles take their turns in the profile’s order, whoever answers first', async () => {
    world.allLong();
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
    expect(world.outcomes()).toEqual(['vetoed', 'vetoed', 'vetoed']);
  });

  test('does not let a cycle that holds keep the others waiting', async () => {
    world.allLong();
    world.actions[BTC] = 'hold';
    await world.bar(1);
    await world.acked(1);
    expect(world.reviewed).toEqual(PAIRS.slice(1));
    expect(world.recorded[0]).toEqual({ cycle: world.cycleOf(BTC), outcome: 'held' });
  });

  test('wakes a cycle for its turn only while that waits for it', async () => {
    const [, second, third] = PAIRS as [string, string, string];
    world.allLong();
    world.actions[second] = 'hold';
    const first = world.gate();
    world.before[`ask ${BTC}`] = first.passed;
    await world.bar(1);
    const cycle = world.client.workflow.getHandle(world.cycleOf(third));
    await expect
      .poll(() => cycle.query(progress).catch(() => null), PATIENT)
      .toMatchObject({ step: 'waiting for its turn' });
    await world.when(() => world.recorded.length === 1);
    first.open();
    await world.acked(1);
    expect(world.outcomes()).toEqual(['held', 'vetoed', 'vetoed']);
    expect(world.reviewed).toEqual([BTC, third]);
    expect(world.woken).toEqual([world.cycleOf(third)]);
  });

  test('does not let the next cycle wait for more of one before it than its order', async () => {
    world.allLong();
    for (const pair of PAIRS) world.approved.add(pair);
    const recorded = world.gate();
    world.before[`record ${BTC}`] = recorded.passed;
    await world.bar(1);
    await world.when(() => world.recorded.length === 2);
    expect(world.reviewed).toEqual(PAIRS);
    expect(world.decided()).toEqual(PAIRS.slice(1));
    recorded.open();
    await world.acked(1);
    expect(world.outcomes()).toEqual(['ordered', 'ordered', 'ordered']);
  });

  test('brings the shadow accounts up to a bar after its orders, once, and goes on when that fails', async () => {
    world.allLong();
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
    expect(world.decided()).toEqual([BTC]);
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
    expect(world.decided(1)).toEqual(PAIRS);
    expect(await world.statusOf()).toMatchObject({ missedBars: 2, lastBarMs: BAR_MS + HOUR_MS });
  });

  test('at real time decides no bar that came too late, and counts those it was not told', async () => {
    world.late.add(BAR_MS + HOUR_MS);
    for (const bar of [0, 1, 4]) await world.bar(null, { bar, pairs: [BTC] });
    await world.when(() => world.recorded.length === 2);
    expect([0, 1, 4].map((bar) => world.decided(bar))).toEqual([[BTC], [], [BTC]]);
    // The one that came late, and bars 2 and 3.
    expect(await world.statusOf()).toMatchObject({ missedBars: 3 });
  });

  test('skips a bar that another run has decided, whatever its snapshot does', async () => {
    world.allLong();
    world.decidedBefore.add(BTC);
    world.before[`snapshot ${BTC}`] = world.gate().passed;
    await world.bar(1);
    await world.acked(1);
    const skipped = world.client.workflow.getHandle(world.cycleOf(BTC));
    expect(await skipped.result()).toMatchObject({ outcome: 'skipped', turnGoesTo: null });
    expect(world.reviewed).toEqual(PAIRS.slice(1));
  });

  test('frees turn and event of a cycle that dies', async () => {
    world.allLong();
    const never = world.gate();
    world.before[`review ${BTC}`] = never.passed;
    await world.bar(1);
    await world.when(() => world.reviewed.length === 1);
    await world.client.workflow.getHandle(world.cycleOf(BTC)).terminate('killed by the test');
    await world.acked(1);
    expect(world.reviewed).toEqual(PAIRS);
    expect(world.decided()).toEqual(PAIRS.slice(1));
    never.open();
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
    expect(bars.map((bar) => world.decided(bar))).toEqual(bars.map(() => [BTC]));
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
