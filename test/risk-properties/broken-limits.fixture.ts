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
  const short = plan.side === 'sell';
  const bid = Number(market.bid);
  const ask = Number(market.ask);
  const mid = (bid + ask) / 2;
  const entry = plan.entry.price === null ? (short ? bid : ask) : Number(plan.entry.price);
  const stop = Number(plan.stopPrice);
  const slip = l.slippageBps / 10_000;
  const taker = instrument.takerFee;
  const isLimit = plan.entry.type === 'limit';
  const rests = isLimit && (short ? entry > bid : entry < ask);
  const entryCosts = (rests ? instrument.makerFee : taker) + (isLimit ? 0 : slip);
  const exitCosts = taker + slip + (ask - bid) / 2 / mid;
  const target = plan.targets.reduce((s, t) => s + Number(t.share) * Number(t.price), 0);
  const rate = instrument.marginRatePct;
  const rollovers = short ? Math.ceil((input.decision.horizonHours ?? NaN) / 4) : 0;
  const interest = short ? (entry * (rate!.open + rate!.rollover * rollovers)) / 100 : 0;
  // what is paid and got per unit: a long first pays, a short first gets
  const paid = entry * (1 + entryCosts);
  const got = entry * (1 - entryCosts) - interest;
  const lost = short ? stop * (1 + exitCosts) - got : paid - stop * (1 - exitCosts);
  const won = short ? got - target * (1 + exitCosts) : target * (1 - exitCosts) - paid;
  const taken = short ? lost : paid;
  const risk = lost * quantity * usdt(quote);
  const value = entry * quantity * usdt(quote);
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
  const [bought, sold] = short ? [quote, base] : [base, quote];
  const longHeat = risks(among(isLong)) + (clustered.includes(bought) ? risk : 0);
  const shortHeat = risks(among(isShort)) + (clustered.includes(sold) ? risk : 0);
  const held = (asset: string) => Math.max(0, Number(account.holdings[asset] ?? 0) - Number(account.bags[asset] ?? 0)) * usdt(asset); // prettier-ignore
  const shorts = carried.filter((p) => p.side === 'sell');
  const ordered = account.reservations.filter((r) => r.side !== 'sell');
  const on = (items: typeof shorts, asset: string, leg: 0 | 1) =>
    values(items.filter((p) => p.pair.split('/')[leg] === asset));
  const longOf = (asset: string) => held(asset) + on(ordered, asset, 0) + on(shorts, asset, 1);
  const exposed = short
    ? Math.max(on(shorts, base, 0), quote === 'USDT' ? 0 : longOf(quote))
    : longOf(base);
  const backing = Math.min(worth, Number(account.margin?.usedUsdt) + Number(account.margin?.freeUsdt)) - bags; // prettier-ignore
  const reserved = account.reservations.reduce((s, p) => s + Number(p.marginUsdt ?? 0), 0);
  const bound = Number(account.margin?.usedUsdt) + reserved + Number(plan.marginUsdt);
  // equity at the price that lies so many stops away, all other stops hit
  const atCall = backing - risks(carried) - l.liquidationStops * (stop - entry) * quantity * usdt(quote); // prettier-ignore
  const lostSince = (mark: string) => (100 * (Number(mark) - worth)) / Number(mark);
  const steps = (text: string, step: string) => Math.abs(Math.round(Number(text) / Number(step)) * Number(step) - Number(text)); // prettier-ignore
  const share = (pct: number, of: number) => (pct / 100) * of * MARGIN;
  const oldest = Math.max(...market.inputs.map((i) => i.ageMs ?? Infinity));

  const holds: Record<string, boolean> = {
    confidence: input.decision.confidence >= l.confidence,
    side: short ? plan.leverage > 1 && instrument.leverageSell.includes(plan.leverage) : plan.leverage === 1, // prettier-ignore
    action: input.decision.action === (short ? 'short' : 'long'),
    leverage: plan.leverage <= Math.max(1, Math.min(l.leverage, input.margin?.leverage ?? 1, short ? (input.decision.leverage ?? Infinity) : 1)), // prettier-ignore
    margin: short ? Number(plan.marginUsdt) * plan.leverage * MARGIN >= value : plan.marginUsdt === '0', // prettier-ignore
    marginLevel: !short || (100 * backing) / bound >= l.marginLevelPct / MARGIN,
    levelNow: !short || (account.margin?.levelPct ?? Infinity) >= l.marginLevelPct,
    liquidation: !short || atCall + 1e-6 >= (instrument.marginCallPct! / 100) * bound,
    postOnly: plan.entry.postOnly === (input.entry.type === 'post-only') && (!plan.entry.postOnly || (short ? entry > bid : entry < ask)), // prettier-ignore
    stop:
      (short ? stop > ask : stop < bid) &&
      Math.abs(entry - stop) / entry <= (l.stopPct / 100) * MARGIN,
    targets: plan.targets.every((t) =>
      short ? Number(t.price) < entry && Number(t.price) > 0 : Number(t.price) > entry,
    ),
    shares: Math.abs(plan.targets.reduce((s, t) => s + Number(t.share), 0) - 1) < 1e-9,
    rewardRisk: (won / lost) * MARGIN >= l.rewardRisk,
    risk: risk <= share(l.riskPerTradePct, equity),
    cap: value <= share(l.positionCapPct, equity),
    yearly: l.volatilityTargetPct === null || (value * (market.volatilityPctPerYear ?? 0)) / 100 <= share(l.volatilityTargetPct, equity), // prettier-ignore
    kelly: l.kellyFraction === null || risk <= share(kellyOf(input.track?.wins), equity),
    capital: l.capitalUsdt === null || value + values(carried) <= l.capitalUsdt * MARGIN,
    exposure: exposed + value <= share(l.exposurePerAssetPct, equity),
    heat: risks(carried) + risk <= share(l.heatPct, equity),
    longHeat: !clustered.includes(bought) || longHeat <= share(l.clusterHeatPct, equity),
    shortHeat: !clustered.includes(sold) || shortHeat <= share(l.clusterHeatPct, equity),
    free: quantity * taken <= Number(account.free[quote] ?? 0) * MARGIN,
    reserve: Number(plan.reserve.amount) * MARGIN >= quantity * taken,
    depth: market.depthQuote === null || entry * quantity <= share(l.depthSharePct, market.depthQuote), // prettier-ignore
    lot: quantity > 0 && steps(plan.quantity, instrument.lot) < 1e-9,
    tick: steps(plan.stopPrice, instrument.tick) < 1e-9,
    minimum: quantity * stop * MARGIN >= Number(instrument.minCost),
    positions: new Set(carried.map((p) => p.pair)).size < l.maxOpenPositions,
    pair: carried.every((p) => p.pair !== input.pair),
    desk: ['running', 'reduced'].includes(desk.state) && desk.reconciled,
    cooldown: desk.cooldownUntil === null || desk.cooldownUntil <= input.now,
    trades: desk.tradesToday < l.tradesPerDay && desk.llmSpendTodayUsd < l.llmSpendPerDayUsd,
    losses: lostSince(account.dayStartEquity) < 5 && lostSince(account.weekStartEquity) < 10,
    drawdown: lostSince(account.peakEquity) < 20,
    halved: lostSince(account.peakEquity) < 15 || risk <= share(l.riskPerTradePct / 2, equity),
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
