import { expect, it } from 'vitest';
import { embargoEnd } from './embargo.ts';

it.each([
  // Released 2026-08-13, knows until 2025-05: the release is later.
  ['deepseek-v4-pro', Date.UTC(2026, 7, 13)],
  // Nothing is said of its knowledge: the release.
  ['gpt-6.1-sol', Date.UTC(2026, 8, 29)],
  // Released 2026-06-01, before the June that it knows to the end was over.
  ['claude-fable-5-1', Date.UTC(2026, 6, 1)],
  ['a model nobody listed', Infinity],
])('%s counts from the later of cut-off and release on', (model, end) => {
  expect(embargoEnd(model)).toBe(end);
});
