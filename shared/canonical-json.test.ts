import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson } from './canonical-json.ts';

test('keys are sorted at every depth, lists keep their order', () => {
  expect(canonicalJson({ b: [3, { d: 1, c: null }], a: 'x' })).toBe(
    '{"a":"x","b":[3,{"c":null,"d":1}]}',
  );
});

test('what is undefined is left out of objects and null in lists', () => {
  expect(canonicalJson({ a: undefined, b: [undefined] })).toBe('{"b":[null]}');
});

test.each([
  [{ a: [1, NaN] }, '$.a[1] is NaN: not a JSON number'],
  [{ a: Infinity }, '$.a is Infinity: not a JSON number'],
  [[1n], '$[0] is a bigint: not JSON'],
  [{ f: () => 1 }, '$.f is a function: not JSON'],
])('%o is refused by its path', (value, message) => {
  expect(() => canonicalJson(value)).toThrow(message);
});

test('it is JSON, and the same for the same content however it was built', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      const text = canonicalJson(value);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(canonicalJson(reversed(value))).toBe(text);
    }),
  );
});

/** The same content with its keys in the opposite order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([key, item]) => [key, reversed(item)] as const);
  return Object.fromEntries(entries.reverse());
}
