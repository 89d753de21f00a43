import type pg from 'pg';
import { VenueError, type Venue } from '../../../shared/venue.ts';
import { adoptOrderState } from '../../ledger/books/book-fill.ts';
import { inTransaction } from '../../ledger/database.ts';
import type { Probe } from '../../probe.ts';
import { findOrder, requestOf, setOrderStatus, type StoredOrder } from '../order-store.ts';

export interface SendingDeps {
  pool: pg.Pool;
  desk: string;
  venue: Venue;
  probe: Probe;
  /** Venue time, Unix ms; null in stepped time, where no deadline is armed. */
  deadlineClock: (() => Promise<number>) | null;
}

/** What became of an order that was to be sent. `open` includes one that is filled already. */
export type Placed = { kind: 'open' } | { kind: 'refused'; reason: string };

const ENTRY_DEADLINE_MS = 5_000;
/**
 * A protective order that arrives late is worth nothing: the position is closed instead. Kraken's REST
 * takes no deadline nearer than 2 s.
 */
const PROTECTIVE_DEADLINE_MS = 2_500;

/**
 * Sends an intended order, once: at most one request leaves, and every answer that is not definite is
 * thrown for `settleOrder` to look into. For an entry the desk's state is read in the transaction that
 * marks the order as being sent, so that a halt confirmed before it stops the order.
 *
 * Throws `VenueError` of kind `ambiguous` (or `retry`, `person`), the order being left `unknown`.
 */
export async function sendOrder(deps: SendingDeps, clientOrderId: string): Promise<Placed> {
  deps.probe('order-intended');
  const deadlineMs = await deadlineFor(deps, clientOrderId);
  const marked = await markSending(deps, clientOrderId, deadlineMs);
  if (marked.kind !== 'send') return marked.placed;
  try {
    const answer = await deps.venue.place(requestOf(marked.order, deadlineMs));
    deps.probe('order-answered');
    if (answer.kind === 'rejected') {
      await setOrderStatus(deps.pool, clientOrderId, { status: 'rejected', reason: answer.reason });
      return { kind: 'refused', reason: answer.reason };
    }
    await setOrderStatus(deps.pool, clientOrderId, {
      status: 'open',
      venueOrderId: answer.venueOrderId,
    });
    return { kind: 'open' };
  } catch (error) {
    await setOrderStatus(deps.pool, clientOrderId, { status: 'unknown' });
    throw error;
  }
}

/**
 * Finds out what became of an order whose sending has no definite answer: adopts what the venue knows
 * under its client id, and sends again under the same id only when the venue has answered "none" and no
 * earlier request can still arrive. Idempotent; throws while it cannot tell, to be retried for ever.
 */
export async function settleOrder(deps: SendingDeps, clientOrderId: string): Promise<Placed> {
  const order = await findOrder(deps.pool, clientOrderId);
  if (order === null) throw new Error(`no order is stored under client id ${clientOrderId}`);
  const known = placedOf(order);
  if (known !== null) return known;
  if (order.status === 'intended') return sendOrder(deps, clientOrderId);
  const found = await deps.venue.orderByClientId(clientOrderId);
  if (found !== null) {
    await adoptOrderState(deps, found);
    return { kind: 'open' };
  }
  if (deps.deadlineClock !== null && order.deadlineMs !== null) {
    const now = await deps.deadlineClock();
    if (now <= order.deadlineMs) {
      throw new VenueError(
        'retry',
        `order ${clientOrderId} (${order.pair} ${order.leg}) is unknown to ${deps.venue.name}, ` +
          `but its request may arrive until ${new Date(order.deadlineMs).toISOString()}`,
      );
    }
  }
  await deps.pool.query(
    `update trade_order set status = 'intended' where client_order_id = $1 and status in ('sending', 'unknown')`,
    [clientOrderId],
  );
  return sendOrder(deps, clientOrderId);
}

function placedOf(order: StoredOrder): Placed | null {
  switch (order.status) {
    case 'rejected':
      return { kind: 'refused', reason: order.reason ?? 'rejected' };
    case 'open':
    case 'filled':
    case 'canceled':
    case 'expired':
      return { kind: 'open' };
    case 'intended':
    case 'sending':
    case 'unknown':
      return null;
    default:
      return order.status satisfies never;
  }
}

async function deadlineFor(deps: SendingDeps, clientOrderId: string): Promise<number | null> {
  if (deps.deadlineClock === null) return null;
  const order = await findOrder(deps.pool, clientOrderId);
  const span = order !== null && !isProtective(order) ? ENTRY_DEADLINE_MS : PROTECTIVE_DEADLINE_MS;
  return (await deps.deadlineClock()) + span;
}

type Marked = { kind: 'send'; order: StoredOrder } | { kind: 'done'; placed: Placed };

async function markSending(
  deps: SendingDeps,
  clientOrderId: string,
  deadlineMs: number | null,
): Promise<Marked> {
  return inTransaction(deps.pool, async (client) => {
    const [desk, order] = await Promise.all([
      client.query<{ kind: string }>(
        `select state->>'kind' as kind from desk where desk = $1 for update`,
        [deps.desk],
      ),
      findOrder(client, clientOrderId, 'lock'),
    ]);
    if (order === null) throw new Error(`no order is stored under client id ${clientOrderId}`);
    const known = placedOf(order);
    if (known !== null) return { kind: 'done', placed: known };
    if (order.status !== 'intended') {
      throw new VenueError('ambiguous', `order ${clientOrderId} was being sent before: look it up`);
    }
    const state = desk.rows[0]?.kind ?? 'unknown';
    if (!mayBeSent(order, state)) {
      const reason = `the desk is ${state}: no ${order.leg} is sent`;
      await setOrderStatus(client, clientOrderId, { status: 'rejected', reason });
      return { kind: 'done', placed: { kind: 'refused', reason } };
    }
    await setOrderStatus(client, clientOrderId, { status: 'sending', deadlineMs });
    return { kind: 'send', order };
  });
}

/** A rebalancing needs a desk that runs, an entry one that decides; what makes a position smaller is always sent. */
function mayBeSent(order: StoredOrder, deskState: string): boolean {
  if (isProtective(order) || deskState === 'running') return true;
  return order.leg === 'entry' && deskState === 'reduced';
}

function isProtective({ leg }: StoredOrder): boolean {
  return leg !== 'entry' && leg !== 'rebalance';
}
