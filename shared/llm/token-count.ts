const PIECES = /[A-Za-z]{1,6}|\d{1,3}|[^\sA-Za-z\d]/gu;

/** What a vendor's tokenizer may count above ours, times. */
export const TOKEN_SLACK = 1.25;

/**
 * Tokens of a text, measured without any vendor's tokenizer: pieces of up to six letters or three
 * digits, and every other sign by itself. Limits of money and context add `TOKEN_SLACK`.
 */
export function countTokens(text: string): number {
  return text.match(PIECES)?.length ?? 0;
}
