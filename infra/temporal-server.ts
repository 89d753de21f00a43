import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

import { Connection } from '@temporalio/client';

import type { ChildProcess } from 'node:child_process';
import { assertPortsFree } from './ports.ts';
import { serverEnvironment } from './server-environment.ts';
import type { Log, Supervisor } from './supervise.ts';

/** Search attributes by name; the types are those that a SQL store of Temporal knows. */
export type SearchAttributes = Readonly<Record<string, SearchAttributeType>>;
export type SearchAttributeType = keyof typeof INDEXED_VALUE_TYPES;

/** Numbers of temporal.api.enums.v1.IndexedValueType. */
const INDEXED_VALUE_TYPES = {
  Text: 1,
  Keyword: 2,
  Int: 3,
  Double: 4,
  Bool: 5,
  Datetime: 6,
} as const;

export const SEARCH_ATTRIBUTES: SearchAttributes = {
  Desk: 'Keyword',
  Pair: 'Keyword',
  Action: 'Keyword',
  Outcome: 'Keyword',
  Confidence: 'Double',
};

/** How long closed workflows stay readable. */
const RETENTION_DAYS = 30;

export interface TemporalServer {
  /** Host and port of the gRPC side. */
  address: string;
  uiUrl: string;
  /** The server's process; another one after a restart. */
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

/**
 * Starts the Temporal server with its state in `<dataDir>/temporal.db`, listening on 127.0.0.1
 * only, and resolves when it answers, keeps closed workflows for 30 days and knows the search
 * attributes. The supervisor starts it again, on the same state, should it die.
 */
export async function startTemporal({
  supervisor,
  binary,
  dataDir,
  ports,
  searchAttributes = SEARCH_ATTRIBUTES,
  log,
}: {
  supervisor: Supervisor;
  /** Path of the Temporal CLI, as `findTemporal` gives it. */
  binary: string;
  dataDir: string;
  ports: { grpc: number; ui: number; metrics?: number };
  searchAttributes?: SearchAttributes;
  log: Log;
}): Promise<TemporalServer> {
  mkdirSync(dataDir, { recursive: true });
  const address = `127.0.0.1:${ports.grpc}`;
  const uses = [
    { name: 'the Temporal server', port: ports.grpc },
    { name: 'the Temporal Web UI', port: ports.ui },
  ];
  if (ports.metrics !== undefined) uses.push({ name: "Temporal's metrics", port: ports.metrics });
  const child = await supervisor.run({
    name: 'temporal',
    command: binary,
    args: temporalArgs({ dataDir, ports, searchAttributes }),
    // The CLI reads TEMPORAL_* variables and the user's config file: neither may bend our server.
    env: serverEnvironment(process.env, (name) => name.startsWith('TEMPORAL_')),
    dataDir,
    beforeStart: () => assertPortsFree(uses),
    ready: (_, signal) =>
      prepareNamespace({ address, searchAttributes, log, timeoutMs: 60_000, signal }),
  });
  return {
    address,
    uiUrl: `http://127.0.0.1:${ports.ui}`,
    get process() {
      return child.process;
    },
    stop: () => child.stop(),
  };
}

function temporalArgs({
  dataDir,
  ports,
  searchAttributes,
}: {
  dataDir: string;
  ports: { grpc: number; ui: number; metrics?: number };
  searchAttributes: SearchAttributes;
}): string[] {
  const args = ['server', 'start-dev', '--ip', '127.0.0.1', '--ui-ip', '127.0.0.1'];
  args.push('--port', String(ports.grpc), '--ui-port', String(ports.ui));
  if (ports.metrics !== undefined) args.push('--metrics-port', String(ports.metrics));
  args.push('--db-filename', join(dataDir, 'temporal.db'));
  // WAL with synchronous=NORMAL outlives the death of any process.
  args.push('--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL');
  // By default the queues are read 20 times a second and no timer fires in under a second.
  args.push('--dynamic-config-value', 'history.transferProcessorMaxPollRPS=5000');
  args.push('--dynamic-config-value', 'history.timerProcessorMaxPollRPS=5000');
  args.push('--dynamic-config-value', 'history.timerProcessorMaxTimeShift="10ms"');
  for (const [name, type] of Object.entries(searchAttributes)) {
    args.push('--search-attribute', `${name}=${type}`);
  }
  args.push('--ui-disable-news-fetch', '--disable-config-file', '--log-level', 'warn');
  return args;
}

/**
 * Waits until the server at `address` answers, then makes sure that `namespace` keeps closed
 * workflows long enough and knows the search attributes. Changes nothing that is already so;
 * a longer retention stays.
 */
export async function prepareNamespace({
  address,
  namespace = 'default',
  searchAttributes = SEARCH_ATTRIBUTES,
  timeoutMs,
  signal,
  log,
}: {
  address: string;
  namespace?: string;
  searchAttributes?: SearchAttributes;
  timeoutMs: number;
  /** Ends the wait early. */
  signal?: AbortSignal;
  log: Log;
}): Promise<void> {
  const until = performance.now() + timeoutMs;
  let nextWord = performance.now() + 10_000;
  for (;;) {
    const left = until - performance.now();
    try {
      // gRPC waits a whole second after a refused connection; a plain socket finds out sooner.
      await knock(address);
      const connection = await Connection.connect({
        address,
        connectTimeout: Math.max(500, Math.min(left, 2000)),
      });
      try {
        await setRetention(connection, namespace);
        await addSearchAttributes(connection, namespace, searchAttributes);
        return;
      } finally {
        await connection.close();
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (performance.now() >= until) {
        throw new Error(
          `the Temporal server at ${address} (namespace ${namespace}) did not get ready within ` +
            `${timeoutMs / 1000} s: ${(error as Error).message}`,
          { cause: error },
        );
      }
      if (performance.now() > nextWord) {
        log(`waiting for the Temporal server at ${address}: ${(error as Error).message}`);
        nextWord += 10_000;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** Resolves when something accepts a connection at `address`. */
function knock(address: string): Promise<void> {
  const { hostname, port } = new URL(`tcp://${address}`);
  return new Promise((resolve, reject) => {
    const host = hostname.replace(/^\[|\]$/g, '');
    const socket = connect({ host, port: Number(port === '' ? 7233 : port), timeout: 2000 });
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('timeout', () => socket.destroy(new Error('no answer')));
    socket.once('error', reject);
  });
}

async function setRetention(connection: Connection, namespace: string): Promise<void> {
  const { config } = await connection.workflowService.describeNamespace({ namespace });
  const wanted = RETENTION_DAYS * 24 * 3600;
  if (Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) >= wanted) return;
  await connection.workflowService.updateNamespace({
    namespace,
    config: { workflowExecutionRetentionTtl: { seconds: wanted as unknown as Long } },
  });
}

async function addSearchAttributes(
  connection: Connection,
  namespace: string,
  searchAttributes: SearchAttributes,
): Promise<void> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = Object.entries(searchAttributes).filter(([name]) => !(name in customAttributes));
  if (missing.length === 0) return;
  await connection.operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(
      missing.map(([name, type]) => [name, INDEXED_VALUE_TYPES[type]]),
    ),
  });
}
