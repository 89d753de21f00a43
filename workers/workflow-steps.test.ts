import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const PRELOAD = join(import.meta.dirname, 'workflow-steps.ts');

/** A thread that takes a step as the SDK does: it is to be broken off after 1 ms, and takes 20. */
const THREAD = `
  const vm = require('node:vm');
  const context = vm.createContext({ until: 20 });
  const step = new vm.Script('const begun = Date.now(); while (Date.now() - begun < until); "whole"');
  console.log(step.runInContext(context, { timeout: 1, displayErrors: true }));
`;
const PROGRAM = `
  const { Worker } = require('node:worker_threads');
  new Worker(require('node:path').join(__dirname, 'thread.cjs'));
`;

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'triplegain-steps-'));
  writeFileSync(join(dir, 'thread.cjs'), THREAD);
  writeFileSync(join(dir, 'program.cjs'), PROGRAM);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function output(...args: string[]): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [
    ...['--disable-warning=ExperimentalWarning', ...args, join(dir, 'program.cjs')],
  ]).catch((error: { stdout: string; stderr: string }) => error);
  return stdout + stderr;
}

test('a step into a workflow is not broken off by a thread beside it', async () => {
  expect(await output()).toContain('ERR_SCRIPT_EXECUTION_TIMEOUT');
  expect(await output('--import', PRELOAD)).toBe('whole\n');
});
