import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const STATELESS = [
  'decimal.js',
  'uuid',
  'ms',
  'long',
  ...['money', 'client-order-id', 'timeframe', 'names'].map((m) => join(ROOT, 'shared', `${m}.ts`)),
];

/**
 * The workflows' code as one file, built when any source that it can reach has changed and kept under
 * the hash of those: a start with unchanged sources does not bundle.
 */
export async function workflowBundle(dir: string): Promise<{ codePath: string }> {
  const codePath = join(dir, `workflows-${sourceHash()}.js`);
  if (!existsSync(codePath)) {
    const { code } = await bundleWorkflowCode({
      workflowsPath: join(ROOT, 'workflows', 'index.ts'),
      // Loaded once and shared by all workflows: they keep no state of a workflow.
      preloadModules: STATELESS,
      logger: silent,
    });
    mkdirSync(dir, { recursive: true });
    const draft = `${codePath}.${process.pid}`;
    writeFileSync(draft, code);
    renameSync(draft, codePath);
  }
  return { codePath };
}

function sourceHash(): string {
  const hash = createHash('sha256');
  hash.update(readFileSync(join(ROOT, 'package-lock.json')));
  for (const folder of ['workflows', 'shared']) {
    const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
    for (const file of files.filter((f) => f.endsWith('.ts') && !f.endsWith('.test.ts')).sort()) {
      hash.update(`\n${folder}/${file}\n`).update(readFileSync(join(ROOT, folder, file)));
    }
  }
  return hash.digest('hex').slice(0, 16);
}

const silent = {
  log: () => {},
  trace: () => {},
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
};
