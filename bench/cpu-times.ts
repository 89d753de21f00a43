import { readFileSync, readdirSync } from 'node:fs';
import { basename } from 'node:path';

/** Linux counts a process's time in ticks of a hundredth of a second, on every machine that Node runs on. */
const TICK_MS = 10;

/**
 * CPU time so far, ms, of everything below a process, by what it is (`temporal`, `desk-worker`, `postgres`, ...).
 * Unlike times by the clock it hardly depends on what else the machine does. Empty where there is no /proc.
 */
export function cpuTimes(root: number): Map<string, number> {
  const children = new Map<number, number[]>();
  const times = new Map<number, { name: string; ms: number }>();
  for (const entry of process.platform === 'linux' ? readdirSync('/proc') : []) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // The second field is the command in brackets, which may hold anything.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const parent = Number(fields[1]);
      // Its own time and that of its children that have ended.
      const ticks = [11, 12, 13, 14].reduce((sum, k) => sum + Number(fields[k]), 0);
      times.set(pid, { name: nameOf(pid, stat), ms: ticks * TICK_MS });
      children.set(parent, [...(children.get(parent) ?? []), pid]);
    } catch {
      // It has ended between the two reads.
    }
  }
  const sums = new Map<string, number>();
  const below = [root];
  for (let pid = below.pop(); pid !== undefined; pid = below.pop()) {
    const one = times.get(pid);
    if (one !== undefined) sums.set(one.name, (sums.get(one.name) ?? 0) + one.ms);
    below.push(...(children.get(pid) ?? []));
  }
  return sums;
}

/** Of a Node process its script, of any other its program. */
function nameOf(pid: number, stat: string): string {
  const command = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
  const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  const isPreload = (n: number): boolean => args[n - 1] === '--import';
  const script = args.find((arg, n) => /\.m?[jt]s$/.test(arg) && !isPreload(n));
  return script === undefined ? command : basename(script).replace(/\.m?[jt]s$/, '');
}
