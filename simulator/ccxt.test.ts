import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSimulator, type Simulator } from './start-simulator.ts';
import { createSyntheticSource } from './synthetic-source.ts';

interface CcxtOrder {
  id: string;
  status: string;
  filled: number;
  amount: number;
  price: number;
  clientOrderId?: string;
}
/** The part of ccxt's client that the session uses. */
interface Ccxt {
  urls: { api: { public: string; private: string; ws: { publicV2: string; privateV2: string } } };
  loadHttpProxyAgent(): Promise<unknown>;
  loadMarkets(): Promise<Record<string, unknown>>;
  fetchTicker(symbol: string): Promise<{ bid: number; ask: number; last: number }>;
  fetchOHLCV(symbol: string, timeframe: string): Promise<number[][]>;
  fetchOrderBook(symbol: string, depth: number): Promise<{ bids: number[][]; asks: number[][] }>;
  fetchTrades(symbol: string): Promise<{ price: number }[]>;
  fetchBalance(): Promise<{ total: Record<string, number>; used: Record<string, number> }>;
  createOrder(
    symbol: string,
    type: string,
    side: string,
    amount: number,
    price?: number,
    params?: object,
  ): Promise<CcxtOrder>;
  editOrder(
    id: string,
    symbol: string,
    type: string,
    side: string,
    amount: number,
    price: number,
  ): Promise<CcxtOrder>;
  cancelOrder(id: string): Promise<unknown>;
  fetchOrder(id: string): Promise<CcxtOrder>;
  fetchOpenOrders(): Promise<CcxtOrder[]>;
  fetchClosedOrders(): Promise<CcxtOrder[]>;
  fetchMyTrades(): Promise<{ order: string; amount: number; fee: { cost: number } }[]>;
  fetchPositions(): Promise<{ symbol: string; side: string; contracts: number }[]>;
  watchTicker(symbol: string): Promise<{ bid: number }>;
  watchOrderBook(symbol: string, depth: number): Promise<{ bids: number[][]; asks: number[][] }>;
  watchOHLCV(symbol: string, timeframe: string): Promise<number[][]>;
  watchOrders(symbol: string): Promise<CcxtOrder[]>;
  createOrderWs(symbol: string, type: string, side: string, amount: number): Promise<CcxtOrder>;
  close(): Promise<void>;
}
interface CcxtModule {
  default: { pro: { kraken: new (options: object) => Ccxt } };
}

/** Where ccxt is not installed the session is left out; its name or path may be given by TRIPLEGAIN_CCXT. */
const ccxt = (await import(process.env['TRIPLEGAIN_CCXT'] ?? 'ccxt').catch(
  () => null,
)) as CcxtModule | null;

describe.skipIf(ccxt === null)('a ccxt client, pointed here by its addresses alone', () => {
  const dir = mkdtempSync(join(tmpdir(), 'ccxt-'));
  let simulator: Simulator;
  let kraken: Ccxt;

  beforeAll(async () => {
    simulator = await startSimulator({
      market: createSyntheticSource({ seed: 3, fromMs: Date.UTC(2026, 0, 1) }),
      marketName: 'seed 3',
      deposits: { USDT: '1000', XRP: '500' },
      pace: 900,
      journalDir: dir,
    });
    kraken = new (ccxt as CcxtModule).default.pro.kraken({
      apiKey: simulator.key,
      secret: simulator.secret,
      enableRateLimit: false,
    });
    Object.assign(kraken.urls.api, { public: simulator.rest, private: simulator.rest });
    Object.assign(kraken.urls.api.ws, { publicV2: simulator.ws, privateV2: simulator.wsAuth });
    // ccxt in JavaScript wants this before it opens a socket without TLS.
    await kraken.loadHttpProxyAgent();
    await kraken.loadMarkets();
  });
  afterAll(async () => {
    await kraken.close();
    await simulator.close();
    rmSync(dir, { recursive: true });
  });

  it('reads the market', async () => {
    expect(Object.keys(await kraken.loadMarkets()).sort()).toEqual([
      'BTC/USDT',
      'XRP/BTC',
      'XRP/USDT',
    ]);
    const { bid, ask, last } = await kraken.fetchTicker('BTC/USDT');
    expect(bid < last && last < ask).toBe(true);
    const candles = await kraken.fetchOHLCV('BTC/USDT', '1d');
    expect(candles.length).toBeGreaterThan(250);
    const book = await kraken.fetchOrderBook('XRP/BTC', 5);
    expect(book.bids[0]?.[0]).toBeLessThan(book.asks[0]?.[0] ?? 0);
    expect((await kraken.fetchTrades('XRP/USDT')).length).toBeGreaterThan(0);
  });

  it('places, amends and cancels, and finds all of it again', async () => {
    const bought = await kraken.createOrder('BTC/USDT', 'market', 'buy', 0.001);
    expect(await kraken.fetchOrder(bought.id)).toMatchObject({ status: 'closed', filled: 0.001 });
    const resting = await kraken.createOrder('BTC/USDT', 'limit', 'buy', 0.001, 30_000, {
      clientOrderId: 'mine',
      postOnly: true,
    });
    expect((await kraken.fetchBalance()).used['USDT']).toBeCloseTo(30.075, 3); // 30 + 0.25 %
    await kraken.editOrder(resting.id, 'BTC/USDT', 'limit', 'buy', 0.0012, 31_000);
    expect(await kraken.fetchOpenOrders()).toMatchObject([
      { id: resting.id, clientOrderId: 'mine', amount: 0.0012, price: 31_000 },
    ]);
    await kraken.cancelOrder(resting.id);
    expect(await kraken.fetchOpenOrders()).toEqual([]);
    const ended = (await kraken.fetchClosedOrders()).map((o) => `${o.id} ${o.status}`);
    expect(ended).toContain(`${resting.id} canceled`);
    expect(await kraken.fetchMyTrades()).toMatchObject([{ order: bought.id, amount: 0.001 }]);
  });

  it('shorts on margin and buys back', async () => {
    await kraken.createOrder('XRP/USDT', 'market', 'sell', 100, undefined, { leverage: 2 });
    expect(await kraken.fetchPositions()).toMatchObject([{ symbol: 'XRP/USDT', side: 'short' }]);
    await kraken.createOrder('XRP/USDT', 'market', 'buy', 100, undefined, {
      leverage: 2,
      reduceOnly: true,
    });
    expect(await kraken.fetchPositions()).toEqual([]);
  });

  it('watches ticker, candles, a book whose checksums it verifies, and its orders', async () => {
    expect((await kraken.watchTicker('BTC/USDT')).bid).toBeGreaterThan(0);
    expect((await kraken.watchOHLCV('BTC/USDT', '5m')).length).toBeGreaterThan(0);
    for (let i = 0; i < 4; i += 1) {
      expect((await kraken.watchOrderBook('BTC/USDT', 10)).bids.length).toBe(10);
    }
    // the snapshot names the order that rests: from then on changes are heard
    const resting = await kraken.createOrder('BTC/USDT', 'limit', 'buy', 0.0005, 30_000);
    expect((await kraken.watchOrders('BTC/USDT')).map((o) => o.id)).toContain(resting.id);
    const watching = kraken.watchOrders('BTC/USDT');
    const placed = await kraken.createOrderWs('BTC/USDT', 'market', 'buy', 0.0005);
    const seen = await watching;
    expect(seen.map((o) => o.id)).toContain(placed.id);
  }, 20_000);
});
