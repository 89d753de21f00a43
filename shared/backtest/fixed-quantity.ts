import type { EntryGate, EntryOrder } from './engine-types.ts';

/** No risk engine: every entry has the same quantity, exits measured from the fill or from the close. */
export function fixedQuantity(quantity: number, reference: 'fill' | 'close'): EntryGate {
  return {
    review(order: EntryOrder): void {
      order.quantity = quantity;
      if (reference === 'fill') return;
      const { side, close, stopPct, targetPct } = order;
      const [noStop, noTarget] = side === 1 ? [0, Infinity] : [Infinity, 0];
      order.stopPrice = stopPct > 0 ? (close * (100 - side * stopPct)) / 100 : noStop;
      order.targetPrice = targetPct > 0 ? (close * (100 + side * targetPct)) / 100 : noTarget;
    },
  };
}
