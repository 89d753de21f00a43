import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededCandles } from '../../shared/indicators/seeded-candles.fixture.ts';

const PROGRAM = fileURLToPath(new URL('../../cli/backtest.ts', import.meta.url));
const DESK = fileURLToPath(new URL('../../desks/triplegain.yaml', import.meta.url));
const HOUR = 3_600_000;
const HEADER = 'time,open,high,low,close,volume';
const CROSS =
  '{"fast":12,"slow":26,"stopPct":2,"targetPct":4,"feePct":0.26,"quantity":1,"reference":"fill","warmupBars":50}';

let dir: string;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'triplegain-backtest-'));
  writeFileSync(join(dir, 'BTCUSDT-1h.csv.gz'), gzipSync(csvOf(5)));
  writeFileSync(join(dir, 'XRPUSDT-1h.csv'), csvOf(6));
  writeFileSync(join(dir, 'ETHUSDT-1h.csv'), csvOf(7).replace(',100.', ',oops.'));
  writeFileSync(join(dir, 'SOLUSDT-1h.csv'), 'date,price\n1,2\n');
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** 1,000 hours with a gap of 30 bars behind bar 500. */
function csvOf(seed: number): string {
  const bars = seededCandles(1000, seed);
  const rows = [HEADER];
  for (let i = 0; i < 1000; i++) {
    const seconds = (bars.timeMs[i]! + (i > 500 ? 30 * HOUR : 0)) / 1000;
    const { open, high, low, close, volume } = bars;
    rows.push(`${seconds},${open[i]},${high[i]},${low[i]},${close[i]},${volume[i]}`);
  }
  return `${rows.join('\n')}\n`;
}

function run(...args: string[]) {
  const result = spawnSync(process.execPath, [PROGRAM, ...args], { encoding: 'utf8' });
  return { status: result.status, stdout: result.stdout, stderr: result.stderr };
}

function backtest(pairs: string, ...more: string[]) {
  return run('--data', dir, '--pairs', pairs, '--timeframe', '1h', ...more);
}

