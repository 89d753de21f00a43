import type { PairCosts } from '../backtest/exit-finder.ts';
import { quoteOf, type Asset, type Pair } from '../pair.ts';
import type { SavedShadowPair, ShadowTerms, ShadowTotals } from './shadow-types.ts';

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

export function pairCosts(terms: ShadowTerms, p: number): PairCosts {
  const instrument = terms.instruments[p]!;
  return {
    ...terms.costs[p]!,
    takerFee: instrument.takerFee,
    makerFee: instrument.makerFee,
    priceScale: 10 ** instrument.priceDecimals,
    lot: Number(instrument.lot),
  };
}
