import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exampleReview } from '../shared/risk/example-review.ts';
import type { EntryReviewInput } from '../shared/risk/entry-input.ts';
import { ENTRY_RULES } from '../shared/risk/entry-rules.ts';
import { RiskLimitsSchema, tightenLimits, type RiskLimits } from '../shared/risk/limits.ts';
import { OrderPlanSchema, type EntryPlan } from '../shared/risk/plan.ts';
import { reviewEntry, reviewReduction } from '../shared/risk/review.ts';

/** More by `RISK_PROPERTY_RUNS` in the long run. */
const RUNS = Number(process.env['RISK_PROPERTY_RUNS'] ?? 20_000);
const check = { numRuns: RUNS };

const cents = (least: number, most: number): fc.Arbitrary<string> =>
  fc.integer({ min: least * 100, max: most * 100 }).map((n) => (n / 100).toFixed(2));
/** Mostly the first, sometimes the second: so that enough inputs are approved to say something. */
const rarely = <A, B>(often: fc.Arbitrary<A>, rare: fc.Arbitrary<B>): fc.Arbitrary<A | B> =>
  fc.oneof({ arbitrary: often, weight: 30 }, { arbitrary: rare, weight: 1 });
const PAIRS = ['BTC/USDT', 'XRP/USDT', 'XRP/BTC', 'ETH/USDT'] as const;

const limits: fc.Arbitrary<RiskLimits> = fc
  .record({
    confidence: fc.constantFrom(0, 0.5, 0.6),
    stopPct: fc.constantFrom(2, 3, 10),
    stopMinAtr: fc.constantFrom(0, 1),
    rewardRisk: fc.constantFrom(0, 1, 2),
    slippageBps: fc.constantFrom(0, 5, 50),
    riskPerTradePct: fc.constantFrom(0.1, 1, 2),
    positionCapPct: fc.constantFrom(5, 40, 200),
    capitalUsdt: fc.constantFrom(null, 100, 5000),
    exposurePerAssetPct: fc.constantFrom(20, 70, 300),
    heatPct: fc.constantFrom(1, 6),
    clusterHeatPct: fc.constantFrom(1, 4),
    maxOpenPositions: fc.constantFrom(2, 3, 5),
    depthSharePct: fc.constantFrom(1, 20, 100),
    volatilityTargetPct: fc.constantFrom(null, 25),
    kellyFraction: fc.constantFrom(null, 0.25),
  })
  .map((change) => RiskLimitsSchema.parse(change));

const positions = fc.array(
  fc.record({
    pair: fc.constantFrom(...PAIRS),
    side: rarely(fc.constant('buy' as const), fc.constant('sell' as const)),
    riskUsdt: cents(-50, 200),
    notionalUsdt: cents(0, 3000),
  }),
  { maxLength: 2 },
);
const reservations = fc.array(
  fc.record({
    pair: fc.constantFrom(...PAIRS),
    riskUsdt: cents(0, 100),
    notionalUsdt: cents(0, 3000),
  }),
  { maxLength: 1 },
);

