import { z } from 'zod';
import { decimalNumber, decimalString, integer, side } from './wire.ts';

/**
 * Results of Kraken's REST calls (docs.kraken.com, read 2026-11-21), as `parseJson` reads them. Objects keep
 * fields not named here.
 */
export const Envelope = z.looseObject({
  error: z.array(z.string()),
  result: z.unknown().optional(),
});

export const ServerTime = z.looseObject({
  unixtime: decimalNumber,
  rfc1123: z.string().optional(),
});

export const SystemStatus = z.looseObject({ status: z.string(), timestamp: z.string() });

/** From this traded volume on, percent of the order's value. */
const feeSteps = z.array(z.tuple([integer, decimalNumber]));

export const AssetPair = z.looseObject({
  altname: z.string(),
  wsname: z.string().optional(),
  base: z.string(),
  quote: z.string(),
  pair_decimals: integer,
  lot_decimals: integer,
  cost_decimals: integer.optional(),
  tick_size: decimalString,
  ordermin: decimalString,
  costmin: decimalString,
  leverage_buy: z.array(integer),
  leverage_sell: z.array(integer),
  fees: feeSteps,
  fees_maker: feeSteps.optional(),
  margin_call: integer.optional(),
  margin_stop: integer.optional(),
  long_position_limit: integer.optional(),
  short_position_limit: integer.optional(),
  status: z.string().optional(),
});
export const AssetPairs = z.record(z.string(), AssetPair);
export type AssetPair = z.output<typeof AssetPair>;

export const Assets = z.record(
  z.string(),
  z.looseObject({
    altname: z.string(),
    decimals: integer,
    display_decimals: integer,
    /** Percent of what is borrowed, at the open and at each rollover; absent where nothing is lent. */
    margin_rate: decimalNumber.optional(),
  }),
);

const today = z.tuple([decimalString, decimalString]);
const bestPrice = z.tuple([decimalString, decimalString, decimalString]);
export const Tickers = z.record(
  z.string(),
  z.looseObject({
    a: bestPrice,
    b: bestPrice,
    c: today,
    v: today,
    p: today,
    t: z.tuple([integer, integer]),
    l: today,
    h: today,
    o: decimalString,
  }),
);

export const OhlcRow = z.tuple([
  integer,
  decimalString,
  decimalString,
  decimalString,
  decimalString,
  decimalString,
  decimalString,
  integer,
]);
export type OhlcRow = z.output<typeof OhlcRow>;
/** Keyed by the pair, beside `last`: the open time of the newest committed bar. */
export const Ohlc = z.object({ last: integer }).catchall(z.array(OhlcRow));

export const PublicTrade = z.tuple([
  decimalString,
  decimalString,
  decimalNumber,
  z.enum(['b', 's']),
  z.enum(['m', 'l']),
  z.string(),
  integer,
]);
/** `last` is a cursor of 19 digits and goes back as it came. */
export const PublicTrades = z.object({ last: z.string() }).catchall(z.array(PublicTrade));

const depthLevel = z.tuple([decimalString, decimalString, decimalNumber]);
export type DepthLevel = z.output<typeof depthLevel>;
export const Depth = z.record(
  z.string(),
  z.looseObject({ asks: z.array(depthLevel), bids: z.array(depthLevel) }),
);

export const Spread = z
  .object({ last: integer })
  .catchall(z.array(z.tuple([integer, decimalString, decimalString])));

export const Balances = z.record(z.string(), decimalString);

export const ExtendedBalances = z.record(
  z.string(),
  z.looseObject({
    balance: decimalString,
    hold_trade: decimalString.optional(),
    credit: decimalString.optional(),
    credit_used: decimalString.optional(),
  }),
);

export const TradeBalance = z.looseObject({
  eb: decimalString,
  tb: decimalString,
  m: decimalString,
  n: decimalString,
  c: decimalString,
  v: decimalString,
  e: decimalString,
  mf: decimalString,
  ml: decimalString.optional(),
  uv: decimalString.optional(),
});

