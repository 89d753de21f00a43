/**
 * JSON that keeps the text of its numbers: `JSON.parse` would turn 2.1010 into 2.101 and lose the last
 * digits of a 19-digit cursor, and with them checksums and pages.
 */

/** A number that is to be written into JSON exactly as its text says. */
export interface RawNumber {
  readonly rawJSON: string;
}

// Standard since ES2025, not yet in the configured library types.
const raw = JSON as unknown as {
  rawJSON(text: string): RawNumber;
  isRawJSON(value: unknown): value is RawNumber;
};

/** A number that `JSON.stringify` writes with exactly these digits. */
export function rawNumber(text: string): RawNumber {
  return raw.rawJSON(text);
}

export function isRawNumber(value: unknown): value is RawNumber {
  return raw.isRawJSON(value);
}

const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d[0-9.eE+-]*/g;

/** The same JSON with every number written as a string, digit for digit. */
export function quoteNumbers(json: string): string {
  return json.replace(STRING_OR_NUMBER, (token) =>
    token.charCodeAt(0) === 0x22 ? token : `"${token}"`,
  );
}

/**
 * Parses JSON with its numbers as strings, digit for digit; the schemas of this folder say which strings
 * are numbers. Throws `SyntaxError` on what is not JSON.
 */
export function parseJson(json: string): unknown {
  return JSON.parse(quoteNumbers(json));
}