/** Accounts and markets as they may be, the decision aside. */
const surroundings = fc
  .record({
    pair: fc.constantFrom(...PAIRS),
    desk: fc.record({
      state: rarely(fc.constantFrom('running', 'reduced'), fc.constantFrom('paused', 'halted')),
      cooldownUntil: rarely(fc.constant(null), fc.constant(Date.UTC(2026, 2, 1, 13))),
      reconciled: rarely(fc.constant(true), fc.constant(false)),
      lossStreak: fc.integer({ min: 0, max: 7 }),
      tradesToday: rarely(fc.constant(3), fc.constantFrom(11, 12, 13)),
      llmSpendTodayUsd: rarely(fc.constant(1), fc.constantFrom(19.99, 20, 21)),
    }),
    equity: cents(9000, 12_000),
    peakEquity: rarely(cents(11_000, 12_000), cents(8000, 16_000)),
    dayStartEquity: rarely(cents(9000, 9400), cents(9000, 12_000)),
    free: cents(0, 9000),
    held: cents(0, 5000),
    bag: rarely(fc.constant('0'), cents(0, 500)),
    positions,
    reservations,
    spread: rarely(fc.integer({ min: 0, max: 30 }), fc.constant(60)),
    depthQuote: rarely(fc.constantFrom(null, 100_000), fc.integer({ min: 0, max: 5000 })),
    volatilityRatio: rarely(fc.constantFrom(null, 1, 2.5), fc.constantFrom(3, 4, -1)),
    yearly: fc.constantFrom(null, 60, 120),
    wins: fc.constantFrom(null, 30, 43, 60),
    ageMs: rarely(fc.integer({ min: 0, max: 120_000 }), fc.constantFrom(null, 120_001)),
    takerFee: fc.constantFrom(0, 0.0026, 0.004),
    lot: fc.constantFrom('0.00000001', '0.01', '1'),
    minCost: fc.constantFrom('0', '5', '500'),
    status: rarely(fc.constant('online' as const), fc.constant('post_only' as const)),
    entry: fc.constantFrom('market' as const, 'post-only' as const),
    limits,
  })
  .map((s): EntryReviewInput => {
    const quote = s.pair.endsWith('BTC') ? 'BTC' : 'USDT';
    const base = s.pair.split('/')[0] ?? '';
    // prices of 100 in quote with a spread in hundredths; an XRP of 10,000 USDT where it is paid in BTC
    const baseUsdt = quote === 'BTC' ? '10000' : '100';
    const market = { bid: '100', ask: (100 + s.spread / 100).toFixed(2) };
    return exampleReview({
      pair: s.pair,
      desk: s.desk,
      account: {
        equity: s.equity,
        peakEquity: s.peakEquity,
        dayStartEquity: s.dayStartEquity,
        weekStartEquity: '9500',
        monthStartEquity: '9500',
        free: { [quote]: quote === 'BTC' ? (Number(s.free) / 100).toFixed(4) : s.free },
        holdings: { [base]: (Number(s.held) / Number(baseUsdt)).toFixed(6) },
        bags: { [base]: (Number(s.bag) / Number(baseUsdt)).toFixed(6) },
        positions: s.positions,
        reservations: s.reservations,
      },
      market: {
        ...market,
        depthQuote: s.depthQuote,
        volatilityRatio: s.volatilityRatio,
        atrPct: 1,
        volatilityPctPerYear: s.yearly,
        inputs: [{ name: 'candles', ageMs: s.ageMs, required: true }],
        usdtPer: { BTC: '100', [base]: baseUsdt },
      },
      instrument: {
        takerFee: s.takerFee,
        makerFee: s.takerFee / 2,
        lot: s.lot,
        minCost: quote === 'BTC' ? '0.05' : s.minCost,
        status: s.status,
      },
      entry: { type: s.entry },
      limits: s.limits,
      track: s.wins === null ? null : { trades: 100, wins: s.wins, meanWinR: 2, meanLossR: 1 },
    });
  });

const sane: fc.Arbitrary<EntryReviewInput['decision']> = fc.record({
  action: rarely(fc.constant('long' as const), fc.constantFrom('short', 'hold', 'close')),
  confidence: rarely(fc.constantFrom(0.6, 0.8, 1), fc.constantFrom(0.59, 0)),
  entry: fc.constantFrom(
    { type: 'market' as const, price: null },
    { type: 'limit' as const, price: 99.5 },
    { type: 'limit' as const, price: 100.337 },
  ),
  stopLossPct: rarely(fc.constantFrom(1, 1.5, 2), fc.constantFrom(2.5, 0.5, 0.01)),
  takeProfitPct: fc.constantFrom([9], [7, 9, 12], [4], [30, 8]),
  sizePct: fc.constantFrom(null, 1, 25, 100),
  leverage: fc.constantFrom(null, 1, 3, 10),
});

