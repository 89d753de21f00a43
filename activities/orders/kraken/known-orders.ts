import type { Pair } from '../../../shared/pair.ts';
import type { OrderKind } from '../../../shared/venue.ts';

export interface KnownOrder {
  venueOrderId: string;
  clientOrderId: string | null;
  pair: Pair;
  kind: OrderKind;
  /** When it was placed, wall clock, Unix milliseconds. */
  openedMs: number;
  /** Whether its fees are taken from the base asset; undefined until the venue has told. */
  feeInBase: boolean | undefined;
}

export interface KnownOrders {
  add(order: KnownOrder): void;
  byVenueId(venueOrderId: string): KnownOrder | undefined;
  byClientId(clientOrderId: string): KnownOrder | undefined;
}

const REMEMBERED = 2000;

/** The latest orders seen, oldest forgotten first: an amend or a fill then needs no look-up. */
export function knownOrders(): KnownOrders {
  const venueIds = new Map<string, KnownOrder>();
  const clientIds = new Map<string, KnownOrder>();
  const put = (map: Map<string, KnownOrder>, id: string, order: KnownOrder): void => {
    map.set(id, order);
    if (map.size <= REMEMBERED) return;
    for (const oldest of map.keys()) {
      map.delete(oldest);
      return;
    }
  };
  return {
    add: (order) => {
      put(venueIds, order.venueOrderId, order);
      if (order.clientOrderId !== null) put(clientIds, order.clientOrderId, order);
    },
    byVenueId: (id) => venueIds.get(id),
    byClientId: (id) => clientIds.get(id),
  };
}
