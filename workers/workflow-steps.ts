import { Script } from 'node:vm';
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';
import { stepWatch } from './step-watch.ts';

/**
 * Preloaded into the desk worker's process. The SDK starts a thread beside each step into a workflow's code, four
 * or so a task, only to break off one that loops for ever; that takes a sixth of the worker's CPU time. Here one
 * clock watches all steps instead: a process whose workflows stay in one of them for so long ends, and its
 * supervisor starts it anew.
 */
const STUCK_AFTER_TICKS = 10;
const TICK_MS = 1_000;
const KEY = 'workflow-steps';

if (isMainThread) {
  const steps = new Int32Array(new SharedArrayBuffer(4));
  setEnvironmentData(KEY, steps);
  const isStuck = stepWatch(STUCK_AFTER_TICKS);
  setInterval(() => {
    if (!isStuck(Atomics.load(steps, 0))) return;
    console.error(
      `a workflow has been in one step of its code for ${(STUCK_AFTER_TICKS * TICK_MS) / 1000} s, ` +
        'as if it looped for ever: this worker ends, to be started anew',
    );
    process.exit(1);
  }, TICK_MS).unref();
} else {
  const steps = getEnvironmentData(KEY) as Int32Array; // set above, before any thread starts
  const run = Script.prototype.runInContext;
  Script.prototype.runInContext = function (context, options) {
    if (typeof options !== 'object' || options.timeout === undefined) {
      return run.call(this, context, options) as unknown;
    }
    const { timeout: _, ...rest } = options;
    // Odd while a step runs.
    Atomics.add(steps, 0, 1);
    try {
      return run.call(this, context, rest) as unknown;
    } finally {
      Atomics.add(steps, 0, 1);
    }
  };
}
