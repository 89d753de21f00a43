import { clientOrderId } from '../../../shared/client-order-id.ts';
import type { Decision } from '../../../shared/decision.ts';
import { exitTerms, hearsBars } from '../../../shared/guard/exit-terms.ts';
import { positionId } from '../../../shared/names.ts';
import type { Pair } from '../../../shared/pair.ts';
import { readStoredPlan } from '../../../shared/risk/approved.ts';
import type { EntryPlan } from '../../../shared/risk/plan.ts';
import { reviewEntry } from '../../../shared/risk/review.ts';
import type { RuleOutcome } from '../../../shared/risk/verdict.ts';
import type { EquityMarks } from '../../ledger/books/account.ts';
import { inTransaction } from '../../ledger/database.ts';
import { intendOrder } from '../order-store.ts';
import type { ReviewDeps } from './review-deps.ts';
import { readMarket, readReviewInput } from './review-input.ts';

export interface ReviewRequest {
  cycle: string;
  guard: string;
  pair: Pair;
  barMs: number;
  atMs: number;
  decision: Decision;
}

export interface StoredVerdict {
  kind: 'approved' | 'resized' | 'vetoed';
  rules: RuleOutcome[];
  plan: EntryPlan | null;
  clientOrderId: string;
}

/**
 * Judges a cycle's entry against the account as it is now, reservations of earlier turns included, and
 * stores verdict, reservation, position and intended order in one transaction under the desk's lock.
 * Keyed by cycle: a repeat returns what was decided.
 */
export async function reviewRisk(deps: ReviewDeps, of: ReviewRequest): Promise<StoredVerdict> {
  const { desk } = deps;
  const market = await readMarket(deps, of);
  const entryId = clientOrderId(of.cycle, 'entry', 1);
  return inTransaction(deps.pool, async (client) => {
    const lock = client.query<{ marks: EquityMarks | null }>(
      `select marks from desk where desk = $1 for update`,
      [desk],
    );
    const before = client.query<{
      kind: StoredVerdict['kind'];
      rules: RuleOutcome[];
      plan: unknown;
    }>(`select kind, rules, plan from verdict where id = $1`, [of.cycle]);
    const [locked, known] = await Promise.all([lock, before]);
    const marks = locked.rows[0]?.marks;
    if (marks == null) {
      throw new Error(`desk ${desk} is not in the database, or has seen no bar yet`);
    }
    const stored = known.rows[0];
    if (stored !== undefined) {
      const plan = stored.plan === null ? null : readStoredPlan(stored.plan);
      return {
        kind: stored.kind,
        rules: stored.rules,
        plan: plan?.kind === 'enter' ? plan : null,
        clientOrderId: entryId,
      };
    }

    const side = of.decision.action === 'short' ? ('sell' as const) : ('buy' as const);
    const about = { pair: of.pair, atMs: of.atMs, side };
    const input = await readReviewInput(client, deps, about, market, marks);
    const verdict = reviewEntry({ ...input, decision: of.decision });
    const at = new Date(of.atMs);
    const stores: Promise<unknown>[] = [];
    const store = (text: string, values: unknown[]): void =>
      void stores.push(client.query(text, values));
    store(
      `insert into verdict (id, desk, kind, at, rules, plan, input) values ($1, $2, $3, $4, $5, $6, $7)`,
      [
        of.cycle,
        desk,
        verdict.kind,
        at,
        JSON.stringify(verdict.rules),
        verdict.plan === null ? null : JSON.stringify(verdict.plan),
        // The decision has its own record.
        JSON.stringify({ ...input, decision: null }),
      ],
    );
    if (verdict.plan !== null) {
      const { plan } = verdict;
      const position = positionId(of.pair, of.barMs);
      const exits = exitTerms(deps.profile.guard, of.decision, deps.profile.timeframe);
      store(
        `insert into reservation (verdict, desk, pair, asset, amount, risk_usdt, notional_usdt, margin_usdt)
         values ($1, $2, $3, $4, $5, $6, $7, $8)`,
        [
          of.cycle,
          desk,
          of.pair,
          plan.reserve.asset,
          plan.reserve.amount,
          plan.riskUsdt,
          plan.notionalUsdt,
          plan.marginUsdt,
        ],
      );
      store(
        `insert into position (id, desk, pair, cycle, guard, state, opened_at, hears_bars)
         values ($1, $2, $3, $4, $5, 'opening', $6, $7)`,
        [position, desk, of.pair, of.cycle, of.guard, at, hearsBars(exits)],
      );
      const order = intendOrder(client, {
        clientOrderId: entryId,
        desk,
        position,
        verdict: of.cycle,
        guard: of.guard,
        leg: 'entry',
        n: 1,
        pair: of.pair,
        side: plan.side,
        leverage: plan.leverage > 1 ? plan.leverage : null,
        kind: plan.entry.type,
        quantity: plan.quantity,
        price: plan.entry.price,
        timeInForce: 'gtc',
        postOnly: plan.entry.postOnly,
        expiresAtMs: plan.expiresAtMs,
        atMs: of.atMs,
      });
      stores.push(order);
    }
    await Promise.all(stores);
    return {
      kind: verdict.kind,
      rules: verdict.rules,
      plan: verdict.plan,
      clientOrderId: entryId,
    };
  });
}
