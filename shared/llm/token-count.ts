const PIECES = /[A-Za-z]{1,6}|\d{1,3}|[^\sA-Za-z\d]/gu;

/**
 * Tokens of a text, measured without any vendor's tokenizer: pieces of up to six letters or three
 * digits, and every other sign by itself. On prompts of numbers it lies at or above what vendors bill,
 * which is the side on which limits and reservations want it.
 */
export function countTokens(text: string): number {
  return text.match(PIECES)?.length ?? 0;
}
