import { describe, expect, test } from 'vitest';
import { cancelEntry, halt } from '../../workflows/messages.ts';
import { BAR_MS } from '../support/world/desk-script.ts';
import type { World } from '../support/world/desk-world.ts';
import { PATIENT, worldsForTests } from '../support/world/worlds-for-tests.ts';

const BTC = 'BTC/USDT';
const by = { who: 'ann', why: 'test' };

let world: World;
worldsForTests((opened) => (world = opened));

describe('an entry', () => {
  test('is guarded before it is sent, and by a stop from its fill', async () => {
    await world.openPosition(BTC);
    expect(world.outcomes()).toContain('ordered');
    expect(world.order(BTC, 'stop')).toMatchObject({
      kind: 'stop-loss',
      quantity: '2',
      price: '98',
    });
    expect([...world.wakes]).toEqual([[`${world.guardOf(BTC)}#target-0`, { above: '108' }]]);
  });

  test('without a definite answer is looked up, not sent again', async () => {
    world.losesAnswer = ['entry'];
    await world.openPosition(BTC);
    expect(world.outcomes()).toContain('ordered');
    expect(world.restingExits()).toEqual({ 'stop 1': '2' });
  });

  test('that is refused leaves no guard behind', async () => {
    world.refuse = ['entry'];
    world.actions[BTC] = 'long';
    world.approved.add(BTC);
    await world.bar(1);
    await world.acked(1);
    expect(world.outcomes()).toContain('refused');
    expect(world.closedAs()).toEqual(['unfilled']);
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
    await world.when(() => world.closedAs().includes('unfilled'));
    sent.open();
    await world.acked(1);
    expect(world.recorded.find((r) => r.cycle === world.cycleOf(BTC))?.outcome).toBe('refused');
    await world.bar(2, { bar: 1 });
    await world.acked(2);
    expect(world.decided(1)).toEqual([]);
  });

  test('that fills in parts is covered part by part by one stop', async () => {
    await world.openPosition(BTC, '0.5');
    expect(world.restingExits()).toEqual({ 'stop 1': '0.5' });
    await world.tell(3, BTC, { orders: [world.fill(BTC, 'entry', '1.5')] });
    await world.acked(3);
    expect(world.restingExits()).toEqual({ 'stop 1': '2' });
  });

  test('that fills on while its stop is selling is covered for what is left', async () => {
    await world.openPosition(BTC, '1');
    // 1 held, 0.4 of it sold by the stop: another 1 makes 1.6
    await world.tell(3, BTC, {
      orders: [world.fill(BTC, 'stop', '0.4'), world.fill(BTC, 'entry', '1')],
    });
    await world.acked(3);
    expect(world.restingExits()).toEqual({ 'stop 1': '1.6' });
    expect(world.oversold).toEqual([]);
  });

  test('that fills on gets a new stop when the old one cannot grow', async () => {
    await world.openPosition(BTC, '0.5');
    world.refuse = ['amend stop'];
    await world.tell(3, BTC, { orders: [world.fill(BTC, 'entry', '1.5')] });
    await world.acked(3);
    expect(world.restingExits()).toEqual({ 'stop 2': '2' });
    expect(world.oversold).toEqual([]);
  });

  test('that is cancelled half filled stays guarded with what it got', async () => {
    await world.openPosition(BTC, '0.5');
    await world.client.workflow
      .getHandle(world.guardOf(BTC))
      .signal(cancelEntry, { event: null, atMs: BAR_MS, reason: 'halted', by: 'ann' });
    await world.when(() => world.order(BTC, 'entry').status === 'canceled');
    expect(world.restingExits()).toEqual({ 'stop 1': '0.5' });
    expect(world.closedAs()).toEqual([]);
  });
});
