import { Decimal } from '../../shared/money.ts';

/** A float as plain decimal text of at most `digits` significant digits, never with an exponent. */
export function plainNumber(value: number, digits = 12): string {
  const rounded = Number(value.toPrecision(digits));
  const text = String(rounded);
  return text.includes('e') ? new Decimal(rounded).toFixed() : text;
}
