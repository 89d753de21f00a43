import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emptySchema, storeRecord } from '../activities/ledger/desk-database.fixture.ts';
import { writeDesk } from '../cli/desk-address.ts';
import { runDeskCommand } from '../cli/desk/run-command.ts';
import { freePort } from '../infra/ports.ts';
import { smallDesk } from '../shared/audit/desk-record.fixture.ts';
import type { VenueJournal } from '../shared/audit/journal-audit.ts';
import { databaseUrl } from './support/services.ts';

const { record, journal } = smallDesk();
const cycle = record.cycles[0]!;
let home: string;
let pool: pg.Pool;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'triplegain-desk-'));
  const schema = `desk_command_${process.pid}`;
  pool = await emptySchema(schema);
  await storeRecord(pool, record);
  writeJournal(journal);
  writeDesk(home, record.desk, {
    profile: 'desks/triplegain.yaml',
    schema,
    databaseUrl: databaseUrl(),
    // Nobody listens there: these are the commands to a desk that does not run.
    temporalAddress: `127.0.0.1:${await freePort()}`,
    temporalUi: 'http://127.0.0.1:17001',
    namespace: 'default',
    control: null,
    rest: null,
    journalDir: join(home, 'journal'),
    replay: null,
  });
});
afterAll(async () => {
  await pool?.end();
  rmSync(home, { recursive: true, force: true });
});

/** The journal as the simulator leaves it. */
function writeJournal(of: VenueJournal): void {
  const lines = [
    { journal: 1 },
    ...of.deposits.map((deposit) => ({ fact: 'deposit', ...deposit })),
    ...of.orders.map(({ venueOrderId, clientOrderId }) => ({
      fact: 'order',
      order: venueOrderId,
      client: clientOrderId,
    })),
    ...of.fills.map(({ executionId, venueOrderId, clientOrderId, at, ...terms }) => ({
      fact: 'fill',
      trade: executionId,
      order: venueOrderId,
      client: clientOrderId,
      at: Date.parse(at),
      ...terms,
    })),
  ];
  mkdirSync(join(home, 'journal'), { recursive: true });
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  writeFileSync(join(home, 'journal', 'journal.jsonl'), text);
}

interface Said {
  status: number;
  out: string;
  err: string;
}

const desk = (...argv: string[]): Promise<Said> => deskOf(home, argv);

async function deskOf(dir: string, argv: readonly string[]): Promise<Said> {
  let [out, err] = ['', ''];
  const status = await runDeskCommand([...argv, '--home', dir], {
    env: {},
    root: '/nowhere',
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
  });
  return { status, out, err };
}

