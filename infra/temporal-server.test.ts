import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { defineSearchAttributeKey, TypedSearchAttributes } from '@temporalio/common';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { freePort } from './ports.ts';
import { createSupervisor, type Supervisor } from './supervise.ts';
import { findTemporal } from './temporal-cli.ts';
import { SEARCH_ATTRIBUTES, startTemporal } from './temporal-server.ts';

const pair = defineSearchAttributeKey('Pair', 'KEYWORD');
const confidence = defineSearchAttributeKey('Confidence', 'DOUBLE');

let dir: string;
let supervisor: Supervisor;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'triplegain-temporal-'));
  supervisor = createSupervisor({ dir, log: () => undefined });
});
afterEach(async () => {
  await supervisor.stopAll();
  rmSync(dir, { recursive: true, force: true });
});

async function withClient<T>(address: string, use: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address });
  try {
    return await use(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

test('a killed server comes back with its workflows, search attributes and retention', async () => {
  const log = (): void => undefined;
  const found = await findTemporal({ log, needBinary: true });
  if (found.kind !== 'binary') throw new Error('a binary was asked for');
  const ports = { grpc: await freePort(), ui: await freePort() };
  const server = await startTemporal({ supervisor, binary: found.path, dataDir: dir, ports, log });

  await withClient(server.address, (client) =>
    client.workflow.start('tradingCycle', {
      workflowId: 'cycle/a',
      taskQueue: 'nobody',
      typedSearchAttributes: new TypedSearchAttributes([
        { key: pair, value: 'BTC/USDT' },
        { key: confidence, value: 0.7 },
      ]),
    }),
  );
  const killed = server.process.pid ?? -1;
  process.kill(killed, 'SIGKILL');

  // Stopped in the middle of coming back or before: the new start finds the same state.
  await supervisor.stopAll();
  const again = await startTemporal({ supervisor, binary: found.path, dataDir: dir, ports, log });
  expect(again.process.pid).not.toBe(killed);
  await withClient(again.address, async (client) => {
    const { typedSearchAttributes } = await client.workflow.getHandle('cycle/a').describe();
    expect([typedSearchAttributes.get(pair), typedSearchAttributes.get(confidence)]).toEqual([
      'BTC/USDT',
      0.7,
    ]);

    const { config } = await client.workflowService.describeNamespace({ namespace: 'default' });
    expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(30 * 24 * 3600);
    const attributes = await client.connection.operatorService.listSearchAttributes({
      namespace: 'default',
    });
    expect(Object.keys(attributes.customAttributes)).toEqual(
      expect.arrayContaining(Object.keys(SEARCH_ATTRIBUTES)),
    );
  });
  const page = await fetch(again.uiUrl);
  expect(page.status).toBe(200);
});
