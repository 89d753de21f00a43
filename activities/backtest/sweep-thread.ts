import { workerData } from 'node:worker_threads';
import { workSweep, type SweepTask } from './sweep-run.ts';

// A thread lives for one sweep: everything large is shared memory, so it starts at once.
workSweep(workerData as SweepTask); // written by runSweep
