/**
 * The one fill model wherever candles drive prices (simulator, shadow accounts, backtests): what a bar
 * does to resting orders. Pure; prices are floats that came from the same decimal text as the orders'.
 *
 * Rules inside a bar: what gaps through the open fills at the open; then stop orders, then limit orders
 * (when both are touched the stop wins, long and short alike).
 */
export interface FillBar {
  open: number;
  high: number;
  low: number;
}

export type RestingKind = 'market' | 'limit' | 'stop';
export type OrderSide = 'buy' | 'sell';

export interface RestingOrder {
  kind: RestingKind;
  side: OrderSide;
  /** Limit or trigger price; ignored for `market`. */
  price: number;
}

export interface FillCosts {
  /** Half of the bid-ask spread as a share of the price, paid by whatever takes liquidity. */
  halfSpread: number;
  /** Further adverse share for a triggered stop, which chases a moving market. */
  stopSlippage: number;
}

export interface BarFill {
  /** Where in the bar: at its open, or inside its range. */
  at: 'open' | 'inside';
  /** Price before rounding to the pair's tick. */
  price: number;
  liquidity: 'maker' | 'taker';
}

/**
 * What one bar does to one order that rests when the bar opens, or null when it stays.
 * `sees` narrows the view for an order that came to rest inside this very bar: a stop then sees the
 * whole range (but no gap), a limit nothing until the next bar.
 */
export function fillInBar(
  order: RestingOrder,
  bar: FillBar,
  costs: FillCosts,
  sees: 'whole-bar' | 'range-only' = 'whole-bar',
): BarFill | null {
  const sign = order.side === 'buy' ? 1 : -1;
  const taker = (price: number, extra: number): number => price * (1 + sign * extra);
  switch (order.kind) {
    case 'market':
      return { at: 'open', price: taker(bar.open, costs.halfSpread), liquidity: 'taker' };
    case 'stop': {
      const extra = costs.halfSpread + costs.stopSlippage;
      if (sees === 'whole-bar' && sign * (bar.open - order.price) >= 0) {
        return { at: 'open', price: taker(bar.open, extra), liquidity: 'taker' };
      }
      const reached = order.side === 'buy' ? bar.high >= order.price : bar.low <= order.price;
      return reached
        ? { at: 'inside', price: taker(order.price, extra), liquidity: 'taker' }
        : null;
    }
    case 'limit': {
      if (sees === 'range-only') return null;
      if (sign * (order.price - bar.open) >= 0) {
        return { at: 'open', price: bar.open, liquidity: 'maker' };
      }
      const reached = order.side === 'buy' ? bar.low <= order.price : bar.high >= order.price;
      return reached ? { at: 'inside', price: order.price, liquidity: 'maker' } : null;
    }
    default:
      return order.kind satisfies never;
  }
}
