import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectDatabase } from '../../activities/ledger/database.ts';
import type { CycleWhy } from '../../activities/ledger/records/read-why.ts';
import { readDesks } from '../../cli/desk-address.ts';
import type { ReplayAnswer } from '../../cli/desk/replay.ts';
import { predictionOf, settlementOf } from '../../shared/arena/prediction.ts';
import type { UsedRecord } from '../../shared/consensus/consensus.ts';
import type { Decision } from '../../shared/decision.ts';
import { computeIndicators } from '../../shared/indicators/indicator-set.ts';
import type { Api } from '../../shared/llm/model-facts.ts';
import type { SavedShadow } from '../../shared/shadow/shadow-types.ts';
import {
  deskCommand,
  deskJson,
  replayDesk,
  textOf,
  writeMarket,
  type ReplaySummary,
  type SeededMarket,
} from '../support/launched-desk.ts';
import { startLlmServer, type LlmServer, type Reply } from '../support/llm-server.ts';
import { decision, modelAt } from './llm-desk.ts';

/**
 * Six models behind the four wire formats on a whole desk in lockstep that combines by `weighted`: what they
 * predict is scored while it runs, weighs in its decisions, and stands in the arena beside their money.
 */

const HOUR = 3_600_000;
const HISTORY = 80;
const TRADED = 24;
/** No entry from here on: all are flat at the end, and their money can be added up. */
const LAST_ENTRY = 14;
const HORIZON_HOURS = 8;
const START = 10_000;
/** 1,000 tokens in at 2 USD and 200 out at 10 USD per million. */
const CALL_USD = 0.004;

let dir: string;
let home: string;
let market: SeededMarket;
let servers: Record<string, LlmServer>;
let summary: ReplaySummary;

/** What a model reads off its prompt: hours of trading that are over, and whether it may enter. */
function seenIn(request: Record<string, unknown>): { hour: number; mayEnter: boolean } {
  const text = textOf(request);
  const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1] ?? '';
  const hour = (Date.parse(field('asOf')) - Date.parse(market.from)) / HOUR;
  return { hour, mayEnter: hour < LAST_ENTRY && field('legalActions').includes('long') };
}

const idle = { action: 'hold', stopLossPct: null, takeProfitPct: [], horizonHours: HORIZON_HOURS };
const entry = {
  action: 'long',
  stopLossPct: 1.2,
  takeProfitPct: [3.6],
  horizonHours: HORIZON_HOURS,
};
const as = (change: object): Decision => ({ ...decision, ...change });

/** Whether what a decision predicts comes true: the future is known here. */
function comesTrue(hour: number, said: Decision): boolean {
  const { bars } = market;
  const seen = HISTORY + hour;
  const past = Object.fromEntries(
    Object.entries(bars).map(([name, column]) => [name, (column as Float64Array).slice(0, seen)]),
  ) as unknown as typeof bars;
  const on = {
    ...{ price: bars.close[seen - 1]!, atr14: computeIndicators(past).atr14, position: null },
    atMs: Date.parse(market.from) + hour * HOUR,
  };
  return settlementOf(predictionOf(said, on)!, bars, seen, HOUR).outcome === 'hit';
}

