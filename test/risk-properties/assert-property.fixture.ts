import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';

/** Decisions a property is held against; more by `RISK_PROPERTY_RUNS` in the long run. */
export const RUNS = Number(process.env['RISK_PROPERTY_RUNS'] ?? 20_000);

interface FailingSeed {
  seed: number;
  path: string;
}
const SEEDS = join(import.meta.dirname, 'failing-seeds.json');

/**
 * Holds a property against random inputs, and first against every input that ever broke it. A new one is kept
 * in `failing-seeds.json`, so that each later run tries it again; take it out when the inputs are made otherwise.
 */
export function assertProperty<Ts>(
  name: string,
  property: fc.IProperty<Ts>,
  numRuns: number = RUNS,
  file: string = SEEDS,
): void {
  for (const kept of readSeeds(file)[name] ?? [])
    fc.assert(property, { ...kept, endOnFailure: true });
  const found = fc.check(property, { numRuns });
  if (!found.failed) return;
  if (found.counterexamplePath !== null) {
    keep(file, name, { seed: found.seed, path: found.counterexamplePath });
  }
  throw new Error(`${name}: ${fc.defaultReportMessage(found) ?? 'failed'}`);
}

function readSeeds(file: string): Record<string, FailingSeed[]> {
  return JSON.parse(readFileSync(file, 'utf8')) as Record<string, FailingSeed[]>;
}

function keep(file: string, name: string, seed: FailingSeed): void {
  const all = readSeeds(file);
  all[name] = [...(all[name] ?? []), seed];
  writeFileSync(file, `${JSON.stringify(all, null, 2)}\n`);
}
