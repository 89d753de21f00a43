import type { DecimalText } from '../money.ts';
import type { PairCosts } from './exit-finder.ts';
import type { EntryGate, EntryOrder, EngineState } from './engine-types.ts';

/**
 * No risk engine: each entry takes an equal share of the account (equity over the number of pairs), as far
 * as the quote balance goes, rounded down to the lot; what short sales brought is no balance to spend, and
 * nothing is sold short without a stop. For baselines and for strategies on their own.
 */
export function equalShare(
  costs: readonly PairCosts[],
  minimums: readonly { instrument: { minQuantity: DecimalText } }[],
): EntryGate {
  return {
    review(order: EntryOrder, state: EngineState): void {
      const { account } = state;
      const p = order.pair;
      if (order.side === -1 && !(order.stopPct > 0)) return;
      const quote = account.quoteIndex[p]!;
      let held = 0;
      for (let q = 0; q < state.pairs.length; q++) {
        if (account.quoteIndex[q] !== quote) continue;
        held += state.reserved[q]!;
        // The proceeds, and as much again that stands for the debt.
        if (state.side[q] === -1) held += 2 * state.quantity[q]! * state.entryPrice[q]!;
      }
      const share = account.equity / state.pairs.length / account.price[quote]!;
      const free = account.balance[quote]! - held;
      const unit = order.close * (1 + costs[p]!.halfSpread) * (1 + costs[p]!.takerFee);
      // A market entry is filled at the next open, which may lie above this close.
      const money = Math.min(share, free) / 1.01;
      const { lot } = costs[p]!;
      const quantity = Math.floor(money / unit / lot) * lot;
      if (quantity < Number(minimums[p]!.instrument.minQuantity)) return;
      order.quantity = quantity;
      order.reserve = quantity * unit;
    },
  };
}
