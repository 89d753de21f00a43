import type { Reduction } from '../../../activities/orders/sending/reduce.ts';
import { clientOrderId } from '../../../shared/client-order-id.ts';
import { Decimal } from '../../../shared/money.ts';
import { positionId } from '../../../shared/names.ts';
import type { Pair } from '../../../shared/pair.ts';
import type { OrderState } from '../../../workflows/messages.ts';
import type { DeskIds } from './desk-ids.ts';
import { BAR_MS, PAIRS, type DeskScript } from './desk-script.ts';

export interface VenueOrder extends OrderState {
  kind: string;
  quantity: string;
  price: string | null;
}

export type RestingVenue = ReturnType<typeof restingVenue>;

/** A venue whose orders rest until the test fills or ends them; everything is bought at 100. */
export function restingVenue(ids: DeskIds, script: DeskScript) {
  const orders = new Map<string, VenueOrder>();
  /** Every moment at which exits could have sold more than was bought. */
  const oversold: string[] = [];
  return {
    orders,
    oversold,
    order,
    fill,
    end,
    restingExits,
    restingStop,
    isHeld,
    isGuarded,
    receive,
    receiveExit,
    noteOversold,
  };

  /** An order of the first bar's position on the pair; throws when the desk has not placed it. */
  function order(pair: Pair, leg: string, n = 1): VenueOrder {
    const id = clientOrderId(leg === 'entry' ? ids.cycleOf(pair) : ids.guardOf(pair), leg, n);
    const found = orders.get(id);
    if (found === undefined) throw new Error(`no ${leg} ${n} was placed for ${pair}`);
    return found;
  }

  /** Executes part of an order. Returns its state, as the feed would tell it. */
  function fill(pair: Pair, leg: string, quantity: string, n = 1): OrderState {
    const known = order(pair, leg, n);
    known.filledQuantity = new Decimal(known.filledQuantity).plus(quantity).toFixed();
    known.filledCost = new Decimal(known.filledQuantity).mul(100).toFixed();
    if (new Decimal(known.filledQuantity).gte(known.quantity)) known.status = 'filled';
    return { ...known };
  }

  /** Ends an order at the venue. Returns its state, as the feed would tell it. */
  function end(pair: Pair, leg: string, state: OrderState['status'], n = 1): OrderState {
    const known = order(pair, leg, n);
    known.status = state;
    return { ...known };
  }

  /** Quantity that exits still rest for, by leg. */
  function restingExits(): Record<string, string> {
    return Object.fromEntries(
      [...orders.values()]
        .filter((o) => o.leg !== 'entry' && o.status === 'open')
        .map((o) => [`${o.leg} ${o.n}`, new Decimal(o.quantity).minus(o.filledQuantity).toFixed()]),
    );
  }

  /** Price of the stop that rests; undefined when none does. */
  function restingStop(): string | null | undefined {
    return [...orders.values()].find((o) => o.leg === 'stop' && o.status === 'open')?.price;
  }

  function entryOf(pair: Pair): VenueOrder | undefined {
    return orders.get(clientOrderId(ids.cycleOf(pair), 'entry', 1));
  }
  function isHeld(pair: Pair): boolean {
    const entry = entryOf(pair);
    return entry !== undefined && entry.filledQuantity !== '0' && isGuarded(pair);
  }
  function isGuarded(pair: Pair): boolean {
    const isClosed = script.closed.some((c) => c.position === positionId(pair, BAR_MS));
    return entryOf(pair) !== undefined && !isClosed;
  }

  /** Takes an order in, unfilled. */
  function receive(
    id: string,
    of: Pick<VenueOrder, 'leg' | 'n' | 'kind' | 'quantity' | 'price'>,
  ): void {
    const state = { status: 'open' as const, filledQuantity: '0', filledCost: '0' };
    orders.set(id, { clientOrderId: id, ...of, ...state });
  }

  function receiveExit({ guard, leg, n, kind, quantity, price }: Reduction): void {
    receive(clientOrderId(guard, leg, n), { leg, n, kind, quantity, price });
    noteOversold();
  }

  /** Notes when what exits have sold and may still sell is more than was bought. */
  function noteOversold(): void {
    for (const pair of PAIRS) {
      const out = exitsOf(pair).map((o) => (o.status === 'open' ? o.quantity : o.filledQuantity));
      const sum = Decimal.sum(0, ...out);
      const bought = entryOf(pair)?.filledQuantity ?? '0';
      if (sum.gt(bought)) oversold.push(`${pair}: ${sum.toFixed()} of ${bought}`);
    }
  }
  function exitsOf(pair: Pair): VenueOrder[] {
    const numbers = [1, 2, 3, 4, 5];
    return [...orders]
      .filter(([id, o]) => numbers.some((n) => clientOrderId(ids.guardOf(pair), o.leg, n) === id))
      .map(([, o]) => o);
  }
}
