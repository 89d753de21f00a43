import { existsSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { noProbe, type Probe } from '../activities/probe.ts';

/**
 * For the crash tests: with `TRIPLEGAIN_CRASH_AT=FOLDER` a file named like a point arms it. When the
 * point is reached next, that file is renamed to `<point>.reached`, as proof, and this process ends by
 * SIGKILL. Without the variable nothing is probed.
 */
export function crashProbe(folder: string | undefined): Probe {
  if (folder === undefined || folder === '') return noProbe;
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw new Error(`TRIPLEGAIN_CRASH_AT is "${folder}": expected the folder of a crash test`);
  }
  return (point) => {
    const armed = join(folder, point);
    if (!existsSync(armed)) return;
    renameSync(armed, `${armed}.reached`);
    process.kill(process.pid, 'SIGKILL');
  };
}
