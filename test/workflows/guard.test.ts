import { describe, expect, test } from 'vitest';
import { closePosition } from '../../workflows/messages.ts';
import { BAR_MS } from '../support/world/desk-script.ts';
import type { World } from '../support/world/desk-world.ts';
import { worldsForTests } from '../support/world/worlds-for-tests.ts';

const BTC = 'BTC/USDT';

let world: World;
worldsForTests((opened) => (world = opened));

describe('a guard', () => {
  test('ends when its stop has sold everything, and frees the pair', async () => {
    await world.openPosition(BTC);
    await world.tell(3, BTC, { orders: [world.fill(BTC, 'stop', '2')] });
    await world.acked(3);
    expect(world.closedAs()).toEqual(['stop']);
    expect(world.wakes.size).toBe(0);
  });

  test('whose stop cannot be placed closes at market', async () => {
    world.refuse = ['stop'];
    await world.openPosition(BTC);
    expect(world.order(BTC, 'exit')).toMatchObject({ kind: 'market', quantity: '2' });
    await world.tell(3, BTC, { orders: [world.fill(BTC, 'exit', '2')] });
    await world.acked(3);
    expect(world.closedAs()).toEqual(['unprotected']);
  });

  test.each(['losesRequest', 'losesAnswer'] as const)(
    'a stop whose sending %s rests once',
    async (fate) => {
      world[fate] = ['stop'];
      await world.openPosition(BTC);
      expect(world.restingExits()).toEqual({ 'stop 1': '2' });
      expect(world.oversold).toEqual([]);
    },
  );

  test('tries a refused exit again until it is sold', async () => {
    world.refuse = ['stop', 'exit'];
    await world.openPosition(BTC);
    expect(world.restingExits()).toEqual({});
    expect(world.wakes.has(`${world.guardOf(BTC)}#exit`)).toBe(true);
    await world.tell(3, BTC, { wakes: ['exit'] });
    await world.acked(3);
    expect(world.restingExits()).toEqual({ 'exit 2': '2' });
  });

  test('sells a target below its price at worst, and the stop makes room first', async () => {
    await world.openPosition(BTC);
    await world.tell(3, BTC, { wakes: ['target-0'] });
    await world.acked(3);
    // 108 less 0.2 %, on the tick
    expect(world.order(BTC, 'target')).toMatchObject({ kind: 'limit', price: '107.78' });
    expect(world.restingExits()).toEqual({ 'target 1': '2' });
    await world.tell(4, BTC, { orders: [world.fill(BTC, 'target', '2')] });
    await world.acked(4);
    expect(world.closedAs()).toEqual(['target']);
    expect(world.oversold).toEqual([]);
  });

  test('puts what a target left unsold back under a stop', async () => {
    await world.openPosition(BTC);
    await world.tell(3, BTC, { wakes: ['target-0'] });
    await world.acked(3);
    world.fill(BTC, 'target', '0.5');
    await world.tell(4, BTC, { orders: [world.end(BTC, 'target', 'canceled')] });
    await world.acked(4);
    expect(world.restingExits()).toEqual({ 'stop 2': '1.5' });
    expect([...world.wakes.keys()]).toEqual([`${world.guardOf(BTC)}#target-0`]);
  });

  test('touched at stop and target never sells more than it holds', async () => {
    await world.openPosition(BTC);
    // The stop has sold half of it when the target is touched.
    const stopped = world.fill(BTC, 'stop', '1');
    await world.tell(3, BTC, { orders: [stopped], wakes: ['target-0'] });
    await world.acked(3);
    expect(world.restingExits()).toEqual({ 'target 1': '1' });
    expect(world.oversold).toEqual([]);
  });

  test('whose stop sells everything while it makes room sells no target', async () => {
    await world.openPosition(BTC);
    // Nobody has told it yet: it learns so from the cancel.
    world.fill(BTC, 'stop', '2');
    await world.tell(3, BTC, { wakes: ['target-0'] });
    await world.acked(3);
    expect(world.closedAs()).toEqual(['stop']);
    expect(world.oversold).toEqual([]);
  });

  test('told to close while its entry still fills sells what it got, once', async () => {
    await world.openPosition(BTC, '0.5');
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
    expect(world.closedAs()).toEqual(['signal']);
    expect(world.oversold).toEqual([]);
  });

  test('closes on the consensus of a later bar', async () => {
    await world.openPosition(BTC);
    world.actions[BTC] = 'close';
    await world.bar(3, { bar: 1 });
    await world.acked(3);
    expect(world.outcomes()).toContain('closing');
    expect(world.restingExits()).toEqual({ 'exit 1': '2' });
  });

  test('a repeated or late message changes nothing', async () => {
    await world.openPosition(BTC);
    const late = { ...world.order(BTC, 'entry'), filledQuantity: '0.5', status: 'open' as const };
    await world.tell(3, BTC, { orders: [late, late] });
    await world.acked(3);
    expect(world.restingExits()).toEqual({ 'stop 1': '2' });
  });

  test('a stop that the venue cancels is placed anew', async () => {
    await world.openPosition(BTC);
    await world.tell(3, BTC, { orders: [world.end(BTC, 'stop', 'canceled')] });
    await world.acked(3);
    expect(world.restingExits()).toEqual({ 'stop 2': '2' });
  });

  test('of dust that cannot be sold ends and says so', async () => {
    await world.openPosition(BTC, '0.01');
    await world.tell(3, BTC, { orders: [world.end(BTC, 'entry', 'canceled')] });
    await world.acked(3);
    expect(world.closedAs()).toEqual(['dust']);
  });
});
