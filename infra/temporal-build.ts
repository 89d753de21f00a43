import { spawn } from 'node:child_process';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import type { Log } from './supervise.ts';

/** The release that `infra/temporal-cli/go.mod` pins (server 1.31.2). */
export const TEMPORAL_CLI_VERSION = '1.8.2';

const MODULE_DIR = join(import.meta.dirname, 'temporal-cli');
const PACKAGE = 'github.com/temporalio/cli/cmd/temporal';
const TELL_EVERY_MS = 5000;

/**
 * Builds the pinned Temporal CLI with Go from `infra/temporal-cli` to `target`: some three minutes
 * and 3 GB of Go's module and build cache the first time, seconds once these are warm. Says every
 * five seconds how far it is. Throws when Go is missing or the build fails.
 */
export async function buildTemporal({
  target,
  env,
  log,
}: {
  target: string;
  env: NodeJS.ProcessEnv;
  log: Log;
}): Promise<void> {
  const goEnv = {
    ...env,
    CGO_ENABLED: '0',
    // Settings of the user's other projects must not change what is built here.
    GOFLAGS: '-mod=readonly',
    GOWORK: 'off',
    GO111MODULE: 'on',
    GOOS: '',
    GOARCH: '',
  };
  const version = (await go(['version'], goEnv)).stdout.trim();
  log(
    `building the Temporal server ${TEMPORAL_CLI_VERSION} with ${version.replace(/^go version /, '')}; ` +
      'about three minutes, this once',
  );
  const begun = performance.now();
  const seconds = (): string => `${Math.round((performance.now() - begun) / 1000)} s`;

  let downloads = 0;
  let packages = 0;
  let total = 0;
  const timer = setInterval(() => {
    const what =
      total === 0
        ? `fetching Go modules${downloads === 0 ? '' : `, ${downloads} so far`}`
        : `compiling, ${packages} of ${total} packages`;
    log(`  ${what} (${seconds()})`);
  }, TELL_EVERY_MS);
  const onLine = (line: string): void => {
    if (line.startsWith('go: downloading')) downloads += 1;
    else if (/^[\w.-]+(\/[\w.~-]+)*$/.test(line)) packages += 1;
  };

  const draft = `${target}.build-${process.pid}`;
  try {
    const listed = await go(['list', '-deps', PACKAGE], goEnv, onLine);
    total = listed.stdout.trim().split('\n').length;
    packages = 0;
    const flags = ['-v', '-trimpath', '-ldflags', '-s -w', '-o', draft];
    await go(['build', ...flags, PACKAGE], goEnv, onLine);
    await rename(draft, target);
  } finally {
    clearInterval(timer);
    await rm(draft, { force: true });
  }
  log(`the Temporal server is built (${seconds()})`);
}

/** Runs Go to its end; throws with the end of what it said. */
function go(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  onLine: (line: string) => void = () => undefined,
): Promise<{ stdout: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('go', args, { cwd: MODULE_DIR, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let rest = '';
    const said: string[] = [];
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        onLine(line);
        said.push(line);
        if (said.length > 12) said.shift();
      }
    });
    // A builder that is stopped must not leave the compiler running.
    const endChild = (): void => void child.kill();
    process.once('exit', endChild);
    child.once('error', (error: NodeJS.ErrnoException) => {
      process.off('exit', endChild);
      reject(error.code === 'ENOENT' ? new Error('Go is not installed') : error);
    });
    child.once('close', (code, signal) => {
      process.off('exit', endChild);
      if (code === 0) resolve({ stdout });
      else {
        const last = [...said, rest].filter((line) => line !== '').join('\n');
        reject(new Error(`"go ${args[0]}" failed (${signal ?? `status ${code}`})\n${last}`));
      }
    });
  });
}