const BEHAVIOUR: Record<string, { api: Api; says: (hour: number, mayEnter: boolean) => string }> = {
  // Knows what comes, enters where it pays.
  right: {
    api: 'responses',
    says: (hour, mayEnter) => {
      const long = as({ ...entry, confidence: 0.9 });
      if (mayEnter && comesTrue(hour, long)) return JSON.stringify(long);
      const isUp = comesTrue(hour, as(idle));
      return JSON.stringify(as({ ...idle, confidence: isUp ? 0.9 : 0.1 }));
    },
  },
  // Says the opposite, and enters where it loses.
  wrong: {
    api: 'messages',
    says: (hour, mayEnter) => {
      const long = as({ ...entry, confidence: 0.9 });
      if (mayEnter && hour % 3 === 0 && !comesTrue(hour, long)) return JSON.stringify(long);
      const isUp = comesTrue(hour, as(idle));
      return JSON.stringify(as({ ...idle, confidence: isUp ? 0.1 : 0.9 }));
    },
  },
  eager: {
    api: 'chat',
    says: (hour, mayEnter) => {
      const isEntry = mayEnter && hour % 2 === 0;
      return JSON.stringify(
        as(isEntry ? { ...entry, confidence: 0.7 } : { ...idle, confidence: 0.4 }),
      );
    },
  },
  patient: { api: 'ollama', says: () => JSON.stringify(as({ ...idle, confidence: 0.35 })) },
  // Two calls for nothing at every fourth hour.
  muddled: {
    api: 'chat',
    says: (hour) =>
      hour % 4 === 0 ? 'to the moon' : JSON.stringify(as({ ...idle, confidence: 0.5 })),
  },
  refused: { api: 'messages', says: () => '' },
};
const NAMES = Object.keys(BEHAVIOUR);
const isMuddled = (hour: number): boolean => hour % 4 === 0;

function profile(): object {
  return {
    ...{ name: 'arena', venue: 'kraken', pairs: ['BTC/USDT'], timeframe: '1h' },
    ...{ snapshotTimeframes: ['1h', '4h'], balances: { USDT: String(START) } },
    deciders: NAMES.map((id) => {
      const { keyEnv: _key, ...model } = modelAt(BEHAVIOUR[id]!.api, servers[id]!.url, id) as {
        keyEnv: string;
      };
      return { ...model, timeoutSeconds: 20 };
    }),
    consensus: { kind: 'weighted', threshold: 0.5 },
    risk: {
      ...{ cooldownMinutes: 0, volatilityVeto: 50, volatilityHalve: 50, lossStreak: 50 },
      ...{ stopMinAtr: 0, rewardRisk: 0, confidence: 0.5 },
    },
    entry: { type: 'market' },
    guard: { targetSlippagePct: 0.2, timeStopHours: 'horizon' },
    reconcileEveryHours: 24,
  };
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'triplegain-arena-'));
  market = writeMarket(join(dir, 'data'), { history: HISTORY, traded: TRADED, seed: 103 });
  servers = Object.fromEntries(
    await Promise.all(
      NAMES.map(async (id) => {
        const { api, says } = BEHAVIOUR[id]!;
        const said = (request: Record<string, unknown>): string => {
          const { hour, mayEnter } = seenIn(request);
          return says(hour, mayEnter);
        };
        const reply: Reply =
          id === 'refused'
            ? { kind: 'raw', status: 401, body: '{"error":{"message":"no"}}' }
            : { kind: 'says', text: said };
        return [id, await startLlmServer(api, [reply])] as const;
      }),
    ),
  );
  home = join(dir, 'home');
  summary = await replayDesk({ home, profile: profile(), market, calls: 'record' });
}, 300_000);
afterAll(async () => {
  for (const server of Object.values(servers)) await server.close();
  rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
});

interface ArenaJson {
  standings: {
    decider: string;
    isBaseline: boolean;
    equity: string;
    llmCost: string;
    trades: { count: number };
    predictions: {
      score: { count: number; hits: number; brier: number } | null;
      pending: number;
      absent: number;
      record: UsedRecord | null;
    } | null;
  }[];
}

async function rows<T extends object>(sql: string): Promise<T[]> {
  const entry = Object.values(readDesks(home)!.desks)[0]!;
  const pool = connectDatabase({ url: entry.databaseUrl, schema: entry.schema });
  try {
    return (await pool.query<T>(sql)).rows;
  } finally {
    await pool.end();
  }
}

