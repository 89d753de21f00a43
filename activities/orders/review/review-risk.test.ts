import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Decision } from '../../../shared/decision.ts';
import { Decimal } from '../../../shared/money.ts';
import { positionId, workflowIds } from '../../../shared/names.ts';
import { ProfileSchema, type Profile } from '../../../shared/profile.ts';
import { vetoesOf } from '../../../shared/risk/verdict.ts';
import { openReservations } from '../../ledger/books/account.ts';
import { bookFill } from '../../ledger/books/book-fill.ts';
import { emptySchema } from '../../ledger/desk-database.fixture.ts';
import {
  BAR_MS,
  clearTables,
  CLOSE_MS,
  DESK,
  exampleDecision,
  exampleFill,
  exampleInstrument,
  exampleProfile,
  storeBars,
  storeDesk,
} from '../../ledger/example-desk.fixture.ts';
import { createCandleStore } from '../../market/candle-store.ts';
import { noProbe } from '../../probe.ts';
import { findOrder, setOrderStatus } from '../order-store.ts';
import type { ReviewDeps } from './review-deps.ts';
import { reviewRisk, type StoredVerdict } from './review-risk.ts';

let pool: pg.Pool;
beforeAll(async () => {
  pool = await emptySchema(`review_risk_${process.pid}`);
});
beforeEach(async () => {
  await clearTables(pool);
  await storeDesk(pool);
  await storeBars(pool, 'BTC/USDT');
  await storeBars(pool, 'XRP/USDT');
});
afterAll(() => pool?.end());

const withRisk = (risk: object): Profile =>
  ProfileSchema.parse({ ...exampleProfile, risk: { ...exampleProfile.risk, ...risk } });

const deps = (profile: Profile): ReviewDeps => ({
  ...{ pool, desk: DESK, profile, candles: createCandleStore(pool), deadlineClock: null },
  instrument: (pair) => Promise.resolve(exampleInstrument(pair)),
  depth: () =>
    Promise.resolve({ bid: '100', ask: '100', bidDepth: '1000000', askDepth: '1000000' }),
});

interface Asked {
  pair?: string;
  decision?: Partial<Decision>;
  profile?: Profile;
  barMs?: number;
  atMs?: number;
}

/** A long at 100 with its stop at 98 and its target at 108. */
function review(of: Asked = {}): Promise<StoredVerdict> {
  const { pair = 'BTC/USDT', barMs = BAR_MS, atMs = CLOSE_MS } = of;
  return reviewRisk(deps(of.profile ?? exampleProfile), {
    ...{ pair, barMs, atMs, cycle: workflowIds.cycle(DESK, pair, barMs) },
    guard: workflowIds.guard(DESK, positionId(pair, barMs)),
    decision: { ...exampleDecision, ...of.decision },
  });
}
const reserved = async () =>
  (await openReservations(pool, DESK)).map((r) => ({ pair: r.pair, amount: r.amount }));

test('an approved entry is stored with order, position and what it may cost', async () => {
  const verdict = await review();
  // A unit bought at 100.5 brings 97.51 at the stop: 10 USDT at risk buy 10 / 2.99 = 3.34
  expect(verdict).toMatchObject({ plan: { quantity: '3.34', stopPrice: '98' } });
  expect(await findOrder(pool, verdict.clientOrderId)).toMatchObject({
    ...{ status: 'intended', leg: 'entry', n: 1, side: 'buy', kind: 'market', quantity: '3.34' },
    ...{ position: 'BTC/USDT/2026-01-05T12:00:00Z' },
  });
  // 3.34 * 100 and its fee of 0.5 %
  expect(await reserved()).toEqual([{ pair: 'BTC/USDT', amount: '335.67' }]);
});

test('asked again, it answers what is stored, whatever has changed', async () => {
  const first = await review();
  const again = await review({ decision: { confidence: 0.1 } });
  expect(again).toEqual(first);
  expect(await reserved()).toHaveLength(1);
});

