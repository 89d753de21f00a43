import type pg from 'pg';
import { clientOrderId } from '../../shared/client-order-id.ts';
import type { Decision } from '../../shared/decision.ts';
import { Decimal } from '../../shared/money.ts';
import { baseOf, quoteOf, type Pair } from '../../shared/pair.ts';
import type { Profile } from '../../shared/profile.ts';
import { positionId } from '../../shared/names.ts';
import { readStoredPlan } from '../../shared/risk/approved.ts';
import { openRiskUsdt } from '../../shared/risk/open-risk.ts';
import type { EntryPlan } from '../../shared/risk/plan.ts';
import { reviewEntry, type EntryReviewInput } from '../../shared/risk/review.ts';
import type { RuleOutcome } from '../../shared/risk/verdict.ts';
import { timeframeMs } from '../../shared/timeframe.ts';
import type { Instrument } from '../../shared/venue.ts';
import { closesAt, openReservations, readAccount, type EquityMarks } from '../ledger/account.ts';
import type { CandleStore } from '../market/candle-store.ts';
import { inTransaction } from '../ledger/database.ts';
import { intendOrder } from './order-store.ts';
import { reviewedDesk } from './reviewed-desk.ts';
import { volatility } from './volatility.ts';

export interface ReviewDeps {
  pool: pg.Pool;
  desk: string;
  profile: Profile;
  instrument: (pair: Pair) => Promise<Instrument>;
  quote: (pair: Pair) => Promise<{ bid: string; ask: string }>;
  candles: CandleStore;
}

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
  const { desk, profile } = deps;
  const instrument = await deps.instrument(of.pair);
  const quote = await deps.quote(of.pair);
  const bars = await deps.candles.closedBy(
    { pair: of.pair, timeframe: profile.timeframe },
    of.atMs,
  );
  const entryId = clientOrderId(of.cycle, 'entry', 1);
  return inTransaction(deps.pool, async (client) => {
    const locked = await client.query<{ marks: EquityMarks | null }>(
      `select marks from desk where desk = $1 for update`,
      [desk],
    );
    const marks = locked.rows[0]?.marks;
    if (marks == null) {
      throw new Error(`desk ${desk} is not in the database, or has seen no bar yet`);
    }
    const known = await client.query<{
      kind: StoredVerdict['kind'];
      rules: RuleOutcome[];
      plan: unknown;
    }>(`select kind, rules, plan from verdict where id = $1`, [of.cycle]);
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

    const account = await readAccount(client, desk, profile.timeframe, of.atMs);
    const reservations = await openReservations(client, desk);
    const closes = await closesAt(client, profile.timeframe, of.atMs);
    const lastBar = bars.timeMs[bars.timeMs.length - 1];
    const input: EntryReviewInput = {
      now: of.atMs,
      pair: of.pair,
      decision: of.decision,
      desk: await reviewedDesk(client, deps, of),
      account: {
        equity: account.equity,
        peakEquity: marks.peak,
        dayStartEquity: marks.day.equity,
        weekStartEquity: marks.week.equity,
        monthStartEquity: marks.month.equity,
        free: account.free,
        holdings: account.balances,
        bags: {},
        positions: account.positions.map((p) => ({
          pair: p.pair,
          side: 'buy' as const,
          riskUsdt: openRiskUsdt({
            side: 'buy',
            quantity: p.quantity,
            entryPrice: p.entryPrice,
            stopPrice: p.stopPrice,
            fee: instrument.takerFee,
            quoteUsdt: account.usdtPer[quoteOf(p.pair)] ?? '0',
          }),
          notionalUsdt: new Decimal(p.quantity).mul(account.usdtPer[baseOf(p.pair)] ?? 0).toFixed(),
        })),
        reservations: reservations.map((r) => ({
          pair: r.pair,
          riskUsdt: r.riskUsdt,
          notionalUsdt: r.notionalUsdt,
        })),
        restingEntries: reservations.map((r) => r.pair),
      },
      market: {
        bid: quote.bid,
        ask: quote.ask,
        depthQuote: null,
        ...volatility(bars),
        fundingPctPerDay: null,
        inputs: [
          {
            name: `${profile.timeframe} bars`,
            ageMs:
              lastBar === undefined ? null : of.atMs - lastBar - timeframeMs(profile.timeframe),
            required: true,
          },
          {
            name: 'account prices',
            ageMs: Object.keys(closes).length > 0 ? 0 : null,
            required: true,
          },
        ],
        usdtPer: account.usdtPer,
      },
      instrument,
      limits: profile.risk,
    };
    const verdict = reviewEntry(input);
    const at = new Date(of.atMs);
    await client.query(
      `insert into verdict (id, desk, kind, at, rules, plan) values ($1, $2, $3, $4, $5, $6)`,
      [
        of.cycle,
        desk,
        verdict.kind,
        at,
        JSON.stringify(verdict.rules),
        verdict.plan === null ? null : JSON.stringify(verdict.plan),
      ],
    );
    if (verdict.plan !== null) {
      const { plan } = verdict;
      const position = positionId(of.pair, of.barMs);
      await client.query(
        `insert into reservation (verdict, desk, pair, asset, amount, risk_usdt, notional_usdt)
         values ($1, $2, $3, $4, $5, $6, $7)`,
        [
          of.cycle,
          desk,
          of.pair,
          plan.reserve.asset,
          plan.reserve.amount,
          plan.riskUsdt,
          plan.notionalUsdt,
        ],
      );
      await client.query(
        `insert into position (id, desk, pair, cycle, guard, state, opened_at)
         values ($1, $2, $3, $4, $5, 'opening', $6)`,
        [position, desk, of.pair, of.cycle, of.guard, at],
      );
      await intendOrder(client, {
        clientOrderId: entryId,
        desk,
        position,
        verdict: of.cycle,
        guard: of.guard,
        leg: 'entry',
        n: 1,
        pair: of.pair,
        side: plan.side,
        kind: plan.entry.type,
        quantity: plan.quantity,
        price: plan.entry.price,
        timeInForce: 'gtc',
        atMs: of.atMs,
      });
    }
    return {
      kind: verdict.kind,
      rules: verdict.rules,
      plan: verdict.plan,
      clientOrderId: entryId,
    };
  });
}
