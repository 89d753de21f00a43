import { describe, expect, test } from 'vitest';
import { position } from '../../workflows/messages.ts';
import { BAR_MS, HOUR_MS } from '../support/world/desk-script.ts';
import type { World } from '../support/world/desk-world.ts';
import { worldsForTests } from '../support/world/worlds-for-tests.ts';

const BTC = 'BTC/USDT';

let world: World;
worldsForTests((opened) => (world = opened));

describe('a guard that hears of bars', () => {
  /** 2 BTC bought at 100 with the stop at 98: 1 R is 2. */
  const seen = { close: 103, highest: 104, atr: 1, watched: null };

  test('raises its stop, and the cycles of the bar wait for it', async () => {
    world.exits = { ...world.exits, trailing: { atr: 3, afterR: 1 } };
    await world.openPosition(BTC);
    world.exitBar = seen;
    const stopsSeen: (string | null | undefined)[] = [];
    world.before[`ask ${BTC}`] = () => Promise.resolve(stopsSeen.push(world.restingStop()));
    await world.bar(3, { bar: 1 });
    await world.acked(3);
    // 104 less three ATR of 1
    expect(stopsSeen).toEqual(['101']);
    expect(world.restingExits()).toEqual({ 'stop 1': '2' });
    world.exitBar = { ...seen, atr: 2 };
    await world.bar(4, { bar: 2 });
    await world.acked(4);
    expect(world.restingStop()).toBe('101');
  });

  test('raises its stop once, and closes, when one event brings bar and close', async () => {
    world.exits = {
      ...world.exits,
      breakEven: { afterRung: null, afterR: 1, offsetPct: 0 },
    };
    await world.openPosition(BTC);
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
    await world.openPosition(BTC);
    world.exitBar = { ...seen, watched: 98 };
    await world.bar(3, { bar: 1 });
    await world.acked(3);
    await world.tell(4, BTC, { orders: [world.fill(BTC, 'exit', '2')] });
    await world.acked(4);
    expect(world.closedAs()).toEqual(['invalidated']);
  });
});

describe('a position', () => {
  test('of which a rung is sold has its stop at break-even, with one change', async () => {
    world.targets = [
      { price: '104', share: '0.5' },
      { price: '108', share: '0.5' },
    ];
    world.exits = { ...world.exits, breakEven: { afterRung: 1, afterR: null, offsetPct: 0.5 } };
    await world.openPosition(BTC);
    await world.tell(3, BTC, { wakes: ['target-0'] });
    await world.acked(3);
    expect(world.restingExits()).toEqual({ 'stop 1': '1', 'target 1': '1' });
    await world.tell(4, BTC, { orders: [world.fill(BTC, 'target', '1')] });
    await world.acked(4);
    expect(world.restingStop()).toBe('100.5');
    expect(world.restingExits()).toEqual({ 'stop 1': '1' });
    expect(world.wakes.has(`${world.guardOf(BTC)}#target-1`)).toBe(true);
  });

  test('is sold rung by rung in shares of what the entry has filled when it ends', async () => {
    world.targets = [
      { price: '104', share: '0.5' },
      { price: '108', share: '0.5' },
    ];
    await world.openPosition(BTC, '1');
    await world.tell(3, BTC, { orders: [world.end(BTC, 'entry', 'expired')] });
    await world.acked(3);
    await world.tell(4, BTC, { wakes: ['target-0'] });
    await world.acked(4);
    expect(world.restingExits()).toEqual({ 'stop 1': '0.5', 'target 1': '0.5' });
  });

  test('is closed at its time stop', async () => {
    world.exits = { ...world.exits, timeStopMs: 24 * HOUR_MS };
    await world.openPosition(BTC);
    const wake = world.wakes.get(`${world.guardOf(BTC)}#time-stop`);
    expect(wake?.atMs).toBe(BAR_MS + 25 * HOUR_MS + 2000); // filled at event 2, an hour after the bar
    await world.tell(3, BTC, { wakes: ['time-stop'], atMs: wake?.atMs ?? 0 });
    await world.acked(3);
    await world.tell(4, BTC, { orders: [world.fill(BTC, 'exit', '2')] });
    await world.acked(4);
    expect(world.closedAs()).toEqual(['time-stop']);
  });

  test('may have its stop raised by an exit review, never lowered', async () => {
    await world.openPosition(BTC);
    world.actions[BTC] = 'hold';
    world.heldStopPct = 1; // 1 % below the price of 100
    await world.bar(3, { bar: 1 });
    await world.acked(3);
    expect(world.restingStop()).toBe('99');
    world.heldStopPct = 5;
    await world.bar(4, { bar: 2 });
    await world.acked(4);
    expect(world.restingStop()).toBe('99');
  });

  test('whose stop has no answer in time is sold, and the stop cancelled', async () => {
    world.exits = { ...world.exits, unprotectedMs: 200 };
    world.actions[BTC] = 'long';
    world.approved.add(BTC);
    await world.bar(null);
    await world.when(() => world.outcomes().includes('ordered'));
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
    await world.when(() => world.closedAs().includes('unprotected'));
    expect(world.oversold).toEqual([]);
  });
});
