import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { describe, expect, test } from 'vitest';
import { bookReader } from '../../../shared/kraken/book.ts';
import { parseJson, quoteNumbers } from '../../../shared/kraken/json.ts';
import * as rest from '../../../shared/kraken/rest-messages.ts';
import {
  BookMessage,
  ChannelMessage,
  MethodAnswer,
} from '../../../shared/kraken/socket-messages.ts';

/**
 * Messages recorded from Kraken and examples of its documentation, where such samples lie beside the project
 * (TRIPLEGAIN_SAMPLE_DATA, or ../shared/data): each parses to typed values and back to the same digits.
 */
const FOLDER = join(
  process.env['TRIPLEGAIN_SAMPLE_DATA'] ?? join(import.meta.dirname, '../../../../shared/data'),
  'kraken-fixtures',
);
const files = existsSync(FOLDER)
  ? readdirSync(FOLDER).filter((name) => name.endsWith('.json'))
  : [];

/** Results of REST calls by the end of a sample's name. */
const RESULTS: Record<string, z.ZodType> = {
  server_time: rest.ServerTime,
  system_status: rest.SystemStatus,
  asset_pairs: rest.AssetPairs,
  order_book: rest.Depth,
  http_ticker: rest.Tickers,
  http_trades: rest.PublicTrades,
  trades_history: rest.TradesHistory,
  ohlc: rest.Ohlc,
  open_orders: rest.OpenOrders,
  closed_orders: rest.ClosedOrders,
  add_order_spot: rest.AddedOrder,
  cancel_order_spot: rest.CancelCount,
  spot_balance: rest.Balances,
  spot_open_positions: rest.PositionRows,
  spot_trade_balance: rest.TradeBalance,
  GetApiKeyInfo: rest.ApiKeyInfo,
  GetAvailableBalances: rest.ExtendedBalances,
  GetBalances: rest.Balances,
  GetLedgerInfo: rest.Ledgers,
  GetLedgersEntry: rest.LedgerRows,
  GetOpenPositions: rest.PositionRows,
  GetTradeBalance: rest.TradeBalance,
  GetTradeVolume: rest.TradeVolume,
  GetAssets: rest.Assets,
  GetKlines: rest.Ohlc,
  GetOrderBook: rest.Depth,
  GetRecentSpread: rest.Spread,
  GetSymbols: rest.AssetPairs,
  GetSystemStatus: rest.SystemStatus,
  GetTicker: rest.Tickers,
  GetTradeHistory: rest.PublicTrades,
  CancelAllOrders: rest.CancelCount,
  CancelAllOrdersAfter: rest.CancelAfter,
  CancelMultipleOrders: rest.CancelCount,
  CancelOrder: rest.CancelCount,
  EditOrder: rest.EditedOrder,
  GetClosedOrders: rest.ClosedOrders,
  GetOpenOrders: rest.OpenOrders,
  GetOrders: rest.OrderRows,
  GetOrders2: rest.OrderRows,
  GetUserTradeDetails: rest.TradeRows,
  GetUserTrades: rest.TradesHistory,
  PlaceMultipleOrders: rest.AddedBatch,
  PlaceOrder: rest.AddedOrder,
};

/** The other market's messages: not part of spot. */
const isFutures = (name: string): boolean => name.includes('futures');

const read = (name: string): unknown => parseJson(readFileSync(join(FOLDER, name), 'utf8'));

interface Sample {
  schema: z.ZodType;
  message: unknown;
}

function restSample(name: string, content: unknown): Sample[] {
  const bare = name.replace('.json', '');
  const end = Object.keys(RESULTS).find((each) => bare.endsWith(`_${each}`));
  const schema = RESULTS[bare.includes('nautilus__http_') ? lastOf(bare) : (end ?? '')];
  const answer = (content as { response?: unknown }).response ?? content;
  const { result } = rest.Envelope.parse(answer);
  if (schema === undefined) throw new Error(`no schema for ${name}`);
  return [{ schema, message: result }];
}

const lastOf = (bare: string): string => {
  const tail = bare.slice('nautilus__http_'.length);
  return RESULTS[tail] === undefined ? `http_${tail}` : tail;
};

function samplesOf(name: string): Sample[] {
  const content = read(name);
  if (name.includes('http_') || name.includes('Endpoints_')) return restSample(name, content);
  const messages = Array.isArray(content)
    ? (content as { dir: string; msg: unknown }[])
        .filter((each) => each.dir === 'received')
        .map((each) => each.msg)
    : isRecording(content)
      ? [content.init, ...content.updates]
      : [content];
  return messages.map((message) => ({
    schema:
      (message as { channel?: unknown }).channel === undefined ? MethodAnswer : ChannelMessage,
    message,
  }));
}

function isRecording(content: unknown): content is { init: unknown; updates: unknown[] } {
  return typeof content === 'object' && content !== null && 'updates' in content;
}

/** Numbers by value and digits: exponents are written out. */
const canonical = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (_, each: unknown) =>
    typeof each === 'string' && /^-?\d+(\.\d+)?[eE]-?\d+$/.test(each)
      ? Number(each).toFixed(20).replace(/0+$/, '')
      : each,
  );

describe.skipIf(files.length === 0)('samples', () => {
  test.each(files.filter((name) => !isFutures(name)))('%s parses and comes back', (name) => {
    for (const { schema, message } of samplesOf(name)) {
      const typed = schema.parse(message);
      const back = JSON.parse(quoteNumbers(JSON.stringify(schema.encode(typed)))) as unknown;
      expect(canonical(back)).toEqual(canonical(message));
    }
  });

  test('every checksum of the captured book session matches', () => {
    const recording = read('pythonkrakensdk__ws_book_recording_BTCUSD.json');
    if (!isRecording(recording)) throw new Error('not the recording');
    const outcomes: string[] = [];
    const reader = bookReader({
      books: [{ pair: 'BTC/USD', priceDecimals: 1, quantityDecimals: 8 }],
      depth: 10,
      onOutcome: (_, outcome) => outcomes.push(outcome),
    });
    for (const message of [recording.init, ...recording.updates]) {
      reader.read(JSON.stringify(BookMessage.encode(BookMessage.parse(message))));
    }
    expect(outcomes).toEqual(Array.from({ length: 510 }, () => 'applied'));
  });
});
