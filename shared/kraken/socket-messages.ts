import { z } from 'zod';
import { decimalNumber, integer, side } from './wire.ts';

/**
 * Messages of WebSocket v2 (docs.kraken.com, read 2026-11-21), as `parseJson` reads them. Objects keep fields
 * not named here; rows may be sparse where the docs say so.
 */
const frame = { type: z.enum(['snapshot', 'update']) };

export const StatusMessage = z.looseObject({
  channel: z.literal('status'),
  ...frame,
  data: z.array(z.looseObject({ system: z.string(), connection_id: decimalNumber.optional() })),
});

export const HeartbeatMessage = z.looseObject({ channel: z.literal('heartbeat') });

export const InstrumentMessage = z.looseObject({
  channel: z.literal('instrument'),
  ...frame,
  data: z.looseObject({
    assets: z.array(
      z.looseObject({
        id: z.string(),
        status: z.string(),
        precision: integer,
        precision_display: integer,
        borrowable: z.boolean(),
        collateral_value: decimalNumber,
        margin_rate: decimalNumber.optional(),
      }),
    ),
    pairs: z.array(
      z.looseObject({
        symbol: z.string(),
        base: z.string(),
        quote: z.string(),
        status: z.string(),
        price_precision: integer,
        price_increment: decimalNumber,
        qty_precision: integer,
        qty_increment: decimalNumber,
        qty_min: decimalNumber,
        cost_precision: integer,
        cost_min: decimalNumber,
        marginable: z.boolean(),
        has_index: z.boolean().optional(),
        margin_initial: decimalNumber.optional(),
        position_limit_long: integer.optional(),
        position_limit_short: integer.optional(),
      }),
    ),
  }),
});

export const TickerMessage = z.looseObject({
  channel: z.literal('ticker'),
  ...frame,
  data: z.array(
    z.looseObject({
      symbol: z.string(),
      bid: decimalNumber,
      bid_qty: decimalNumber,
      ask: decimalNumber,
      ask_qty: decimalNumber,
      last: decimalNumber,
      volume: decimalNumber,
      vwap: decimalNumber,
      low: decimalNumber,
      high: decimalNumber,
      change: decimalNumber,
      change_pct: decimalNumber,
    }),
  ),
});

export const OhlcMessage = z.looseObject({
  channel: z.literal('ohlc'),
  ...frame,
  data: z.array(
    z.looseObject({
      symbol: z.string(),
      interval: integer,
      interval_begin: z.string(),
      open: decimalNumber,
      high: decimalNumber,
      low: decimalNumber,
      close: decimalNumber,
      vwap: decimalNumber,
      trades: integer,
      volume: decimalNumber,
    }),
  ),
});
export type OhlcMessage = z.output<typeof OhlcMessage>;

export const TradeMessage = z.looseObject({
  channel: z.literal('trade'),
  ...frame,
  data: z.array(
    z.looseObject({
      symbol: z.string(),
      side,
      price: decimalNumber,
      qty: decimalNumber,
      ord_type: z.string(),
      trade_id: integer,
      timestamp: z.string(),
    }),
  ),
});

const bookLevel = z.looseObject({ price: decimalNumber, qty: decimalNumber });
export const BookMessage = z.looseObject({
  channel: z.literal('book'),
  ...frame,
  data: z.array(
    z.looseObject({
      symbol: z.string(),
      bids: z.array(bookLevel),
      asks: z.array(bookLevel),
      checksum: integer,
    }),
  ),
});

const restingOrder = z.looseObject({
  order_id: z.string(),
  limit_price: decimalNumber,
  order_qty: decimalNumber,
  timestamp: z.string(),
});
export const Level3Message = z.looseObject({
  channel: z.literal('level3'),
  ...frame,
  data: z.array(
    z.looseObject({
      symbol: z.string(),
      bids: z.array(restingOrder),
      asks: z.array(restingOrder),
      checksum: integer,
    }),
  ),
});

/** One row of `executions`. Later rows of an order may leave out everything but its id. */
export const ExecutionRow = z.looseObject({
  exec_type: z.string(),
  order_id: z.string(),
  cl_ord_id: z.string().optional(),
  symbol: z.string().optional(),
  side: side.optional(),
  order_type: z.string().optional(),
  order_status: z.string().optional(),
  order_qty: decimalNumber.optional(),
  limit_price: decimalNumber.optional(),
  triggers: z.looseObject({ price: decimalNumber.optional() }).optional(),
  cum_qty: decimalNumber.optional(),
  cum_cost: decimalNumber.optional(),
  avg_price: decimalNumber.optional(),
  exec_id: z.string().optional(),
  trade_id: integer.optional(),
  last_qty: decimalNumber.optional(),
  last_price: decimalNumber.optional(),
  cost: decimalNumber.optional(),
  liquidity_ind: z.enum(['m', 't']).optional(),
  fees: z.array(z.looseObject({ asset: z.string(), qty: decimalNumber })).optional(),
  fee_usd_equiv: decimalNumber.optional(),
  margin: z.boolean().optional(),
  reason: z.string().optional(),
  cancel_reason: z.string().optional(),
  timestamp: z.string().optional(),
});
export type ExecutionRow = z.output<typeof ExecutionRow>;

export const ExecutionsMessage = z.looseObject({
  channel: z.literal('executions'),
  ...frame,
  sequence: integer.optional(),
  data: z.array(ExecutionRow),
});
export type ExecutionsMessage = z.output<typeof ExecutionsMessage>;

export const BalancesMessage = z.looseObject({
  channel: z.literal('balances'),
  ...frame,
  sequence: integer.optional(),
  data: z.array(
    z.looseObject({
      asset: z.string(),
      balance: decimalNumber,
      /** Of an update: the ledger entry's own ids, time, type, amount and wallet. */
      ledger_id: z.string().optional(),
      ref_id: z.string().optional(),
      timestamp: z.string().optional(),
      type: z.string().optional(),
      amount: decimalNumber.optional(),
      fee: decimalNumber.optional(),
      wallet_type: z.string().optional(),
      wallet_id: z.string().optional(),
      wallets: z
        .array(z.looseObject({ type: z.string(), id: z.string(), balance: decimalNumber }))
        .optional(),
    }),
  ),
});

export type BalancesMessage = z.output<typeof BalancesMessage>;

/** The answer to a request: acknowledgement, refusal or pong. A missing `success` is a failure. */
export const MethodAnswer = z.looseObject({
  method: z.string(),
  req_id: integer.optional(),
  success: z.boolean().optional(),
  error: z.string().optional(),
  symbol: z.string().optional(),
  time_in: z.string().optional(),
  time_out: z.string().optional(),
  result: z.unknown().optional(),
});
export type MethodAnswer = z.output<typeof MethodAnswer>;

export const ChannelMessage = z.discriminatedUnion('channel', [
  StatusMessage,
  HeartbeatMessage,
  InstrumentMessage,
  TickerMessage,
  OhlcMessage,
  TradeMessage,
  BookMessage,
  Level3Message,
  ExecutionsMessage,
  BalancesMessage,
]);
