import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fileNonces, processNonces } from './nonces.ts';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nonces-'));
  file = join(folder, 'key.nonce');
});

afterEach(() => rm(folder, { recursive: true }));

const increases = (nonces: string[]): boolean =>
  nonces.every((nonce, n) => n === 0 || BigInt(nonce) > BigInt(nonces[n - 1] ?? 0));

test('never repeats and never goes back, though the clock does', async () => {
  let clock = 2000;
  const source = processNonces('5000000', () => (clock -= 1));
  const nonces = [];
  for (let n = 0; n < 5; n++) nonces.push(await source.use((nonce) => Promise.resolve(nonce)));
  expect(nonces).toEqual(['5000001', '5000002', '5000003', '5000004', '5000005']);
});

test('starts a call only when the one before has ended, and urgent ones first', async () => {
  const source = processNonces();
  const order: string[] = [];
  const call = (name: string, urgent: boolean) =>
    source.use(async () => {
      order.push(`${name} starts`);
      await new Promise((resolve) => setImmediate(resolve));
      order.push(`${name} ends`);
    }, urgent);
  await Promise.all([call('first', false), call('read', false), call('order', true)]);
  expect(order).toEqual([
    'first starts',
    'first ends',
    'order starts',
    'order ends',
    'read starts',
    'read ends',
  ]);
});

test('a call that fails does not stop those behind it', async () => {
  const source = fileNonces(file);
  await expect(source.use(() => Promise.reject(new Error('cut')))).rejects.toThrow('cut');
  expect(await source.use(() => Promise.resolve('sent'))).toBe('sent');
});

test('goes on from the highest nonce used before', async () => {
  await writeFile(file, '9000000000000000000');
  const nonce = await fileNonces(file).use((each) => Promise.resolve(each));
  expect(nonce).toBe('9000000000000000001');
  expect(await readFile(file, 'utf8')).toBe(nonce);
});

test('takes over the lock of a process that is gone', async () => {
  const gone = spawn(process.execPath, ['--eval', '']);
  await new Promise((resolve) => gone.on('exit', resolve));
  await writeFile(`${file}.lock`, JSON.stringify({ pid: gone.pid, at: Date.now() }));
  expect(await fileNonces(file).use(() => Promise.resolve('sent'))).toBe('sent');
});

test(
  'several processes with one key send in strictly increasing order',
  { timeout: 60_000 },
  async () => {
    const log = join(folder, 'log');
    await writeFile(log, '');
    const script = `
    import { appendFile } from 'node:fs/promises';
    import { fileNonces } from ${JSON.stringify(join(import.meta.dirname, 'nonces.ts'))};
    const source = fileNonces(${JSON.stringify(file)});
    const all = Array.from({ length: 20 }, () =>
      source.use((nonce) => appendFile(${JSON.stringify(log)}, nonce + '\\n')));
    await Promise.all(all);
  `;
    const run = () =>
      new Promise((resolve) => {
        const child = spawn(
          process.execPath,
          ['--input-type=module-typescript', '--eval', script],
          {
            stdio: 'inherit',
          },
        );
        child.on('exit', resolve);
      });
    expect(await Promise.all([run(), run(), run()])).toEqual([0, 0, 0]);
    const nonces = (await readFile(log, 'utf8')).trim().split('\n');
    expect(nonces).toHaveLength(60);
    expect(increases(nonces)).toBe(true);
  },
);
