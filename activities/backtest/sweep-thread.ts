import { parentPort } from 'node:worker_threads';
import { workSweep, type SweepTask } from './sweep-run.ts';

// Everything large in a task is shared memory, so that it arrives at once.
parentPort!.on('message', (task: SweepTask) => {
  workSweep(task);
  parentPort!.postMessage('done');
});
