import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CandleFile } from '../../candles/candle-files.ts';
import { openHome, type Home } from '../../infra/home.ts';
import { loadProfile } from '../load-profile.ts';
import {
  demoState,
  liveState,
  paperState,
  removeStaleDirs,
  replayState,
  type RunState,
} from './run-state.ts';

const profile = loadProfile(join(import.meta.dirname, '..', '..', 'desks', 'triplegain.yaml'));

let root: string;
let home: Home;
let csv: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'triplegain-run-state-'));
  home = openHome({ dir: join(root, 'home') });
  csv = join(root, 'BTCUSDT-1h.csv');
  writeFileSync(csv, 'time,open,high,low,close,volume\n');
});
afterEach(() => rmSync(root, { recursive: true }));

const file = (): CandleFile =>
  ({ path: csv, name: 'BTCUSDT-1h.csv', pair: 'BTC/USDT', timeframe: '1h' }) as CandleFile; // all that is read of it
const replay = (change: { seed?: number; toMs?: number } = {}): RunState =>
  replayState(home, profile, {
    ...{ files: [file()], seed: null, fromMs: 0, toMs: 86_400_000 },
    ...change,
  });
const ids = ({ desk, schema, dir }: RunState) => ({ desk, schema, dir });

describe('a replay', () => {
  test('that was broken off goes on where it was', () => {
    const first = replay();
    expect(ids(replay())).toEqual(ids(first));
  });

  test('that is finished starts anew under new ids, and the old ones go', () => {
    const first = replay();
    first.finish();
    const second = replay();
    expect(second.replay).toBe(first.replay);
    expect(second.desk).not.toBe(first.desk);
    expect(second.schema).not.toBe(first.schema);
    expect(second.stale).toEqual({ schemas: [first.schema], dirs: [first.dir] });
    removeStaleDirs(second);
    expect([first.dir, second.dir].map((dir) => existsSync(dir))).toEqual([false, true]);
  });

  test('of another range, seed or content is another one', () => {
    const first = replay();
    const others = [replay({ toMs: 2 * 86_400_000 }), replay({ seed: 8 })];
    writeFileSync(csv, 'time,open,high,low,close,volume\n0,1,1,1,1,1\n');
    others.push(replay());
    expect(new Set([first, ...others].map((state) => state.replay)).size).toBe(4);
  });

  test('of another profile is another one', () => {
    const other = { ...profile, risk: { ...profile.risk, confidence: 0.7 } };
    const of = { files: [file()], seed: null, fromMs: 0, toMs: 86_400_000 };
    expect(replayState(home, other, of).replay).not.toBe(replay().replay);
  });
});

const seed = (n: number) => ({ seed: n, fromMs: Date.UTC(2026, 0, 5), isRealTime: false });

test('the demo of a seed is one state for ever, apart from every replay and home', () => {
  const demo = demoState(home, profile, seed(7));
  expect(ids(demoState(home, profile, seed(7)))).toEqual(ids(demo));
  const elsewhere = openHome({ dir: join(root, 'other') });
  const others = [
    demoState(home, profile, seed(8)),
    replay(),
    demoState(elsewhere, profile, seed(7)),
    demoState(home, profile, { ...seed(7), isRealTime: true }),
    paperState(home, profile),
    paperState(home, { ...profile, balances: { USDT: '5' } }),
    liveState(home, profile),
  ];
  for (const key of ['desk', 'schema', 'dir'] as const) {
    expect(new Set([demo, ...others].map((state) => state[key])).size).toBe(8);
  }
});

test('real money stays one account, whatever pairs the profile trades', () => {
  const other = { ...profile, pairs: profile.pairs.slice(1), balances: {} };
  expect(ids(liveState(home, other))).toEqual(ids(liveState(home, profile)));
});

test('names fit where they are used', () => {
  const state = replay();
  expect(state.schema).toMatch(/^[a-z][a-z0-9_]{0,62}$/);
  expect(demoState(home, { ...profile, name: 'my-desk' }, seed(7)).schema).toMatch(
    /^[a-z][a-z0-9_]{0,62}$/,
  );
});
