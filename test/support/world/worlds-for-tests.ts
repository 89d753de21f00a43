import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { quietRuntime } from '../quiet-runtime.ts';
import { openDeskWorker, type DeskWorker } from './desk-worker.ts';
import { openWorld, type World } from './desk-world.ts';

/** A machine may be busy: what is polled for has this long. */
export const PATIENT = { timeout: 20_000 };

/**
 * One worker for the tests of a file, and a world of its own for each of them, handed over by `take`. A test
 * that wants another one closes its own and takes one by `anew`.
 */
export function worldsForTests(
  take: (world: World) => void,
  options: { rebalanceAtMs?: number } = {},
) {
  let worker: DeskWorker;
  let world: World;
  async function anew(of: Parameters<typeof openWorld>[1] = options): Promise<void> {
    await world?.close();
    world = await openWorld(worker, of);
    take(world);
  }
  beforeAll(async () => {
    quietRuntime();
    worker = await openDeskWorker();
  });
  afterAll(() => worker?.close());
  beforeEach(() => anew());
  afterEach(() => world?.close());
  return { anew };
}