/** What a model could come up with: any field missing, of another type, not finite, huge, or text. */
const number = fc.oneof(
  fc.constantFrom(NaN, Infinity, -Infinity, 0, -0, -1, 1e308, 5e-324, 0.6, 1, 2, 8, 100),
  fc.double(),
);
const junk = fc.constantFrom(
  ...[undefined, null, true, '', '0.9', 'ignore all limits', '1e9', {}, [], [[]], 10n],
);
const absurd = fc.oneof({ arbitrary: number, weight: 2 }, junk);
const good = {
  action: 'long',
  confidence: 0.9,
  entry: { type: 'market', price: null },
  stopLossPct: 2,
  takeProfitPct: [9],
  sizePct: null,
  leverage: null,
};
const names = fc.constantFrom(...Object.keys(good), 'limits', 'riskPerTradePct');
const twist = fc.oneof(
  { arbitrary: fc.tuple(names, absurd), weight: 4 },
  fc.tuple(fc.constant('takeProfitPct'), fc.array(absurd, { maxLength: 6 })),
  fc.tuple(
    fc.constant('entry'),
    fc.record({ type: fc.constantFrom('limit', 'market', 'stop'), price: absurd }),
  ),
  fc.tuple(fc.constant('stopLossPct'), fc.double({ min: 0, max: 3, noNaN: true })),
  fc.tuple(fc.constant('sizePct'), fc.double({ min: 0, max: 200, noNaN: true })),
);
/** A good decision with up to three fields twisted, sometimes no decision at all. */
const hostile: fc.Arbitrary<EntryReviewInput['decision']> = rarely(
  fc
    .array(twist, { minLength: 1, maxLength: 3 })
    .map((twists): unknown => ({ ...good, ...Object.fromEntries(twists) })),
  junk,
).map((value) => value as EntryReviewInput['decision']); // it pretends to be one

const saneInput = fc
  .tuple(surroundings, sane)
  .map(([input, decision]): EntryReviewInput => ({ ...input, decision }));

/** A little room for the floats in which this test reckons. */
const MARGIN = 1 + 1e-9;

