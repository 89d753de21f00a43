import {
  parseState,
  stateText,
  type Core,
  type ExchangeState,
  type Fact,
  type Notice,
} from './state.ts';

/** A line of the journal that says how a change left the state, where it cannot be worked out again. */
export interface DeltaRecord {
  delta: string;
}

export const isDelta = (record: object): record is DeltaRecord => 'delta' in record;

/** The parts of the state that are small enough to be written down whole with each change. */
const WHOLE = [
  'nowMs',
  'candleMs',
  'phase',
  'arrivals',
  'system',
  'partialFills',
  'cancelAllMs',
  'tradeNumbers',
  'balances',
  'openIds',
  'positions',
  'taken',
  'indexRatios',
] as const satisfies readonly (keyof ExchangeState)[];
/** The parts that grow: of these only what is new or changed. */
type Delta = Pick<
  ExchangeState,
  (typeof WHOLE)[number] | 'orders' | 'trades' | 'ledger' | 'closedPositions'
>;

export interface Deltas {
  /** What has changed since the last call, as a record. */
  next(facts: readonly Fact[], notices: readonly Notice[]): DeltaRecord;
}

/** Follows `state`, of which all is written down already when it is `known`. */
export function createDeltas(state: Core['state'], known: boolean): Deltas {
  const count = { trades: 0, ledger: 0, closedPositions: 0 };
  const mark = (): void => {
    count.trades = state.trades.size;
    count.ledger = state.ledger.length;
    count.closedPositions = state.closedPositions.size;
  };
  if (known) mark();
  return {
    next(facts, notices) {
      const touched = new Set<string>();
      for (const fact of facts) if ('order' in fact) touched.add(fact.order);
      for (const notice of notices) if (notice.notice === 'order') touched.add(notice.orderId);
      // A stop that trails moves without a word.
      for (const id of state.openIds.keys())
        if (state.orders.get(id)?.trail != null) touched.add(id);
      const orders = [...touched].flatMap((id) => {
        const order = state.orders.get(id);
        return order === undefined ? [] : [[id, order] as const];
      });
      const whole = Object.fromEntries(WHOLE.map((key) => [key, state[key]]));
      const delta = {
        ...whole,
        orders: new Map(orders),
        trades: new Map([...state.trades].slice(count.trades)),
        closedPositions: new Map([...state.closedPositions].slice(count.closedPositions)),
        ledger: state.ledger.slice(count.ledger),
      };
      mark();
      return { delta: stateText(delta) };
    },
  };
}

/** Brings `state` to where the records leave it. */
export function applyDeltas(state: ExchangeState, records: readonly DeltaRecord[]): void {
  for (const record of records) {
    const { orders, trades, closedPositions, ledger, ...whole } = parseState(record.delta) as Delta;
    Object.assign(state, whole);
    for (const [id, order] of orders) state.orders.set(id, order);
    for (const [id, trade] of trades) state.trades.set(id, trade);
    for (const [id, position] of closedPositions) state.closedPositions.set(id, position);
    state.ledger.push(...ledger);
  }
  // How the queues moved meanwhile is not known: each order goes to the end of its own.
  for (const order of state.orders.values()) order.queue = null;
}
