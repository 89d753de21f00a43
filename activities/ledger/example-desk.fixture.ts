import type pg from 'pg';
import { clientOrderId } from '../../shared/client-order-id.ts';
import type { Decision } from '../../shared/decision.ts';
import { Decimal } from '../../shared/money.ts';
import { positionId, workflowIds } from '../../shared/names.ts';
import { ProfileSchema, type Profile } from '../../shared/profile.ts';
import type { EntryPlan } from '../../shared/risk/plan.ts';
import type { Instrument, VenueFill } from '../../shared/venue.ts';
import { intendOrder, setOrderStatus, type OrderStatus } from '../orders/order-store.ts';
import { firstMarks } from './books/account.ts';
import { postEntry } from './books/post.ts';
import { inTransaction } from './database.ts';
import { createDesk, lockDesk, applyDeskEvents } from './desk/desk-store.ts';

/** The bar that tests decide on: 2026-01-05 12:00, a Monday; it closes at 13:00. */
export const BAR_MS = Date.UTC(2026, 0, 5, 12);
export const CLOSE_MS = Date.UTC(2026, 0, 5, 13);
export const HOUR_MS = 3_600_000;
export const DESK = 'example-desk';

export const exampleProfile: Profile = ProfileSchema.parse({
  name: 'example',
  venue: 'kraken',
  pairs: ['BTC/USDT', 'XRP/USDT'],
  timeframe: '1h',
  snapshotTimeframes: ['1h', '4h'],
  balances: { USDT: '1000' },
  deciders: [
    { id: 'trend', provider: 'strategy', strategy: 'trend', confidence: 0.7 },
    { id: 'hold', provider: 'strategy', strategy: 'hold', confidence: 0.5 },
  ],
  consensus: { kind: 'quorum', quorum: 1 },
  // No slippage and no bound by volatility: sizes can be checked on paper.
  risk: { slippageBps: 0, volatilityTargetPct: null },
  entry: { type: 'market' },
  guard: { targetSlippagePct: 0.2 },
  reconcileEveryHours: 6,
});

export const exampleInstrument = (pair: string): Instrument => ({
  pair,
  tick: '0.01',
  priceDecimals: 2,
  lot: '0.01',
  minQuantity: '0.01',
  minCost: '5',
  takerFee: 0.005,
  makerFee: 0.0025,
  leverageBuy: [],
  leverageSell: [],
  status: 'online',
});

export const exampleDecision: Decision = {
  evidenceFor: [],
  evidenceAgainst: [],
  action: 'long',
  confidence: 0.7,
  horizonHours: 24,
  entry: { type: 'market', price: null },
  stopLossPct: 2,
  takeProfitPct: [8],
  sizePct: null,
  leverage: null,
  expectedReturnPct: 4,
  invalidation: null,
  reasoning: 'a test',
};

/** Empties every table of the schema, for the next test. */
export async function clearTables(pool: pg.Pool): Promise<void> {
  // Referencing tables first. For a few rows much faster than truncate, which makes new files.
  const tables = [
    ...['desk', 'desk_event', 'candle', 'bar_lock', 'document', 'cycle', 'decision', 'position'],
    ...['trade_order', 'reservation', 'verdict', 'posting', 'fill', 'margin_move', 'ledger_entry'],
    ...['outbox'],
    ...['feed_cursor', 'reconciliation', 'price_level', 'bar_cursor'],
    ...['shadow_terms', 'shadow_account', 'shadow_day', 'shadow_trade'],
    ...['prediction', 'decider_tally', 'decider_record'],
  ];
  await pool.query(tables.map((table) => `delete from ${table};`).join(''));
}

/** A running desk whose account opened with `balances`, its first bar valued at `equity`. */
export async function storeDesk(
  pool: pg.Pool,
  balances: Record<string, string> = { USDT: '1000' },
  equity = '1000',
): Promise<void> {
  await inTransaction(pool, async (client) => {
    await createDesk(client, {
      ...{ desk: DESK, profile: exampleProfile, atMs: BAR_MS },
      instruments: exampleProfile.pairs.map(exampleInstrument),
    });
    const row = await lockDesk(client, DESK);
    const marks = firstMarks(equity, BAR_MS);
    await applyDeskEvents(client, DESK, { ...row, marks }, []);
    await postEntry(client, {
      ...{ desk: DESK, kind: 'opening', reference: `opening ${DESK}` },
      at: new Date(BAR_MS).toISOString(),
      postings: Object.entries(balances).flatMap(([asset, amount]) => [
        { account: 'venue', asset, amount },
        { account: 'capital', asset, amount: new Decimal(amount).neg().toFixed() },
      ]),
    });
  });
}