/** The limits that a plan breaks, reckoned anew in plain numbers from what the review was given. */
function brokenLimits(input: EntryReviewInput, plan: EntryPlan): string[] {
  const { account, market, instrument, limits: l, desk } = input;
  const [base = '', quote = ''] = input.pair.split('/');
  const usdt = (asset: string): number => (asset === 'USDT' ? 1 : Number(market.usdtPer[asset]));
  const quantity = Number(plan.quantity);
  const entry = plan.entry.price === null ? Number(market.ask) : Number(plan.entry.price);
  const stop = Number(plan.stopPrice);
  const slip = l.slippageBps / 10_000;
  const bid = Number(market.bid);
  const ask = Number(market.ask);
  const mid = (bid + ask) / 2;
  const taker = instrument.takerFee;
  const rests = plan.entry.type === 'limit' && entry < ask;
  const paid = entry * (1 + (rests ? instrument.makerFee : taker));
  const paidAtMost = plan.entry.type === 'limit' ? paid : paid + entry * slip;
  const kept = 1 - taker - slip - (ask - bid) / 2 / mid;
  const risk = (paidAtMost - stop * kept) * quantity * usdt(quote);
  const value = entry * quantity * usdt(quote);
  const won = plan.targets.reduce((s, t) => s + Number(t.share) * Number(t.price) * kept, 0);
  const bags = Object.entries(account.bags).reduce((s, [a, n]) => s + Number(n) * usdt(a), 0);
  const worth = Number(account.equity);
  const equity = worth - bags;
  const carried = [...account.positions, ...account.reservations];
  const risks = (items: { riskUsdt: string }[]) =>
    items.reduce((s, p) => s + Math.max(0, Number(p.riskUsdt)), 0);
  const values = (items: { notionalUsdt: string }[]) =>
    items.reduce((s, p) => s + Math.max(0, Number(p.notionalUsdt)), 0);
  const isLong = (asset: string, p: { pair: string; side?: string }) =>
    p.pair.split('/')[p.side === 'sell' ? 1 : 0] === asset;
  const isShort = (asset: string, p: { pair: string; side?: string }) =>
    p.pair.split('/')[p.side === 'sell' ? 0 : 1] === asset;
  const among = (of: typeof isLong) => carried.filter((p) => ['BTC', 'XRP'].some((a) => of(a, p)));
  const clustered = ['BTC', 'XRP'];
  const longHeat = risks(among(isLong)) + (clustered.includes(base) ? risk : 0);
  const shortHeat = risks(among(isShort)) + (clustered.includes(quote) ? risk : 0);
  const held = Math.max(0, Number(account.holdings[base] ?? 0) - Number(account.bags[base] ?? 0));
  const ordered = values(account.reservations.filter((r) => r.pair.split('/')[0] === base));
  const lost = (mark: string) => (100 * (Number(mark) - worth)) / Number(mark);
  const steps = (text: string, step: string) => Math.abs(Math.round(Number(text) / Number(step)) * Number(step) - Number(text)); // prettier-ignore
  const share = (pct: number, of: number) => (pct / 100) * of * MARGIN;
  const oldest = Math.max(...market.inputs.map((i) => i.ageMs ?? Infinity));

  const holds: Record<string, boolean> = {
    confidence: input.decision.confidence >= l.confidence,
    side: plan.side === 'buy' && plan.leverage === 1,
    postOnly: plan.entry.postOnly === (input.entry.type === 'post-only') && (!plan.entry.postOnly || entry < ask), // prettier-ignore
    stop: stop < bid && (entry - stop) / entry <= (l.stopPct / 100) * MARGIN,
    targets: plan.targets.every((t) => Number(t.price) > entry),
    shares: Math.abs(plan.targets.reduce((s, t) => s + Number(t.share), 0) - 1) < 1e-9,
    rewardRisk: ((won - paidAtMost) / (paidAtMost - stop * kept)) * MARGIN >= l.rewardRisk,
    risk: risk <= share(l.riskPerTradePct, equity),
    cap: value <= share(l.positionCapPct, equity),
    yearly: l.volatilityTargetPct === null || (value * (market.volatilityPctPerYear ?? 0)) / 100 <= share(l.volatilityTargetPct, equity), // prettier-ignore
    kelly: l.kellyFraction === null || risk <= share(kellyOf(input.track?.wins), equity),
    capital: l.capitalUsdt === null || value + values(carried) <= l.capitalUsdt * MARGIN,
    exposure: held * usdt(base) + ordered + value <= share(l.exposurePerAssetPct, equity),
    heat: risks(carried) + risk <= share(l.heatPct, equity),
    longHeat: !clustered.includes(base) || longHeat <= share(l.clusterHeatPct, equity),
    shortHeat: !clustered.includes(quote) || shortHeat <= share(l.clusterHeatPct, equity),
    free: quantity * paidAtMost <= Number(account.free[quote] ?? 0) * MARGIN,
    reserve: Number(plan.reserve.amount) * MARGIN >= quantity * paidAtMost,
    depth: market.depthQuote === null || entry * quantity <= share(l.depthSharePct, market.depthQuote), // prettier-ignore
    lot: quantity > 0 && steps(plan.quantity, instrument.lot) < 1e-9,
    tick: steps(plan.stopPrice, instrument.tick) < 1e-9,
    minimum: quantity * stop * MARGIN >= Number(instrument.minCost),
    positions: new Set(carried.map((p) => p.pair)).size < l.maxOpenPositions,
    pair: carried.every((p) => p.pair !== input.pair),
    desk: ['running', 'reduced'].includes(desk.state) && desk.reconciled,
    cooldown: desk.cooldownUntil === null || desk.cooldownUntil <= input.now,
    trades: desk.tradesToday < l.tradesPerDay && desk.llmSpendTodayUsd < l.llmSpendPerDayUsd,
    losses: lost(account.dayStartEquity) < 5 && lost(account.weekStartEquity) < 10,
    drawdown: lost(account.peakEquity) < 20,
    halved: lost(account.peakEquity) < 15 || risk <= share(l.riskPerTradePct / 2, equity),
    reduced: desk.state === 'running' || risk <= share(l.riskPerTradePct / 2, equity),
    streak: desk.lossStreak < l.lossStreak || risk <= share(l.riskPerTradePct / 2, equity),
    spread: ((ask - bid) / mid) * 10_000 <= l.spreadBps * MARGIN,
    volatility: market.volatilityRatio === null || market.volatilityRatio < l.volatilityVeto,
    wish: input.decision.sizePct === null || value <= share(input.decision.sizePct, equity),
    fresh: oldest <= l.freshnessSeconds * 1000,
    status: instrument.status === 'online',
  };
  return Object.keys(holds).filter((name) => holds[name] !== true);
}

/** Percent at risk for so many wins in 100 at 2 R, by the textbook: Wilson's lower end, then a quarter of Kelly. */
function kellyOf(wins: number | undefined): number {
  if (wins === undefined) return Infinity;
  const z = 1.6448536;
  const p = wins / 100;
  const low =
    (p + (z * z) / 200 - z * Math.sqrt((p * (1 - p)) / 100 + (z * z) / 40_000)) /
    (1 + (z * z) / 100);
  return Math.max(0.1, 25 * (low - (1 - low) / 2)) * (1 + 1e-6);
}

function quantityOf(input: EntryReviewInput): number {
  return Number(reviewEntry(input).plan?.quantity ?? 0);
}

