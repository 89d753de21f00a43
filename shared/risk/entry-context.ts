import { Decimal, isDecimalText } from '../money.ts';
import { baseOf, isPair, quoteOf, type Asset } from '../pair.ts';
import type { EntryReviewInput } from './entry-input.ts';
import { Exposure, heldValue } from './exposure.ts';
import type { RiskLimits } from './limits.ts';
import { readSetup, type Setup } from './setup.ts';
import { isShort } from './short-terms.ts';

/** The account and market of a review as numbers. USDT where nothing else is said. */
export interface Figures {
  base: Asset;
  quote: Asset;
  /** Net of bags: what sizes and limits are a share of. */
  equity: Decimal;
  /** Bags included: what losses and drawdown are measured on. */
  netWorth: Decimal;
  peak: Decimal;
  dayStart: Decimal;
  weekStart: Decimal;
  monthStart: Decimal;
  bid: Decimal;
  ask: Decimal;
  mid: Decimal;
  quoteUsdt: Decimal;
  /** What is held, ordered and sold short of base and quote, outside of bags. */
  exposure: Exposure;
  /** Quote that can be spent, in quote. */
  freeQuote: Decimal;
  /** Open risk of positions and reservations. */
  heat: Decimal;
  /** Value of positions and reservations. */
  capital: Decimal;
  /** Open risk that lies on either side of the clusters which the pair touches; the greatest of them. */
  clusterHeat: Decimal;
  inCluster: boolean;
  tick: Decimal;
  lot: Decimal;
  minQuantity: Decimal;
  minCost: Decimal;
  /** Read for a short alone, else null. */
  margin: MarginFigures | null;
}

/** The account as the lender sees it less bags, USDT. */
export interface MarginFigures {
  equity: Decimal;
  /** Bound by positions and by entries on their way. */
  used: Decimal;
  /** As the venue tells it now, percent; null without positions. */
  levelPct: number | null;
  /** Level, percent, from which the venue calls for more. */
  callPct: Decimal;
  /** Interest of one rollover and of the open, percent. */
  rate: { open: Decimal; rollover: Decimal };
}

export interface EntryContext {
  input: EntryReviewInput;
  limits: RiskLimits;
  /** What could not be read; `figures` is null unless this is empty. */
  unreadable: string[];
  figures: Figures | null;
  /** What the decision asks for, in prices; null when it is no entry or has no usable stop. */
  setup: Setup | null;
}

/** Reads the numbers of a review once, for all rules. Never throws for a value; a bad one is named. */
export function entryContext(input: EntryReviewInput): EntryContext {
  const reader = new Reader();
  const figures = readFigures(input, reader);
  const readable = reader.problems.length === 0;
  return {
    input,
    limits: input.limits,
    unreadable: reader.problems,
    figures: readable ? figures : null,
    setup: readable ? readSetup(input, figures) : null,
  };
}

const ZERO = new Decimal(0);
const ONE = new Decimal(1);

class Reader {
  readonly problems: string[] = [];

  decimal(name: string, text: unknown, least: 'positive' | 'not-negative' | 'any'): Decimal {
    if (!isDecimalText(text)) return this.#bad(name, text);
    const value = new Decimal(text);
    const low = least === 'positive' ? !value.gt(0) : least === 'not-negative' && value.lt(0);
    return low ? this.#bad(name, text) : value;
  }

  /** A percentage, as a number. */
  share(name: string, value: unknown): Decimal {
    const isShare = typeof value === 'number' && Number.isFinite(value) && value >= 0;
    return isShare ? new Decimal(value) : this.#bad(name, value);
  }

  count(name: string, value: unknown): void {
    if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) this.#bad(name, value);
  }

  #bad(name: string, value: unknown): Decimal {
    this.problems.push(`${name} is ${String(value).slice(0, 40)}`);
    return ONE;
  }
}

