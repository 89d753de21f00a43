import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Decision } from '../shared/decision.ts';
import { ALONE, AT_ONCE } from './cycle.ts';
import { measureDesk, quantile, timesTable, wantedOrders } from './measure-desk.ts';

const ENOUGH = 200;
const DECIDERS = 6;

/**
 * What six models cost a cycle in time: the desk of `bench -- cycle` bare, then with six models that answer
 * at once, each behind a server of its own on loopback (prompt, budget, SDK, wire, parsing, records), by the
 * same clocks; one pair alone, then three at once. `npm run bench -- deciders [orders]`.
 */
export async function run(args: readonly string[]): Promise<void> {
  const wanted = wantedOrders('deciders', args, ENOUGH);
  const bareProfile = join(import.meta.dirname, 'cycle.yaml');
  const dir = mkdtempSync(join(tmpdir(), 'triplegain-bench-'));
  const servers = await Promise.all(Array.from({ length: DECIDERS }, startInstantModel));
  try {
    const profile = join(dir, 'deciders.yaml');
    writeFileSync(profile, JSON.stringify(profileOf(bareProfile, servers)));
    for (const [title, pairs] of [
      ['one pair', ALONE],
      ['three pairs at once', AT_ONCE],
    ] as const) {
      const bare = await measureDesk(bareProfile, wanted, pairs);
      console.log(timesTable(`${title}, three strategies`, bare));
      const asked = await measureDesk(profile, wanted, pairs);
      console.log(timesTable(`${title}, six models`, asked));
      const more = (of: 'orders' | 'cycles', share: number): string =>
        (quantile(asked[of], share) - quantile(bare[of], share)).toFixed(0);
      console.log(
        `six models cost the order ${more('orders', 0.5)} ms at the median, ${more('orders', 0.95)} ms at p95; ` +
          `the cycle ${more('cycles', 0.5)} and ${more('cycles', 0.95)} ms`,
      );
    }
  } finally {
    for (const { close } of servers) close();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** The desk of `bench -- cycle` with models instead of its strategies. */
function profileOf(cycle: string, servers: readonly { url: string }[]): object {
  const profile = parse(readFileSync(cycle, 'utf8')) as object;
  return {
    ...profile,
    name: 'bench-deciders',
    deciders: servers.map(({ url }, n) => ({
      ...{ id: `model-${n}`, provider: 'openai-compatible', model: 'instant', baseUrl: url },
      price: { input: 0, output: 0 },
    })),
    consensus: { kind: 'quorum', quorum: 4, mostAgainst: 1 },
  };
}

const LONG: Decision = {
  ...{ evidenceFor: ['the market rises'], evidenceAgainst: [], action: 'long', confidence: 0.7 },
  ...{ horizonHours: 24, entry: { type: 'market', price: null }, stopLossPct: 3 },
  ...{ takeProfitPct: [12], sizePct: null, leverage: null, expectedReturnPct: 2 },
  ...{ invalidation: null, reasoning: 'It rises.' },
};
const HOLD: Decision = { ...LONG, action: 'hold', stopLossPct: null, takeProfitPct: [] };

/** A server of Chat Completions that answers at once: long where that is legal, else hold. */
async function startInstantModel(): Promise<{ url: string; close: () => void }> {
  const [long, hold] = [LONG, HOLD].map((said) =>
    JSON.stringify({
      ...{ id: 'c', object: 'chat.completion', created: 1, model: 'instant-1' },
      choices: [
        {
          index: 0,
          finish_reason: 'stop',
          message: { role: 'assistant', content: JSON.stringify(said) },
        },
      ],
      usage: { prompt_tokens: 4_000, completion_tokens: 200, total_tokens: 4_200 },
    }),
  );
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(body.includes(String.raw`\nlegalActions: long`) ? long : hold);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
