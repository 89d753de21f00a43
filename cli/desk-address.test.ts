import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chooseDesk, readDesks, writeDesk, type DeskEntry, type Desks } from './desk-address.ts';

let home: string;
beforeEach(() => (home = mkdtempSync(join(tmpdir(), 'triplegain-desks-'))));
afterEach(() => rmSync(home, { recursive: true, force: true }));

const demo: DeskEntry = {
  profile: 'desks/triplegain.yaml',
  schema: 'desk_demo',
  databaseUrl: 'postgres://desk:secret@127.0.0.1:17002/triplegain',
  temporalAddress: '127.0.0.1:17000',
  temporalUi: 'http://127.0.0.1:17001',
  namespace: 'default',
  control: 'http://127.0.0.1:17006',
  rest: 'http://127.0.0.1:17003',
  journalDir: '/home/journal',
  replay: null,
};
const replay = (hash: string): DeskEntry => ({
  ...demo,
  schema: `replay_${hash}`,
  replay: { hash, from: '2021-05-15T00:00:00Z', to: '2021-05-20T00:00:00Z', finished: true },
});

describe('the file of desks', () => {
  it('is absent before the first start', () => expect(readDesks(home)).toBeNull());

  it('keeps the other desks, marks the last one as current and is private', () => {
    writeDesk(home, 'triplegain-ab', demo);
    writeDesk(home, 'triplegain-ab-0f', replay('0f'));
    expect(readDesks(home)).toEqual({
      current: 'triplegain-ab-0f',
      desks: { 'triplegain-ab': demo, 'triplegain-ab-0f': replay('0f') },
    });
    expect(statSync(join(home, 'desks.json')).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['no JSON', '{'],
    ['a field missing', JSON.stringify({ current: 'a', desks: { a: { profile: 'x' } } })],
  ])('says what to do when damaged: %s', (_name, text) => {
    writeFileSync(join(home, 'desks.json'), text);
    expect(() => readDesks(home)).toThrow(/desks\.json is damaged.*run npm start/);
    expect(readFileSync(join(home, 'desks.json'), 'utf8')).toBe(text);
  });
});

describe('the desk that is meant', () => {
  const both: Desks = {
    current: 'r1',
    desks: { live: demo, r1: replay('0f12'), r2: replay('aa') },
  };
  const replays: Desks = { current: 'r1', desks: { r1: replay('0f12'), r2: replay('aa') } };
  it.each([
    ['the trading desk, though a replay ran last', both, {}, 'live'],
    ['the last replay where only replays ran', replays, {}, 'r1'],
    ['a replay by its hash', both, { replay: 'aa' }, 'r2'],
    ['a replay by the start of its hash', both, { replay: '0f' }, 'r1'],
    ['a desk by id', both, { desk: 'r2' }, 'r2'],
    ['a profile by path', both, { profile: './elsewhere/triplegain.yaml' }, 'live'],
    ['a profile by name', replays, { profile: 'triplegain' }, 'r1'],
  ])('%s', (_name, desks, choice, id) => {
    expect(chooseDesk(desks, choice)).toMatchObject({ kind: 'found', id });
  });

  it.each([
    ['no file', null, {}, /npm start/],
    ['an unknown hash', both, { replay: 'ffff' }, /no desk "replay ffff".*live, r1, r2/],
    ['an unknown profile', both, { profile: 'swing.yaml' }, /no desk "swing.yaml"/],
  ])('nobody: %s', (_name, desks, choice, message) => {
    const chosen = chooseDesk(desks, choice);
    expect(chosen.kind === 'none' && chosen.message).toMatch(message);
  });
});
