import { crc32 } from '../shared/kraken/crc32.ts';
import { seededRandom } from '../shared/statistics/seeded-random.ts';

const DEPTH = 10;
const QUANTITY_DECIMALS = 8;

/**
 * A seeded book session in the shape of a captured one: a snapshot and `updates` updates of one to three
 * levels each, with right checksums. Prices have one decimal.
 */
export function generatedBookSession(updates: number) {
  const random = seededRandom(7);
  const sides = { bids: new Map<number, number>(), asks: new Map<number, number>() };
  const newSize = (): number => 1 + Math.floor(random() ** 4 * 9e8);
  for (let level = 0; level < DEPTH; level++) {
    sides.bids.set(294_302 - level * 3, newSize());
    sides.asks.set(294_303 + level * 3, newSize());
  }
  const best = (side: 'bids' | 'asks'): [number, number][] =>
    [...sides[side]].sort(([a], [b]) => (side === 'asks' ? a - b : b - a)).slice(0, DEPTH);
  const text = (type: string, bids: [number, number][], asks: [number, number][]): string => {
    const checked = [...best('asks'), ...best('bids')].map(([price, size]) => `${price}${size}`);
    const levels = (rows: [number, number][]): string =>
      rows
        .map(([price, size]) => {
          const quantity = (size / 10 ** QUANTITY_DECIMALS).toFixed(QUANTITY_DECIMALS);
          return `{"price":${(price / 10).toFixed(1)},"qty":${quantity}}`;
        })
        .join(',');
    return (
      `{"channel":"book","type":"${type}","data":[{"symbol":"BTC/USD","bids":[${levels(bids)}],` +
      `"asks":[${levels(asks)}],"checksum":${crc32(checked.join(''))},` +
      `"timestamp":"2023-07-30T15:29:58.343415Z"}]}`
    );
  };
  const messages = [text('snapshot', best('bids'), best('asks'))];
  while (messages.length <= updates) {
    const side = random() < 0.5 ? 'bids' : 'asks';
    const rows = best(side);
    const changed: [number, number][] = [];
    const level = rows[Math.floor(random() ** 2 * rows.length)] ?? [0, 0];
    if (random() < 0.3) {
      // A level goes, and the one that comes into view behind is told with it.
      const deeper = (rows.at(-1)?.[0] ?? 0) + (side === 'asks' ? 3 : -3);
      changed.push([level[0], 0], [deeper, newSize()]);
    } else {
      changed.push([level[0], newSize()]);
    }
    for (const [price, size] of changed) {
      if (size === 0) sides[side].delete(price);
      else sides[side].set(price, size);
    }
    sides[side] = new Map(best(side));
    messages.push(text('update', side === 'bids' ? changed : [], side === 'asks' ? changed : []));
  }
  return {
    name: 'generated BTC/USD',
    pair: 'BTC/USD',
    priceDecimals: 1,
    quantityDecimals: QUANTITY_DECIMALS,
    depth: DEPTH,
    messages,
  };
}
