import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testClient, type TestClient } from '../simulator/client.fixture.ts';
import { readJournal } from '../simulator/service/read-journal.ts';
import type { Simulator } from '../simulator/start-simulator.ts';

const SCRIPT = join(import.meta.dirname, 'simulator.ts');
let dir: string;
let children: ChildProcess[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'simulator-cli-'));
  const rows = Array.from({ length: 48 }, (_, i) => `${1767225600 + i * 3600},1,1.1,0.9,1,10\n`);
  writeFileSync(join(dir, 'XRPUSDT-1h.csv'), `time,open,high,low,close,volume\n${rows.join('')}`);
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children = [];
  rmSync(dir, { recursive: true });
});

/** Runs the command to its end. */
async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [SCRIPT, ...args]);
  children.push(child);
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, stdout, stderr };
}

/** Starts it and reads the document that says it is ready. */
async function start(): Promise<{ child: ChildProcess; client: TestClient }> {
  const args = ['--data', dir, '--from', '2026-01-01', '--lockstep', '--wait-for-desk', '--json'];
  const child = spawn(process.execPath, [
    SCRIPT,
    ...args,
    '--port-base',
    '0',
    '--journal',
    join(dir, 'journal'),
  ]);
  children.push(child);
  let text = '';
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    text += chunk.toString();
    if (text.endsWith('\n')) break;
  }
  return { child, client: testClient(JSON.parse(text) as Simulator) };
}

describe('npm run simulator', () => {
  it('killed after journaling an order, comes back with it and the open event', async () => {
    const order = {
      pair: 'XRPUSDT',
      type: 'buy',
      ordertype: 'market',
      volume: '10',
      cl_ord_id: 'mine',
    };
    const first = await start();
    await first.client.control('POST', '/attach', { timeframes: ['1h'] });
    await first.client.control('POST', '/fault', { kind: 'crash-after-journal' });
    const died = once(first.child, 'exit');
    await expect(first.client.private('AddOrder', order)).rejects.toThrow('fetch failed');
    expect(await died).toEqual([null, 'SIGKILL']);
    expect(readJournal(join(dir, 'journal')).orders).toMatchObject([{ clientOrderId: 'mine' }]);

    const { client } = await start();
    const { body } = await client.control('GET', '/state');
    expect(body['event']).toMatchObject({ number: 1, kind: 'bar', at: '2026-01-01T01:00:00Z' });
    expect(await client.private('AddOrder', order)).toEqual({
      error: ['EOrder:Invalid arguments:cl_ord_id already in use'],
    });
    await client.control('POST', '/ack', { event: 1 });
    expect((await client.control('GET', '/state')).body['event']).toMatchObject({
      number: 2,
      kind: 'orders',
      orders: [{ clientOrderId: 'mine', status: 'filled' }],
    });
  }, 30_000);

  it.each([
    ['neither data nor seed', [], 2, 'one of --data DIR, --seed N'],
    ['a malformed balance', ['--seed', '1', '--balances', 'USDT'], 2, 'ASSET=AMOUNT'],
    [
      'a pair without a file',
      ['--data', '.', '--pairs', 'FOO/BAR'],
      1,
      'no candle file for FOO/BAR',
    ],
    ['a balance below zero', ['--seed', '1', '--balances', 'USDT=-5'], 2, 'ASSET=AMOUNT'],
    [
      'a range that ends first',
      ['--seed', '1', '--from', '2021-02-03', '--to', '2021-02-01'],
      2,
      'is not after',
    ],
    ['a day that does not exist', ['--seed', '1', '--from', '2021-02-30'], 2, 'is not a time like'],
    ['a speed without end', ['--seed', '1', '--speed', 'Infinity'], 2, 'not a positive number'],
    ['a seed that was forgotten', ['--seed='], 2, '--seed has no value'],
    ['a pair twice', ['--seed', '1', '--pairs', 'BTC/USDT,BTC/USDT'], 2, 'named twice'],
    ['paper that is sped up', ['--paper', '--speed', '9'], 2, '--paper runs at real time'],
    ['two sources', ['--paper', '--seed', '1'], 2, 'one of --data DIR, --seed N'],
    ['a recording of nothing', ['--seed', '1', '--record', 'x'], 2, '--record goes with --paper'],
    [
      'a recording that is not there',
      ['--recording', '/no/such/file'],
      1,
      'cannot read the recording',
    ],
    [
      'a scenario that is not there',
      ['--seed', '1', '--scenario', '/no/such/file', '--port-base', '0'],
      1,
      'cannot read the scenario',
    ],
    ['a folder that is not there', ['--data', '/no/such/folder'], 1, 'cannot read the data folder'],
  ])('says what is wrong with %s', async (_, args, code, message) => {
    const ended = await run(...args);
    expect(ended).toMatchObject({ code, stdout: '' });
    expect(ended.stderr).toContain(message);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'ends by %s with status 130, however fast its market runs',
    async (signal) => {
      const args = ['--seed', '1', '--speed', '1000000000', '--port-base', '0', '--json'];
      const child = spawn(process.execPath, [SCRIPT, ...args, '--journal', join(dir, 'fast')]);
      children.push(child);
      const exited = once(child, 'exit');
      await once(child.stdout, 'data');
      child.kill(signal);
      expect(await exited).toEqual([130, null]);
    },
    60_000,
  );
});
