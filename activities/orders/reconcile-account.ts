import { Decimal } from '../../shared/money.ts';
import { isMarginMovement, type VenueMovement } from '../../shared/venue.ts';
import { ledgerBalances } from '../ledger/books/balances.ts';
import { adoptOrderState, bookFill } from '../ledger/books/book-fill.ts';
import { bookMissedMovements } from '../ledger/books/book-movement.ts';
import { fillsSince } from '../ledger/books/fills-since.ts';
import { allowsMargin } from '../ledger/books/margin-account.ts';
import { ordersWhere } from './order-store.ts';
import type { SendingDeps } from './sending/send-order.ts';

export interface ReconcileDeps extends SendingDeps {
  /** What the venue's own ledger has beside trades; where it is told, a difference names it. */
  movements?: (sinceMs: number) => Promise<VenueMovement[]>;
}

/**
 * Compares ledger and venue after booking missed executions and looking unknown orders up. A difference
 * counts when it is there in two reads; it is stored under `id` and vetoes entries until a later
 * comparison finds none. Nothing is corrected. Returns one sentence a difference.
 */
export async function reconcileAccount(
  deps: ReconcileDeps,
  of: { id: string; atMs: number },
): Promise<string[]> {
  const known = await deps.pool.query<{ differences: string[] }>(
    `select differences from reconciliation where id = $1`,
    [of.id],
  );
  if (known.rows[0] !== undefined) return known.rows[0].differences;
  await catchUp(deps);
  let differences = await compare(deps);
  if (differences.length > 0) {
    await catchUp(deps);
    const again = await compare(deps);
    differences = differences.filter((d) => again.includes(d));
  }
  if (differences.length > 0) differences.push(...(await causes(deps)));
  await deps.pool.query(
    `insert into reconciliation (id, desk, at, differences) values ($1, $2, $3, $4)
     on conflict (id) do nothing`,
    [of.id, deps.desk, new Date(of.atMs), JSON.stringify(differences)],
  );
  return differences;
}

async function catchUp(deps: SendingDeps): Promise<void> {
  const fills = await deps.venue.fillsSince(await fillsSince(deps.pool, deps.desk));
  for (const fill of fills) await bookFill(deps, fill);
  await bookMissedMovements(deps);
  const unsettled = await ordersWhere(deps.pool, `desk = $1 and status in ('sending', 'unknown')`, [
    deps.desk,
  ]);
  for (const order of unsettled) {
    const found = await deps.venue.orderByClientId(order.clientOrderId);
    if (found !== null) await adoptOrderState(deps, found);
  }
}

/** What happened at the venue that the desk did not do, since its opening: the likely causes. */
async function causes(deps: ReconcileDeps): Promise<string[]> {
  const { rows } = await deps.pool.query<{ at: Date | null }>(
    `select min(at) as at from ledger_entry where desk = $1 and kind = 'opening'`,
    [deps.desk],
  );
  const movements = (await deps.movements?.(rows[0]?.at?.getTime() ?? 0)) ?? [];
  const strange = movements.filter(({ type }) => !isMarginMovement(type));
  return strange.map(
    ({ id, type, asset, amount, at }) =>
      `${asset}: a ${type} of ${amount} at ${deps.venue.name} on ${at} (${id}) is not in the ledger`,
  );
}

async function compare(deps: SendingDeps): Promise<string[]> {
  const differences: string[] = [];
  const venue = await deps.venue.balances();
  const ledger = await ledgerBalances(deps.pool);
  for (const asset of [...new Set([...Object.keys(venue), ...Object.keys(ledger)])].sort()) {
    const there = new Decimal(venue[asset]?.total ?? 0);
    const here = new Decimal(ledger[asset] ?? 0);
    if (!there.eq(here)) {
      differences.push(
        `${asset}: ${deps.venue.name} holds ${there.toFixed()}, the ledger says ${here.toFixed()}`,
      );
    }
  }
  differences.push(...(await comparePositions(deps)));
  const live = await ordersWhere(
    deps.pool,
    `desk = $1 and status in ('intended', 'sending', 'open', 'unknown')`,
    [deps.desk],
  );
  const resting = await deps.venue.openOrders();
  for (const order of resting) {
    if (!live.some((o) => o.clientOrderId === order.clientOrderId)) {
      differences.push(
        `order ${order.clientOrderId ?? order.venueOrderId} (${order.pair} ${order.side}) rests at ` +
          `${deps.venue.name} and is not known here`,
      );
    }
  }
  for (const order of live.filter((o) => o.status === 'open')) {
    if (!resting.some((o) => o.clientOrderId === order.clientOrderId)) {
      const now = await deps.venue.orderByClientId(order.clientOrderId);
      if (now !== null && (now.status === 'open' || now.status === 'pending')) continue;
      differences.push(
        `order ${order.clientOrderId} (${order.pair} ${order.leg}) is open here and ` +
          `${now === null ? 'unknown' : now.status} at ${deps.venue.name}`,
      );
    }
  }
  return differences;
}

/** Open positions on margin, by pair and side: a venue lends what no balance shows. */
async function comparePositions(deps: SendingDeps): Promise<string[]> {
  const { rows } = await deps.pool.query<{ pair: string; side: string; held: string }>(
    `with open as (
       select p.pair, max(o.side) filter (where o.leg = 'entry') as side,
              sum(case o.leg when 'entry' then o.filled_quantity else -o.filled_quantity end) as held
         from position p join trade_order o on o.position = p.id and o.desk = p.desk
        where p.desk = $1 and o.leverage is not null
        group by p.id, p.pair)
     select pair, side, sum(held) as held from open group by pair, side`,
    [deps.desk],
  );
  const here = new Map(rows.map(({ pair, side, held }) => [`${pair} ${side}`, new Decimal(held)]));
  const mayBorrow = rows.length > 0 || (await allowsMargin(deps.pool, deps.desk));
  if (!mayBorrow) return [];
  const there = new Map<string, Decimal>();
  for (const { pair, side, quantity } of await deps.venue.openPositions()) {
    const key = `${pair} ${side}`;
    there.set(key, (there.get(key) ?? new Decimal(0)).plus(quantity));
  }
  const none = new Decimal(0);
  return [...new Set([...here.keys(), ...there.keys()])].sort().flatMap((key) => {
    const [ours, theirs] = [here.get(key) ?? none, there.get(key) ?? none];
    if (ours.eq(theirs)) return [];
    const [pair = '', side] = key.split(' ');
    const what = `${pair} on margin (${side === 'buy' ? 'long' : 'short'})`;
    return [
      `${what}: ${deps.venue.name} has ${theirs.toFixed()} open, the ledger ${ours.toFixed()}`,
    ];
  });
}
