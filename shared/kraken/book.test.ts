import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bookReader, type BookOutcome, type BookReader } from './book.ts';
import { crc32 } from './crc32.ts';

/** The worked example of Kraken's checksum guide; a recorder has cut the trailing zeros. */
const GUIDE =
  '{"channel":"book","type":"snapshot","data":[{"symbol":"BTC/USD","bids":[' +
  '{"price":45283.5,"qty":0.1},{"price":45283.4,"qty":1.54582015},{"price":45282.1,"qty":0.1},' +
  '{"price":45281,"qty":0.10000000},{"price":45280.3,"qty":1.54592586},' +
  '{"price":45279.0,"qty":0.0799},{"price":45277.6,"qty":0.03310103},' +
  '{"price":45277.5,"qty":0.3},{"price":45277.3,"qty":1.54602737},' +
  '{"price":45276.6,"qty":0.15445238}],"asks":[{"price":45285.2,"qty":0.001},' +
  '{"price":45286.4,"qty":1.54571953},{"price":45286.6,"qty":1.54571109},' +
  '{"price":45289.6,"qty":1.54560911},{"price":45290.2,"qty":0.1589066},' +
  '{"price":45291.8,"qty":1.54553491},{"price":45294.7,"qty":0.04454749},' +
  '{"price":45296.1,"qty":0.3538},{"price":45297.5,"qty":0.09945542},' +
  '{"price":45299.5,"qty":0.18772827}],"checksum":3310070434}]}';

function follow(
  pair: string,
  priceDecimals: number,
  depth = 10,
): { reader: BookReader; outcomes: BookOutcome[] } {
  const outcomes: BookOutcome[] = [];
  const reader = bookReader({
    books: [{ pair, priceDecimals, quantityDecimals: 8 }],
    depth,
    onOutcome: (_, outcome) => outcomes.push(outcome),
  });
  return { reader, outcomes };
}

test("matches the checksum of Kraken's guide", () => {
  const { reader, outcomes } = follow('BTC/USD', 1);
  reader.read(GUIDE);
  expect(outcomes).toEqual(['applied']);
  expect(reader.book('BTC/USD')?.levels('bids', 2)).toEqual([
    { price: '45283.5', quantity: '0.10000000' },
    { price: '45283.4', quantity: '1.54582015' },
  ]);
});

test('matches it whatever the order of keys, spaces and quotes', () => {
  const { reader, outcomes } = follow('BTC/USD', 1);
  const { channel, type, data } = JSON.parse(GUIDE) as Record<string, unknown>;
  reader.read(JSON.stringify({ data, type, channel }, null, 1));
  reader.read(GUIDE.replace('"price":45283.5', '"price":"45283.5"'));
  expect(outcomes).toEqual(['applied', 'applied']);
});

test('reads small prices and numbers in exponent form', () => {
  // Checksum by hand: CRC-32 of 2271155000000022721200000000022705000000226990012345678.
  const text =
    '{"channel":"book","type":"snapshot","data":[{"symbol":"XRP/BTC","bids":[' +
    '{"price":2.27e-05,"qty":0.05},{"price":0.00002269,"qty":900.12345678}],"asks":[' +
    '{"price":0.00002271,"qty":15.5},{"price":0.00002272,"qty":120}],"checksum":3375358311}]}';
  const { reader, outcomes } = follow('XRP/BTC', 8);
  reader.read(text);
  expect(outcomes).toEqual(['applied']);
  expect(reader.book('XRP/BTC')?.levels('bids', 9)).toEqual([
    { price: '0.00002270', quantity: '0.05000000' },
    { price: '0.00002269', quantity: '900.12345678' },
  ]);
});

const update = (bids: string, checksum: number): string =>
  `{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[${bids}],"asks":[],` +
  `"checksum":${checksum},"timestamp":"2023-07-30T15:29:58.343415Z"}]}`;

test('is not to be read after a mismatch, until the next snapshot', () => {
  const { reader, outcomes } = follow('BTC/USD', 1);
  const book = reader.book('BTC/USD');
  reader.read(update('{"price":1.0,"qty":1}', 1));
  reader.read(GUIDE);
  expect(book?.isLive()).toBe(true);
  reader.read(update('{"price":45283.5,"qty":0.2}', 1));
  expect(book?.isLive()).toBe(false);
  reader.read(update('', 3310070434));
  reader.read(GUIDE);
  expect(outcomes).toEqual(['ignored', 'applied', 'mismatch', 'ignored', 'applied']);
});

test('takes more decimals than the pair has for a mismatch', () => {
  const { reader, outcomes } = follow('BTC/USD', 1);
  reader.read(GUIDE);
  reader.read(update('{"price":45283.55,"qty":0.2}', 1));
  expect(outcomes).toEqual(['applied', 'mismatch']);
});

interface Change {
  side: 'bids' | 'asks';
  price: number;
  size: number;
}

/** The book as the documentation words it, slow and plain. */
function plainBook(depth: number) {
  const sides = { bids: new Map<number, number>(), asks: new Map<number, number>() };
  const sorted = (side: 'bids' | 'asks') =>
    [...sides[side]].sort(([a], [b]) => (side === 'asks' ? a - b : b - a));
  return {
    sorted,
    apply: (changes: Change[]): number => {
      for (const { side, price, size } of changes) {
        if (size === 0) sides[side].delete(price);
        else sides[side].set(price, size);
      }
      sides.bids = new Map(sorted('bids').slice(0, depth));
      sides.asks = new Map(sorted('asks').slice(0, depth));
      const top = [...sorted('asks').slice(0, 10), ...sorted('bids').slice(0, 10)];
      return crc32(top.map(([price, size]) => `${price}${size}`).join(''));
    },
  };
}

const change = fc.record({
  side: fc.constantFrom('bids' as const, 'asks' as const),
  price: fc.integer({ min: 1, max: 60 }),
  size: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 3_000_000_000 })),
});

test.each([10, 25])('agrees with the plain book at depth %i, whatever comes', (depth) => {
  fc.assert(
    fc.property(fc.array(fc.array(change, { maxLength: 30 })), (messages) => {
      const plain = plainBook(depth);
      const { reader, outcomes } = follow('BTC/USD', 1, depth);
      const say = (type: string, changes: Change[]): void => {
        const level = ({ price, size }: Change): string =>
          `{"price":${(price / 10).toFixed(1)},"qty":${(size / 1e8).toFixed(8)}}`;
        const of = (side: string): string =>
          changes
            .filter((each) => each.side === side)
            .map(level)
            .join(',');
        const ordered = [
          ...changes.filter((each) => each.side === 'bids'),
          ...changes.filter((each) => each.side === 'asks'),
        ];
        reader.read(
          `{"channel":"book","type":"${type}","data":[{"symbol":"BTC/USD","bids":[${of('bids')}],` +
            `"asks":[${of('asks')}],"checksum":${plain.apply(ordered)}}]}`,
        );
      };
      say('snapshot', []);
      for (const changes of messages) say('update', changes);
      expect(outcomes.every((outcome) => outcome === 'applied')).toBe(true);
      for (const side of ['bids', 'asks'] as const) {
        expect(reader.book('BTC/USD')?.levels(side, depth)).toEqual(
          plain.sorted(side).map(([price, size]) => ({
            price: (price / 10).toFixed(1),
            quantity: (size / 1e8).toFixed(8),
          })),
        );
      }
    }),
    { numRuns: 60 },
  );
});
