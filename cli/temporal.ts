import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { DEFAULT_PORT_BASE, homeDir, openHome, portsFrom } from '../infra/home.ts';
import { findTemporal } from '../infra/temporal-cli.ts';

/**
 * `npm run temporal -- [--home DIR] ARGS`: the Temporal CLI that the project runs on, pointed at
 * this home's server unless ARGS or TEMPORAL_ADDRESS name another.
 */
async function main(args: string[]): Promise<void> {
  let flag: string | undefined;
  if (args[0] === '--home') {
    flag = args[1];
    if (flag === undefined || flag === '') {
      process.stderr.write('temporal: --home needs a folder\n');
      process.exitCode = 2;
      return;
    }
    args = args.slice(2);
  }
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  const found = await findTemporal({ log, needBinary: true });
  if (found.kind !== 'binary') throw new Error('no Temporal CLI was found');

  const dir = homeDir({ flag, env: process.env, root: join(import.meta.dirname, '..') });
  const ports = existsSync(join(dir, 'home.json'))
    ? openHome({ dir }).ports
    : portsFrom(DEFAULT_PORT_BASE);
  const env = { TEMPORAL_ADDRESS: `127.0.0.1:${ports.temporal}`, ...process.env };
  if (process.execve !== undefined && process.platform !== 'win32') {
    // The CLI takes this process over: its signals and its status need no carrying.
    process.execve(found.path, [found.path, ...args], env);
  }
  const { status } = spawnSync(found.path, args, { stdio: 'inherit', env });
  process.exitCode = status ?? 1;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
});
