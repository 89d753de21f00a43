import { setTimeout as pause } from 'node:timers/promises';
import type { ProbePoint } from '../../activities/probe.ts';
import type { ProcessIdentity } from '../../infra/process-identity.ts';
import type { Scene } from './scene.ts';
import type { Child } from './processes.ts';

/** One way to hurt a running desk at a moment that can be told. */
export interface Strike {
  /** The row of the table that counts it. */
  name: string;
  /** Strikes; false when the replay ended before the moment came. */
  perform(scene: Scene): Promise<boolean>;
}

/** A worker that goes on by itself has to be back before this. */
const BACK_WITHIN_MS = 60_000;
const HOLD_MS = 20_000;

/** The points named by the promise, each a moment that is checked as reached. */
export const NAMED: readonly Strike[] = [
  probed('after `intended`', 'order-intended'),
  {
    name: 'after send, before the answer',
    async perform(scene) {
      const worker = await present(scene, 'worker');
      const before = await ordersSoFar(scene);
      if (worker === null || before === null) return false;
      await fault(scene, { kind: 'hold-reply', path: 'AddOrder', ms: HOLD_MS });
      const isSent = async (): Promise<boolean> => ((await orders(scene)) ?? 0) > before;
      if (!(await scene.until('an order whose answer is held', isSent))) return false;
      const current = scene.child('worker') ?? worker;
      await scene.kill(current);
      return replaced(scene, 'worker', current);
    },
  },
  {
    name: 'the answer lost',
    async perform(scene) {
      const before = await ordersSoFar(scene);
      if (before === null) return false;
      await fault(scene, { kind: 'lose-reply', path: 'AddOrder' });
      return scene.until('an order whose answer is lost', async () => {
        return ((await orders(scene)) ?? 0) > before;
      });
    },
  },
  probed('after the answer, before the record', 'order-answered'),
  probed('between fill and stop', 'between-fill-and-stop'),
  probed('inside a booking', 'inside-booking'),
  {
    name: 'simulator after journal, before answer',
    async perform(scene) {
      const before = await present(scene, 'simulator');
      if (before === null) return false;
      await fault(scene, { kind: 'crash-after-journal' });
      const isGone = (): boolean => scene.child('simulator')?.startTime !== before.startTime;
      if (!(await scene.until('the simulator to die after an order', isGone))) return false;
      return replaced(scene, 'simulator', before);
    },
  },
  killed('Temporal', ['temporal']),
  killed('PostgreSQL', ['postgres']),
  {
    name: 'supervisor',
    async perform(scene) {
      await scene.killSupervisor();
      scene.startAgain();
      return isUp(scene);
    },
  },
  {
    name: 'all at once',
    async perform(scene) {
      await scene.killEverything();
      scene.startAgain();
      return isUp(scene);
    },
  },
];

/** Longest time into a start at which it is killed. */
const START_MS = 6_000;

const RANDOM: readonly Strike[] = [
  killed('at random: worker', ['worker']),
  killed('at random: worker', ['worker']),
  killed('at random: simulator', ['simulator']),
  killed('at random: Temporal', ['temporal']),
  killed('at random: PostgreSQL', ['postgres']),
  killed('at random: worker and simulator', ['worker', 'simulator']),
  killed('at random: worker and PostgreSQL', ['worker', 'postgres']),
  killed('at random: Temporal and PostgreSQL', ['temporal', 'postgres']),
  named('supervisor', 'at random: supervisor'),
  named('all at once', 'at random: all at once'),
];

/** Everything is killed, and of the next start the supervisor alone before it is up. */
function duringStart(afterMs: number): Strike {
  return {
    name: 'at random: all at once, then the supervisor during the start',
    async perform(scene) {
      await scene.killEverything();
      scene.startAgain();
      await pause(afterMs);
      await scene.killSupervisor();
      scene.startAgain();
      return isUp(scene);
    },
  };
}

/** A strike at no particular place; `draw` gives numbers in [0, 1). */
export function randomStrike(draw: () => number): Strike {
  const which = Math.floor(draw() * (RANDOM.length + 1));
  return RANDOM[which] ?? duringStart(draw() * START_MS);
}

function named(name: string, as: string): Strike {
  const strike = NAMED.find((s) => s.name === name) as Strike;
  return { ...strike, name: as };
}

/** The worker kills itself when it reaches `point` next. */
function probed(name: string, point: ProbePoint): Strike {
  return {
    name,
    async perform(scene) {
      const before = await present(scene, 'worker');
      if (before === null) return false;
      scene.arm(point);
      const isReached = await scene.until(`the point ${point}`, () => scene.wasReached(point));
      if (isReached) return replaced(scene, 'worker', before);
      scene.disarm(point);
      return false;
    },
  };
}

function killed(name: string, children: readonly Child[]): Strike {
  return {
    name,
    async perform(scene) {
      const found: [Child, ProcessIdentity][] = [];
      for (const child of children) {
        const identity = await present(scene, child);
        if (identity === null) return false;
        found.push([child, identity]);
      }
      await Promise.all(found.map(([, identity]) => scene.kill(identity)));
      for (const [child, identity] of found) {
        if (!(await replaced(scene, child, identity))) return false;
      }
      return true;
    },
  };
}

/** The child, once the start is up: one that loses a child before that says so and ends. */
async function present(scene: Scene, child: Child): Promise<ProcessIdentity | null> {
  if (!(await isUp(scene))) return null;
  let found: ProcessIdentity | null = null;
  await scene.until(`a living ${child}`, () => (found = scene.child(child)) !== null);
  return found;
}

/** The supervisor has started the child again, by itself and in time. */
async function replaced(scene: Scene, child: Child, dead: ProcessIdentity): Promise<boolean> {
  const since = performance.now();
  return scene.until(`${child} to be started again`, () => {
    if (performance.now() - since > BACK_WITHIN_MS) {
      throw new Error(`${child} was not started again within ${BACK_WITHIN_MS / 1000} s`);
    }
    const now = scene.child(child);
    return now !== null && (now.pid !== dead.pid || now.startTime !== dead.startTime);
  });
}

function isUp(scene: Scene): Promise<boolean> {
  return scene.until('the next start to be up', () => scene.run().said().includes('worker is up'));
}

async function orders(scene: Scene): Promise<number | null> {
  const journal = (await scene.control('GET', '/journal')) as { orders?: number } | null;
  return journal?.orders ?? null;
}

/** The number of orders that the venue has; null when the replay ended meanwhile. */
async function ordersSoFar(scene: Scene): Promise<number | null> {
  let count: number | null = null;
  await scene.until('the venue to tell its orders', async () => {
    count = await orders(scene);
    return count !== null;
  });
  return count;
}

async function fault(scene: Scene, order: object): Promise<void> {
  await scene.until('the venue to take an order for trouble', async () => {
    return (await scene.control('POST', '/fault', order)) !== null;
  });
}
