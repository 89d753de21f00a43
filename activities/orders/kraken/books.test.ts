import { afterEach, beforeEach, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { crc32 } from '../../../shared/kraken/crc32.ts';
import { openKrakenBooks, type KrakenBooks } from './books.ts';
import {
  acknowledge,
  startFakeKraken,
  type FakeKraken,
  type FakeRequest,
} from './fake-kraken.fixture.ts';

let kraken: FakeKraken;
let books: KrakenBooks | undefined;
let requests: FakeRequest[];

const INSTRUMENTS = [
  { pair: 'BTC/USDT', priceDecimals: 1, lot: '0.00000001' },
  { pair: 'XRP/USDT', priceDecimals: 5, lot: '0.00000001' },
];

/** One bid and one ask. Digits of 2.1 with five decimals: 210000; of 1.0 with eight: 100000000. */
const message = (type: string, pair: string, quantity: string, checksum?: number): string => {
  const digits = (price: string): string => price + quantity.replace('.', '').replace(/^0+/, '');
  const [ask, bid] = pair === 'BTC/USDT' ? ['22', '21'] : ['220000', '210000'];
  const right = crc32(digits(ask) + digits(bid));
  return (
    `{"channel":"book","type":"${type}","data":[{"symbol":"${pair}",` +
    `"bids":[{"price":2.1,"qty":${quantity}}],"asks":[{"price":2.2,"qty":${quantity}}],` +
    `"checksum":${checksum ?? right},"timestamp":"2026-11-21T10:00:00Z"}]}`
  );
};

const serve = (socket: WebSocket, request: FakeRequest): void => {
  requests.push(request);
  acknowledge(socket, request);
  if (request.method !== 'subscribe') return;
  for (const pair of request.params?.symbol ?? []) {
    socket.send(message('snapshot', pair, '1.00000000'));
  }
};

beforeEach(async () => {
  kraken = await startFakeKraken();
  requests = [];
  kraken.onRequest(serve);
});

afterEach(async () => {
  books?.close();
  await kraken.close();
});

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
};

const best = (pair: string): string | undefined =>
  books?.book(pair)?.levels('bids', 1)[0]?.quantity;

const sendAll = (text: string): void => {
  for (const socket of kraken.sockets) socket.send(text);
};

test('follows several books and heals the one whose checksum is wrong', async () => {
  const wrong: string[] = [];
  books = await openKrakenBooks({
    ws: kraken.ws,
    instruments: INSTRUMENTS,
    onMismatch: (pair) => wrong.push(pair),
  });
  sendAll(message('update', 'BTC/USDT', '3.00000000'));
  sendAll(message('update', 'XRP/USDT', '4.00000000', 1));
  await until(() => wrong.length === 1);
  expect(books.book('XRP/USDT')?.isLive()).toBe(false);
  expect(books.book('BTC/USDT')?.isLive()).toBe(true);
  expect(best('BTC/USDT')).toBe('3.00000000');
  await until(() => books?.book('XRP/USDT')?.isLive() === true);
  expect(best('XRP/USDT')).toBe('1.00000000');
  expect(requests.slice(1).map(({ method, params }) => [method, params?.symbol])).toEqual([
    ['unsubscribe', ['XRP/USDT']],
    ['subscribe', ['XRP/USDT']],
  ]);
});

test('shows no book while the connection is gone, and a fresh one after', async () => {
  books = await openKrakenBooks({
    ws: kraken.ws,
    instruments: INSTRUMENTS,
    times: { firstBackoffMs: 1, mostBackoffMs: 1 },
  });
  sendAll(message('update', 'BTC/USDT', '3.00000000'));
  await until(() => best('BTC/USDT') === '3.00000000');
  for (const socket of kraken.sockets) socket.terminate();
  await until(() => books?.book('BTC/USDT')?.isLive() === false);
  await until(() => books?.book('BTC/USDT')?.isLive() === true);
  expect(best('BTC/USDT')).toBe('1.00000000');
});