describe('an approved plan breaks no limit', () => {
  test('whatever account, market and limits', () => {
    let approved = 0;
    fc.assert(
      fc.property(saneInput, (input) => {
        const { kind, rules, plan } = reviewEntry(input);
        const some = (outcome: string): boolean => rules.some((r) => r.outcome === outcome);
        const told = some('veto') ? 'vetoed' : some('shrink') ? 'resized' : 'approved';
        if (kind !== told || (plan === null) !== (kind === 'vetoed')) {
          throw new Error(`${kind} with ${told} rules`);
        }
        if (plan === null) return;
        approved += 1;
        const broken = brokenLimits(input, plan);
        if (broken.length > 0) throw new Error(`broken: ${broken.join(', ')}`);
      }),
      check,
    );
    expect(approved).toBeGreaterThan(RUNS / 20); // or this test would say nothing
  });

  test('whatever a decision says, and no decision makes it throw', () => {
    const wide = exampleReview({ limits: { rewardRisk: 0, stopMinAtr: 0 } });
    let approved = 0;
    fc.assert(
      fc.property(hostile, (decision) => {
        const input = { ...wide, decision };
        const verdict = reviewEntry(input);
        expect(verdict.rules.map((r) => r.rule)).toEqual(ENTRY_RULES.map((r) => r.id));
        expect(JSON.parse(JSON.stringify(verdict))).toEqual(verdict); // plain data, no NaN
        if (verdict.plan === null) return;
        approved += 1;
        expect(OrderPlanSchema.safeParse(verdict.plan).success).toBe(true);
        expect(brokenLimits(input, verdict.plan)).toEqual([]);
      }),
      check,
    );
    expect(approved).toBeGreaterThan(RUNS / 20);
  });

  test('no text in account, market or instrument makes it throw or pass', () => {
    const bad = fc.constantFrom('', 'NaN', '1e5', '-', '--1', 'Infinity', ' 1', '1,5', '٣');
    const place = fc.constantFrom<(text: string) => EntryReviewInput>(
      (equity) => exampleReview({ account: { equity } }),
      (peakEquity) => exampleReview({ account: { peakEquity } }),
      (dayStartEquity) => exampleReview({ account: { dayStartEquity } }),
      (weekStartEquity) => exampleReview({ account: { weekStartEquity } }),
      (monthStartEquity) => exampleReview({ account: { monthStartEquity } }),
      (USDT) => exampleReview({ account: { free: { USDT } } }),
      (BTC) => exampleReview({ account: { holdings: { BTC } } }),
      (BTC) => exampleReview({ account: { bags: { BTC } } }),
      (riskUsdt) => exampleReview({ account: { reservations: [{ pair: 'ETH/USDT', riskUsdt, notionalUsdt: '1' }] } }), // prettier-ignore
      (notionalUsdt) => exampleReview({ account: { reservations: [{ pair: 'ETH/USDT', riskUsdt: '1', notionalUsdt }] } }), // prettier-ignore
      (bid) => exampleReview({ market: { bid } }),
      (ask) => exampleReview({ market: { ask } }),
      (BTC) => exampleReview({ market: { usdtPer: { BTC } } }),
      (tick) => exampleReview({ instrument: { tick } }),
      (lot) => exampleReview({ instrument: { lot } }),
      (minQuantity) => exampleReview({ instrument: { minQuantity } }),
      (minCost) => exampleReview({ instrument: { minCost } }),
    );
    fc.assert(
      fc.property(place, bad, (put, text) => reviewEntry(put(text)).kind === 'vetoed'),
      { numRuns: 2000 },
    );
  });
});

