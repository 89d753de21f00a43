import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  startFakeKraken,
  type FakeKraken,
} from '../../activities/orders/kraken/fake-kraken.fixture.ts';
import { openHome, type Home } from '../../infra/home.ts';
import { loadProfile } from '../load-profile.ts';
import { admitLive } from './live.ts';
import type { Profile } from '../../shared/profile.ts';

const SECRET = Buffer.from('not to be seen anywhere').toString('base64');
const KEYS = { KRAKEN_API_KEY: 'A-KEY', KRAKEN_API_SECRET: SECRET };
const FIT = [
  ...['query-funds', 'query-open-trades', 'query-closed-trades', 'query-ledger'],
  ...['modify-trades', 'close-trades', 'create-ws-token'],
];

let root: string;
let home: Home;
let kraken: FakeKraken;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'live-'));
  home = openHome({ dir: join(root, 'home') });
  kraken = await startFakeKraken();
  keyMay(FIT);
  pass('live');
});
afterEach(async () => {
  await kraken.close();
  rmSync(root, { recursive: true });
});

const paper = loadProfile(join(import.meta.dirname, '..', '..', 'desks', 'triplegain.yaml'));
const live: Profile = { ...paper, mode: 'live' };

function pass(gate: string): void {
  const evidence = { passedAt: '2026-11-01T00:00:00Z', by: 'ann', evidence: '90 days of paper' };
  const gates = { [paper.name]: { [gate]: evidence } };
  writeFileSync(home.path('gates.json'), JSON.stringify(gates));
}
function keyMay(permissions: string[]): void {
  const rights = { api_key_name: 'k', api_key: 'A-KEY', nonce: '0', nonce_window: '0' };
  kraken.answer('GetApiKeyInfo', { result: { ...rights, permissions } });
}
const admit = (profile = live, env: NodeJS.ProcessEnv = KEYS) =>
  admitLive(home, profile, { rest: kraken.rest, ws: kraken.ws, wsAuth: kraken.ws }, env);

describe('a desk is let in to trade real money', () => {
  test('with a passed gate and a key that is fit; a micro one with capital to match', async () => {
    expect(await admit()).toMatchObject({ profile: live, keys: KEYS });
    pass('micro-live');
    const micro = await admit({ ...paper, mode: 'micro-live' });
    expect(micro.profile.risk.capitalUsdt).toBe(100);
    const less = { ...paper, mode: 'micro-live' as const };
    less.risk = { ...less.risk, capitalUsdt: 40 };
    expect((await admit(less)).profile.risk.capitalUsdt).toBe(40);
  });

  test('under one sequence of nonces a key, wherever it is used', async () => {
    const { nonceFile } = await admit();
    expect((await admit()).nonceFile).toBe(nonceFile);
    const other = await admit(live, { ...KEYS, KRAKEN_API_KEY: 'B-KEY' });
    expect(other.nonceFile).not.toBe(nonceFile);
    const nonces = kraken.calls.map((call) => Number(call.fields.get('nonce')));
    expect(nonces[1]).toBeGreaterThan(nonces[0]!);
    expect(nonceFile).not.toContain('A-KEY');
  });
});

describe('it is refused, and told why', () => {
  const refused = (given: Promise<unknown>): Promise<string> =>
    given.then(
      () => 'let in',
      (error: unknown) => String(error),
    );

  test.each([
    { name: 'of a profile that is for paper', run: () => admit(paper), says: 'mode: micro-live' },
    {
      name: 'without a passed gate',
      run: () => {
        pass('micro-live');
        return admit();
      },
      says: 'has not passed the gate to live',
    },
    {
      name: 'without evidence that can be read',
      run: () => {
        writeFileSync(home.path('gates.json'), '{"x": 1}');
        return admit();
      },
      says: 'gates.json cannot be read',
    },
    {
      name: 'without a key',
      run: () => admit(live, {}),
      says: 'KRAKEN_API_KEY and KRAKEN_API_SECRET',
    },
    {
      name: 'with a key that can withdraw',
      run: () => {
        keyMay([...FIT, 'withdraw-funds']);
        return admit();
      },
      says: 'it can withdraw (withdraw-funds)',
    },
    {
      name: 'with a key that cannot cancel',
      run: () => {
        keyMay(FIT.filter((right) => right !== 'close-trades'));
        return admit();
      },
      says: '"Cancel & close orders" (close-trades)',
    },
    {
      name: 'with a key that Kraken does not know',
      run: () => {
        kraken.answer('GetApiKeyInfo', { errors: ['EAPI:Invalid key'] });
        return admit();
      },
      says: 'EAPI:Invalid key',
    },
    {
      name: 'where Kraken does not answer',
      run: async () => {
        const nobody = { rest: 'http://127.0.0.1:1', ws: kraken.ws, wsAuth: kraken.ws };
        return admitLive(home, live, nobody, KEYS);
      },
      says: '--kraken-rest',
    },
  ])('$name', async ({ run, says }) => {
    const message = await refused(run());
    expect(message).toContain(says);
    expect(message).not.toContain(SECRET);
  });

  test('and the secret is in no file of the home', async () => {
    await admit();
    const files = readdirSync(home.dir, { recursive: true, withFileTypes: true });
    for (const file of files.filter((entry) => entry.isFile())) {
      expect(readFileSync(join(file.parentPath, file.name), 'utf8')).not.toContain(SECRET);
    }
  });
});
