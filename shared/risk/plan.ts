import { z } from 'zod';
import { isDecimalText } from '../money.ts';
import { isPair } from '../pair.ts';
import { ORDER_KINDS } from '../venue.ts';

const decimalText = z.string().refine(isDecimalText, 'not a plain decimal');
const pair = z.string().refine(isPair, 'not a pair like BTC/USDT');

/**
 * An approved entry: what may be sent, and what it holds of the account until it is over. A purchase is on
 * spot (leverage 1), a sale is a short on margin (leverage above 1) with its stop above and its targets below.
 */
export const EntryPlanSchema = z.strictObject({
  kind: z.literal('enter'),
  pair,
  side: z.enum(['buy', 'sell']),
  entry: z.strictObject({
    type: z.enum(['market', 'limit']),
    /** Limit price on the tick; null for a market entry. */
    price: decimalText.nullable(),
    /** Never takes: a venue that would have to let it take refuses it. */
    postOnly: z.boolean().default(false),
  }),
  /** Base, a multiple of the lot. */
  quantity: decimalText,
  /** Price that the reckoning took as the worst entry: the limit price, or the ask (of a short the bid). */
  referencePrice: decimalText,
  /** Trigger of the protective stop, on the tick. */
  stopPrice: decimalText,
  /**
   * Targets, nearest first; `share` is the part of the filled quantity, all shares add to 1. A rung below the
   * venue's minimum is the guard's to join to the next one.
   */
  targets: z.array(z.strictObject({ price: decimalText, share: decimalText })).min(1),
  /** 1 on spot; above 1 the order goes on margin. */
  leverage: z.number().min(1),
  /** Loss at the stop after all costs, USDT. */
  riskUsdt: decimalText,
  /** Value at the reference price, USDT. */
  notionalUsdt: decimalText,
  /**
   * What the entry can take from the balance at most, in the pair's quote. A purchase: its price, fee and slippage
   * included. A short, which settles in the quote: what its stop loses, fees and interest included.
   */
  reserve: z.strictObject({ asset: z.string(), amount: decimalText }),
  /** Free margin that it binds: value over leverage, USDT; 0 on spot. */
  marginUsdt: decimalText.default('0'),
  /** Venue time at which an unfilled limit entry ends, Unix ms; null for a market entry. */
  expiresAtMs: z.number().nullable(),
});
export type EntryPlan = z.infer<typeof EntryPlanSchema>;

/** An approved order that only makes a position smaller. */
export const ReductionPlanSchema = z.strictObject({
  kind: z.literal('reduce'),
  pair,
  side: z.enum(['sell', 'buy']),
  order: z.enum(ORDER_KINDS),
  /** Limit or trigger price; null for a market order. */
  price: decimalText.nullable(),
  timeInForce: z.enum(['gtc', 'ioc']),
  /** Base, a multiple of the lot. */
  quantity: decimalText,
  /** Null on spot; a number means reduce-only on margin, as a short's purchase always is. */
  leverage: z.number().gt(1).nullable().default(null),
});
export type ReductionPlan = z.infer<typeof ReductionPlanSchema>;

/** An approved leg of a rebalancing, sent at market. */
export const RebalanceLegPlanSchema = z.strictObject({
  kind: z.literal('rebalance'),
  pair,
  side: z.enum(['sell', 'buy']),
  /** Base, a multiple of the lot. */
  quantity: decimalText,
  /** Worst price that the reckoning took: ask or bid, with slippage. */
  referencePrice: decimalText,
  /** Value at mid price, USDT. */
  notionalUsdt: decimalText,
  /** What it can take from the balance at most, fee and slippage included. */
  reserve: z.strictObject({ asset: z.string(), amount: decimalText }),
});
export type RebalanceLegPlan = z.infer<typeof RebalanceLegPlanSchema>;

export const OrderPlanSchema = z.discriminatedUnion('kind', [
  EntryPlanSchema,
  ReductionPlanSchema,
  RebalanceLegPlanSchema,
]);
export type OrderPlan = z.infer<typeof OrderPlanSchema>;