describe('the arena of six models', () => {
  test('has their accounts, net of what each one cost', async () => {
    const arena = await deskJson<ArenaJson>(home, 'arena');
    const of = (name: string) => arena.standings.find((s) => s.decider === name && !s.isBaseline)!;
    // What was asked at the last close is charged at the next one.
    const charged = TRADED - 1;
    for (const name of ['right', 'wrong', 'eager', 'patient']) {
      expect(of(name).llmCost, name).toBe((charged * CALL_USD).toFixed(4));
    }
    const twice = Array.from({ length: charged }, (_, n) => n + 1).filter(isMuddled).length;
    expect(Number(of('muddled').llmCost)).toBeCloseTo((charged + twice) * CALL_USD, 6);
    expect(of('right').trades.count).toBeGreaterThan(0);
    expect(of('wrong').trades.count).toBeGreaterThan(0);
    expect(of('eager').trades.count).toBeGreaterThan(0);
    expect(of('patient').trades.count).toBe(0);

    const accounts = await rows<{ decider: string; saved: SavedShadow; net: number; usd: number }>(
      `select a.decider, a.state as saved,
              coalesce((select sum((trade->>'net')::float8) from shadow_trade t
                         where (t.decider, t.variant) = (a.decider, a.variant)), 0) as net,
              coalesce((select sum(k.usd)::float8 from decider_cost k join cycle c on c.id = k.cycle
                         where k.decider = a.decider and c.bar < a.bar), 0) as usd
         from shadow_account a where a.variant <> 'baseline'`,
    );
    expect(accounts).toHaveLength(NAMES.length);
    for (const { decider, saved, net, usd } of accounts) {
      expect(saved.totals.llmCost, decider).toBeCloseTo(usd, 9);
      expect(saved.account.equity, decider).toBeCloseTo(START + net - usd, 6);
    }
    expect(Number(of('right').equity)).toBeGreaterThan(Number(of('wrong').equity));
  });

  test('has what they predicted, and counts who was absent', async () => {
    const arena = await deskJson<ArenaJson>(home, 'arena');
    const of = (name: string) =>
      arena.standings.find((s) => s.decider === name && !s.isBaseline)!.predictions!;
    const right = of('right');
    expect(right.score!.count + right.pending).toBe(TRADED);
    expect(right.score!.brier).toBeCloseTo(0.01, 9);
    expect(of('wrong').score!.brier).toBeGreaterThan(0.5);
    expect(of('refused')).toMatchObject({ score: null, absent: TRADED });
    expect(of('muddled').absent).toBe(
      Array.from({ length: TRADED }, (_, n) => n + 1).filter(isMuddled).length,
    );
    expect(summary.decisions['refused']).toMatchObject({ absent: TRADED });

    const checked = await deskCommand(home, 'arena', '--check');
    expect(checked).toMatchObject({ status: 0, err: '' });
    expect(checked.out).toContain('Not enough evidence to rank');
  });
});

describe('the weighted consensus', () => {
  const weightsOf = (why: CycleWhy): Record<string, number> =>
    Object.fromEntries(why.consensus.records!.map((r) => [r.decider, r.weight]));

  test('begins with equal weights, and who is right gains on who says the opposite', async () => {
    const cycles = await deskJson<{ id: string }[]>(home, 'cycles', '--limit', '100');
    const at = (n: number) => deskJson<CycleWhy>(home, 'why', cycles.at(n)!.id);
    for (const weight of Object.values(weightsOf(await at(-1)))) {
      expect(weight).toBeCloseTo(1 / 6, 12);
    }
    const [middle, last] = [weightsOf(await at(10)), weightsOf(await at(0))];
    expect(middle['right']).toBeGreaterThan(1 / 6);
    expect(middle['wrong']).toBeLessThan(1 / 6);
    expect(last['right']! - last['wrong']!).toBeGreaterThan(middle['right']! - middle['wrong']!);
    expect(last['refused']).toBeCloseTo(1 / 6, 12);
    expect(Object.values(last).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);

    const { out } = await deskCommand(home, 'why', 'last');
    expect(out).toMatch(
      /right weighs +0\.\d+ in the pool, its 0\.\d0 counts as 0\.\d+, Brier 0\.010/,
    );
    expect(out).toMatch(/refused weighs +0\.167 in the pool, unproven/);
    const { deciders } = await deskJson<{ deciders: { decider: string; record: UsedRecord }[] }>(
      home,
      'deciders',
    );
    const present = (name: string) => deciders.find((d) => d.decider === name)!.record;
    expect(present('right').beta).toBeGreaterThan(0.5);
    expect(present('wrong').beta).toBeLessThan(0.5);
  });

  test('used nothing that was not known yet', async () => {
    // A prediction that was counted at a close was told by a bar that had closed by then.
    const late = await rows(
      `select * from prediction where known_at > counted_at or known_at <= from_at`,
    );
    expect(late).toEqual([]);
    const used = await rows<{ at: number; known: number; resolved: number }>(
      `select extract(epoch from c.decided_at)::float8 as at,
              (select sum((r->>'resolved')::int) from jsonb_array_elements(c.consensus->'records') r)::int
                as resolved,
              (select count(*)::int from prediction p
                where p.outcome in ('hit', 'missed') and p.known_at <= c.decided_at) as known
         from cycle c order by 1`,
    );
    expect(used).toHaveLength(TRADED);
    expect(used.map((row) => row.resolved)).toEqual(used.map((row) => row.known));
    expect(used.at(-1)!.resolved).toBeGreaterThan(60);
  });

  test('is decided the same again from the record', async () => {
    const cycles = await deskJson<{ id: string }[]>(home, 'cycles', '--limit', '100');
    for (const { id } of cycles.filter((_, n) => n % 6 === 0)) {
      const replayed = await deskJson<ReplayAnswer>(home, 'replay', id);
      expect(replayed).toMatchObject({ identical: true });
      expect(replayed.steps.find((s) => s.step === 'consensus')?.result).toBe('identical');
    }
  });
});

