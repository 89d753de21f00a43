import { randomUUID } from 'node:crypto';
import { activityInfo } from '@temporalio/activity';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { heartbeating } from '../../../workers/heartbeat.ts';
import { temporalAddress } from '../services.ts';
import { testBundle } from '../test-bundle.ts';

/** What a desk's workflows call, by name of the activity. */
export type Called = (input: never) => Promise<unknown>;

/**
 * A worker that runs the real workflows of many desks of a test file, each over activities of its own:
 * which desk's, the id of the calling workflow says.
 */
export async function openDeskWorker() {
  const address = temporalAddress();
  const connection = await NativeConnection.connect({ address });
  const client = new Client({ connection: await Connection.connect({ address }) });
  const desks = new Map<string, Record<string, Called>>();
  const running: { worker: Worker; ended: Promise<void> }[] = [];
  const queue = `desks-${randomUUID()}`;

  async function serve(taskQueue: string): Promise<void> {
    const worker = await Worker.create({
      ...{ connection, taskQueue, workflowBundle: await testBundle(), shutdownForceTime: '3s' },
      interceptors: { activity: [heartbeating] },
      activities: {
        // The one that is run for every name.
        default: (input: never) => {
          const { activityType, workflowExecution } = activityInfo();
          const desk = workflowExecution?.workflowId.split('/')[1] ?? '';
          const called = desks.get(desk)?.[activityType];
          if (called === undefined) throw new Error(`no activity ${activityType} of desk ${desk}`);
          return called(input);
        },
      },
    });
    running.push({ worker, ended: worker.run() });
  }

  await serve(queue);
  return {
    client,
    /** Served from the start; another one once `serve` is called for it. */
    queue,
    serve,
    register: (desk: string, activities: Record<string, Called>) => desks.set(desk, activities),
    async close(): Promise<void> {
      for (const { worker } of running) worker.shutdown();
      await Promise.all(running.map(({ ended }) => ended));
      await connection.close();
      await client.connection.close();
    },
  };
}

export type DeskWorker = Awaited<ReturnType<typeof openDeskWorker>>;
