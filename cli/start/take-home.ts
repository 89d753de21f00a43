import { readFileSync } from 'node:fs';
import { lockHome, type Home } from '../../infra/home.ts';

const PATIENCE_MS = 20_000;

/**
 * Holds the home for this start. One that is alive keeps it; one whose own parent was killed is about to
 * stop by itself (`stopWhenOrphaned`), and is waited for.
 */
export async function takeHome(
  home: Home,
  log: (line: string) => void,
): Promise<ReturnType<typeof lockHome>> {
  const deadline = performance.now() + PATIENCE_MS;
  let isTold = false;
  for (;;) {
    try {
      return lockHome(home);
    } catch (error) {
      const holder = holderOf(home);
      if (holder === null || !isOrphan(holder) || performance.now() > deadline) throw error;
      if (!isTold) log(`waiting for process ${holder}, whose start was killed, to stop`);
      isTold = true;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

/** Ends this start when the npm that ran it is gone: nobody could stop it any more. */
export function stopWhenOrphaned(stop: () => void): void {
  if (process.env['npm_lifecycle_event'] === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid !== parent) {
      clearInterval(timer);
      stop();
    }
  }, 250);
  timer.unref();
}

function holderOf(home: Home): number | null {
  try {
    const holder = JSON.parse(readFileSync(home.path('home.lock'), 'utf8')) as { pid?: unknown };
    return typeof holder.pid === 'number' ? holder.pid : null;
  } catch {
    return null;
  }
}

/** Whether the process has been handed to the system's first process, as orphans are (Linux). */
function isOrphan(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] === '1';
  } catch {
    return true;
  }
}
