import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RebalanceLegPlan } from '../../shared/risk/plan.ts';
import { reviewRebalance, type RebalanceReviewInput } from '../../shared/risk/review.ts';
import { cents, rarely, surroundings } from './arbitraries.fixture.ts';
import { assertProperty, RUNS } from './assert-property.fixture.ts';
import { MARGIN } from './broken-limits.fixture.ts';

const quantity = rarely(
  cents(0, 200),
  fc.constantFrom('', '-1', '1e9', 'NaN', 'Infinity', '99999999999999'),
);
const legs: fc.Arbitrary<RebalanceReviewInput> = fc
  .tuple(
    surroundings,
    fc.constantFrom('buy' as const, 'sell' as const),
    quantity,
    rarely(fc.constant([]), fc.constant(['ETH/USDT'])),
    cents(0, 500),
  )
  .map(([{ decision: _decision, track: _track, ...input }, side, size, pendingStops, base]) => {
    const free = { ...input.account.free, [input.pair.split('/')[0] ?? '']: base };
    const desk = { ...input.desk, state: 'running' as const };
    const account = { ...input.account, free };
    return { ...input, desk, account, side, quantity: size, pendingStops };
  });

/** What a leg breaks, reckoned anew in plain numbers. */
function broken(input: RebalanceReviewInput, plan: RebalanceLegPlan): string[] {
  const { account, market, instrument, limits } = input;
  const [base = '', quote = ''] = input.pair.split('/');
  const usdt = (asset: string): number => (asset === 'USDT' ? 1 : Number(market.usdtPer[asset]));
  const isBuy = plan.side === 'buy';
  const size = Number(plan.quantity);
  const [bid, ask] = [Number(market.bid), Number(market.ask)];
  const mid = (bid + ask) / 2;
  const worst = ask * (1 + limits.slippageBps / 10_000) * (1 + instrument.takerFee);
  const bags = Object.entries(account.bags).reduce((s, [a, n]) => s + Number(n) * usdt(a), 0);
  const equity = Number(account.equity) - bags;
  const outside = (asset: string): number =>
    Math.max(0, Number(account.holdings[asset] ?? 0) - Number(account.bags[asset] ?? 0)) *
    usdt(asset);
  const bought = isBuy ? base : quote;
  const after = outside(bought) + size * mid * usdt(quote);
  const lost = 100 * (1 - Number(account.equity) / Number(account.peakEquity));
  const holds: Record<string, boolean> = {
    planned: size <= Number(input.quantity),
    side: plan.side === input.side,
    free: size * (isBuy ? worst : 1) <= Number(account.free[isBuy ? quote : base] ?? 0) * MARGIN,
    exposure: bought === 'USDT' || after <= (limits.exposurePerAssetPct / 100) * equity * MARGIN,
    depth:
      market.depthQuote === null ||
      size * mid <= (limits.depthSharePct / 100) * market.depthQuote * MARGIN,
    lot: size > 0 && Math.abs(Math.round(size / Number(instrument.lot)) * Number(instrument.lot) - size) < 1e-9, // prettier-ignore
    minimum: size * mid * MARGIN >= Number(instrument.minCost),
    spread: ((ask - bid) / mid) * 10_000 <= limits.spreadBps * MARGIN,
    calm: lost < limits.drawdownPausePct && (market.volatilityRatio ?? 0) < limits.volatilityVeto,
    stops: input.pendingStops.length === 0,
    desk: input.desk.state === 'running' && input.desk.reconciled,
    status: instrument.status === 'online',
  };
  return Object.keys(holds).filter((name) => holds[name] !== true);
}

test('an approved leg of a rebalancing breaks no limit', () => {
  let approved = 0;
  const name = 'an approved leg of a rebalancing breaks no limit';
  assertProperty(
    name,
    fc.property(legs, (input) => {
      const { plan } = reviewRebalance(input);
      if (plan === null) return;
      approved += 1;
      const found = broken(input, plan);
      if (found.length > 0) throw new Error(`broken: ${found.join(', ')}`);
    }),
  );
  expect(approved).toBeGreaterThan(RUNS / 20); // or this test would say nothing
});

test('a leg never gets more where more of the asset is bagged, reserved or lost', () => {
  const sizeOf = (input: RebalanceReviewInput): number =>
    Number(reviewRebalance(input).plan?.quantity ?? 0);
  const less = fc.double({ min: 0, max: 1, noNaN: true });
  assertProperty(
    'a leg never gets more where less is free',
    fc.property(legs, less, (input, part) => {
      const free = Object.fromEntries(
        Object.entries(input.account.free).map(([a, n]) => [a, (Number(n) * part).toFixed(8)]),
      );
      return sizeOf({ ...input, account: { ...input.account, free } }) <= sizeOf(input);
    }),
  );
});
