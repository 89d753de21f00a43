import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSyntheticSource } from './market/synthetic-source.ts';
import { startSimulator, type Simulator } from './start-simulator.ts';

interface CcxtOrder {
  id: string;
  status: string;
  type: string;
  filled: number;
  amount: number;
  price: number;
  triggerPrice?: number;
  clientOrderId?: string;
}
interface CcxtTrade {
  order: string;
  price: number;
  amount: number;
  fee: { cost: number };
}
type Place<T> = (
  symbol: string,
  type: string,
  side: string,
  amount: number,
  price?: number,
  params?: object,
) => Promise<T>;
type Edit = (
  id: string,
  symbol: string,
  type: string,
  side: string,
  amount: number,
  price?: number,
  params?: object,
) => Promise<CcxtOrder>;
interface CcxtBook {
  bids: number[][];
  asks: number[][];
}
/** The part of ccxt's client that the session uses. */
interface Ccxt {
  urls: { api: { public: string; private: string; ws: { publicV2: string; privateV2: string } } };
  loadHttpProxyAgent(): Promise<unknown>;
  loadMarkets(): Promise<Record<string, unknown>>;
  fetchCurrencies(): Promise<Record<string, { precision: number }>>;
  fetchStatus(): Promise<{ status: string }>;
  fetchTime(): Promise<number>;
  fetchTicker(symbol: string): Promise<{ bid: number; ask: number; last: number }>;
  fetchTickers(symbols: string[]): Promise<Record<string, { last: number }>>;
  fetchTradingFee(symbol: string): Promise<{ maker: number; taker: number }>;
  fetchOHLCV(
    symbol: string,
    timeframe: string,
    since?: number,
    limit?: number,
  ): Promise<number[][]>;
  fetchOrderBook(symbol: string, depth: number): Promise<CcxtBook>;
  fetchTrades(symbol: string, since?: number, limit?: number): Promise<{ timestamp: number }[]>;
  fetchBalance(): Promise<{ total: Record<string, number>; used: Record<string, number> }>;
  createOrder: Place<CcxtOrder>;
  createOrders(orders: object[]): Promise<CcxtOrder[]>;
  createMarketBuyOrderWithCost(symbol: string, cost: number): Promise<CcxtOrder>;
  editOrder: Edit;
  cancelOrder(id: string): Promise<unknown>;
  cancelOrders(ids: string[]): Promise<unknown>;
  cancelAllOrders(): Promise<unknown>;
  cancelAllOrdersAfter(timeoutMs: number): Promise<unknown>;
  fetchOrder(id: string): Promise<CcxtOrder>;
  fetchOrdersByIds(ids: string[]): Promise<CcxtOrder[]>;
  fetchOpenOrders(): Promise<CcxtOrder[]>;
  fetchClosedOrders(): Promise<CcxtOrder[]>;
  fetchMyTrades(): Promise<CcxtTrade[]>;
  fetchLedger(code: string): Promise<{ id: string; amount: number; type: string }[]>;
  fetchPositions(): Promise<{ symbol: string; side: string; contracts: number }[]>;
  watchTicker(symbol: string): Promise<{ bid: number }>;
  watchTickers(symbols: string[]): Promise<Record<string, { last: number }>>;
  watchBidsAsks(symbols: string[]): Promise<Record<string, { bid: number; ask: number }>>;
  watchTrades(symbol: string): Promise<{ price: number }[]>;
  watchOrderBook(symbol: string, depth: number): Promise<CcxtBook>;
  watchOHLCV(symbol: string, timeframe: string): Promise<number[][]>;
  watchBalance(): Promise<{ total: Record<string, number> }>;
  watchOrders(symbol: string): Promise<CcxtOrder[]>;
  watchMyTrades(): Promise<CcxtTrade[]>;
  createOrderWs: Place<CcxtOrder>;
  editOrderWs: Edit;
  cancelOrderWs(id: string): Promise<unknown>;
  cancelOrdersWs(ids: string[]): Promise<unknown>;
  cancelAllOrdersWs(): Promise<unknown>;
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
    const since = Date.UTC(2025, 11, 31);
    const five = await kraken.fetchOHLCV('BTC/USDT', '5m', since, 5);
    expect(five.map(([at]) => at)).toEqual([0, 1, 2, 3, 4].map((i) => since + i * 300_000));
    expect(Object.keys(await kraken.fetchCurrencies()).sort()).toEqual(['BTC', 'USDT', 'XRP']);
    expect(await kraken.fetchTime()).toBeGreaterThanOrEqual(Date.UTC(2026, 0, 1));
    expect(await kraken.fetchStatus()).toMatchObject({ status: 'ok' });
    expect(await kraken.fetchTradingFee('BTC/USDT')).toMatchObject({ taker: 0.004, maker: 0.0025 });
    const tickers = await kraken.fetchTickers(['BTC/USDT', 'XRP/BTC']);
    expect(Object.keys(tickers).sort()).toEqual(['BTC/USDT', 'XRP/BTC']);
    const [first] = await kraken.fetchTrades('XRP/USDT', since, 3);
    expect(first?.timestamp).toBeGreaterThanOrEqual(since);
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