describe('npm run backtest', () => {
  it('tells what was read and writes the trades, both as other programs rely on', () => {
    const trades = join(dir, 'trades.csv');
    const { status, stdout } = backtest(
      'BTC/USDT',
      ...['--strategy', 'ema-cross', '--params', CROSS],
      ...['--fills-only', '--json', '--trades', trades],
    );
    expect(status).toBe(0);
    const told = JSON.parse(stdout) as Record<string, unknown>;
    expect(told).toMatchObject({ strategy: 'ema-cross', fillsOnly: true, bars: 1000, gaps: 1 });
    expect(told['read']).toMatchObject([{ pair: 'BTC/USDT', bars: 1000, missingBars: 30 }]);
    expect(told['elapsedMs']).toBeTypeOf('number');
    const [header, ...rows] = readFileSync(trades, 'utf8').trimEnd().split('\n');
    expect(header).toBe(
      'pair,side,entry_time,entry_price,exit_time,exit_price,quantity,gross_pnl,fees,exit_reason',
    );
    expect(rows).toHaveLength(told['trades'] as number);
    let fees = 0;
    for (const row of rows) {
      const [pair, side, entered, entry, left, exit, quantity, gross, fee, reason] = row.split(',');
      expect([pair, side, quantity]).toEqual(['BTC/USDT', 'long', '1']);
      expect(Date.parse(entered!)).toBeLessThanOrEqual(Date.parse(left!));
      expect(Number(gross)).toBeCloseTo(Number(exit) - Number(entry), 9);
      expect(Number(fee)).toBeCloseTo(0.0026 * (Number(entry) + Number(exit)), 9);
      expect(['signal', 'stop', 'target', 'end']).toContain(reason);
      fees += Number(fee);
    }
    expect(Number((told['fees'] as Record<string, string>)['USDT'])).toBeCloseTo(fees, 6);
  });

  it('includes --from and leaves out --to', () => {
    const [from, to] = ['2020-01-02', '2020-01-05T12:00:00Z'];
    const { stdout } = backtest(
      'BTC/USDT',
      '--strategy',
      'trend',
      '--from',
      from,
      '--to',
      to,
      '--json',
    );
    expect(JSON.parse(stdout)).toMatchObject({
      from: '2020-01-02T00:00:00Z',
      to: '2020-01-05T12:00:00Z',
      read: [{ bars: 84, firstBar: '2020-01-02T00:00:00Z', lastBar: '2020-01-05T11:00:00Z' }],
    });
  });

  it('closes at a gap of more than 24 bars, but not with fills only or a wider --gap-bars', () => {
    const exits = (...more: string[]): Record<string, number> => {
      const { stdout } = backtest(
        'BTC/USDT,XRP/USDT',
        ...[
          '--strategy',
          'buy-and-hold',
          '--limits',
          'none',
          '--balances',
          'USDT=100000',
          '--json',
          ...more,
        ],
      );
      return (JSON.parse(stdout) as { exits: Record<string, number> }).exits;
    };
    expect(exits()).toEqual({ gap: 2, end: 2 });
    expect(exits('--gap-bars', '30')).toEqual({ end: 2 });
    expect(exits('--fills-only')).toEqual({ end: 2 });
  });

  it('builds a longer timeframe from the file there is', () => {
    // Hours 0 to 500 touch 126 spans of four hours, hours 531 to 1029 another 126.
    const args = ['--strategy', 'trend', '--json'];
    const { stdout } = run('--data', dir, '--pairs', 'XRP/USDT', '--timeframe', '4h', ...args);
    expect(JSON.parse(stdout)).toMatchObject({ read: [{ fileTimeframe: '1h', bars: 252 }] });
  });

  it('trades only what the risk engine lets pass, and says what refused', () => {
    const { stdout } = backtest('BTC/USDT', '--strategy', 'trend', '--json');
    const told = JSON.parse(stdout) as { vetoes: Record<string, number> };
    expect(Object.keys(told.vetoes).length).toBeGreaterThan(0);
    const unsure = backtest('BTC/USDT', '--strategy', 'trend', '--confidence', '0.5', '--json');
    const refused = JSON.parse(unsure.stdout) as { trades: number; vetoes: object };
    expect(refused.trades).toBe(0);
    expect(Object.keys(refused.vetoes)).toEqual(['confidence']);
  });

  it('leaves positions by --exits, and enters and leaves as the desk of --profile', () => {
    const told = (...more: string[]) => {
      const { stdout, stderr } = backtest('BTC/USDT', '--strategy', 'trend', '--json', ...more);
      expect(stderr).toBe('');
      return JSON.parse(stdout) as { trades: number; exits: Record<string, number> };
    };
    const free = ['--limits', 'none'];
    expect(told(...free).exits).not.toHaveProperty('time');
    const { exits } = told(...free, '--exits', '{"timeStopHours":3,"trailing":{"atr":0.5}}');
    expect(exits['time']).toBeGreaterThan(0);
    expect(exits['trailing']).toBeGreaterThan(0);

    const desk = join(dir, 'desk.yaml');
    const written = readFileSync(DESK, 'utf8').replace('risk: {}', 'risk: { confidence: 0.6 }');
    const changed = written
      .replace('expireAfterMinutes: 60', 'expireAfterMinutes: 300')
      .replace('targetSlippagePct: 0.2', 'targetSlippagePct: 0.2\n  timeStopHours: 3');
    writeFileSync(desk, changed);
    const own = ['--entry', 'post-only', '--balances', 'USDT=1000'];
    const asDesk = told('--profile', desk);
    const byFlags = told(...own, '--entry-minutes', '300', '--exits', '{"timeStopHours":3}');
    expect(asDesk.exits['time']).toBeGreaterThan(0);
    expect(asDesk.exits).toEqual(byFlags.exits);
    const hour = told(...own, '--exits', '{"timeStopHours":3}');
    expect(hour.exits).not.toEqual(byFlags.exits);
  });

  it('sells short through the risk engine where --margin lets it', () => {
    const file = join(dir, 'shorts.csv');
    const told = (...more: string[]) => {
      const args = ['--strategy', 'trend', '--params', '{"shorts":true}', '--json'];
      const { stdout } = backtest('BTC/USDT', ...args, '--trades', file, ...more);
      const sides = readFileSync(file, 'utf8').trimEnd().split('\n').slice(1);
      return {
        vetoes: (JSON.parse(stdout) as { vetoes: Record<string, number> }).vetoes,
        shorts: sides.filter((row) => row.split(',')[1] === 'short').length,
      };
    };
    const spot = told();
    expect(spot.vetoes['legal-action']).toBeGreaterThan(0);
    expect(spot.shorts).toBe(0);
    const margin = told('--margin', '3');
    expect(margin.vetoes).not.toHaveProperty('legal-action');
    expect(margin.shorts).toBeGreaterThan(0);
  });

  it('sweeps, and walks forward', () => {
    const { status, stdout } = backtest(
      'BTC/USDT',
      ...['--strategy', 'trend', '--limits', 'none', '--json', '--threads', '2'],
      ...['--sweep', '{"fast":[5,10],"slow":{"from":20,"to":40,"step":10}}'],
      ...['--walk-forward', '{"trainDays":15,"testDays":10,"embargoDays":1}'],
    );
    expect(status).toBe(0);
    const told = JSON.parse(stdout) as { rows: { params: object }[] };
    expect(told).toMatchObject({ sets: 6, done: 6, threads: 2 });
    expect(told.rows[5]!.params).toMatchObject({ fast: 10, slow: 40 });
    expect(
      (told as unknown as { walkForward: { windows: object[] } }).walkForward.windows,
    ).toHaveLength(3);
  });
});

