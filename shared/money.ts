import { Decimal as Base } from 'decimal.js';

/**
 * The project's decimal: 40 significant digits, never exponent notation in text. Every price,
 * quantity and amount is one of these between the wire and the ledger.
 */
export const Decimal = Base.clone({ precision: 40, toExpNeg: -30, toExpPos: 40 });
export type Decimal = Base;

/** A decimal as plain text, e.g. "0.00050000": the only form that crosses a border (wire, JSON, database). */
export type DecimalText = string;

const PLAIN_DECIMAL = /^-?\d+(\.\d+)?$/;

/** Whether `text` is a plain decimal without exponent, as money is written at every border. */
export function isDecimalText(text: unknown): text is DecimalText {
  return typeof text === 'string' && PLAIN_DECIMAL.test(text);
}

/** `value` rounded towards zero to a multiple of `step`: a size never grows by rounding. */
export function floorToStep(value: Decimal, step: Decimal): Decimal {
  return value.div(step).trunc().mul(step);
}