/** One-hour bars that all close at 100, the last of them at `CLOSE_MS`. */
export async function storeBars(pool: pg.Pool, pair: string, close = 100): Promise<void> {
  await pool.query(
    `insert into candle select $1, '1h', to_timestamp($2::float8 / 1000) - i * interval '1 hour', $3, $3, $3, $3, 1
       from generate_series(0, 99) as i`,
    [pair, BAR_MS, close],
  );
}

/** An approved entry as `reviewRisk` leaves it. Returns its client order id. */
export async function storeEntry(
  pool: pg.Pool,
  of: {
    pair?: string;
    barMs?: number;
    quantity?: string;
    /** Quote held back, and the part of it that is at risk. */
    reserved?: string;
    risk?: string;
    status?: OrderStatus;
    deadlineMs?: number;
    /** Limit price of a post-only entry, for an hour; a market entry without. */
    price?: string;
    /** A short on margin, its stop and target the other way round. */
    leverage?: number;
    stopPrice?: string;
  } = {},
): Promise<{ clientOrderId: string; position: string; guard: string }> {
  const { pair = 'BTC/USDT', barMs = BAR_MS, quantity = '2', reserved = '200', risk = '4' } = of;
  const cycle = workflowIds.cycle(DESK, pair, barMs);
  const position = positionId(pair, barMs);
  const guard = workflowIds.guard(DESK, position);
  const id = clientOrderId(cycle, 'entry', 1);
  const at = new Date(barMs + HOUR_MS);
  const price = of.price ?? null;
  const side = of.leverage === undefined ? 'buy' : 'sell';
  const expiresAtMs = price === null ? null : at.getTime() + HOUR_MS;
  const plan: EntryPlan = {
    ...{ kind: 'enter', pair, side, quantity, referencePrice: price ?? '100' },
    entry: { type: price === null ? 'market' : 'limit', price, postOnly: price !== null },
    ...{
      stopPrice: of.stopPrice ?? (side === 'buy' ? '98' : '102'),
      targets: [{ price: side === 'buy' ? '108' : '92', share: '1' }],
      leverage: of.leverage ?? 1,
      riskUsdt: risk,
      marginUsdt: '0',
    },
    ...{ notionalUsdt: reserved, reserve: { asset: 'USDT', amount: reserved }, expiresAtMs },
  };
  await inTransaction(pool, async (client) => {
    await client.query(`insert into verdict values ($1, $2, 'approved', $3, '[]', $4)`, [
      ...[cycle, DESK, at, JSON.stringify(plan)],
    ]);
    await client.query(`insert into reservation values ($1, $2, $3, 'USDT', $4, $5, $4)`, [
      ...[cycle, DESK, pair, reserved, risk],
    ]);
    await client.query(
      `insert into position (id, desk, pair, cycle, guard, state, opened_at)
       values ($1, $2, $3, $4, $5, 'opening', $6)`,
      [position, DESK, pair, cycle, guard, at],
    );
    await intendOrder(client, {
      ...{ clientOrderId: id, desk: DESK, position, verdict: cycle, guard, leg: 'entry', n: 1 },
      ...{
        pair,
        side,
        leverage: of.leverage ?? null,
        kind: plan.entry.type,
        quantity,
        price,
        timeInForce: 'gtc',
      },
      ...{ postOnly: plan.entry.postOnly, expiresAtMs },
      atMs: at.getTime(),
    });
    if (of.status !== undefined) {
      await setOrderStatus(client, id, { status: of.status, deadlineMs: of.deadlineMs ?? null });
    }
  });
  return { clientOrderId: id, position, guard };
}

let executions = 0;

/** A purchase of 2 BTC at 100 with a fee of 0.5 % in USDT, or what differs. */
export function exampleFill(change: Partial<VenueFill> = {}): VenueFill {
  executions += 1;
  const { quantity = '2', price = '100' } = change;
  const cost = new Decimal(quantity).mul(price);
  return {
    executionId: `T${executions}`,
    venueOrderId: 'O1',
    clientOrderId: null,
    pair: 'BTC/USDT',
    side: 'buy',
    price,
    quantity,
    cost: cost.toFixed(),
    fee: cost.mul('0.005').toFixed(),
    feeAsset: 'USDT',
    liquidity: 'taker',
    at: new Date(CLOSE_MS + 1000).toISOString(),
    ...change,
  };
}
