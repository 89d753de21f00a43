import {
  addOrderFields,
  amendPriceField,
  priceField,
  whyNotSendable,
} from '../../../shared/kraken/orders.ts';
import { isDuplicateOrder, isNoChange, isOrderGone } from '../../../shared/kraken/errors.ts';
import * as messages from '../../../shared/kraken/rest-messages.ts';
import { restName } from '../../../shared/kraken/symbols.ts';
import type { EngineUse } from '../../../shared/kraken/rate-limits.ts';
import type { ChangeAnswer, OrderRequest, PlaceAnswer, Venue } from '../../../shared/venue.ts';
import { VenueError } from '../../../shared/venue.ts';
import type { KnownOrder, KnownOrders } from './known-orders.ts';
import type { OrderReads } from './order-reads.ts';
import type { KrakenRest, PrivateCall } from './rest.ts';
import { KrakenError } from './rest.ts';

/** One order of a batch; `unknown` is to be looked up by its client order id. */
export type BatchAnswer = PlaceAnswer | { kind: 'unknown'; reason: string };

export type OrderCalls = Pick<Venue, 'place' | 'amend' | 'cancel'> & {
  /** 2 to 15 orders of one pair in one request, answered in their order. */
  placeBatch(orders: readonly OrderRequest[]): Promise<BatchAnswer[]>;
  /** Cancels every open order of the account; how many there were. */
  cancelAll(): Promise<number>;
  /**
   * Dead man's switch: every order of the account, protective ones too, is cancelled unless this is called
   * again within `seconds`; 0 disarms it.
   */
  cancelAllAfter(seconds: number): Promise<void>;
};

const MOST_IN_BATCH = 15;

