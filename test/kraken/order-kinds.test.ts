import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createKrakenVenue, type KrakenVenue } from '../../activities/orders/kraken/venue.ts';
import { Decimal } from '../../shared/money.ts';
import type { OrderRequest, VenueOrder } from '../../shared/venue.ts';
import { createSyntheticSource } from '../../simulator/market/synthetic-source.ts';
import { startSimulator, type Simulator } from '../../simulator/start-simulator.ts';

/** Every kind of order that the adapter knows, from placing to its end, at an exchange that executes it. */
const FROM_MS = Date.UTC(2026, 0, 1);
const PAIR = 'XRP/USDT';
/** Made once: what it tells is a function of seed and time alone. */
const MARKET = createSyntheticSource({
  ...{ seed: 7, fromMs: FROM_MS, pairs: ['BTC/USDT', PAIR], step: '5m' as const },
});

let folder: string;
let simulator: Simulator;
let venue: KrakenVenue;
let last: Decimal;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'order-kinds-'));
  simulator = await startSimulator({
    market: MARKET,
    ...{ marketName: 'seed 7', deposits: { USDT: '1000', XRP: '500' }, pace: 'lockstep' },
    waitForDesk: true,
    journalDir: folder,
  });
  const { rest, key, secret } = simulator;
  venue = createKrakenVenue({ rest, key, secret });
  last = new Decimal((await venue.quote(PAIR)).last);
});
afterEach(async () => {
  venue.close();
  await simulator.close();
  await rm(folder, { recursive: true });
});

const advance = async (minutes: number): Promise<void> => {
  const to = new Date(FROM_MS + minutes * 60_000).toISOString();
  const body = JSON.stringify({ to });
  const answer = await fetch(`${simulator.control}/advance`, { method: 'POST', body });
  expect(answer.status).toBe(200);
};
/** A price so many percent from the last one, on the pair's tick. */
const at = (percent: number): string =>
  last
    .mul(1 + percent / 100)
    .toDecimalPlaces(4)
    .toFixed();
const xrp = (order: Partial<OrderRequest>): OrderRequest => ({
  ...{ clientOrderId: randomUUID(), pair: PAIR, side: 'sell', kind: 'limit', quantity: '20' },
  ...{ feeIn: 'quote' },
  ...order,
});
const found = (order: OrderRequest): Promise<VenueOrder | null> =>
  venue.orderByClientId(order.clientOrderId);
async function placed(order: Partial<OrderRequest>): Promise<OrderRequest> {
  const request = xrp(order);
  expect(await venue.place(request), request.kind).toMatchObject({ kind: 'accepted' });
  return request;
}

describe('an order that rests', () => {
  test.each([
    { name: 'limit', order: () => ({ price: at(3) }), price: () => at(3) },
    {
      name: 'limit, post-only',
      order: () => ({ price: at(3), postOnly: true }),
      price: () => at(3),
    },
    {
      name: 'limit until a time',
      order: () => ({
        ...{ price: at(3), timeInForce: 'gtd' as const },
        expireAt: new Date(FROM_MS + 86_400_000).toISOString(),
      }),
      price: () => at(3),
    },
    {
      name: 'stop-loss',
      order: () => ({ kind: 'stop-loss' as const, price: at(-3) }),
      price: () => at(-3),
    },
    {
      name: 'stop-loss-limit',
      order: () => ({ kind: 'stop-loss-limit' as const, price: at(-3), limitPrice: at(-4) }),
      price: () => at(-3),
    },
    {
      name: 'take-profit',
      order: () => ({ kind: 'take-profit' as const, price: at(3) }),
      price: () => at(3),
    },
    {
      name: 'take-profit-limit',
      order: () => ({ kind: 'take-profit-limit' as const, price: at(3), limitPrice: at(2) }),
      price: () => at(3),
    },
    {
      name: 'trailing-stop',
      order: () => ({ kind: 'trailing-stop' as const, price: '0.05' }),
      price: null,
    },
  ])('$name: is listed as it was meant, made smaller, and cancelled', async ({ order, price }) => {
    const request = await placed(order());
    const { clientOrderId, kind } = request;
    const expected = { clientOrderId, kind, side: 'sell', status: 'open', filledQuantity: '0' };
    const [listed] = await venue.openOrders();
    expect({
      ...listed,
      filledQuantity: new Decimal(listed!.filledQuantity).toFixed(),
    }).toMatchObject(expected);
    if (price !== null) expect(new Decimal(listed?.price ?? 0).toFixed()).toBe(price());
    expect(await venue.amend({ clientOrderId, quantity: '15' })).toEqual({ kind: 'done' });
    expect(new Decimal((await found(request))!.quantity).toFixed()).toBe('15');
    expect(await venue.cancel(clientOrderId)).toEqual({ kind: 'done' });
    expect(await found(request)).toMatchObject({ status: 'canceled' });
  });

  test('takes another price by amendment, a trigger as well as a limit', async () => {
    const limit = await placed({ price: at(3) });
    const stop = await placed({ kind: 'stop-loss', price: at(-3) });
    for (const [request, price] of [
      [limit, at(2)],
      [stop, at(-2)],
    ] as const) {
      const { clientOrderId } = request;
      expect(await venue.amend({ clientOrderId, price })).toEqual({ kind: 'done' });
      expect(new Decimal((await found(request))!.price!).toFixed()).toBe(price);
    }
  });
});

