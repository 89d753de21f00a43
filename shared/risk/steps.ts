import type { Decimal } from '../money.ts';

export { floorToStep } from '../money.ts';

/** `value` rounded up to a multiple of `step`. */
export function ceilToStep(value: Decimal, step: Decimal): Decimal {
  return value.div(step).ceil().mul(step);
}
