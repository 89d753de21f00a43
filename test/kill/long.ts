import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { writeCycleMarket } from '../../bench/cycle-market.ts';
import { freePortBase } from '../../infra/free-port-base.ts';
import { killReplay, type KillTest } from './kill-replay.ts';
import { faultsOf, reportText } from './report.ts';
import { NAMED } from './strikes.ts';

/**
 * `npm run test:kill`: at least 40 kills over a replay with at least 20 fills, on the market of the cycle
 * bench: its orders come often enough for every named point. With `--years` on candles of the years, when
 * they are there (TRIPLEGAIN_SAMPLE_DATA or ../shared/data), else on the synthetic market. With `--margin` on a
 * market in which one pair is bought on spot and the other sold short.
 * Exit status 0 when nothing was lost, doubled or changed.
 */
const BARS = 60;
const FILES = ['BTCUSDT', 'XRPUSDT', 'XRPBTC'].map((pair) => `${pair}-1h-binance.csv.gz`);
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    'port-base': { type: 'string' },
    years: { type: 'boolean', default: false },
    margin: { type: 'boolean', default: false },
  },
});

const root = join(import.meta.dirname, '..', '..');
const dir = mkdtempSync(join(tmpdir(), 'triplegain-kill-'));
const least = { eachNamed: 2, kills: 40, fills: 20, named: NAMED.map(({ name }) => name) };
try {
  const report = await killReplay({
    dir,
    portBase:
      values['port-base'] === undefined ? await freePortBase() : Number(values['port-base']),
    ...market(),
    eachNamed: 2,
    random: 22,
    striking: 0.85,
    seed: Number(values.seed),
    limitMs: 30 * 60_000,
    standstillMs: 120_000,
    log: (line) => console.error(line),
  });
  console.log(reportText(report));
  const faults = faultsOf(report, least);
  for (const fault of faults) console.log(`WRONG: ${fault}`);
  process.exitCode = faults.length === 0 ? 0 : 1;
} finally {
  rmSync(dir, { recursive: true, force: true });
}

function market(): Pick<KillTest, 'market' | 'from' | 'to'> {
  if (!values.years) {
    const data = join(dir, 'data');
    const falling = values.margin ? ['XRPUSDT'] : [];
    const range = writeCycleMarket(data, BARS, falling);
    return { market: ['--data', data, '--profile', profileOf(values.margin)], ...range };
  }
  const sample = resolve(root, process.env['TRIPLEGAIN_SAMPLE_DATA'] ?? '../shared/data');
  const balances = ['--balances', 'USDT=1000,XRP=2000,BTC=0.05'];
  if (!FILES.every((file) => existsSync(join(sample, file)))) {
    return { market: ['--seed', '7', ...balances], from: '2026-01-05', to: '2026-01-15' };
  }
  const data = join(dir, 'data');
  mkdirSync(data);
  for (const file of FILES) symlinkSync(join(sample, file), join(data, file));
  return { market: ['--data', data, ...balances], from: '2020-07-24', to: '2020-07-31' };
}

/** That of the cycle bench; with `margin` it sells short too. */
function profileOf(margin: boolean): string {
  const bench = join(root, 'bench', 'cycle.yaml');
  if (!margin) return bench;
  const profile = join(dir, 'margin.yaml');
  writeFileSync(profile, `${readFileSync(bench, 'utf8')}margin: { leverage: 2 }\n`);
  return profile;
}
