import type pg from 'pg';
import { clientOrderId } from '../../../shared/client-order-id.ts';
import type { DecimalText } from '../../../shared/money.ts';
import type { Pair } from '../../../shared/pair.ts';
import { reviewReduction } from '../../../shared/risk/review.ts';
import { inTransaction } from '../../ledger/database.ts';
import { findOrder, heldBy, intendOrder, quantityInExits } from '../order-store.ts';

/** An order that only makes a position smaller: protective stop, target rung, or exit. */
export interface Reduction {
  guard: string;
  position: string;
  pair: Pair;
  /** `dust` closes the whole position on margin, however small. */
  leg: 'stop' | 'target' | 'exit' | 'dust';
  n: number;
  kind: 'market' | 'limit' | 'stop-loss';
  /** Base, and the pair's step of it. */
  quantity: DecimalText;
  lot: DecimalText;
  /** Trigger or limit price; null for market. */
  price: DecimalText | null;
  timeInForce: 'gtc' | 'ioc';
  /** Venue time, Unix ms. */
  atMs: number;
}

export type Intended =
  | { kind: 'intended'; clientOrderId: string; quantity: DecimalText }
  | { kind: 'vetoed'; reason: string };

/**
 * Reviews a reduction and writes its order down, in one transaction. Its only rule: never more than is
 * held and not already in exit orders. Idempotent by guard, leg and n.
 */
export async function intendReduction(
  deps: { pool: pg.Pool; desk: string },
  reduction: Reduction,
): Promise<Intended> {
  const id = clientOrderId(reduction.guard, reduction.leg, reduction.n);
  return inTransaction(deps.pool, async (client) => {
    await client.query(`select 1 from desk where desk = $1 for update`, [deps.desk]);
    const known = await findOrder(client, id);
    if (known !== null) return { kind: 'intended', clientOrderId: id, quantity: known.quantity };
    const { held, exitSide, leverage } = await heldBy(client, reduction.position);
    const { leg } = reduction;
    const beside = leverage !== null && (leg === 'stop' || leg === 'target') ? leg : undefined;
    const verdict = reviewReduction({
      pair: reduction.pair,
      side: exitSide,
      leverage,
      order: reduction.kind,
      price: reduction.price,
      timeInForce: reduction.timeInForce,
      quantity: reduction.quantity,
      lot: reduction.lot,
      held: held.toFixed(),
      inExitOrders: (await quantityInExits(client, reduction.position, beside)).toFixed(),
    });
    const verdictId = `${reduction.position}/${reduction.leg}/${reduction.n}`;
    await client.query(
      `insert into verdict (id, desk, kind, at, rules, plan) values ($1, $2, $3, $4, $5, $6)
       on conflict (id) do update
         set kind = excluded.kind, at = excluded.at, rules = excluded.rules, plan = excluded.plan`,
      [
        verdictId,
        deps.desk,
        verdict.kind,
        new Date(reduction.atMs),
        JSON.stringify(verdict.rules),
        JSON.stringify(verdict.plan),
      ],
    );
    if (verdict.plan === null) {
      const rule = verdict.rules.find((r) => r.outcome === 'veto');
      return {
        kind: 'vetoed',
        reason: `${rule?.rule ?? 'held'}: ${rule?.note ?? ''}`,
      };
    }
    await intendOrder(client, {
      clientOrderId: id,
      desk: deps.desk,
      position: reduction.position,
      verdict: verdictId,
      guard: reduction.guard,
      leg: reduction.leg,
      n: reduction.n,
      pair: reduction.pair,
      side: verdict.plan.side,
      leverage: verdict.plan.leverage,
      kind: reduction.kind,
      quantity: verdict.plan.quantity,
      price: verdict.plan.price,
      timeInForce: reduction.timeInForce,
      atMs: reduction.atMs,
    });
    return { kind: 'intended', clientOrderId: id, quantity: verdict.plan.quantity };
  });
}
