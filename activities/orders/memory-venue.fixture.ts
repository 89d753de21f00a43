import { Decimal } from '../../shared/money.ts';
import { baseOf, quoteOf } from '../../shared/pair.ts';
import {
  VenueError,
  type OrderRequest,
  type Venue,
  type VenueFill,
  type VenueOrder,
  type VenuePosition,
} from '../../shared/venue.ts';
import { CLOSE_MS, exampleFill } from '../ledger/example-desk.fixture.ts';

/**
 * What becomes of the next request that changes something: its answer arrives; is lost after the venue
 * has carried it out; the request is lost on its way; it hangs on its way until `arriveLate`; it is refused,
 * or refused because it is post-only and would take.
 */
type Fate = 'answered' | 'answer-lost' | 'request-lost' | 'late' | 'refused' | 'would-take';

export interface MemoryVenue extends Venue {
  /** Fate of the requests to come, one each; `answered` when there is none. */
  fates: Fate[];
  nowMs: number;
  /** Orders that reached the venue, in order. */
  received: OrderRequest[];
  account: Record<string, string>;
  /** Open on margin. */
  positions: VenuePosition[];
  /** Executes part of a resting order, and moves the account. */
  fill(clientOrderId: string, quantity: string, price?: string): VenueFill;
  /** Ends a resting order that nobody asked to end. */
  end(clientOrderId: string, status: 'canceled' | 'expired'): VenueOrder;
  /** The requests that hung arrive; the venue knows a client id once. */
  arriveLate(): void;
}

/** An exchange of a few lines: everything accepted rests until a test fills it. */
export function memoryVenue(account: Record<string, string> = { USDT: '1000' }): MemoryVenue {
  const orders = new Map<string, VenueOrder>();
  const fills: VenueFill[] = [];
  const late: OrderRequest[] = [];
  const order = (id: string): VenueOrder => {
    const found = orders.get(id);
    if (found === undefined) throw new Error(`the test's venue knows no order ${id}`);
    return found;
  };
  const receive = (request: OrderRequest): VenueOrder => {
    const known = orders.get(request.clientOrderId);
    if (known !== undefined) throw new VenueError('ambiguous', 'EOrder:cl_ord_id in use');
    venue.received.push(request);
    const placed: VenueOrder = {
      venueOrderId: `O${venue.received.length}`,
      ...{ clientOrderId: request.clientOrderId, pair: request.pair, side: request.side },
      ...{ kind: request.kind, quantity: request.quantity, price: request.price ?? null },
      ...{ status: 'open', filledQuantity: '0', filledCost: '0', reason: null },
    };
    orders.set(request.clientOrderId, placed);
    return placed;
  };
  const lost = (): VenueError => new VenueError('ambiguous', 'no answer within 10 s');
  const venue: MemoryVenue = {
    name: 'memory',
    fates: [],
    nowMs: CLOSE_MS,
    received: [],
    account,
    positions: [],
    time: () => Promise.resolve(venue.nowMs),
    instruments: () => Promise.resolve([]),
    closedCandles: () => Promise.resolve([]),
    quote: () => Promise.resolve({ bid: '100', ask: '100', last: '100' }),
    depth: () =>
      Promise.resolve({ bid: '100', ask: '100', bidDepth: '1000000', askDepth: '1000000' }),
    balances: () =>
      Promise.resolve(
        Object.fromEntries(
          Object.entries(venue.account).map(([asset, total]) => [asset, { total, held: '0' }]),
        ),
      ),
    openOrders: () => Promise.resolve([...orders.values()].filter((o) => o.status === 'open')),
    orderByClientId: (id) => {
      const known = orders.get(id);
      return Promise.resolve(known === undefined ? null : { ...known });
    },
    async place(request) {
      const fate = venue.fates.shift() ?? 'answered';
      if (fate === 'refused') return { kind: 'rejected', reason: 'EOrder:Insufficient funds' };
      if (fate === 'would-take') return { kind: 'rejected', reason: 'EOrder:Post only order' };
      if (fate === 'late') late.push(request);
      if (fate === 'late' || fate === 'request-lost') throw lost();
      const placed = receive(request);
      if (fate === 'answer-lost') throw lost();
      return { kind: 'accepted', venueOrderId: placed.venueOrderId };
    },
    async amend(change) {
      const fate = venue.fates.shift() ?? 'answered';
      if (fate === 'refused') return { kind: 'rejected', reason: 'EOrder:Insufficient funds' };
      if (fate === 'request-lost') throw lost();
      const known = order(change.clientOrderId);
      if (known.status !== 'open') return { kind: 'gone', reason: 'EOrder:Unknown order' };
      if (change.quantity !== undefined) known.quantity = change.quantity;
      if (change.price !== undefined) known.price = change.price;
      if (fate === 'answer-lost') throw lost();
      return { kind: 'done' };
    },
    async cancel(id) {
      const fate = venue.fates.shift() ?? 'answered';
      if (fate === 'request-lost') throw lost();
      const known = orders.get(id);
      if (known?.status !== 'open') return { kind: 'gone', reason: 'EOrder:Unknown order' };
      known.status = 'canceled';
      if (fate === 'answer-lost') throw lost();
      return { kind: 'done' };
    },
    fillsSince: (sinceMs) =>
      Promise.resolve(fills.filter((fill) => Date.parse(fill.at) >= sinceMs)),
    movementsSince: () => Promise.resolve([]),
    openPositions: () => Promise.resolve(venue.positions),
    fill(id, quantity, price = '100') {
      const known = order(id);
      const fill = exampleFill({
        ...{ venueOrderId: known.venueOrderId, clientOrderId: id, pair: known.pair },
        ...{ side: known.side, quantity, price, at: new Date(venue.nowMs).toISOString() },
      });
      fills.push(fill);
      known.filledQuantity = new Decimal(known.filledQuantity).plus(quantity).toFixed();
      known.filledCost = new Decimal(known.filledCost).plus(fill.cost).toFixed();
      if (new Decimal(known.filledQuantity).gte(known.quantity)) known.status = 'filled';
      const sign = known.side === 'buy' ? 1 : -1;
      move(baseOf(known.pair), new Decimal(quantity).mul(sign));
      move(quoteOf(known.pair), new Decimal(fill.cost).mul(-sign).minus(fill.fee));
      return fill;
    },
    end(id, status) {
      const known = order(id);
      known.status = status;
      return { ...known };
    },
    arriveLate() {
      for (const request of late.splice(0)) {
        if (!orders.has(request.clientOrderId)) receive(request);
      }
    },
  };
  return venue;

  function move(asset: string, by: Decimal): void {
    venue.account[asset] = new Decimal(venue.account[asset] ?? 0).plus(by).toFixed();
  }
}
