/** A market as written everywhere outside a venue's own protocol: `BASE/QUOTE`, e.g. `XRP/BTC`. */
export type Pair = string;
export type Asset = string;

const PAIR = /^[A-Z0-9]{2,10}\/[A-Z0-9]{2,10}$/;

/** Whether a text is written as a pair; no venue need list it. */
export function isPair(text: string): text is Pair {
  return PAIR.test(text);
}

export function baseOf(pair: Pair): Asset {
  return pair.slice(0, pair.indexOf('/'));
}

export function quoteOf(pair: Pair): Asset {
  return pair.slice(pair.indexOf('/') + 1);
}
