import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseJson, rawNumber } from './json.ts';

test('keeps every digit of a number and leaves strings alone', () => {
  const text =
    '{"price":2.1010,"last":1688671969993150842,"tiny":2.27e-05,"s":"a\\"5,1.0\\\\","t":[-0.50]}';
  expect(parseJson(text)).toEqual({
    price: '2.1010',
    last: '1688671969993150842',
    tiny: '2.27e-05',
    s: 'a"5,1.0\\',
    t: ['-0.50'],
  });
  expect(JSON.stringify({ price: rawNumber('2.1010') })).toBe('{"price":2.1010}');
});

test.each(['', '{', '{"a":1', '[1,]', '<html>', '{"a":tru}'])('refuses %j', (text) => {
  expect(() => parseJson(text)).toThrow(SyntaxError);
});

test('reads any JSON as JSON.parse does, numbers by their text', () => {
  const asText = (value: unknown): unknown => {
    if (typeof value === 'number') return JSON.stringify(value);
    if (Array.isArray(value)) return value.map(asText);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, asText(each)]));
  };
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'grapheme' }), (value) => {
      const text = JSON.stringify(value);
      expect(JSON.stringify(parseJson(text))).toBe(JSON.stringify(asText(JSON.parse(text))));
    }),
  );
});
