import type { Decimal } from '../../shared/money.ts';
import type { Pair } from '../../shared/pair.ts';
import type { Side } from './order.ts';

/** Borrowed on margin and not yet given back; named by the trade that opened it. */
export interface Position {
  id: string;
  orderId: string;
  pair: Pair;
  side: Side;
  quantity: Decimal;
  /** In quote, at the open. */
  cost: Decimal;
  /** The part of it that went with what was closed. */
  released: Decimal;
  /** Trade and opening fee, in quote. */
  fee: Decimal;
  leverage: number;
  closed: Decimal;
  /** Profit or loss realised so far, in quote, before fees. */
  realised: Decimal;
  openMs: number;
  rolloverMs: number;
}
