import { z } from 'zod';
import { Decimal, floorToStep, type DecimalText } from './money.ts';
import { ceilToStep } from './risk/steps.ts';

/** How a desk enters, whatever a decider wishes; a profile's `entry`. */
export const EntrySettingsSchema = z.strictObject({
  type: z
    .enum(['post-only', 'market'])
    .default('post-only')
    .describe('post-only: a limit at the near side of the book that never takes; market: at once'),
  expireAfterMinutes: z
    .number()
    .positive()
    .max(100_000)
    .default(60)
    .describe('Venue time after which what is not filled of a limit entry ends, minutes'),
  reprices: z
    .int()
    .min(0)
    .max(5)
    .default(2)
    .describe(
      'How often an entry refused because it would take is priced anew; then it is given up',
    ),
});
export type EntrySettings = z.infer<typeof EntrySettingsSchema>;

/** Entries that buy at once, as far as a profile says nothing else. */
export const MARKET_ENTRY: EntrySettings = EntrySettingsSchema.parse({ type: 'market' });

export interface EntryTerms {
  type: 'market' | 'limit';
  /** Limit price on the tick; null for a market entry. */
  price: Decimal | null;
  postOnly: boolean;
}

/**
 * The order that an entry becomes: at the market, or as a post-only limit at the bid, one tick below the ask at
 * most. A wished limit price is kept where it is lower. A short is the mirror image: at the ask, one tick above
 * the bid at least, and a higher wish is kept. Null when the wish has no usable price.
 */
export function entryTerms(
  settings: Pick<EntrySettings, 'type'>,
  wish: { type: 'market' | 'limit'; price: Decimal | null },
  book: { bid: Decimal; ask: Decimal },
  tick: Decimal,
  side: 'buy' | 'sell' = 'buy',
): EntryTerms | null {
  if (wish.type === 'limit' && wish.price === null) return null;
  const isBuy = side === 'buy';
  const onTick = isBuy ? floorToStep : ceilToStep;
  const wished = wish.price === null ? null : onTick(wish.price, tick);
  if (settings.type === 'market') {
    if (wish.type === 'market') return { type: 'market', price: null, postOnly: false };
    return wished!.gt(0) ? { type: 'limit', price: wished, postOnly: false } : null;
  }
  const near = isBuy
    ? floorToStep(Decimal.min(book.bid, book.ask.sub(tick)), tick)
    : ceilToStep(Decimal.max(book.ask, book.bid.add(tick)), tick);
  const further = (a: Decimal, b: Decimal) => (isBuy ? Decimal.min(a, b) : Decimal.max(a, b));
  const price = wished === null ? near : further(wished, near);
  return price.gt(0) ? { type: 'limit', price, postOnly: true } : null;
}

/** Venue time at which what is not filled of a limit entry ends, Unix ms. */
export function entryExpiry(settings: Pick<EntrySettings, 'expireAfterMinutes'>, nowMs: number) {
  return nowMs + settings.expireAfterMinutes * 60_000;
}

/**
 * Whether a limit entry still rests when a candle's range is traded, which on candles is at half its length:
 * what ends before sees its open alone.
 */
export function restsThroughRange(expiresAtMs: number, openMs: number, barMs: number): boolean {
  return expiresAtMs >= openMs + barMs / 2;
}

/** Whether a venue refused, or cancelled, a post-only order because it would have taken. */
export function wouldHaveTaken(reason: string | null): boolean {
  return reason !== null && /post[ _-]?only order/i.test(reason);
}

/**
 * The price at which an entry that would have taken is tried again, or null to give it up: at the near side
 * of the book as it now is, never above what was approved, and above the stop, which would trigger at once; a
 * short's never below what was approved, and below its stop.
 */
export function repricedEntry(
  approved: { price: DecimalText; stopPrice: DecimalText; side?: 'buy' | 'sell' },
  book: { bid: DecimalText; ask: DecimalText },
  tick: DecimalText,
): DecimalText | null {
  const terms = entryTerms(
    { type: 'post-only' },
    { type: 'limit', price: new Decimal(approved.price) },
    { bid: new Decimal(book.bid), ask: new Decimal(book.ask) },
    new Decimal(tick),
    approved.side,
  );
  const price = terms?.price ?? null;
  if (price === null) return null;
  const wouldTrigger =
    approved.side === 'sell' ? price.gte(approved.stopPrice) : price.lte(approved.stopPrice);
  return wouldTrigger ? null : price.toFixed();
}
