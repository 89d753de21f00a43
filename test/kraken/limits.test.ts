import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { processNonces } from '../../activities/orders/kraken/nonces.ts';
import { createKrakenVenue, type KrakenVenue } from '../../activities/orders/kraken/venue.ts';
import { Decimal } from '../../shared/money.ts';
import { VenueError, type OrderRequest } from '../../shared/venue.ts';
import { createSyntheticSource } from '../../simulator/market/synthetic-source.ts';
import { startSimulator, type Simulator } from '../../simulator/start-simulator.ts';

/**
 * The counters of Kraken's lowest tier are on at the exchange. What the adapter lets through must never be
 * refused there; what has no room is handed back unsent.
 */
const FROM_MS = Date.UTC(2026, 0, 1);
const PAIR = 'XRP/USDT';
/** Made once: what it tells is a function of seed and time alone. */
const MARKET = createSyntheticSource({
  ...{ seed: 7, fromMs: FROM_MS, pairs: ['BTC/USDT', PAIR], step: '5m' as const },
});

let folder: string;
let simulator: Simulator;
let venue: KrakenVenue;
/** What went over the wire, and was refused for its frequency. */
let refusals: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kraken-limits-'));
  simulator = await startSimulator({
    market: MARKET,
    ...{ marketName: 'seed 7', deposits: { USDT: '1000', XRP: '500' }, pace: 'lockstep' },
    waitForDesk: true,
    journalDir: folder,
  });
  const answer = await fetch(`${simulator.control}/limits`, {
    ...{ method: 'POST', body: JSON.stringify({ tier: 'starter' }) },
  });
  if (!answer.ok) throw new Error(await answer.text());
  const { rest, key, secret } = simulator;
  venue = createKrakenVenue({
    ...{ rest, key, secret, rateLimits: 'on', tier: 'starter', nonces: processNonces() },
  });
  refusals = [];
});
afterEach(async () => {
  venue.close();
  await simulator.close();
  await rm(folder, { recursive: true });
});

/** Whether a call went through; one that was handed back unsent did not, and nothing else may go wrong. */
async function wentThrough(call: () => Promise<unknown>): Promise<boolean> {
  try {
    const answer = await call();
    const { reason } = answer as { reason?: string };
    if (/limit exceeded|minimum/i.test(reason ?? '')) refusals.push(reason!);
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(VenueError);
    const { message, kind } = error as VenueError;
    expect(kind).toBe('retry');
    if (!message.includes('not sent')) refusals.push(message);
    return false;
  }
}
const order = (price: string): OrderRequest => ({
  ...{ clientOrderId: randomUUID(), pair: PAIR, side: 'sell', kind: 'limit', quantity: '2', price },
});

test('a burst of orders is never refused by the venue, and protective ones keep their room', async () => {
  const price = new Decimal((await venue.quote(PAIR)).last).mul('1.5').toDecimalPlaces(4).toFixed();
  const entries = Array.from({ length: 80 }, () => order(price));
  const sent = await Promise.all(entries.map((each) => wentThrough(() => venue.place(each))));
  // A quarter of the counter of 60 is kept back; two seconds of waiting give a little more.
  const accepted = sent.filter(Boolean).length;
  expect(accepted).toBeGreaterThanOrEqual(45);
  expect(accepted).toBeLessThan(60);
  const stop: OrderRequest = { ...order('0.1'), kind: 'stop-loss', quantity: '100' };
  expect(await wentThrough(() => venue.place(stop))).toBe(true);
  expect(refusals).toEqual([]);
  // 60 on the lowest tier; the exchange's own count.
  expect(await venue.openOrders()).toHaveLength(accepted + 1);
});

test('a burst of changes and questions is never refused either', async () => {
  const price = new Decimal((await venue.quote(PAIR)).last).mul('1.5').toDecimalPlaces(4).toFixed();
  const resting = Array.from({ length: 8 }, () => order(price));
  for (const each of resting) expect(await venue.place(each)).toMatchObject({ kind: 'accepted' });
  const changes = resting.flatMap(({ clientOrderId }) => [
    () => venue.amend({ clientOrderId, quantity: '3' }),
    () => venue.cancel(clientOrderId),
  ]);
  const questions = Array.from({ length: 10 }, () => () => venue.balances());
  await Promise.all([...changes, ...questions].map(wentThrough));
  expect(refusals).toEqual([]);
});
