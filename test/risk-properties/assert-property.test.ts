import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { assertProperty } from './assert-property.fixture.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'triplegain-seeds-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('an input that broke a property is kept, and tried first by every later run', () => {
  const file = join(dir, 'seeds.json');
  writeFileSync(file, '{}');
  const tried: number[] = [];
  const small = fc.property(fc.nat(1_000_000), (n) => {
    tried.push(n);
    return n < 900_000;
  });
  expect(() => assertProperty('small', small, 10_000, file)).toThrow('small: ');
  const kept = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown[]>;
  expect(kept['small']).toHaveLength(1);
  // no random run at all: what was kept breaks it again, at the smallest number that does
  tried.length = 0;
  expect(() => assertProperty('small', small, 0, file)).toThrow('Property failed');
  expect(tried).toEqual([900_000]);
  // another property is another matter, and what holds again passes
  assertProperty(
    'other',
    fc.property(fc.nat(), () => true),
    1,
    file,
  );
  assertProperty(
    'small',
    fc.property(fc.nat(1_000_000), () => true),
    1,
    file,
  );
});
