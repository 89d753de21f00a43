import { Decimal } from '../../shared/money.ts';
import type { Asset, Pair } from '../../shared/pair.ts';
import { barOpenMs, type Timeframe } from '../../shared/timeframe.ts';
import { freeOf, heldOf, moveBalance } from '../account/funds.ts';
import { marginAccount, type MarginAccount } from '../account/margin.ts';
import { FEE_TIERS, type Instrument } from '../market/instruments.ts';
import type { MarketSource } from '../market/market-source.ts';
import { touchPrice } from '../matching/liquidity.ts';
import { isDormant, type Order, type OrderRequest, type Side, type Trade } from '../state/order.ts';
import {
  openOrders,
  parseState,
  standingPrice,
  stateText,
  type Core,
  type ExchangeState,
  type Fact,
  type Notice,
  type SystemMode,
} from '../state/state.ts';
import { acknowledge, attach, bookWake, wakeView } from './events.ts';
import {
  amendOrder,
  cancelOrder,
  findByClientId,
  placeOrder,
  type Amendment,
  type Refusal,
} from './order-entry.ts';
import { runClock } from './run-clock.ts';

export interface ExchangeOptions {
  market: MarketSource;
  /** Deposited when the exchange is new. */
  deposits: Readonly<Record<Asset, string>>;
  /** State text of an earlier `save`, to go on from. */
  saved?: string;
}

export type WakeRequest =
  { id: string; atMs: number } | { id: string; pair: Pair; side: 'above' | 'below'; level: number };

/**
 * The exchange as a state machine: accounts, orders, matching and stepped time, without any socket, file or
 * clock of its own. Every change comes in by one of the commands, and the same commands at the same venue
 * times always give the same facts.
 */
export interface Exchange {
  readonly market: MarketSource;
  readonly instruments: ReadonlyMap<Pair, Instrument>;
  readonly state: Readonly<ExchangeState>;
  readonly fees: { taker: Decimal; maker: Decimal };
  /** Lets the clock run to `limitMs`, or to the next event while attached. */
  run(limitMs: number): void;
  attach(timeframes: readonly Timeframe[]): void;
  /** False for an event that was not handed out yet. */
  acknowledge(event: number): boolean;
  wake(wake: WakeRequest): void;
  unwake(id: string): void;
  place(request: OrderRequest): Order | Refusal;
  amend(order: Order, change: Amendment): Refusal | null;
  cancel(order: Order): Refusal | null;
  /** What the venue lets through from now on. */
  setSystem(system: SystemMode): void;
  /** Lets the next `count` fills of resting orders give only `share` of what is left. */
  fillPartially(share: number, count: number): void;
  /** Sets the index price of a pair as a multiple of its last price, or puts it out. */
  setIndex(pair: Pair, ratio: number | 'out'): void;
  /** Cancels all orders at that venue time unless it is set anew; null switches it off. */
  cancelAllAt(atMs: number | null): void;
  order(id: string): Order | null;
  orderByClientId(clientId: string): Order | null;
  openOrders(): Order[];
  trades(): Trade[];
  margin(): MarginAccount;
  free(asset: Asset): Decimal;
  held(asset: Asset): Decimal;
  price(pair: Pair): number;
  /** What a taker pays or gets now. */
  touch(pair: Pair, side: Side): Decimal;
  /** Facts and notices since the last call, in order. */
  take(): { facts: Fact[]; notices: Notice[] };
  save(): string;
}