  it('places every kind of order that it knows of Kraken', async () => {
    const sell = (type: string, price: number | undefined, params: object): Promise<CcxtOrder> =>
      kraken.createOrder('XRP/USDT', type, 'sell', 50, price, params);
    const placed = [
      await sell('market', undefined, { stopLossPrice: 0.3 }),
      await sell('limit', 0.29, { stopLossPrice: 0.3 }),
      await sell('market', undefined, { takeProfitPrice: 1.9 }),
      await sell('market', undefined, { trailingPercent: '5' }),
      await sell('market', undefined, { trailingAmount: '0.05' }),
      await sell('limit', 1.5, { timeInForce: 'GTD', expiretm: '+600' }),
      ...(await kraken.createOrders([
        { symbol: 'XRP/USDT', type: 'limit', side: 'buy', amount: 10, price: 0.2 },
        { symbol: 'XRP/USDT', type: 'limit', side: 'buy', amount: 11, price: 0.21 },
      ])),
    ].map((order) => order.id);
    const found = await kraken.fetchOrdersByIds(placed);
    expect(found.map((order) => order.status)).toEqual(placed.map(() => 'open'));
    const open = (await kraken.fetchOpenOrders()).map((order) => order.id);
    expect(open.sort()).toEqual([...placed].sort());
    await kraken.editOrder(placed[2] ?? '', 'XRP/USDT', 'market', 'sell', 50, undefined, {
      takeProfitPrice: 1.8,
    });
    expect((await kraken.fetchOrder(placed[2] ?? '')).triggerPrice).toBe(1.8);
    await kraken.cancelOrders(placed.slice(0, 2));
    await kraken.cancelAllOrdersAfter(60_000);
    await kraken.cancelAllOrdersAfter(0);
    await kraken.cancelAllOrders();
    expect(await kraken.fetchOpenOrders()).toEqual([]);
    const immediate = await kraken.createOrder('XRP/USDT', 'limit', 'buy', 10, 0.2, {
      timeInForce: 'IOC',
    });
    expect(await kraken.fetchOrder(immediate.id)).toMatchObject({ status: 'canceled', filled: 0 });
    const { id } = await kraken.createMarketBuyOrderWithCost('XRP/USDT', 20);
    const { filled, price } = await kraken.fetchOrder(id);
    expect(filled * price).toBeCloseTo(20, 3);
    expect((await kraken.fetchLedger('USDT')).map((entry) => entry.type)).toContain('trade');
  });

  it('understands what is refused', async () => {
    const buy = (amount: number, price?: number, params?: object): Promise<unknown> =>
      kraken.createOrder(
        'BTC/USDT',
        price === undefined ? 'market' : 'limit',
        'buy',
        amount,
        price,
        params,
      );
    await expect(buy(10)).rejects.toMatchObject({ name: 'InsufficientFunds' });
    await expect(buy(0.00001)).rejects.toMatchObject({ name: 'InvalidOrder' });
    await expect(buy(0.001, 99_999, { postOnly: true })).rejects.toThrow('Post only order');
    await expect(kraken.cancelOrder('OAAAAA-AAAAA-AAAAAA')).rejects.toMatchObject({
      name: 'OrderNotFound',
    });
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

  it('trades over the socket and watches what comes of it', async () => {
    expect((await kraken.watchTrades('BTC/USDT')).length).toBeGreaterThan(0);
    const { 'XRP/USDT': quote } = await kraken.watchBidsAsks(['XRP/USDT']);
    expect(quote?.bid).toBeLessThan(quote?.ask ?? 0);
    expect((await kraken.watchTickers(['XRP/BTC']))['XRP/BTC']?.last).toBeGreaterThan(0);
    expect((await kraken.watchBalance()).total['XRP']).toBeGreaterThan(0);
    const trades = kraken.watchMyTrades();
    const bought = await kraken.createOrderWs('XRP/USDT', 'market', 'buy', 20);
    let mine = await trades;
    while (!mine.some((trade) => trade.order === bought.id)) mine = await kraken.watchMyTrades();
    const limit = (): Promise<CcxtOrder> =>
      kraken.createOrderWs('XRP/USDT', 'limit', 'buy', 20, 0.3);
    const resting = await limit();
    await kraken.editOrderWs(resting.id, 'XRP/USDT', 'limit', 'buy', 21, 0.31);
    expect(await kraken.fetchOrder(resting.id)).toMatchObject({ amount: 21, price: 0.31 });
    await kraken.cancelOrderWs(resting.id);
    expect(await kraken.fetchOrder(resting.id)).toMatchObject({ status: 'canceled' });
    const two = [(await limit()).id, (await limit()).id];
    await kraken.cancelOrdersWs(two);
    await limit();
    await kraken.cancelAllOrdersWs();
    const open = (await kraken.fetchOpenOrders()).map((order) => order.id);
    expect(open.filter((id) => two.includes(id))).toEqual([]);
    expect(open).toEqual([]);
  }, 20_000);
});
