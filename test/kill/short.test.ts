import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freePortBase } from '../../infra/free-port-base.ts';
import { killReplay } from './kill-replay.ts';
import { restlessMarket } from './restless-market.ts';
import { faultsOf, reportText } from './report.ts';
import { NAMED } from './strikes.ts';

test('a replay that is killed at every named point ends like an undisturbed one', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'triplegain-kill-'));
  const lines: string[] = [];
  try {
    const report = await killReplay({
      dir,
      portBase: await freePortBase(),
      ...restlessMarket(dir, 12),
      eachNamed: 1,
      random: 0,
      striking: 0.5,
      seed: 1,
      limitMs: 500_000,
      standstillMs: 90_000,
      // What was struck and when: of use when it fails.
      log: (line) => lines.push(line),
    });
    const least = { eachNamed: 1, kills: 10, fills: 12, named: NAMED.map(({ name }) => name) };
    expect(faultsOf(report, least), `${lines.join('\n')}\n${reportText(report)}`).toEqual([]);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}, 600_000);