describe('kept answers', () => {
  const asked = (): number[] => NAMES.map((name) => servers[name]!.seen.length);

  test('make the same desk again without a call: orders, weights and all', async () => {
    const before = asked();
    const again = await replayDesk({ home, profile: profile(), market, calls: 'replay-only' });
    expect(asked()).toEqual(before);
    expect(again.hash).toBe(summary.hash);
  }, 300_000);

  test('serve --ask: nobody is asked about what was answered', async () => {
    const before = asked();
    const said = await deskJson<ReplayAnswer>(home, 'replay', 'last', '--ask', 'right,patient');
    expect(said.asked).toMatchObject([
      { answer: { kind: 'answered', decider: 'right' }, costUsd: '0', isRecorded: true },
      { answer: { kind: 'answered', decider: 'patient' }, isRecorded: true },
    ]);
    expect(asked()).toEqual(before);
    expect(await deskCommand(home, 'replay', 'last', '--ask', 'nobody')).toMatchObject({
      status: 1,
      err: expect.stringContaining(
        '--ask nobody: neither a decider of the desk (right, wrong,',
      ) as string,
    });
  });

  test('are made by --ask: who has none is asked and paid once', async () => {
    const ask = () => deskJson<ReplayAnswer>(home, 'replay', 'last', '--ask', 'refused');
    const calls = servers['refused']!.seen;
    const before = calls.length;
    expect((await ask()).asked).toMatchObject([
      { answer: { kind: 'absent', cause: expect.stringContaining('401') as string } },
    ]);
    expect(calls).toHaveLength(before + 1);
    servers['refused']!.replies = [{ kind: 'text', text: JSON.stringify(as(idle)) }];
    const first = await ask();
    expect(first.asked).toMatchObject([
      {
        model: 'm-1',
        isRecorded: false,
        answer: { kind: 'answered', decision: { action: 'hold' } },
      },
    ]);
    expect(Number(first.asked[0]!.costUsd)).toBe(CALL_USD);
    const second = await ask();
    expect(second.asked).toMatchObject([{ costUsd: '0', isRecorded: true }]);
    expect(second.asked[0]!.answer).toEqual(first.asked[0]!.answer);
    expect(calls).toHaveLength(before + 2);
    // What was asked beside it counts for nobody.
    const { deciders } = await deskJson<{ deciders: { decider: string; answered: number }[] }>(
      home,
      'deciders',
    );
    expect(deciders.find((d) => d.decider === 'refused')).toMatchObject({ answered: 0 });
  });
});
