import type { ExitTerms } from '../shared/guard/exit-terms.ts';
import type { DecimalText } from '../shared/money.ts';
import type { Pair } from '../shared/pair.ts';
import type { GuardState } from './guard-state.ts';

export interface GuardInput {
  desk: string;
  deskWorkflow: string;
  position: string;
  pair: Pair;
  entryQuantity: DecimalText;
  entryClientOrderId: string;
  stopPrice: DecimalText;
  /** Rungs, nearest first; `share` is the part of what the entry fills. */
  targets: { price: DecimalText; share: DecimalText }[];
  /** Steps and minimums of the pair: base, quote, base, quote. */
  lot: DecimalText;
  tick: DecimalText;
  minQuantity: DecimalText;
  minCost: DecimalText;
  /** How far below its price a rung may be sold on spot, as a share of the price. */
  targetSlippage: number;
  exits: ExitTerms;
  /** Of a position on margin: the side that enters it, and its leverage. Absent for what is bought on spot. */
  margin?: { side: 'buy' | 'sell'; leverage: number };
  ordersQueue: string;
  /** Of the run before, with the venue times that it waited for. */
  carried?: { state: GuardState; wakeUps: Record<string, number> };
}
