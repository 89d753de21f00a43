import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLedgerActivities } from '../activities/ledger/activities.ts';
import { emptySchema } from '../activities/ledger/desk-database.fixture.ts';
import { createDocumentStore } from '../activities/ledger/documents.ts';
import { noProbe } from '../activities/probe.ts';
import { runDeskCommand } from '../cli/desk/run-command.ts';
import { writeDesk } from '../cli/desk-address.ts';
import { loadProfile } from '../cli/load-profile.ts';
import { queuesOf, workflowIds } from '../shared/names.ts';
import type { Venue } from '../shared/venue.ts';
import { barClosed, tradeClosed } from '../workflows/messages.ts';
import type { tradingDesk } from '../workflows/trading-desk.ts';
import { databaseUrl, temporalAddress } from './support/services.ts';
import { testBundle } from './support/test-bundle.ts';

const desk = `steered-${process.pid}-${Date.now()}`;
const profile = loadProfile(join(import.meta.dirname, '..', 'desks', 'triplegain.yaml'));
const BAR_MS = Date.parse('2021-05-15T13:00:00Z');
const CLOSE_MS = Date.parse('2021-05-15T14:00:00Z');
const POSITION = 'BTC/USDT/2021-05-15T10:00:00Z';

/** What `reconcile` of the venue finds when asked next. */
let venueSays: string[] = [];
let home: string;
let pool: pg.Pool;
let client: Client;
let stop: () => Promise<void> = () => Promise.resolve();

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('WARN') });
  home = mkdtempSync(join(tmpdir(), 'triplegain-steering-'));
  const schema = `steering_${process.pid}`;
  pool = await emptySchema(schema);
  const address = temporalAddress();
  client = new Client({ connection: await Connection.connect({ address }) });
  const connection = await NativeConnection.connect({ address });
  const queues = queuesOf(desk, profile.venue);
  const venue: Pick<Venue, 'balances' | 'time'> = {
    balances: () => Promise.resolve({ USDT: { total: '1000', held: '0' } }),
    time: () => Promise.resolve(BAR_MS),
  };
  const worker = await Worker.create({
    connection,
    taskQueue: queues.cycle,
    workflowBundle: await testBundle(),
    activities: {
      ...createLedgerActivities({
        ...{ pool, desk, profile, documents: createDocumentStore(pool), probe: noProbe },
        instruments: () => Promise.resolve([]),
        venue: venue as Venue, // the desk itself asks for nothing else
      }),
      acknowledgeEvent: () => Promise.resolve(),
      isLate: () => Promise.resolve(false),
      advanceShadows: () => Promise.resolve(),
      wakeAt: () => Promise.resolve(),
    },
  });
  const orders = await Worker.create({
    connection,
    taskQueue: queues.orders,
    activities: {
      async reconcile({ id, atMs }: { id: string; atMs: number }) {
        await pool.query(
          `insert into reconciliation values ($1, $2, $3, $4)
           on conflict (id) do update set differences = excluded.differences`,
          [id, desk, new Date(atMs), JSON.stringify(venueSays)],
        );
        return { differences: venueSays };
      },
    },
  });
  const running = Promise.all([worker.run(), orders.run()]);
  stop = async () => {
    await client.workflow.getHandle(workflowIds.desk(desk)).terminate('the test is over');
    worker.shutdown();
    orders.shutdown();
    await running;
    await connection.close();
    await client.connection.close();
  };
  writeDesk(home, desk, {
    ...{ profile: 'desks/triplegain.yaml', schema, databaseUrl: databaseUrl() },
    ...{ temporalAddress: address, temporalUi: 'http://ui', namespace: 'default' },
    ...{ control: null, rest: null, journalDir: null, replay: null },
  });
  const handle = await client.workflow.start<typeof tradingDesk>('tradingDesk', {
    workflowId: workflowIds.desk(desk),
    taskQueue: queues.cycle,
    args: [
      {
        ...{ desk, pairs: profile.pairs, timeframe: profile.timeframe, deciders: [] },
        ...{ ordersQueue: queues.orders, reconcileEveryMs: 1e12 },
      },
    ],
  });
  await handle.signal(barClosed, {
    ...{ event: null, atMs: CLOSE_MS, timeframe: '1h', barMs: BAR_MS, concerned: [] },
    pairs: profile.pairs.map((pair) => ({ pair, state: 'missing' as const })),
  });
}, 120_000);

afterAll(async () => {
  await stop();
  await pool?.end();
  rmSync(home, { recursive: true, force: true });
}, 60_000);

async function run(...argv: string[]): Promise<{ status: number; json: unknown; err: string }> {
  let [out, err] = ['', ''];
  const status = await runDeskCommand([...argv, '--json', '--home', home], {
    env: { USER: 'ann' },
    root: '/nowhere',
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
  });
  return { status, json: out === '' ? null : JSON.parse(out), err };
}

