import type { EntryMessages } from '../../../activities/orders/sending/entry-messages.ts';
import type { EntryRequest } from '../../../activities/orders/sending/guarded-entry.ts';
import type { Reduction } from '../../../activities/orders/sending/reduce.ts';
import { clientOrderId } from '../../../shared/client-order-id.ts';
import { positionId } from '../../../shared/names.ts';
import { BAR_MS, PAIRS, type DeskScript } from './desk-script.ts';
import type { RestingVenue, VenueOrder } from './resting-venue.ts';
import type { TurnsInMemory } from './turns-in-memory.ts';

/** What cycles, guards and rebalancings call for their orders: the resting venue, with the script's troubles. */
export function orderActivities(
  script: DeskScript,
  venue: RestingVenue,
  parts: Pick<EntryMessages, 'startGuard'> & Pick<TurnsInMemory, 'giveTurn'>,
) {
  return {
    async placeEntry(of: EntryRequest) {
      await parts.startGuard(of.guard);
      await script.before[`send ${of.guard.pair}`]?.();
      loseAnswer('entry');
      return entryPlaced(of);
    },
    async settleEntry(of: EntryRequest) {
      await parts.startGuard(of.guard);
      return entryPlaced(of);
    },
    cancelEntry({ position }: { position: string }) {
      const pair = PAIRS.find((p) => positionId(p, BAR_MS) === position)!;
      const known = venue.order(pair, 'entry');
      if (known.status === 'open') known.status = 'canceled';
      return { ...stateOf(known), clientOrderId: known.clientOrderId, n: 1 };
    },
    placeLeg() {
      loseAnswer('rebalance');
      return refusalOf('rebalance') ?? { kind: 'open' };
    },
    settleLeg: () => refusalOf('rebalance') ?? { kind: 'open' },
    async placeReduction(of: Reduction) {
      if (of.leg === 'stop' && script.before['place stop'] !== undefined) {
        await script.before['place stop']();
        return { kind: 'refused', reason: 'cancelled before it was sent' };
      }
      if (takeOne(script.losesRequest, of.leg)) throw new Error('no answer');
      const answer = refusalOf(of.leg) ?? rest(of);
      loseAnswer(of.leg);
      return answer;
    },
    settleReduction: (of: Reduction) =>
      venue.orders.has(clientOrderId(of.guard, of.leg, of.n))
        ? { kind: 'open', quantity: of.quantity }
        : (refusalOf(of.leg) ?? rest(of)),
    amendOrder(change: { clientOrderId: string; quantity: string; price: string }) {
      const { clientOrderId: id, quantity, price } = change;
      const known = venue.orders.get(id)!;
      // As the activity does: what cannot be changed is cancelled.
      if (known.status === 'open' && refusalOf(`amend ${known.leg}`)) known.status = 'canceled';
      if (known.status === 'open') Object.assign(known, { quantity, price });
      venue.noteOversold();
      return stateOf(known);
    },
    cancelOrder({ clientOrderId: id }: { clientOrderId: string }) {
      const known = venue.orders.get(id);
      if (known === undefined) {
        return { status: 'unplaced', filledQuantity: '0', filledCost: '0' };
      }
      if (known.status === 'open') known.status = 'canceled';
      return stateOf(known);
    },
    reconcile: () => ({ differences: script.differences }),
  };

  async function entryPlaced({ guard, next }: EntryRequest) {
    const answer = refusalOf('entry') ?? { kind: 'open' };
    const isTaken = next !== null && (await parts.giveTurn({ cycle: next }));
    return {
      ...{ ...answer, clientOrderId: guard.plan.entryClientOrderId, n: 1, price: null },
      turnGoesTo: isTaken ? next : null,
    };
  }
  function rest(of: Reduction) {
    venue.receiveExit(of);
    return { kind: 'open', quantity: of.quantity };
  }
  function loseAnswer(leg: string): void {
    if (takeOne(script.losesAnswer, leg)) throw new Error('no answer');
  }
  function refusalOf(leg: string): { kind: 'refused'; reason: string } | null {
    return takeOne(script.refuse, leg) ? { kind: 'refused', reason: 'the venue says no' } : null;
  }
}

function stateOf({ status, filledQuantity, filledCost }: VenueOrder) {
  return { status, filledQuantity, filledCost };
}

/** Whether the list names it; takes it off once. */
function takeOne(list: string[], item: string): boolean {
  const at = list.indexOf(item);
  if (at >= 0) list.splice(at, 1);
  return at >= 0;
}
