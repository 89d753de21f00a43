import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { noProbe, PROBE_POINTS, type Probe } from '../activities/probe.ts';

/**
 * For the crash tests: `TRIPLEGAIN_CRASH_AT=point:n:file` kills this process with SIGKILL the n-th time
 * the point is reached, once, and leaves the point's name in the file as proof. Absent, nothing is probed.
 */
export function crashProbe(setting: string | undefined): Probe {
  if (setting === undefined || setting === '') return noProbe;
  const [point, nth, file] = setting.split(':');
  if (!PROBE_POINTS.some((p) => p === point) || file === undefined) {
    throw new Error(
      `TRIPLEGAIN_CRASH_AT is "${setting}": expected point:n:file, point one of ${PROBE_POINTS.join(', ')}`,
    );
  }
  let left = Number(nth);
  return (reached) => {
    if (reached !== point || --left !== 0) return;
    if (existsSync(file) && readFileSync(file, 'utf8').includes(`${point}:${nth}\n`)) return;
    appendFileSync(file, `${point}:${nth}\n`);
    process.kill(process.pid, 'SIGKILL');
  };
}
