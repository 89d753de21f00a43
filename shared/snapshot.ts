import { z } from 'zod';
import { ReadingSchema } from './analysts/reading.ts';
import { DeskViewSchema } from './desk-view.ts';
import { TIMEFRAMES } from './timeframe.ts';

const decimalText = z.string().regex(/^-?\d+(\.\d+)?$/);
const isoTime = z.iso.datetime();
const timeframe = z.enum(TIMEFRAMES);

/** `[open time, open, high, low, close, volume in base]`. */
const candleRow = z.tuple([isoTime, z.number(), z.number(), z.number(), z.number(), z.number()]);

const timeframeData = z.strictObject({
  candles: z.array(candleRow).describe('Closed bars, oldest first, latest last'),
  indicators: z
    .record(z.string(), z.union([z.number(), z.boolean(), z.null()]))
    .describe('Latest values; null while too few bars have closed'),
});

export const PositionViewSchema = z.strictObject({
  position: z.string(),
  guard: z.string(),
  pair: z.string(),
  side: z.enum(['long', 'short']),
  leverage: z.number().optional().describe('Of a position on margin; absent on spot'),
  quantity: decimalText.describe('Base held; of a short borrowed and sold'),
  entryPrice: decimalText.describe('Mean price paid, of a short received, quote per base'),
  stopPrice: decimalText.nullable(),
  targetPrices: z.array(decimalText),
  openedAt: isoTime,
  unrealisedPct: z
    .number()
    .describe('Won (negative: lost) by the price since entry, percent, before costs'),
});
export type PositionView = z.infer<typeof PositionViewSchema>;

/** The account as all cycles of one bar see it. */
export const AccountViewSchema = z.strictObject({
  asOf: isoTime,
  equity: decimalText.describe('Worth of everything held, in USDT at the last closes'),
  balances: z.record(z.string(), decimalText),
  free: z
    .record(z.string(), decimalText)
    .describe('Balances less bags, positions and reservations'),
  bags: z
    .record(z.string(), decimalText)
    .optional()
    .describe('Part of the balances that is put aside and not traded with; absent without one'),
  margin: z
    .strictObject({
      usedUsdt: decimalText.describe('Bound by open margin positions'),
      freeUsdt: decimalText,
      levelPct: z.number().nullable().describe('Equity over what is used; null without positions'),
    })
    .optional()
    .describe('Absent on a desk without margin'),
  usdtPer: z.record(z.string(), decimalText).describe('Price of one unit of each asset in USDT'),
  positions: z.array(PositionViewSchema),
  desk: DeskViewSchema.optional().describe('Absent where the account alone was read'),
});
export type AccountView = z.infer<typeof AccountViewSchema>;

/**
 * Snapshot v1: the immutable view of market and account that one cycle decides on, stored under the
 * hash of its content. Everything in it was known at `asOf`; what is missing is null and says why in
 * `missing`, never zero.
 */
export const SnapshotSchema = z.strictObject({
  version: z.literal(1),
  pair: z.string(),
  bar: isoTime.describe('Open time of the bar that has just closed'),
  asOf: isoTime.describe('Close of that bar, venue time'),
  timeframe,
  price: z.strictObject({
    now: z.number(),
    change1hPct: z.number().nullable(),
    change24hPct: z.number().nullable(),
  }),
  volume: z.strictObject({
    base24h: z.number().nullable(),
    ratioTo7dMean: z.number().nullable().describe('24 h volume over its 7-day mean'),
  }),
  timeframes: z.partialRecord(timeframe, timeframeData.nullable()),
  extraIndicators: z
    .record(z.string(), z.union([z.number(), z.record(z.string(), z.number()), z.null()]))
    .optional()
    .describe('Named `<indicator> <timeframe>`; absent where the profile asks for none'),
  derivatives: z.null(),
  orderBook: z
    .strictObject({
      bid: decimalText,
      ask: decimalText,
      spreadBps: z.number().describe('Of the mid price'),
      bidDepth: z.number().describe('Quote shown within 1 % below the best bid'),
      askDepth: z.number().describe('Quote shown within 1 % above the best ask'),
      imbalance: z.number().describe('(bidDepth - askDepth) / (bidDepth + askDepth), -1 to 1'),
    })
    .nullable(),
  readings: z.array(ReadingSchema).describe("Of the profile's analysts, in its order"),
  missing: z.record(z.string(), z.string()).describe('What is null above, and why'),
  account: AccountViewSchema,
  position: PositionViewSchema.nullable().describe('The open position on this pair'),
  recentTrades: z
    .array(
      z.strictObject({
        pair: z.string(),
        openedAt: isoTime,
        closedAt: isoTime,
        exitReason: z.string(),
        pnlUsdt: decimalText,
      }),
    )
    .describe('Last five closed trades, newest last'),
  lessons: z.array(z.string()),
  costs: z.strictObject({
    takerFeePct: z.number(),
    makerFeePct: z.number(),
    roundTripPct: z.number().describe('Taker fees of entry and exit, percent of the price'),
    marginRatePct: z
      .strictObject({ open: z.number(), rollover: z.number() })
      .optional()
      .describe(
        'Interest of a short, percent of its value: at the open and every 4 hours; absent where none is legal',
      ),
  }),
  legalActions: z.array(z.enum(['long', 'short', 'hold', 'close'])),
});
export type Snapshot = z.infer<typeof SnapshotSchema>;
