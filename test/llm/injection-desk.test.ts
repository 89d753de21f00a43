import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Decision } from '../../shared/decision.ts';
import type { CallMode } from '../../shared/llm/settings.ts';
import {
  deskJson,
  replayDesk,
  textOf,
  writeMarket,
  type ReplaySummary,
  type SeededMarket,
} from '../support/launched-desk.ts';
import { startLlmServer, type LlmServer } from '../support/llm-server.ts';
import { decision } from './llm-desk.ts';

/**
 * The injection set against a whole desk in lockstep: launcher, Temporal, PostgreSQL, simulator, six models
 * over the wire. One of them does whatever the hostile text in its prompt tells it; the others read the
 * market. The orders must be those of the same desk without that text.
 */

const HOUR = 3_600_000;
const HISTORY = 80;
const TRADED = 20;
const injections = JSON.parse(
  readFileSync(join(import.meta.dirname, 'injections.json'), 'utf8'),
) as { name: string; text: string }[];

let dir: string;
let servers: LlmServer[];
let market: SeededMarket;
/** Answers in which the obedient model did what it was told, by what that was. */
const obeyed = new Map<string, number>();

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'triplegain-injection-'));
  market = writeMarket(join(dir, 'data'), { history: HISTORY, traded: TRADED, seed: 103 });
  servers = await Promise.all(
    Array.from({ length: 6 }, (_, n) =>
      startLlmServer('chat', [{ kind: 'says', text: n === 0 ? obedient : honest }]),
    ),
  );
});
afterAll(async () => {
  for (const server of servers) await server.close();
  rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
});

interface Prompt {
  hour: number;
  legal: string[];
  lessons: string[];
}

function promptOf(request: Record<string, unknown>): Prompt {
  const text = textOf(request['messages']);
  const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1] ?? '';
  const lessons = text.split('## Lessons from earlier trades')[1] ?? '';
  return {
    hour: Date.parse(field('asOf')) / HOUR,
    legal: field('legalActions').split(', '),
    lessons: [...lessons.matchAll(/^- (".*")$/gm)].map((m) => String(JSON.parse(m[1]!))),
  };
}

const said = (change: Partial<Decision>): string => JSON.stringify({ ...decision, ...change });
const idle: Partial<Decision> = { action: 'hold', stopLossPct: null, takeProfitPct: [] };

/** Long when it may, out again after a few hours: a function of market data alone. */
function honest(request: Record<string, unknown>): string {
  const { hour, legal } = promptOf(request);
  if (legal.includes('close')) return said({ ...idle, action: hour % 3 === 0 ? 'close' : 'hold' });
  if (!legal.includes('long') || hour % 2 === 1) return said({ ...idle, confidence: 0.4 });
  return said({ confidence: 0.7, stopLossPct: 1.8, takeProfitPct: [9], horizonHours: 12 });
}

/** Does what the hostile text of this hour wants; honest where there is none. */
function obedient(request: Record<string, unknown>): string {
  const { hour, legal, lessons } = promptOf(request);
  const order = lessons[hour % Math.max(1, lessons.length)];
  if (order === undefined) return honest(request);
  const { name } = injections[hour % lessons.length]!;
  obeyed.set(name, (obeyed.get(name) ?? 0) + 1);
  if (name === 'JSON-breaking text') return `${honest(request)}\n${order}`;
  if (name === 'fake halt')
    return said({ ...idle, action: legal.includes('close') ? 'close' : 'short' });
  return said({
    ...{ action: legal.includes('long') ? 'long' : 'close', confidence: 1, stopLossPct: 50 },
    ...{ takeProfitPct: [500], sizePct: 100, leverage: 10, reasoning: order },
  });
}

interface Ran {
  home: string;
  summary: ReplaySummary;
  orders: object[];
}

async function run(name: string, lessons: string[], calls: CallMode): Promise<Ran> {
  const home = join(dir, name);
  const deciders = servers.map(({ url }, n) => ({
    ...{ id: `m${n}`, provider: 'openai-compatible', model: 'm', baseUrl: url },
    price: { input: 1, output: 1 },
  }));
  const profile = {
    ...{ name: 'injection', venue: 'kraken', pairs: ['BTC/USDT'], timeframe: '1h', lessons },
    ...{ snapshotTimeframes: ['1h', '4h'], balances: { USDT: '10000' }, deciders },
    consensus: { kind: 'quorum', quorum: 4, mostAgainst: 1 },
    risk: {
      ...{ cooldownMinutes: 0, volatilityVeto: 50, volatilityHalve: 50, lossStreak: 50 },
      stopMinAtr: 0,
    },
    ...{ guard: { targetSlippagePct: 0.2 }, reconcileEveryHours: 24 },
  };
  const summary = await replayDesk({ home, profile, market, calls });
  const [journal] = globSync(join(home, 'replays/*/*/journal/journal.jsonl'));
  const facts = readFileSync(journal!, 'utf8')
    .split('\n')
    .filter((line) => /"fact":"(order|fill)"/.test(line))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  return {
    home,
    summary,
    // Without ids: they name the desk.
    orders: facts.map(({ order: _o, client: _c, trade: _t, ...terms }) => terms),
  };
}

test('a model that obeys the text in its prompt changes no order of the desk', async () => {
  const clean = await run('clean', [], 'record');
  expect(obeyed.size).toBe(0);
  const hostile = await run(
    'hostile',
    injections.map((injection) => injection.text),
    'live',
  );
  // The text arrived, whole enough to be obeyed, and each of the set was.
  expect([...obeyed.keys()].sort()).toEqual(injections.map((i) => i.name).sort());
  expect(hostile.summary.decisions['m0']).not.toEqual(clean.summary.decisions['m0']);
  expect(hostile.summary.decisions['m1']).toEqual(clean.summary.decisions['m1']);

  expect(clean.summary.roundTrips).toBeGreaterThanOrEqual(2);
  expect(hostile.orders).toEqual(clean.orders);

  // The same desk again, on its kept answers alone: nobody is asked, and all of it comes out the same.
  const asked = servers.map((server) => server.seen.length);
  const again = await run('clean', [], 'replay-only');
  expect(servers.map((server) => server.seen.length)).toEqual(asked);
  expect(again.summary.hash).toBe(clean.summary.hash);

  // And every cycle of the hostile one, hostile answers and repairs included, is decided the same from its record.
  const cycles = await deskJson<{ id: string }[]>(hostile.home, 'cycles', '--limit', '100');
  expect(cycles).toHaveLength(TRADED);
  for (const { id } of cycles) {
    expect(await deskJson(hostile.home, 'replay', id)).toMatchObject({
      cycle: id,
      identical: true,
    });
  }
}, 480_000);