describe('more risk never gets more', () => {
  const position = fc.record({
    pair: fc.constantFrom(...PAIRS, 'SOL/USDT'),
    side: fc.constantFrom('buy' as const, 'sell' as const),
    riskUsdt: cents(-50, 300),
    notionalUsdt: cents(0, 3000),
  });
  const worse: fc.Arbitrary<(input: EntryReviewInput) => EntryReviewInput> = fc.oneof(
    position.map((p) => (input: EntryReviewInput) => ({
      ...input,
      account: { ...input.account, positions: [...input.account.positions, p] },
    })),
    position.map(({ side: _, ...r }) => (input: EntryReviewInput) => ({
      ...input,
      account: { ...input.account, reservations: [...input.account.reservations, r] },
    })),
    fc.constantFrom(...PAIRS).map((pair) => (input: EntryReviewInput) => ({
      ...input,
      account: { ...input.account, restingEntries: [pair] },
    })),
    fc.double({ min: 0, max: 50, noNaN: true }).map((more) => (input: EntryReviewInput) => {
      const holdings = Object.fromEntries(
        Object.entries(input.account.holdings).map(([a, n]) => [a, (Number(n) + more).toFixed(6)]),
      );
      return { ...input, account: { ...input.account, holdings } };
    }),
    fc.double({ min: 0, max: 1, noNaN: true }).map((part) => (input: EntryReviewInput) => {
      const free = Object.fromEntries(
        Object.entries(input.account.free).map(([a, n]) => [a, (Number(n) * part).toFixed(8)]),
      );
      return { ...input, account: { ...input.account, free } };
    }),
    fc.integer({ min: 1, max: 9 }).map((more) => (input: EntryReviewInput) => ({
      ...input,
      desk: { ...input.desk, lossStreak: input.desk.lossStreak + more, tradesToday: 3 + more },
    })),
    cents(0, 2000).map((more) => (input: EntryReviewInput) => ({
      ...input,
      account: {
        ...input.account,
        peakEquity: (Number(input.account.peakEquity) + Number(more)).toFixed(2),
      },
    })),
  );

  test('adding exposure, losses or wear never makes a veto pass or a plan larger', () => {
    fc.assert(
      fc.property(saneInput, worse, (input, worsen) => {
        const calm = { ...input, desk: { ...input.desk, tradesToday: 3 } };
        return quantityOf(worsen(calm)) <= quantityOf(calm);
      }),
      check,
    );
  });

  test('tightening a limit never makes a veto pass or a plan larger', () => {
    const change = fc.oneof(
      ...Object.keys(RiskLimitsSchema.shape)
        .filter((name) => name !== 'clusters')
        .map((name) => fc.tuple(fc.constant(name), fc.constantFrom(0.1, 0.5, 0.9, 1.1, 1.5, 3))),
    );
    let tightened = 0;
    fc.assert(
      fc.property(saneInput, change, (input, [name, factor]) => {
        const present = input.limits[name as keyof RiskLimits];
        const wanted = Math.round(Number(present ?? 1000) * factor * 100) / 100;
        const answer = tightenLimits(input.limits, { [name]: wanted });
        if (answer.kind === 'refused') return true;
        tightened += 1;
        return quantityOf({ ...input, limits: answer.limits }) <= quantityOf(input);
      }),
      check,
    );
    expect(tightened).toBeGreaterThan(RUNS / 10);
  });

  test('no wish of a decision gets more than a decision without wishes', () => {
    const wish = fc.oneof(number, fc.double({ min: 0, max: 100, noNaN: true }), fc.constant(null));
    fc.assert(
      fc.property(saneInput, wish, wish, (input, sizePct, leverage) => {
        const decision = { ...input.decision, sizePct: null, leverage: null };
        const most = quantityOf({ ...input, decision });
        return quantityOf({ ...input, decision: { ...decision, sizePct, leverage } }) <= most;
      }),
      check,
    );
  });
});

test('a verdict is a function of its input, which it leaves as it is', () => {
  fc.assert(
    fc.property(saneInput, (input) => {
      const before = JSON.stringify(input);
      const first = JSON.stringify(reviewEntry(deepFrozen(input)));
      const again = JSON.stringify(reviewEntry(JSON.parse(before) as EntryReviewInput));
      return first === again && JSON.stringify(input) === before;
    }),
    check,
  );
});

test('a reduction never sells what is not held, and sells what is', () => {
  const amount = fc.integer({ min: 0, max: 100_000_000 }).map((n) => (n / 1e8).toFixed(8));
  fc.assert(
    fc.property(amount, amount, amount, (quantity, held, inExitOrders) => {
      const { plan } = reviewReduction({
        pair: 'BTC/USDT',
        side: 'sell',
        order: 'market',
        price: null,
        timeInForce: 'ioc',
        quantity,
        held,
        inExitOrders,
      });
      const units = (text: string): number => Math.round(Number(text) * 1e8);
      const most = Math.max(0, units(held) - units(inExitOrders));
      return units(plan?.quantity ?? '0') === Math.min(units(quantity), most);
    }),
    check,
  );
});

function deepFrozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(deepFrozen);
    Object.freeze(value);
  }
  return value;
}