describe('an order that is executed', () => {
  test('market and immediate-or-cancel at once, the rest of the latter is cancelled', async () => {
    const market = await placed({ kind: 'market' });
    const far = await placed({ price: at(5), timeInForce: 'ioc' });
    const near = await placed({ price: at(-2), timeInForce: 'ioc' });
    await advance(5);
    expect(await found(market)).toMatchObject({ status: 'filled' });
    expect(await found(near)).toMatchObject({ status: 'filled' });
    const missed = await found(far);
    expect(missed?.status).toBe('canceled');
    expect(Number(missed?.filledQuantity)).toBe(0);
  });

  test('by the market coming to it: limits, stops, profits and trails', async () => {
    const orders = [
      await placed({ price: at(0.2) }),
      await placed({ kind: 'stop-loss', price: at(-0.2) }),
      await placed({ kind: 'stop-loss-limit', price: at(-0.2), limitPrice: at(-3) }),
      await placed({ kind: 'take-profit', price: at(0.2) }),
      await placed({ kind: 'take-profit-limit', price: at(0.2), limitPrice: at(-3) }),
      await placed({
        kind: 'trailing-stop',
        price: last.mul('0.004').toDecimalPlaces(4).toFixed(),
      }),
    ];
    // Within two days this market moves by more than 0.4 % in both directions.
    await advance(2 * 24 * 60);
    for (const order of orders) {
      expect(await found(order), order.kind).toMatchObject({ status: 'filled', kind: order.kind });
    }
    expect(await venue.fillsSince(FROM_MS)).toHaveLength(orders.length);
  });

  test('until its time only', async () => {
    const expireAt = new Date(FROM_MS + 10 * 60_000).toISOString();
    const order = await placed({ price: at(20), timeInForce: 'gtd', expireAt });
    await advance(5);
    expect(await found(order)).toMatchObject({ status: 'open' });
    await advance(15);
    expect(await found(order)).toMatchObject({ status: 'expired' });
  });

  test('with borrowed money at a chosen leverage, and reduced by what may only reduce', async () => {
    const long = await placed({ side: 'buy', kind: 'market', quantity: '200', leverage: 2 });
    await advance(5);
    expect(await found(long)).toMatchObject({ status: 'filled' });
    // What is bought on margin is a position, no balance.
    expect(Number((await venue.balances())['XRP']?.total)).toBe(500);
    // More than the position is: the venue notices it when it executes, and cancels.
    const over = await placed({ kind: 'market', quantity: '300', leverage: 2, reduceOnly: true });
    await advance(10);
    expect(await found(over)).toMatchObject({ status: 'canceled' });
    const exact = await placed({ kind: 'market', quantity: '200', leverage: 2, reduceOnly: true });
    await advance(15);
    expect(await found(exact)).toMatchObject({ status: 'filled' });
    expect(Number((await venue.balances())['XRP']?.total)).toBe(500);
    const none = xrp({ kind: 'market', quantity: '10', leverage: 2, reduceOnly: true });
    expect(await venue.place(none)).toMatchObject({
      ...{ kind: 'rejected', reason: expect.stringContaining('Reduce only') as string },
    });
  });
});

describe('several at once', () => {
  test('a batch is answered order by order, and cancel-all ends what rests', async () => {
    const batch = [
      xrp({ price: at(3) }),
      xrp({ price: at(4) }),
      xrp({ price: at(5), quantity: '9999' }),
    ];
    expect((await venue.placeBatch(batch)).map((answer) => answer.kind)).toEqual([
      ...['accepted', 'accepted', 'rejected'],
    ]);
    expect(await venue.cancelAll()).toBe(2);
    expect(await venue.openOrders()).toEqual([]);
  });

  test('a dead man’s switch that nobody holds cancels all, one that is disarmed none', async () => {
    const order = await placed({ price: at(20) });
    await venue.cancelAllAfter(60);
    await venue.cancelAllAfter(0);
    await advance(5);
    expect(await found(order)).toMatchObject({ status: 'open' });
    await venue.cancelAllAfter(60);
    await advance(10);
    expect(await found(order)).toMatchObject({ status: 'canceled' });
  });
});

describe('what Kraken has no order for is refused by name and never sent', () => {
  test.each([
    // What came past the type, as from a file.
    { name: 'one cancels the other', order: { kind: 'oco' as 'limit', price: '1' }, says: 'oco' },
    { name: 'a bracket', order: { kind: 'bracket' as 'limit', price: '1' }, says: 'bracket' },
    {
      name: 'reduce-only without margin',
      order: { price: '1', reduceOnly: true },
      says: 'leverage',
    },
    {
      name: 'a post-only market order',
      order: { kind: 'market' as const, postOnly: true },
      says: 'postOnly',
    },
    { name: 'a time without good-till-date', order: { price: '1', expireAt: 'x' }, says: 'gtd' },
  ])('$name', async ({ order, says }) => {
    expect(await venue.place(xrp(order))).toMatchObject({
      ...{ kind: 'rejected', reason: expect.stringContaining(says) as string },
    });
    expect(await venue.openOrders()).toEqual([]);
  });

  test('post-only that would take is refused or cancelled by the exchange, and nothing fills', async () => {
    const request = xrp({ price: at(-3), postOnly: true });
    const answer = await venue.place(request);
    await advance(5);
    if (answer.kind === 'accepted')
      expect(await found(request)).toMatchObject({ status: 'canceled' });
    expect(await venue.fillsSince(FROM_MS)).toEqual([]);
  });
});
