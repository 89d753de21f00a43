import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findCandleFiles } from '../../candles/candle-files.ts';
import { recordedFile, studyFile } from './load-study-data.ts';
import type { StudyRequest, SweepPlan } from './study.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Everything whose change may change a result. */
const SOURCES = [
  'shared/backtest',
  'shared/indicators',
  'shared/strategies',
  'shared/statistics',
  'shared/guard',
  'shared/rebalance',
  'shared/risk',
  'shared/candle-columns.ts',
  'shared/entry.ts',
  'shared/fills.ts',
  'shared/margin.ts',
  'shared/shadow/entry-in-bar.ts',
  'shared/llm/catalogue.ts',
  'shared/llm/embargo.ts',
  'candles',
  'activities/backtest',
];
const ID_DIGITS = 20;

/** Hash of the code that computes studies. */
export function codeVersion(): string {
  const hash = createHash('sha256');
  for (const source of SOURCES) {
    const path = join(ROOT, source);
    const files = statSync(path).isDirectory()
      ? readdirSync(path, { recursive: true, encoding: 'utf8' }).sort()
      : [''];
    for (const file of files) {
      if ((file !== '' && !file.endsWith('.ts')) || file.endsWith('.test.ts')) continue;
      hash.update(`\n${source}/${file}\n`).update(readFileSync(join(path, file)));
    }
  }
  return hash.digest('hex');
}

/**
 * Id of a study: a hash of the content of its candle files, the code, and all that was asked for. Where the
 * files lie does not matter. Throws when a pair has no file.
 */
export function studyId(request: StudyRequest, sweep: SweepPlan | null, code: string): string {
  const files = findCandleFiles(request.dataDir, { pairs: request.pairs });
  const content = request.pairs.flatMap((pair) => {
    const beneath = files.find((f) => f.pair === pair && f.timeframe === request.beneath);
    return [studyFile(files, pair, request), beneath].map((file) =>
      file === undefined ? null : hashOf(file.path),
    );
  });
  const recorded = recordedFile(request);
  if (recorded !== null) content.push(hashOf(recorded));
  // Where files lie does not matter.
  const { dataDir: _where, ...asked } = request;
  if (recorded !== null) asked.params = { ...asked.params, file: null };
  return createHash('sha256')
    .update(JSON.stringify([code, content, sorted(asked), sorted(sweep)]))
    .digest('hex')
    .slice(0, ID_DIGITS);
}

function hashOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** The same value with the keys of all its objects in order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