/** An exchange in which nothing has happened yet but its deposits, or one that goes on from `saved`. */
export function createExchange(options: ExchangeOptions): Exchange {
  const { market } = options;
  let facts: Fact[] = [];
  let notices: Notice[] = [];
  const { instruments } = market;
  const [, taker, maker] = FEE_TIERS[0] as (typeof FEE_TIERS)[number];
  const core: Core = {
    state: options.saved === undefined ? newState(market) : parseState(options.saved),
    market,
    instruments,
    fees: { taker: new Decimal(taker).div(100), maker: new Decimal(maker).div(100) },
    fact: (fact) => facts.push(fact),
    notice: (notice) => notices.push(notice),
  };
  const { state } = core;
  if (options.saved === undefined) {
    for (const [asset, text] of Object.entries(options.deposits)) {
      const amount = new Decimal(text);
      if (amount.isZero()) continue;
      moveBalance(core, {
        refId: `deposit ${asset}`,
        type: 'deposit',
        asset,
        amount,
        fee: new Decimal(0),
      });
      core.fact({ fact: 'deposit', at: state.nowMs, asset, amount: amount.toFixed() });
    }
  }
  /** With no desk attached orders match at once. */
  const settleNow = (): void => {
    if (state.attached === null) runClock(core, state.nowMs);
  };
  return {
    market,
    instruments,
    state,
    fees: core.fees,
    run: (limitMs) => runClock(core, limitMs),
    attach: (timeframes) => attach(core, timeframes),
    acknowledge: (event) => acknowledge(core, event),
    wake(wake) {
      if ('atMs' in wake) bookWake(core, { kind: 'time', ...wake });
      else bookWake(core, { kind: 'level', ...wake, sees: wakeView(core), fresh: true });
    },
    unwake: (id) => void state.wakes.delete(id),
    place(request) {
      const placed = placeOrder(core, request);
      if (!('error' in placed)) settleNow();
      return placed;
    },
    amend(order, change) {
      const refusal = amendOrder(core, order, change);
      if (refusal === null) settleNow();
      return refusal;
    },
    cancel: (order) => cancelOrder(core, order),
    setSystem(system) {
      state.system = system;
      core.notice({ notice: 'system', system });
    },
    fillPartially(share, count) {
      state.partialFills = { share, left: count };
    },
    setIndex(pair, ratio) {
      state.indexRatios.set(pair, ratio);
      for (const order of openOrders(state)) {
        if (order.pair === pair && order.reference === 'index' && isDormant(order))
          order.fresh = true;
      }
      settleNow();
    },
    cancelAllAt(atMs) {
      state.cancelAllMs = atMs;
    },
    order: (id) => state.orders.get(id) ?? null,
    orderByClientId: (clientId) => findByClientId(core, clientId),
    openOrders: () => openOrders(state),
    trades: () => [...state.trades.values()],
    margin: () => marginAccount(core),
    free: (asset) => freeOf(core, asset),
    held: (asset) => heldOf(core, asset),
    price: (pair) => standingPrice(core, pair),
    touch: (pair, side) => touchPrice(core, pair, side),
    take() {
      const taken = { facts, notices };
      facts = [];
      notices = [];
      return taken;
    },
    save: () => stateText(state),
  };
}

/** The state of an exchange in which nothing has happened yet. */
export function newState(market: MarketSource): ExchangeState {
  const state: ExchangeState = {
    nowMs: market.fromMs,
    candleMs: barOpenMs(market.fromMs, market.baseTimeframe),
    phase: 'boundary',
    insideCount: 0,
    attached: null,
    event: null,
    eventNumber: 0,
    arrivals: 0,
    ledger: [],
    system: 'online',
    partialFills: null,
    cancelAllMs: null,
    prices: new Map(),
    tradeNumbers: new Map(),
    balances: new Map(),
    orders: new Map(),
    openIds: new Map(),
    trades: new Map(),
    positions: new Map(),
    closedPositions: new Map(),
    wakes: new Map(),
    taken: new Map(),
    indexRatios: new Map(),
    feedTaken: 0,
  };
  if (market.books !== undefined) {
    for (const pair of market.pairs) state.prices.set(pair, market.books.last(pair));
    return state;
  }
  for (const pair of market.pairs) {
    const last = market.bars(pair, market.baseTimeframe, market.fromMs, 1)[0];
    const first = market.candle(pair, market.fromMs);
    const later = market.fold(pair, market.fromMs, market.fromMs + 2 * 86_400_000);
    state.prices.set(pair, first?.open ?? last?.close ?? later?.open ?? 0);
  }
  return state;
}
