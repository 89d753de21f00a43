import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FaultSchema } from '../../simulator/trouble/faults.ts';
import { restlessMarket } from '../kill/restless-market.ts';
import { databaseUrl, temporalAddress } from '../support/services.ts';
import { faultSession, type SessionOutcome, type SessionWorld } from './fault-session.ts';
import { reliabilityPage, rowOf, rowsOnPage, UNDISTURBED } from './reliability-page.ts';
import { TROUBLES } from './troubles.ts';

const PAGE = join(import.meta.dirname, '..', '..', 'docs', 'reliability.md');
const BARS = 9;
/** `npm run test:faults`: every kind of trouble, and the page as they came out. */
const IS_LONG = process.env['MODE'] === 'faults';
const CHOSEN = TROUBLES.filter(({ isShort }) => IS_LONG || isShort);
/** Sessions at once: some of them wait rather than work. */
const AT_ONCE = 3;

let world: SessionWorld;
let undisturbed: SessionOutcome;
const outcomes = new Map<string, SessionOutcome>();
const inTurn = createTurns(AT_ONCE);

beforeAll(async () => {
  const dir = mkdtempSync(join(tmpdir(), 'triplegain-faults-'));
  const { market, from, to } = restlessMarket(dir, BARS);
  world = {
    dir,
    replay: [
      ...[...market, '--pairs', 'BTC/USDT', '--from', from, '--to', to],
      ...['--lockstep', '--exit', '--json'],
    ],
    databaseUrl: databaseUrl(),
    temporalAddress: temporalAddress(),
    limitMs: 180_000,
  };
  undisturbed = await faultSession(world, null);
}, 200_000);

afterAll(() => rmSync(world.dir, { recursive: true, force: true }));

describe('a session in which', () => {
  test.concurrent.each(CHOSEN)(
    '$name',
    async (trouble) => {
      const outcome = await inTurn(() => faultSession(world, trouble));
      outcomes.set(trouble.name, outcome);
      const { summary, status } = outcome;
      expect({
        status,
        duplicates: summary.duplicates,
        differences: summary.ledger.differences,
        unbalanced: summary.ledger.unbalanced,
        cycles: summary.cycles,
      }).toEqual({
        status: 0,
        duplicates: 0,
        differences: 0,
        unbalanced: 0,
        cycles: undisturbed.summary.cycles,
      });
      const ordered = (trouble.faults ?? []).reduce(
        (sum, fault) => sum + ('count' in fault ? (fault.count ?? 0) : 0),
        0,
      );
      expect(outcome.struck, 'times that trouble struck').toBe(ordered);
      if (trouble.cost === undefined) expect(summary.hash).toBe(undisturbed.summary.hash);
    },
    600_000,
  );
});

test('the desk meets every kind of fault that the simulator has', () => {
  const kinds = FaultSchema.options.map(({ shape }) => shape.kind.value);
  const met = new Set(TROUBLES.flatMap(({ faults }) => (faults ?? []).map(({ kind }) => kind)));
  // A desk in stepped time reads no books; test/kraken/adapter.test.ts spoils those of the adapter.
  expect(kinds.filter((kind) => !met.has(kind))).toEqual(['checksum']);
});

test.skipIf(IS_LONG)('docs/reliability.md says what was found', () => {
  const page = rowsOnPage(PAGE);
  expect(page.get(UNDISTURBED)).toEqual(rowOf(null, undisturbed, undisturbed));
  for (const trouble of CHOSEN) {
    const outcome = outcomes.get(trouble.name);
    if (outcome === undefined) throw new Error(`the session in which ${trouble.name} has failed`);
    expect(page.get(trouble.name), trouble.name).toEqual(rowOf(trouble, outcome, undisturbed));
  }
});

test.runIf(IS_LONG)(
  'docs/reliability.md is whole (npm run test:faults -- -u writes it)',
  async () => {
    const page = await reliabilityPage(PAGE, undisturbed, TROUBLES, outcomes);
    await expect(page).toMatchFileSnapshot(PAGE);
  },
);

/** Lets at most `most` run at once. */
function createTurns(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let free = most;
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((next) => waiting.push(next));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