describe('npm run desk, on a running desk', () => {
  it('tells what the desk does', async () => {
    // once it has opened
    await expect.poll(async () => (await run('status')).status, { timeout: 20_000 }).toBe(0);
    const { status, json } = await run('status');
    expect(status).toBe(0);
    expect(json).toMatchObject({
      desk,
      state: 'running',
      account: { equity: '1000.0000', balances: { USDT: '1000' } },
      positions: [],
    });
  });

  it('pauses for a span of venue time, says by whom and why, and resumes', async () => {
    const paused = await run('pause', '--for', '4h', '--why', 'news');
    expect(paused.json).toMatchObject({
      state: 'paused',
      until: '2021-05-15T18:00:00Z', // 14:00, the close of the last bar, and 4 h
      who: 'cli (ann)',
      why: 'news',
    });
    const resumed = await run('resume');
    expect(resumed.json).toMatchObject({ state: 'running', until: null });
  });

  it('does not take a time that is over', async () => {
    const { status, err } = await run('pause', '--until', '2021-05-15T13:59');
    expect(status).toBe(1);
    expect(err).toMatch(/is over: the venue's clock says 2021-05-15T14:00:00Z/);
  });

  it('halts until somebody resumes', async () => {
    expect((await run('halt', '--why', 'look')).json).toMatchObject({ state: 'halted' });
    expect((await run('resume')).json).toMatchObject({ state: 'running' });
  });

  it('tells its limits, takes a tighter one and refuses a wider', async () => {
    const before = await run('limits');
    expect(before.json).toMatchObject({ limits: { stopPct: 2, heatPct: 6 }, tightened: {} });
    const tighter = await run('set-limits', 'stopPct=1.5', 'heatPct=4', '--why', 'calm');
    expect(tighter.json).toMatchObject({ kind: 'tightened', limits: { stopPct: 1.5, heatPct: 4 } });
    const wider = await run('set-limits', 'heatPct=3', 'stopPct=1.8');
    expect(wider.status).toBe(1);
    expect(wider.err).toContain('stopPct may only be tightened: 1.5 stands, 1.8 was asked');
    expect((await run('limits')).json).toMatchObject({
      limits: { stopPct: 1.5, heatPct: 4 },
      tightened: { heatPct: { value: 4, over: 6, who: 'cli (ann)', why: 'calm' } },
    });
    const { rows } = await pool.query(
      `select kind, who, why, at, detail from desk_event where kind = 'set-limits' order by id`,
    );
    expect(rows).toMatchObject([
      { who: 'cli (ann)', why: 'calm', detail: { from: { stopPct: 2 }, to: { stopPct: 1.5 } } },
      { detail: { refused: expect.stringContaining('1.5 stands') as string } },
    ]);
    expect(rows[0]).toHaveProperty('at', new Date(CLOSE_MS));
  });

  it('has no champion to set where it decides by quorum', async () => {
    const { status, err } = await run('set-champion', 'trend');
    expect(status).toBe(1);
    expect(err).toContain('decides by quorum');
  });

  it('gives back what was put aside, and no more', async () => {
    await pool.query(
      `insert into posting select id, unnest(array['venue', 'bag']), 'XRP', unnest(array[-5, 5])
         from (select min(id) as id from ledger_entry) e`,
    );
    const released = await run('release-bag', 'XRP=2', '--why', 'spend');
    expect(released).toMatchObject({ status: 0, json: { kind: 'released', left: { XRP: '3' } } });
    expect((await run('status')).json).toMatchObject({ account: { bags: { XRP: '3' } } });
    const refused = await run('release-bag', 'XRP=4');
    expect(refused).toMatchObject({ status: 1, err: expect.stringContaining('holds 3') as string });
    await run('release-bag', 'all');
    await pool.query(`delete from posting where asset = 'XRP'`);
  });

  it('flattens: waits until the last position is closed and says so', async () => {
    await pool.query(
      `insert into position (id, desk, pair, cycle, guard, state, opened_at)
       values ($1, $2, 'BTC/USDT', 'none', 'guard/none', 'open', '2021-05-15T11:00:00Z')`,
      [POSITION, desk],
    );
    const flattened = run('flatten');
    const handle = client.workflow.getHandle(workflowIds.desk(desk));
    await expect
      .poll(async () => (await run('status')).json, { timeout: 20_000 })
      .toMatchObject({ state: 'flattening' });
    await pool.query(`update position set state = 'closed', closed_at = opened_at where id = $1`, [
      POSITION,
    ]);
    await handle.signal(tradeClosed, {
      ...{ position: POSITION, pair: 'BTC/USDT', atMs: CLOSE_MS, exitReason: 'flatten' },
      pnl: '0',
    });
    const { status, json, err } = await flattened;
    expect(status).toBe(0);
    expect(json).toEqual({ desk, closed: [POSITION] });
    expect(err).toContain(`closing ${POSITION}`);
    expect((await run('status')).json).toMatchObject({ state: 'halted' });
  });

  it('flattens what is flat at once', async () => {
    const { status, json } = await run('flatten');
    expect(status).toBe(0);
    expect(json).toEqual({ desk, closed: [] });
  });

  it('reconciles, and ends in status 3 when the venue tells something else', async () => {
    const agreed = await run('reconcile');
    expect(agreed.status).toBe(0);
    expect(agreed.json).toMatchObject({ at: '2021-05-15T14:00:00Z', differences: [] });
    await run('resume');
    venueSays = ['USDT: 999 at the venue, 1000 in the ledger'];
    const differs = await run('reconcile');
    expect(differs.status).toBe(3);
    expect(differs.json).toMatchObject({ differences: venueSays });
    const halted = { state: 'halted', who: 'reconciliation', why: venueSays[0] };
    await expect
      .poll(async () => (await run('status')).json, { timeout: 20_000 })
      .toMatchObject(halted);
  });
});