describe('bad input', () => {
  const trend = ['--strategy', 'trend'];

  it.each([
    {
      name: 'an unknown strategy',
      args: ['--strategy', 'trnd'],
      status: 2,
      says: /unknown strategy "trnd"; there are/,
    },
    { name: 'an unknown flag', args: [...trend, '--fast'], status: 2, says: /--fast/ },
    {
      name: 'broken JSON',
      args: [...trend, '--params', '{'],
      status: 2,
      says: /--params is not JSON/,
    },
    {
      name: 'an unknown parameter',
      args: [...trend, '--params', '{"fats":1}'],
      status: 2,
      says: /fats/,
    },
    {
      name: 'a time that is none',
      args: [...trend, '--from', '2020-13-01'],
      status: 2,
      says: /--from 2020-13-01/,
    },
    {
      name: 'exits that there are not',
      args: [...trend, '--exits', '{"trailing":{"atr":0}}'],
      status: 2,
      says: /--exits: trailing.atr .*it takes breakEven, trailing/,
    },
    {
      name: 'a horizon that rules have not',
      args: [...trend, '--exits', '{"timeStopHours":"horizon"}'],
      status: 2,
      says: /trend names none; say hours/,
    },
    {
      name: 'a desk beside fills only',
      args: [...trend, '--fills-only', '--profile', DESK],
      status: 2,
      says: /--profile: --fills-only knows no desk/,
    },
    {
      name: 'no leverage',
      args: [...trend, '--margin', '1'],
      status: 2,
      says: /--margin 1: not a whole leverage from 2 to 10/,
    },
    {
      name: 'a wait for what does not wait',
      args: [...trend, '--entry-minutes', '10'],
      status: 2,
      says: /--entry-minutes goes with --entry post-only/,
    },
    {
      name: 'a range the wrong way round',
      args: [...trend, '--from', '2021-01-02', '--to', '2021-01-01'],
      status: 2,
      says: /is not before/,
    },
    {
      name: 'a range without bars',
      args: [...trend, '--from', '2030-01-01'],
      status: 1,
      says: /BTCUSDT-1h.csv.gz has no 1h bars/,
    },
    {
      name: 'a file that cannot be written',
      args: [...trend, '--trades', '/nowhere/t.csv'],
      status: 1,
      says: /cannot write \/nowhere\/t.csv/,
    },
  ])('$name: status $status and a clear message', ({ args, status, says }) => {
    const result = backtest('BTC/USDT', ...args);
    expect(result.stderr).toMatch(says);
    expect(result).toMatchObject({ status, stdout: '' });
  });

  it.each([
    { name: 'no such pair', pairs: 'ADA/USDT', status: 1, says: /no candles for ADA\/USDT/ },
    { name: 'no pair at all', pairs: 'BTCUSDT', status: 2, says: /"BTCUSDT" is not a pair/ },
    { name: 'a damaged row', pairs: 'ETH/USDT', status: 1, says: /ETHUSDT-1h.csv line \d+/ },
    {
      name: 'another header',
      pairs: 'SOL/USDT',
      status: 1,
      says: /skipped SOLUSDT-1h.csv.*no candles for SOL\/USDT/s,
    },
  ])('$name: status $status and a clear message', ({ pairs, status, says }) => {
    const result = backtest(pairs, ...trend);
    expect(result.stderr).toMatch(says);
    expect(result).toMatchObject({ status, stdout: '' });
  });
});