describe('npm run desk, with the database up and the desk stopped', () => {
  it('lists the cycles as other programs rely on', async () => {
    const { status, out, err } = await desk('cycles', '--json');
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(JSON.parse(out)).toEqual([
      {
        id: cycle.id,
        pair: 'BTC/USDT',
        bar: '2021-05-15T13:00:00Z',
        action: 'long',
        outcome: 'ordered',
        confidence: 0.62,
        vetoes: [],
      },
    ]);
  });

  it('lists the cycles for people, one a line', async () => {
    const { out } = await desk('cycles');
    expect(out).toBe(
      '2021-05-15 13:00  BTC/USDT  trend long 0.62 · model absent  → long  ordered buy 0.01, stop 49000\n',
    );
  });

  it.each([
    ['last', ['last']],
    ['by id', [cycle.id]],
    ['by pair and bar', ['BTC/USDT', '2021-05-15T13:00']],
  ])('explains a cycle named %s', async (_name, words) => {
    const { status, out } = await desk('why', ...words);
    expect(status).toBe(0);
    expect(out).toContain('the trend stands');
    expect(out).toContain('sure enough');
    expect(out).toContain('fill of stop 1');
    const { out: json } = await desk('why', ...words, '--json');
    const document: unknown = JSON.parse(json);
    expect(document).toMatchObject({
      id: cycle.id,
      answers: [{ decider: 'trend' }, { decider: 'model', cause: 'late' }],
      position: { state: 'closed', fills: [{ leg: 'entry' }, { leg: 'stop', price: '49000' }] },
    });
  });

  it('does not call identical what it cannot decide again', async () => {
    const { status, out, err } = await desk('replay', 'last', '--json');
    expect({ status, out }).toEqual({ status: 1, out: '' });
    expect(err).toMatch(/snapshot none of cycle\/.* is no longer stored: it cannot be replayed/);
  });

  it('exports decisions, one line of JSON each, or as one document', async () => {
    const { out } = await desk('decisions', '--decider', 'trend');
    const lines = out.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      {
        ...{ decider: 'trend', model: null, promptVersion: null, pair: 'BTC/USDT' },
        ...{ bar: '2021-05-15T13:00:00Z', decision: { action: 'long' } },
      },
    ]);
    const all = JSON.parse((await desk('decisions', '--json')).out) as { decider: string }[];
    expect(all.map((d) => d.decider)).toEqual(['consensus', 'trend']);
  });

  it('tells who was absent and why', async () => {
    const { deciders } = JSON.parse((await desk('deciders', '--json')).out) as {
      deciders: object[];
    };
    expect(deciders).toMatchObject([
      { decider: 'model', answered: 0, absent: 1, lastAbsence: { cause: 'late' } },
      { decider: 'trend', answered: 1, absent: 0, lastAbsence: null },
    ]);
  });

  it('says so when no bar has closed that shadow accounts could begin at', async () => {
    const { status, out, err } = await desk('arena');
    expect({ status, out }).toEqual({ status: 1, out: '' });
    expect(err).toContain('has no shadow accounts yet: they begin when its first bar has closed');
  });

  it('says so when there is no such cycle', async () => {
    const { status, out, err } = await desk('why', 'BTC/USDT', '2021-05-15T14:00');
    expect({ status, out }).toEqual({ status: 1, out: '' });
    expect(err).toMatch(/no such cycle.*cycles/);
  });

  it.each(['status', 'pause', 'resume', 'halt', 'flatten'])('%s says what to do', async (name) => {
    const { status, out, err } = await desk(name, '--json');
    expect({ status, out }).toEqual({ status: 1, out: '' });
    expect(err).toMatch(/is not running: no Temporal server answers at .*npm start/);
  });

  it('ends in status 2 with the usage on wrong arguments', async () => {
    const { status, out, err } = await desk('status', 'now');
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err).toContain('npm run desk -- <command>');
  });

  it('reconciles the ledger with the venue, and sees a lost fill', async () => {
    const agreed = await desk('reconcile', '--json');
    expect(agreed.status).toBe(0);
    expect(JSON.parse(agreed.out)).toMatchObject({
      differences: [],
      unbalanced: [],
      duplicates: [],
    });

    writeJournal({ ...journal, fills: journal.fills.slice(0, 1) });
    const differs = await desk('reconcile', '--json');
    expect(differs.status).toBe(3);
    const { differences } = JSON.parse(differs.out) as { differences: string[] };
    expect(differences.join('\n')).toMatch(/T2 in the ledger is unknown to the venue/);
    const forPeople = await desk('reconcile');
    expect(forPeople.status).toBe(3);
    expect(forPeople.out).toContain('ledger and venue differ');
  });
});

it('says what to do when the database is down', async () => {
  const other = mkdtempSync(join(tmpdir(), 'triplegain-desk-'));
  const at = `127.0.0.1:${await freePort()}`;
  writeDesk(other, 'd', {
    ...{ profile: 'p.yaml', schema: 's', databaseUrl: `postgres://u:p@${at}/d` },
    ...{ temporalAddress: at, temporalUi: 'http://ui', namespace: 'default' },
    ...{ control: null, rest: null, journalDir: null, replay: null },
  });
  const { status, err } = await deskOf(other, ['cycles']);
  rmSync(other, { recursive: true });
  expect(status).toBe(1);
  expect(err).toMatch(/desk d is not running: start it with npm start/);
});
