import { describe, expect, test } from 'vitest';
import { clientOrderId } from '../../shared/client-order-id.ts';
import { workflowIds } from '../../shared/names.ts';
import { halt, orderUpdate, venueEvent } from '../../workflows/messages.ts';
import type { rebalance } from '../../workflows/rebalance.ts';
import { BAR_MS, HOUR_MS, PAIRS } from '../support/world/desk-script.ts';
import type { World } from '../support/world/desk-world.ts';
import { worldsForTests } from '../support/world/worlds-for-tests.ts';

const [BTC = '', XRP = ''] = PAIRS;
/** The close of the first bar, 13:00. */
const CLOSE_MS = BAR_MS + HOUR_MS;

let world: World;
// the desk starts at 12:00, its rebalancing day at 13:00
worldsForTests((opened) => (world = opened), { rebalanceAtMs: 13 * HOUR_MS });

const idOf = (atMs = CLOSE_MS): string => workflowIds.rebalance(world.desk, atMs);
const resultOf = (atMs = CLOSE_MS) =>
  world.client.workflow.getHandle<typeof rebalance>(idOf(atMs)).result();

/** What the feed does when leg `n` is filled at event `event`. */
async function fill(event: number, n: number, outbox = [event]): Promise<void> {
  const id = idOf();
  const order = world.orders.get(clientOrderId(id, 'rebalance', n))!;
  Object.assign(order, { status: 'filled', filledQuantity: '1', filledCost: '100' });
  const { clientOrderId: cid, leg, status, filledQuantity, filledCost } = order;
  const atMs = CLOSE_MS + event * 1000;
  const orders = [{ clientOrderId: cid, leg, n, status, filledQuantity, filledCost }];
  const update = { event, atMs, orders, wakes: [], outbox };
  const isThere = await world.client.workflow
    .getHandle(id)
    .signal(orderUpdate, update)
    .then(() => true)
    .catch(() => false);
  const concerned = isThere ? [id] : [];
  await world.handle.signal(venueEvent, { event, atMs, kind: 'orders', concerned });
}

describe('a rebalancing', () => {
  test('starts once a day, after the cycles of its bar', async () => {
    world.actions[BTC] = 'long';
    await world.bar(1);
    await world.acked(1);
    expect(await resultOf()).toEqual({
      ...{ outcome: 'nothing', told: ['nothing to do: every share lies in its band'] },
    });
    await world.bar(2, { bar: 1 });
    await world.acked(2);
    await expect(resultOf(CLOSE_MS + HOUR_MS)).rejects.toThrow('not found');
    await world.bar(3, { bar: 24 });
    await world.acked(3);
    expect(await resultOf(CLOSE_MS + 24 * HOUR_MS)).toMatchObject({ outcome: 'nothing' });
  });

  test('waits for its bar’s cycles', async () => {
    world.legs = [BTC];
    const thinking = world.gate();
    world.before[`ask ${XRP}`] = thinking.passed;
    await world.bar(1);
    await world.when(() => world.recorded.length === 2);
    expect(world.reviewedLegs).toEqual([]);
    thinking.open();
    await world.acked(1);
    expect(world.reviewedLegs).toHaveLength(1);
  });

  test('sends leg by leg, each reviewed when the one before is filled', async () => {
    world.legs = [BTC, XRP];
    await world.bar(1);
    // the market goes on with the first leg at the venue, and not before
    await world.acked(1);
    expect(world.reviewedLegs).toEqual([{ pair: BTC, atMs: CLOSE_MS }]);
    await fill(2, 1);
    await world.acked(2);
    expect(world.reviewedLegs[1]).toEqual({ pair: XRP, atMs: CLOSE_MS + 2000 });
    await fill(3, 2);
    await world.acked(3);
    expect(await resultOf()).toMatchObject({
      outcome: 'done',
      told: [`sell 1 ${BTC}: filled, 1 for 100`, `sell 1 ${XRP}: filled, 1 for 100`],
    });
  });

  test('goes on after a leg that is vetoed or that the venue refuses', async () => {
    world.legs = [BTC, XRP, 'XRP/BTC'];
    world.vetoedLegs = [BTC];
    world.refuse.push('rebalance');
    await world.bar(1);
    await world.acked(1);
    await fill(2, 3);
    await world.acked(2);
    expect(await resultOf()).toEqual({
      outcome: 'partly',
      told: [
        `sell 1 ${BTC}: no`,
        `sell 1 ${XRP}: refused, the venue says no`,
        'sell 1 XRP/BTC: filled, 1 for 100',
      ],
    });
  });

  test('looks an order up whose answer was lost, before anything else is sent', async () => {
    world.legs = [BTC];
    world.losesAnswer.push('rebalance');
    await world.bar(1);
    await world.acked(1);
    await fill(2, 1);
    await world.acked(2);
    expect(await resultOf()).toMatchObject({ outcome: 'done' });
  });

  test('takes a message that comes twice, or after its end, as nothing new', async () => {
    world.legs = [BTC];
    await world.bar(1);
    await world.acked(1);
    await fill(2, 1);
    await fill(2, 1);
    await world.acked(2);
    expect(await resultOf()).toMatchObject({ outcome: 'done' });
    await fill(3, 1);
    await world.acked(3);
  });

  test('is not started by a desk that is halted', async () => {
    world.legs = [BTC];
    await world.handle.signal(halt, { who: 'ann', why: 'test' });
    await world.bar(1);
    await world.acked(1);
    await expect(resultOf()).rejects.toThrow('not found');
  });
});
