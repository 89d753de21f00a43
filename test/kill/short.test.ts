import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freePortBase } from './free-port-base.ts';
import { killReplay } from './kill-replay.ts';
import { faultsOf, reportText } from './report.ts';
import { NAMED } from './strikes.ts';

test('a replay that is killed at every named point ends like an undisturbed one', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'triplegain-kill-'));
  try {
    const report = await killReplay({
      dir,
      portBase: await freePortBase(),
      market: ['--seed', '7', '--balances', 'USDT=1000,XRP=2000,BTC=0.05'],
      from: '2026-01-05',
      to: '2026-01-06',
      eachNamed: 1,
      random: 0,
      seed: 1,
      limitMs: 500_000,
      standstillMs: 90_000,
      log: () => undefined,
    });
    const least = { eachNamed: 1, kills: 10, fills: 4, named: NAMED.map(({ name }) => name) };
    expect(faultsOf(report, least), reportText(report)).toEqual([]);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}, 600_000);
