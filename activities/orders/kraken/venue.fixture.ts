import { afterEach, beforeEach } from 'vitest';
import type { OrderRequest } from '../../../shared/venue.ts';
import { startFakeKraken, type FakeKraken } from './fake-kraken.fixture.ts';
import { createKrakenVenue, type KrakenVenue, type KrakenVenueOptions } from './venue.ts';

/** Client order id of `ORDER` and of `orderRow`. */
export const ID = '6d1b345e-2821-40e2-ad83-4ecb18a06876';
export const ORDER: OrderRequest = {
  clientOrderId: ID,
  pair: 'XRP/BTC',
  side: 'buy',
  kind: 'limit',
  quantity: '100.50000000',
  price: '0.00002270',
};

/** An open order as Kraken tells it, 40 of 100.5 filled. */
export const orderRow = (extra: object = {}) => ({
  status: 'open',
  opentm: 1688666559.8974,
  descr: {
    pair: 'XRPXBT',
    type: 'buy',
    ordertype: 'limit',
    price: '0.00002270',
    price2: '0',
    leverage: 'none',
    order: 'buy 100.50000000 XRPXBT @ limit 0.00002270',
  },
  vol: '100.50000000',
  vol_exec: '40.00000000',
  cost: '0.000908',
  fee: '0.0000022',
  price: '0.00002270',
  oflags: 'fciq',
  misc: '',
  cl_ord_id: ID,
  ...extra,
});

export interface FakedVenue {
  kraken: FakeKraken;
  venue: KrakenVenue;
  /** Fields of the first call of that name. */
  fieldsOf(name: string): Record<string, string>;
  /** Another venue at the same exchange, closed with the test. */
  venueWith(options: Partial<KrakenVenueOptions>): KrakenVenue;
}

/** A venue at an exchange that says what the test says: new ones for each test of a file, handed over by `take`. */
export function venueForTests(take: (of: FakedVenue) => void): void {
  let kraken: FakeKraken;
  let venues: KrakenVenue[];

  function venueWith(options: Partial<KrakenVenueOptions>): KrakenVenue {
    const venue = createKrakenVenue({
      rest: kraken.rest,
      key: 'KEY',
      secret: Buffer.from('secret of a test').toString('base64'),
      rateLimits: 'off',
      wallMs: () => 1_700_000_000_000,
      ...options,
    });
    venues.push(venue);
    return venue;
  }

  beforeEach(async () => {
    kraken = await startFakeKraken();
    venues = [];
    const fieldsOf = (name: string): Record<string, string> =>
      Object.fromEntries(kraken.calls.find((call) => call.name === name)?.fields ?? []);
    take({ kraken, venue: venueWith({}), fieldsOf, venueWith });
  });
  afterEach(async () => {
    for (const venue of venues) venue.close();
    await kraken.close();
  });
}
