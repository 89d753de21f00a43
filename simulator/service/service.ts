import type { Asset } from '../../shared/pair.ts';
import {
  createExchange,
  newState,
  type Exchange,
  type ExchangeOptions,
} from '../exchange/exchange.ts';
import type { MarketSource } from '../market/market-source.ts';
import { applyDeltas, createDeltas, isDelta } from '../state/state-delta.ts';
import { parseState, stateText, type Fact, type Notice } from '../state/state.ts';
import type { Command, Journal } from './journal.ts';
import { createRateLimits, type RateLimits } from './rate-limits.ts';

/**
 * The exchange behind its journal: every command is written down, with all that followed from it, before
 * anybody hears of it.
 */
export interface Service {
  readonly exchange: Exchange;
  /** Kraken's counters; off until a scenario sets a tier. */
  readonly limits: RateLimits;
  /**
   * Carries out `apply`, journals the command with what followed, and publishes. A command whose result
   * `changed` nothing, e.g. a refusal, is not journaled.
   */
  command<T>(
    command: Command,
    apply: (exchange: Exchange) => T,
    changed?: (result: T) => boolean,
  ): T;
  /** Lets the clock run to `limitMs`, or to the next event. */
  run(limitMs: number): void;
  /** Makes the clock stop at the times that a scenario names, for what it does then. */
  stopFor(stops: { nextMs(): number; act(nowMs: number): void }): void;
  /** Told of notices after they are journaled, in order. */
  onNotices(listener: (notices: readonly Notice[]) => void): void;
  /** Told after the listeners of notices whenever anything may have changed. */
  onChange(listener: () => void): void;
}

/** Brings the exchange to where its journal left it. Throws when journal and market do not fit together. */
export function openService(
  journal: Journal,
  options: Pick<ExchangeOptions, 'market'> & {
    deposits: Readonly<Record<Asset, string>>;
    /** Called between the journal and everybody else. */
    onJournaled?: (command: Command) => void;
  },
): Service {
  const { books } = options.market;
  const isLive = books?.isLive === true;
  const saved = isLive ? written(journal, options.market) : journal.checkpoint;
  const exchange = createExchange({ ...options, ...(saved === null ? {} : { saved }) });
  const deltas = isLive ? createDeltas(exchange.state, saved !== null) : null;
  const listeners: ((notices: readonly Notice[]) => void)[] = [];
  const watchers: (() => void)[] = [];
  let stops = { nextMs: () => Infinity, act: (_nowMs: number): void => undefined };
  if (books !== undefined) books.seek(exchange.state.feedTaken);
  if (deltas === null) {
    const records = journal.records.flatMap((record) => (isDelta(record) ? [] : [record]));
    journal.append(replay(exchange, records));
    if (journal.clockMs > exchange.state.nowMs) {
      exchange.run(journal.clockMs);
      journal.append(exchange.take().facts);
    }
  } else if (saved === null) {
    const { facts, notices } = exchange.take();
    journal.append([...facts, deltas.next(facts, notices)]);
  }

  function publish(command: Command | null): void {
    const { facts, notices } = exchange.take();
    const records = command === null ? facts : [command, ...facts];
    const changes = records.length > 0 || notices.some((n) => n.notice === 'order');
    if (deltas === null || !changes) journal.append(records);
    else journal.append([...records, deltas.next(facts, notices)]);
    if (command !== null) options.onJournaled?.(command);
    if (journal.checkpointDue()) journal.saveCheckpoint(exchange.save());
    if (notices.length > 0) for (const listener of listeners) listener(notices);
    for (const watcher of watchers) watcher();
  }

  return {
    exchange,
    limits: createRateLimits(),
    command(command, apply, changed = () => true) {
      // What is due at this very moment comes first, as it will when the journal is gone through again.
      exchange.run(isLive ? Date.now() : exchange.state.nowMs);
      publish(null);
      const result = apply(exchange);
      publish(changed(result) ? command : null);
      return result;
    },
    run(limitMs) {
      for (;;) {
        const stopMs = stops.nextMs();
        exchange.run(Math.min(limitMs, stopMs));
        // Before anybody hears of a time: whoever did must find it again after a crash.
        journal.noteClock(exchange.state.nowMs);
        publish(null);
        if (exchange.state.nowMs < stopMs) return;
        stops.act(exchange.state.nowMs);
      }
    },
    stopFor: (wanted) => void (stops = wanted),
    onNotices: (listener) => void listeners.push(listener),
    onChange: (watcher) => void watchers.push(watcher),
  };
}

/** The state that the journal of a live market holds, as text; null when it is new. */
function written(journal: Journal, market: MarketSource): string | null {
  const deltas = journal.records.filter(isDelta);
  if (journal.checkpoint === null && deltas.length === 0) return null;
  const state = journal.checkpoint === null ? newState(market) : parseState(journal.checkpoint);
  applyDeltas(state, deltas);
  return stateText(state);
}

/**
 * Carries out the journaled commands again and holds what follows against the journaled facts. Returns the
 * facts that a crash kept from being written.
 */
function replay(exchange: Exchange, records: readonly (Command | Fact)[]): Fact[] {
  let pending = exchange.take().facts;
  for (const record of records) {
    if ('do' in record) {
      if (pending.length > 0) throw new Error(mismatch(record, pending[0]));
      exchange.run(record.at);
      carryOut(exchange, record);
      pending = exchange.take().facts;
      continue;
    }
    if (pending.length === 0) {
      exchange.run(record.at);
      pending = exchange.take().facts;
    }
    const fact = pending.shift();
    if (JSON.stringify(fact) !== JSON.stringify(record)) throw new Error(mismatch(record, fact));
  }
  return pending;
}

function mismatch(found: unknown, expected: unknown): string {
  return (
    `the journal does not fit the market: it says ${JSON.stringify(found)} where ` +
    `${JSON.stringify(expected ?? 'nothing')} follows from the candles; ` +
    'were the candle files changed? Start with another --journal folder'
  );
}

function carryOut(exchange: Exchange, command: Command): void {
  switch (command.do) {
    case 'attach':
      return exchange.attach(command.timeframes);
    case 'ack':
      return void exchange.acknowledge(command.event);
    case 'wake':
      return exchange.wake(command.wake);
    case 'unwake':
      return exchange.unwake(command.id);
    case 'run':
      return exchange.run(command.at);
    case 'system':
      return exchange.setSystem(command.system);
    case 'partial-fills':
      return exchange.fillPartially(command.share, command.count);
    case 'index':
      return exchange.setIndex(command.pair, command.ratio);
    case 'cancel-all-at':
      return exchange.cancelAllAt(command.atMs);
    case 'place':
      return void exchange.place(command.request);
    case 'amend':
    case 'cancel': {
      const order = exchange.order(command.order);
      if (order === null) throw new Error(`the journal changes an unknown order ${command.order}`);
      if (command.do === 'amend') exchange.amend(order, command.change);
      else exchange.cancel(order);
      return;
    }
    default:
      return command satisfies never;
  }
}
