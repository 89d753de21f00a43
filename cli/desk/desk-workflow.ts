import { connect } from 'node:net';
import {
  Client,
  Connection,
  isGrpcServiceError,
  QueryNotRegisteredError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import type { ReleaseAnswer } from '../../activities/ledger/books/bag.ts';
import type { ChampionAnswer } from '../../activities/ledger/desk/desk-commands.ts';
import { workflowIds } from '../../shared/names.ts';
import type { LimitsAnswer, LimitsInForce } from '../../shared/risk/standing-limits.ts';
import {
  flatten,
  halt,
  health,
  limits,
  pause,
  releaseBag,
  reconcileNow,
  resume,
  setChampion,
  setLimits,
  status,
  type BagRelease,
  type ChampionChange,
  type DeskStatus,
  type FeedHealth,
  type LimitsChange,
  type Steering,
} from '../../workflows/messages.ts';
import type { DeskEntry } from '../desk-address.ts';
import { CommandError } from './command-error.ts';

/** A running desk as seen from outside: its workflow, reached through Temporal. */
export interface DeskWorkflow {
  status(): Promise<DeskStatus>;
  /** What the feed of the desk's venue says of itself; null while it does not answer. */
  feed(): Promise<FeedHealth | null>;
  limits(): Promise<LimitsInForce>;
  /** Resolve with the desk's answer: a refusal is one too. */
  setLimits(of: LimitsChange): Promise<LimitsAnswer>;
  setChampion(of: ChampionChange): Promise<ChampionAnswer>;
  releaseBag(of: BagRelease): Promise<ReleaseAnswer>;
  pause(by: Steering & { untilMs?: number }): Promise<void>;
  resume(by: Steering): Promise<void>;
  halt(by: Steering): Promise<void>;
  flatten(by: Steering): Promise<void>;
  reconcile(by: Steering): Promise<void>;
  close(): Promise<void>;
}

const CONNECT_MS = 5_000;
const CALL_MS = 15_000;

/** Throws `CommandError` when Temporal, the desk's workflow or its worker is not there. */
export async function connectDesk(id: string, entry: DeskEntry): Promise<DeskWorkflow> {
  const { temporalAddress: address, namespace } = entry;
  const notRunning = (reason: string, cause: unknown): CommandError =>
    new CommandError(`desk ${id} is not running: ${reason}. Start it with npm start`, { cause });
  const connection = await assertListening(address)
    .then(() => Connection.connect({ address, connectTimeout: CONNECT_MS }))
    .catch((cause: unknown) => {
      throw notRunning(`no Temporal server answers at ${address}`, cause);
    });
  const client = new Client({ connection, namespace });
  const handle = client.workflow.getHandle(workflowIds.desk(id));
  const feedId = workflowIds.feed(id, 'kraken');
  const call = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await connection.withDeadline(Date.now() + CALL_MS, work);
    } catch (cause) {
      if (cause instanceof WorkflowNotFoundError) {
        throw notRunning(`its workflow ${handle.workflowId} is not there or has ended`, cause);
      }
      if (cause instanceof QueryNotRegisteredError || isGrpcServiceError(cause)) {
        throw notRunning(`${what} got no answer (is its worker up?)`, cause);
      }
      throw cause;
    }
  };
  return {
    status: () => call('status', () => handle.query(status)),
    feed: () =>
      call('feed', () => client.workflow.getHandle(feedId).query(health)).catch(
        (error: unknown) => {
          if (error instanceof CommandError) return null;
          throw error;
        },
      ),
    limits: () => call('limits', () => handle.query(limits)),
    setLimits: (of) => call('set-limits', () => handle.executeUpdate(setLimits, { args: [of] })),
    setChampion: (of) =>
      call('set-champion', () => handle.executeUpdate(setChampion, { args: [of] })),
    releaseBag: (of) => call('release-bag', () => handle.executeUpdate(releaseBag, { args: [of] })),
    pause: (by) => call('pause', () => handle.signal(pause, by)),
    resume: (by) => call('resume', () => handle.signal(resume, by)),
    halt: (by) => call('halt', () => handle.signal(halt, by)),
    flatten: (by) => call('flatten', () => handle.signal(flatten, by)),
    reconcile: (by) => call('reconcile', () => handle.signal(reconcileNow, by)),
    close: () => connection.close(),
  };
}

/** gRPC tries a refused connection again until its time is up; nobody there is known at once. */
function assertListening(address: string): Promise<void> {
  const { hostname, port } = new URL(`tcp://${address}`);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), timeout: CONNECT_MS });
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('timeout', () => socket.destroy(new Error(`no answer within ${CONNECT_MS} ms`)));
    socket.once('error', reject);
  });
}