/** Everything that changes something at Kraken. None of it is ever sent twice from here. */
export function orderCalls(
  rest: KrakenRest,
  known: KnownOrders,
  reads: Pick<OrderReads, 'orderByClientId'>,
  wallMs: () => number,
): OrderCalls {
  const remember = (order: OrderRequest, venueOrderId: string): void =>
    known.add({
      venueOrderId,
      clientOrderId: order.clientOrderId,
      pair: order.pair,
      kind: order.kind,
      openedMs: wallMs(),
      feeInBase: order.feeIn === undefined ? undefined : order.feeIn === 'base',
    });

  const write = <T>(call: Omit<PrivateCall<T>, 'call' | 'urgent'>): Promise<T> =>
    rest.private({ ...call, call: 'write', urgent: true });

  const changeUse = (
    change: 'amend' | 'cancel',
    order: KnownOrder | undefined,
  ): { engine?: EngineUse } =>
    order === undefined
      ? {}
      : {
          engine: {
            pair: order.pair,
            change,
            ageMs: wallMs() - order.openedMs,
            protective: true,
          },
        };

  return {
    place: async (order) => {
      const refusal = whyNotSendable(order);
      if (refusal !== null) return { kind: 'rejected', reason: refusal };
      const about = `${order.pair}, clientOrderId ${order.clientOrderId}`;
      try {
        const answer = await write({
          name: 'AddOrder',
          fields: addOrderFields(order),
          result: messages.AddedOrder,
          about,
          engine: { pair: order.pair, change: 'place', protective: isProtective(order) },
        });
        const venueOrderId = answer.txid?.[0];
        if (venueOrderId === undefined) {
          throw new VenueError('ambiguous', `kraken AddOrder (${about}): answered without a txid`);
        }
        remember(order, venueOrderId);
        return { kind: 'accepted', venueOrderId };
      } catch (error) {
        if (isAnswer(error)) return { kind: 'rejected', reason: reasonOf(error) };
        throw error;
      }
    },

    placeBatch: async (orders) => {
      const first = orders[0];
      if (first === undefined || orders.length < 2 || orders.length > MOST_IN_BATCH) {
        throw new RangeError(
          `a kraken batch has 2 to ${MOST_IN_BATCH} orders, not ${orders.length}`,
        );
      }
      if (orders.some((each) => each.pair !== first.pair || each.deadline !== first.deadline)) {
        throw new RangeError('the orders of a kraken batch share one pair and one deadline');
      }
      const refusal = orders.map(whyNotSendable).find((each) => each !== null);
      // Kraken too refuses a batch as a whole when one of its orders is not valid.
      if (refusal !== undefined) return orders.map(() => ({ kind: 'rejected', reason: refusal }));
      try {
        const answer = await write({
          name: 'AddOrderBatch',
          json: {
            pair: restName(first.pair),
            deadline: first.deadline,
            // Pair and deadline are the batch's.
            orders: orders.map((order) => ({
              ...addOrderFields(order),
              pair: undefined,
              deadline: undefined,
            })),
          },
          result: messages.AddedBatch,
          about: `${first.pair}, ${orders.length} orders from clientOrderId ${first.clientOrderId}`,
          engine: {
            pair: first.pair,
            change: 'place',
            count: orders.length,
            protective: orders.every(isProtective),
          },
        });
        return orders.map((order, n) => {
          const row = answer.orders[n];
          if (row?.txid !== undefined) {
            remember(order, row.txid);
            return { kind: 'accepted', venueOrderId: row.txid };
          }
          const reason = row?.error ?? 'kraken answered without this order';
          const isOpen = row?.error === undefined || isDuplicateOrder(reason);
          return { kind: isOpen ? 'unknown' : 'rejected', reason };
        });
      } catch (error) {
        if (!isAnswer(error)) throw error;
        const reason = reasonOf(error);
        return orders.map(() => ({ kind: 'rejected', reason }));
      }
    },

    amend: async ({ clientOrderId, quantity, price, deadline }) => {
      const order = known.byClientId(clientOrderId);
      const kind =
        price === undefined
          ? 'limit'
          : (order ?? (await reads.orderByClientId(clientOrderId)))?.kind;
      if (kind === undefined) return { kind: 'gone', reason: 'kraken knows no such order' };
      return changeAnswer(
        write({
          name: 'AmendOrder',
          fields: {
            cl_ord_id: clientOrderId,
            order_qty: quantity,
            [amendPriceField(kind)]: priceField(kind, price),
            deadline,
          },
          result: messages.AmendedOrder,
          about: `clientOrderId ${clientOrderId}`,
          ...changeUse('amend', order),
        }),
      );
    },

    cancel: (clientOrderId) =>
      changeAnswer(
        write({
          name: 'CancelOrder',
          fields: { cl_ord_id: clientOrderId },
          result: messages.CancelCount,
          about: `clientOrderId ${clientOrderId}`,
          ...changeUse('cancel', known.byClientId(clientOrderId)),
        }),
      ),

    cancelAll: async () => {
      const answer = await write({ name: 'CancelAll', result: messages.CancelCount });
      return answer.count;
    },

    cancelAllAfter: async (seconds) => {
      const fields = { timeout: String(seconds) };
      await write({ name: 'CancelAllOrdersAfter', fields, result: messages.CancelAfter });
    },
  };
}

/** Orders that end or guard a position may use the part of the counter that is kept for them. */
function isProtective(order: OrderRequest): boolean {
  return order.reduceOnly === true || order.kind !== 'limit' || order.timeInForce === 'ioc';
}

/** An amend or cancel as an answer; what is not definite is thrown on. */
async function changeAnswer(call: Promise<Record<string, unknown>>): Promise<ChangeAnswer> {
  try {
    const answer = await call;
    if (answer['count'] === 0) return { kind: 'gone', reason: 'kraken found nothing to change' };
    return { kind: 'done' };
  } catch (error) {
    if (!isAnswer(error)) throw error;
    const reason = reasonOf(error);
    const errors = error instanceof KrakenError ? error.errors : [];
    if (errors.some(isOrderGone)) return { kind: 'gone', reason };
    return errors.some(isNoChange) ? { kind: 'done' } : { kind: 'rejected', reason };
  }
}

function isAnswer(error: unknown): error is VenueError {
  return error instanceof VenueError && error.kind === 'answer';
}

function reasonOf(error: VenueError): string {
  return error instanceof KrakenError ? error.errors.join(', ') : error.message;
}
