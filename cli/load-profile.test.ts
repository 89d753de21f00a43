import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadProfile } from './load-profile.ts';

const OURS = join(import.meta.dirname, '..', 'desks', 'triplegain.yaml');

let dir: string;
let file: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'triplegain-profile-'));
  file = join(dir, 'desk.yaml');
});
afterAll(() => rmSync(dir, { recursive: true }));

/** What is said of the desk's own profile with `from` changed to `to`. */
function mistakesWith(from: string | RegExp, to: string): string {
  const text = readFileSync(OURS, 'utf8');
  const changed = text.replace(from, to);
  expect(changed).not.toBe(text);
  writeFileSync(file, changed);
  try {
    loadProfile(file);
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing';
}

/** Number of the line of the desk's own profile that contains `text`. */
const lineOf = (text: string): number =>
  readFileSync(OURS, 'utf8')
    .split('\n')
    .findIndex((line) => line.includes(text)) + 1;

test('the desk’s own profile is read', () => {
  expect(loadProfile(OURS)).toMatchObject({
    ...{ name: 'triplegain', pairs: ['BTC/USDT', 'XRP/USDT', 'XRP/BTC'], timeframe: '1h' },
    // A limit that is not named has its default.
    risk: { riskPerTradePct: 1, cooldownMinutes: 30 },
  });
});

test.each([
  [
    'a timeframe that does not exist',
    'timeframe: 1h',
    'timeframe: 2h',
    'timeframe: 1h',
    'timeframe: ',
    '"1h"',
  ],
  [
    'a pair without a slash',
    'BTC/USDT,',
    'BTCUSDT,',
    'pairs:',
    'pairs.0: ',
    'must be a pair like BTC/USDT',
  ],
  ['a balance without quotes', "'500'", '500', "XRP: '500'", 'balances.XRP: ', 'string'],
  [
    'a strategy that does not exist',
    'strategy: breakout',
    'strategy: magic',
    'id: breakout',
    'deciders.1.strategy: ',
    '"breakout"',
  ],
  [
    'a quorum that is never reached',
    'quorum, quorum: 2',
    'quorum, quorum: 4',
    'consensus:',
    'consensus.quorum: ',
    'larger than the roster',
  ],
  [
    'a limit beyond its range',
    'risk: {}',
    'risk: { riskPerTradePct: 50 }',
    'risk:',
    'risk.riskPerTradePct: ',
    '10',
  ],
  [
    'a misspelt limit',
    'risk: {}',
    'risk: { riskPerTrade: 1 }',
    'risk:',
    'risk.riskPerTrade: ',
    'docs/risk.md',
  ],
  [
    'a misspelt key',
    'reconcileEveryHours:',
    'reconcileEvry:',
    'reconcileEveryHours',
    'reconcileEvry: ',
    'no such key',
  ],
])('%s: file, line, key and what is allowed', (_name, from, to, at, key, allowed) => {
  const said = mistakesWith(from, to);
  expect(said).toContain(`profile ${file} has `);
  const mistake = said.split('\n').find((line) => line.includes(key));
  expect(mistake).toMatch(new RegExp(`^ {2}line ${lineOf(at)}, `));
  expect(mistake).toContain(allowed);
});

test('every mistake is named at once', () => {
  const said = mistakesWith('risk: {}', 'risk: { riskPerTrade: 1, stopPercent: 2, confidence: 7 }');
  expect(said).toContain('has 3 mistake(s)');
  for (const key of ['riskPerTrade', 'stopPercent', 'confidence']) {
    expect(said).toContain(`risk.${key}: `);
  }
});

test('a missing key is named at the line of what it is missing in', () => {
  expect(mistakesWith(/ {2}targetSlippagePct: 0.2\n/, '  {}\n')).toContain(
    'guard.targetSlippagePct: ',
  );
});

test.each([
  ['no YAML', ': : :\n - ['],
  ['nothing at all', ''],
  ['a list', '- a\n- b\n'],
])('%s says so', (_name, text) => {
  writeFileSync(file, text);
  expect(() => loadProfile(file)).toThrow(`profile ${file}`);
});

test('a file that is not there is named', () => {
  const missing = join(dir, 'missing.yaml');
  expect(() => loadProfile(missing)).toThrow(`cannot read the profile ${missing}`);
});

test('a desk may trade on margin', () => {
  writeFileSync(file, `${readFileSync(OURS, 'utf8')}\nmargin: { leverage: 2 }\n`);
  expect(loadProfile(file).margin).toEqual({ leverage: 2 });
});