test('a veto is stored with every rule, and reserves nothing', async () => {
  const verdict = await review({ decision: { confidence: 0.5 } });
  expect(verdict).toMatchObject({ kind: 'vetoed', plan: null });
  expect(vetoesOf(verdict)).toEqual(['confidence']);
  expect((await review()).kind).toBe('vetoed');
  expect(await findOrder(pool, verdict.clientOrderId)).toBeNull();
  expect(await reserved()).toEqual([]);
});

test('the next in turn sees what the one before has reserved', async () => {
  // Positions up to 80 % of equity, so that the balance is what binds.
  const profile = withRisk({ riskPerTradePct: 5, positionCapPct: 80, exposurePerAssetPct: 80 });
  const first = await review({ profile });
  const second = await review({ profile, pair: 'XRP/USDT' });
  const spent = [first, second].map((v) => new Decimal(v.plan?.reserve.amount ?? 0));
  expect(Decimal.sum(...spent).lte(1000)).toBe(true);
  expect(spent[0]!.gt(700)).toBe(true);
  expect(spent[1]!.lte(new Decimal(1000).minus(spent[0]!))).toBe(true);
});

test('two at the same time never hold more than there is', async () => {
  const profile = withRisk({ riskPerTradePct: 5, positionCapPct: 80, exposurePerAssetPct: 80 });
  await Promise.all([review({ profile }), review({ profile, pair: 'XRP/USDT' })]);
  const amounts = (await reserved()).map((r) => r.amount);
  expect(Decimal.sum(0, ...amounts).lte(1000)).toBe(true);
});

test('an order that is over gives back what it held', async () => {
  const first = await review();
  await setOrderStatus(pool, first.clientOrderId, { status: 'canceled' });
  expect(await reserved()).toEqual([]);
});

test('a pair that has an entry on its way takes no second one', async () => {
  await review();
  const next = await review({ barMs: CLOSE_MS, atMs: CLOSE_MS + 3_600_000 });
  expect(vetoesOf(next)).toContain('position-open');
});

test('a pair that holds a position takes no second one', async () => {
  const { clientOrderId, plan } = await review();
  const fill = exampleFill({ clientOrderId, quantity: plan!.quantity });
  await bookFill({ pool, desk: DESK, probe: noProbe }, fill);
  expect(await reserved()).toEqual([]);
  const next = await review({ barMs: CLOSE_MS, atMs: CLOSE_MS + 3_600_000 });
  expect(vetoesOf(next)).toContain('position-open');
});

test('after a trade the pair cools down', async () => {
  await pool.query(
    `insert into position values ('p', $1, 'BTC/USDT', 'c', 'g', 'closed', $2, $2, 'stop', -1)`,
    [DESK, new Date(CLOSE_MS - 29 * 60_000)],
  );
  expect(vetoesOf(await review())).toEqual(['cooldown']);
  expect((await review({ pair: 'XRP/USDT' })).kind).not.toBe('vetoed');
});

test('a halted desk is vetoed whatever the decision', async () => {
  await pool.query(`update desk set state = jsonb_set(state, '{kind}', '"halted"')`);
  expect((await review()).kind).toBe('vetoed');
});

test('a difference between ledger and venue vetoes', async () => {
  await pool.query(`insert into reconciliation values ('r', $1, $2, '["USDT: ..."]')`, [
    DESK,
    new Date(BAR_MS),
  ]);
  expect(vetoesOf(await review())).toEqual(['reconciled']);
});

test('bars that are late veto', async () => {
  // The last bar is that of 12:00, the decision that of 14:00.
  const late = await review({ barMs: CLOSE_MS, atMs: CLOSE_MS + 3_600_000 });
  expect(vetoesOf(late)).toContain('freshness');
});

test('a desk that has seen no bar says so', async () => {
  await pool.query(`update desk set marks = 'null'`);
  await expect(review()).rejects.toThrow('has seen no bar yet');
});
