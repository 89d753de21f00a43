import type { EntryReviewInput } from '../../shared/risk/entry-input.ts';
import type { EntryPlan } from '../../shared/risk/plan.ts';

/** A little room for the floats in which this test reckons. */
export const MARGIN = 1 + 1e-9;

/** The limits that a plan breaks, reckoned anew in plain numbers from what the review was given. */
export function brokenLimits(input: EntryReviewInput, plan: EntryPlan): string[] {
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
