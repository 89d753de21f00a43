import type { PairCosts } from '../backtest/exit-finder.ts';
import { decimalText } from '../backtest/reviewed-holdings.ts';
import { ladderOf } from '../guard/ladder.ts';
import { quoteOf, type Asset, type Pair } from '../pair.ts';
import type { Instrument } from '../venue.ts';
import type {
  SavedShadowPair,
  ShadowEntry,
  ShadowPosition,
  ShadowTerms,
  ShadowTotals,
} from './shadow-types.ts';

/** What an account over these pairs is valued in: USDT where a pair has it, else the first pair's quote. */
export function numeraireOf(pairs: readonly Pair[]): Asset {
  return pairs.some((pair) => quoteOf(pair) === 'USDT') ? 'USDT' : quoteOf(pairs[0]!);
}

export function flatPair(close: number): SavedShadowPair {
  return { close, position: null, entry: null, leaving: null, cooldownUntil: null };
}

export function noTotals(): ShadowTotals {
  return {
    trades: 0,
    wins: 0,
    wonR: 0,
    lostR: 0,
    withR: 0,
    fills: 0,
    fees: 0,
    llmCost: 0,
    entriesAsked: 0,
    vetoes: {},
  };
}

/** What an entry has become: its ladder is that of the quantity which was filled. */
export function openedPosition(
  entry: ShadowEntry,
  fill: { amount: number; price: number; fee: number; barMs: number; openedMs: number },
  instrument: Instrument,
): ShadowPosition {
  const rungs = ladderOf(decimalText(fill.amount), entry.targets, instrument);
  return {
    ...(entry.short === undefined
      ? {}
      : { short: { leverage: entry.short.leverage, lowest: fill.price, running: 0, settled: 0 } }),
    quantity: fill.amount,
    bought: fill.amount,
    entryPrice: fill.price,
    entryBarMs: fill.barMs,
    openedMs: fill.openedMs,
    firstStop: entry.stop,
    stop: entry.stop,
    highest: 0,
    rungsSold: 0,
    exits: entry.exits,
    rungs: rungs.map((rung) => ({ price: Number(rung.price), quantity: Number(rung.quantity) })),
    proceeds: 0,
    fees: fill.fee,
  };
}

export function pairCosts(terms: ShadowTerms, p: number): PairCosts {
  const instrument = terms.instruments[p]!;
  return {
    ...terms.costs[p]!,
    takerFee: instrument.takerFee,
    makerFee: instrument.makerFee,
    priceScale: 10 ** instrument.priceDecimals,
    lot: Number(instrument.lot),
    marginRatePct: instrument.marginRatePct ?? null,
  };
}