function readFigures(input: EntryReviewInput, reader: Reader): Figures {
  const { account, market, instrument, desk, pair } = input;
  const side = isShort(input) ? 'sell' : 'buy';
  if (!isPair(pair) || instrument.pair !== pair) {
    reader.problems.push(`pair is ${pair}, its instrument ${instrument.pair}`);
  }
  reader.count('now', input.now);
  reader.count('cooldownUntil', desk.cooldownUntil ?? 0);
  reader.count('lossStreak', desk.lossStreak);
  reader.count('tradesToday', desk.tradesToday);
  reader.count('llmSpendTodayUsd', desk.llmSpendTodayUsd);
  reader.count('takerFee', instrument.takerFee);
  reader.count('makerFee', instrument.makerFee);

  const base = baseOf(pair);
  const quote = quoteOf(pair);
  const price = (asset: Asset): Decimal =>
    asset === 'USDT' ? ONE : reader.decimal(`USDT per ${asset}`, market.usdtPer[asset], 'positive');
  const bag = (asset: Asset): Decimal =>
    reader.decimal(`bag of ${asset}`, account.bags[asset] ?? '0', 'not-negative');

  const netWorth = reader.decimal('equity', account.equity, 'positive');
  let bagged = ZERO;
  for (const asset of Object.keys(account.bags)) {
    const held = bag(asset);
    if (!held.isZero()) bagged = bagged.add(held.mul(price(asset)));
  }
  const equity = netWorth.sub(bagged);
  if (!equity.gt(0)) reader.problems.push(`equity outside of bags is ${equity.toFixed()}`);

  const bid = reader.decimal('bid', market.bid, 'positive');
  const ask = reader.decimal('ask', market.ask, 'positive');
  if (ask.lt(bid)) reader.problems.push(`ask ${market.ask} is below bid ${market.bid}`);

  const exposure = new Exposure();
  const hold = (asset: Asset): void => {
    const held = reader.decimal(`holdings of ${asset}`, account.holdings[asset] ?? '0', 'any');
    exposure.addHolding(asset, heldValue(held, bag(asset), price(asset)));
  };
  hold(base);
  // a short keeps what it was paid in: its quote counts too
  if (side === 'sell' && quote !== 'USDT') hold(quote);
  const free = reader.decimal(`free ${quote}`, account.free[quote] ?? '0', 'any');

  let heat = ZERO;
  let capital = ZERO;
  let bound = ZERO;
  const cluster = new ClusterHeat(input.limits.clusters, pair, side);
  // what a position gained beyond its entry gives no room: a negative risk counts as none
  const carry = (what: string, item: { pair: string; riskUsdt: string; notionalUsdt: string }) => {
    const risk = reader.decimal(`risk of ${what} ${item.pair}`, item.riskUsdt, 'any');
    const value = reader.decimal(`value of ${what} ${item.pair}`, item.notionalUsdt, 'any');
    capital = capital.add(Decimal.max(0, value));
    heat = heat.add(Decimal.max(0, risk));
    return { risk: Decimal.max(0, risk), value: Decimal.max(0, value) };
  };
  for (const position of account.positions) {
    const { risk, value } = carry('position', position);
    cluster.add(position.pair, position.side, risk);
    // what was bought is among the holdings
    if (position.side === 'sell') exposure.addShort(position.pair, value);
  }
  for (const reservation of account.reservations) {
    const { risk, value } = carry('reservation', reservation);
    const { pair: on, side: ordered = 'buy', marginUsdt = '0' } = reservation;
    cluster.add(on, ordered, risk);
    if (ordered === 'sell') exposure.addShort(on, value);
    else exposure.addPurchase(on, value);
    bound = bound.add(reader.decimal(`margin of reservation ${on}`, marginUsdt, 'not-negative'));
  }

  return {
    base,
    quote,
    equity,
    netWorth,
    peak: reader.decimal('peak equity', account.peakEquity, 'positive'),
    dayStart: reader.decimal('equity at the start of the day', account.dayStartEquity, 'positive'),
    weekStart: reader.decimal(
      'equity at the start of the week',
      account.weekStartEquity,
      'positive',
    ),
    monthStart: reader.decimal(
      'equity at the start of the month',
      account.monthStartEquity,
      'positive',
    ),
    bid,
    ask,
    mid: bid.add(ask).div(2),
    quoteUsdt: price(quote),
    exposure,
    freeQuote: Decimal.max(0, free),
    heat,
    capital,
    clusterHeat: cluster.greatest(),
    inCluster: cluster.touched(),
    tick: reader.decimal('tick', instrument.tick, 'positive'),
    lot: reader.decimal('lot', instrument.lot, 'positive'),
    minQuantity: reader.decimal('least quantity', instrument.minQuantity, 'not-negative'),
    minCost: reader.decimal('least cost', instrument.minCost, 'not-negative'),
    margin:
      side === 'sell' ? readMargin(input, reader, { netWorth, bagged, reserved: bound }) : null,
  };
}

/** What lends to a short: what is missing or absurd of it is named, for nothing may be borrowed on a guess. */
function readMargin(
  { account, instrument }: EntryReviewInput,
  reader: Reader,
  of: { netWorth: Decimal; bagged: Decimal; reserved: Decimal },
): MarginFigures {
  const { margin } = account;
  const used = reader.decimal('margin used', margin?.usedUsdt, 'not-negative');
  const free = reader.decimal('free margin', margin?.freeUsdt, 'any');
  const level = margin?.levelPct ?? null;
  if (level !== null) reader.share('margin level', level);
  const rate = instrument.marginRatePct;
  return {
    // the lower of what venue and ledger say
    equity: Decimal.min(used.add(free), of.netWorth).sub(of.bagged),
    used: used.add(of.reserved),
    levelPct: level,
    callPct: reader.share('margin call', instrument.marginCallPct),
    rate: {
      open: reader.share('interest at the open', rate?.open),
      rollover: reader.share('interest of a rollover', rate?.rollover),
    },
  };
}

/**
 * Open risk per cluster and side. A position is taken apart into its two legs: buying XRP/BTC is long XRP
 * and short BTC, so its risk lies on both sides of the cluster. Opposite legs give no credit: stops do not
 * hedge each other, and so a further position never lowers the heat.
 */
class ClusterHeat {
  readonly #sides: { assets: readonly Asset[]; long: boolean; heat: Decimal }[] = [];

  /** `pair` and `side` are those of the entry: only the sides that it adds to are looked at. */
  constructor(clusters: readonly (readonly Asset[])[], pair: string, side: 'buy' | 'sell') {
    const [long, short] =
      side === 'buy' ? [baseOf(pair), quoteOf(pair)] : [quoteOf(pair), baseOf(pair)];
    for (const assets of clusters) {
      if (assets.includes(long)) this.#sides.push({ assets, long: true, heat: ZERO });
      if (assets.includes(short)) this.#sides.push({ assets, long: false, heat: ZERO });
    }
  }

  add(pair: string, side: 'buy' | 'sell', risk: Decimal): void {
    for (const each of this.#sides) {
      const leg = each.long === (side === 'buy') ? baseOf(pair) : quoteOf(pair);
      if (each.assets.includes(leg)) each.heat = each.heat.add(risk);
    }
  }

  greatest(): Decimal {
    return this.#sides.reduce((most, side) => Decimal.max(most, side.heat), ZERO);
  }

  touched(): boolean {
    return this.#sides.length > 0;
  }
}