export const OrderRow = z.looseObject({
  status: z.enum(['pending', 'open', 'closed', 'canceled', 'expired']),
  opentm: decimalNumber,
  closetm: decimalNumber.optional(),
  starttm: decimalNumber.optional(),
  expiretm: decimalNumber.optional(),
  descr: z.looseObject({
    pair: z.string(),
    type: side,
    ordertype: z.string(),
    price: z.string(),
    price2: z.string(),
    leverage: z.string(),
    order: z.string(),
    close: z.string().optional(),
  }),
  vol: decimalString,
  vol_exec: decimalString,
  cost: decimalString,
  fee: decimalString,
  price: decimalString,
  stopprice: decimalString.optional(),
  limitprice: decimalString.optional(),
  oflags: z.string(),
  misc: z.string(),
  reason: z.string().nullish(),
  cl_ord_id: z.string().nullish(),
  userref: integer.nullish(),
  trades: z.array(z.string()).optional(),
});
export type OrderRow = z.output<typeof OrderRow>;
export const OrderRows = z.record(z.string(), OrderRow);
export const OpenOrders = z.looseObject({ open: OrderRows });
export const ClosedOrders = z.looseObject({ closed: OrderRows, count: integer.optional() });

export const TradeRow = z.looseObject({
  ordertxid: z.string(),
  pair: z.string(),
  time: decimalNumber,
  type: side,
  ordertype: z.string(),
  price: decimalString,
  cost: decimalString,
  fee: decimalString,
  vol: decimalString,
  margin: decimalString.optional(),
  leverage: z.string().optional(),
  misc: z.string().optional(),
  maker: z.boolean().optional(),
  cl_ord_id: z.string().nullish(),
  trade_id: integer.optional(),
  ledgers: z.array(z.string()).optional(),
});
export type TradeRow = z.output<typeof TradeRow>;
export const TradeRows = z.record(z.string(), TradeRow);
export const TradesHistory = z.looseObject({ trades: TradeRows, count: integer.optional() });

export const PositionRows = z.record(
  z.string(),
  z.looseObject({
    ordertxid: z.string(),
    posstatus: z.string(),
    pair: z.string(),
    time: decimalNumber,
    type: side,
    cost: decimalString,
    fee: decimalString,
    vol: decimalString,
    vol_closed: decimalString,
    margin: decimalString,
    terms: z.string().optional(),
    rollovertm: decimalString.optional(),
  }),
);

export const LedgerRow = z.looseObject({
  refid: z.string(),
  time: decimalNumber,
  type: z.string(),
  asset: z.string(),
  amount: decimalString,
  fee: decimalString,
  balance: decimalString,
});
export type LedgerRow = z.output<typeof LedgerRow>;
export const LedgerRows = z.record(z.string(), LedgerRow);
export const Ledgers = z.looseObject({ ledger: LedgerRows, count: integer.optional() });

const feeTier = z.looseObject({ fee: decimalString });
export const TradeVolume = z.looseObject({
  currency: z.string(),
  volume: decimalString,
  fees: z.record(z.string(), feeTier).nullish(),
  fees_maker: z.record(z.string(), feeTier).nullish(),
});

export const AddedOrder = z.looseObject({
  descr: z.looseObject({ order: z.string() }),
  txid: z.array(z.string()).optional(),
});

/** One row per order, in the order sent: an id, or the row's own error. */
export const AddedBatch = z.looseObject({
  orders: z.array(z.looseObject({ txid: z.string().optional(), error: z.string().optional() })),
});

export const AmendedOrder = z.looseObject({ amend_id: z.string() });
export const EditedOrder = z.looseObject({ txid: z.string() });

export const CancelCount = z.looseObject({
  count: integer,
  pending: z.boolean().optional(),
});

export const CancelAfter = z.looseObject({ currentTime: z.string(), triggerTime: z.string() });

export const WebSocketToken = z.looseObject({ token: z.string(), expires: integer });

export const ApiKeyInfo = z.looseObject({
  api_key_name: z.string().optional(),
  permissions: z.array(z.string()),
});
