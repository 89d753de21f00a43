import { expect, test } from 'vitest';
import { EXTRA_INDICATORS, ExtraIndicatorSchema, extraIndicator } from './extra-indicators.ts';

/** Closes 1..n, each bar reaching 1 below and 1 above. */
function rising(n: number) {
  const close = Float64Array.from({ length: n }, (_, i) => i + 1);
  return {
    timeMs: close.map((_, i) => i * 3_600_000),
    open: close,
    high: close.map((c) => c + 1),
    low: close.map((c) => c - 1),
    close,
    volume: close.map(() => 10),
  };
}

test.each(EXTRA_INDICATORS)('%s has a value after 200 bars with its usual settings', (name) => {
  expect(extraIndicator(ExtraIndicatorSchema.parse({ name }), rising(200))).not.toBeNull();
});

test('a profile sets the settings', () => {
  // closes 8, 9, 10: (8 + 9 + 10) / 3 = 9
  const sma = ExtraIndicatorSchema.parse({ name: 'sma', params: { period: 3 } });
  expect(extraIndicator(sma, rising(10))).toBe(9);
});

test('an indicator of several lines has each by its name', () => {
  const cloud = extraIndicator(ExtraIndicatorSchema.parse({ name: 'ichimokucloud' }), rising(120));
  expect(Object.keys(cloud as object)).toEqual(['conversion', 'base', 'spanA', 'spanB']);
});

test('is null while too few bars have closed', () => {
  expect(extraIndicator(ExtraIndicatorSchema.parse({ name: 'cci' }), rising(5))).toBeNull();
});

test('a name that the library does not have is refused with the names that it has', () => {
  expect(() => ExtraIndicatorSchema.parse({ name: 'magic' })).toThrow(/ichimokucloud/);
});
