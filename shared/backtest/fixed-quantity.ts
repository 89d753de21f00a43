import type { EntryGate, EntryOrder } from './engine-types.ts';

/** No risk engine: every entry has the same quantity, exits measured from the fill or from the close. */
export function fixedQuantity(quantity: number, reference: 'fill' | 'close'): EntryGate {
  return {
    review(order: EntryOrder): void {
      order.quantity = quantity;
      if (reference === 'fill') return;
      order.stopPrice = order.stopPct > 0 ? (order.close * (100 - order.stopPct)) / 100 : 0;
      order.targetPrice =
        order.targetPct > 0 ? (order.close * (100 + order.targetPct)) / 100 : Infinity;
    },
  };
}
