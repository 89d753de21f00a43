import { describe, expect, test } from 'vitest';
import type { FakeAnswer } from './fake-kraken.fixture.ts';
import { ORDER, venueForTests, type FakedVenue } from './venue.fixture.ts';

let kraken: FakedVenue['kraken'];
let venue: FakedVenue['venue'];
let venueWith: FakedVenue['venueWith'];
venueForTests((of) => ({ kraken, venue, venueWith } = of));

describe('nonces', () => {
  test('are strictly increasing in the order of arrival, however many calls run at once', async () => {
    kraken.answer('AddOrder', { result: { descr: { order: '' }, txid: ['O'] } });
    kraken.answer('BalanceEx', { result: {} });
    await Promise.all(
      Array.from({ length: 20 }, (_, n) => (n % 2 ? venue.place(ORDER) : venue.balances())),
    );
    const nonces = kraken.calls.map((call) => Number(call.fields.get('nonce')));
    expect(nonces).toEqual(nonces.toSorted((a, b) => a - b));
    expect(new Set(nonces).size).toBe(20);
  });

  test('a refused one is renewed once', async () => {
    kraken.answer('BalanceEx', { errors: ['EAPI:Invalid nonce'] }, { result: {} });
    expect(await venue.balances()).toEqual({});
    kraken.answer('BalanceEx', { errors: ['EAPI:Invalid nonce'] });
    await expect(venue.balances()).rejects.toMatchObject({ kind: 'person' });
    expect(kraken.calls).toHaveLength(4);
  });
});

test('keeps balances that cannot be traded apart, and every digit', async () => {
  kraken.answer('BalanceEx', {
    raw:
      '{"error":[],"result":{"XXBT":{"balance":1.24350000,"hold_trade":0.8423},' +
      '"XBT.F":{"balance":"2.0","hold_trade":"0"},"USDT":{"balance":"5.10"}}}',
  });
  expect(await venue.balances()).toEqual({
    BTC: { total: '1.24350000', held: '0.8423' },
    'BTC.F': { total: '2.0', held: '0' },
    USDT: { total: '5.10', held: '0' },
  });
});

describe('a key', () => {
  const rights = (...permissions: string[]): FakeAnswer => ({ result: { permissions } });

  test('that can withdraw is refused where money is real', async () => {
    kraken.answer('GetApiKeyInfo', rights('query-funds', 'withdraw-funds'));
    await expect(venue.assertKeyPermissions({ live: true })).rejects.toMatchObject({
      kind: 'person',
      message: expect.stringMatching(/can withdraw.*lacks .*modify-trades/) as string,
    });
  });

  test('is not asked about elsewhere', async () => {
    await venue.assertKeyPermissions({ live: false });
    expect(kraken.calls).toEqual([]);
  });
});

test('hands a call back unsent when the counters have no room', async () => {
  const limited = venueWith({ rateLimits: 'on' });
  kraken.answer('AddOrder', { errors: ['EOrder:Rate limit exceeded'] });
  await expect(limited.place(ORDER)).rejects.toMatchObject({ kind: 'retry' });
  // The counter of 60 is full, and one order in the part for entries needs it down to 44: 16 s at 1 a second.
  await expect(limited.place(ORDER)).rejects.toMatchObject({ kind: 'retry', retryAfterMs: 16_000 });
  expect(kraken.calls).toHaveLength(1);
});
