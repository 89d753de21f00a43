import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../shared/statistics/seeded-random.ts';
import { findCandleFiles } from './candle-files.ts';
import { loadCandles } from './load-candles.ts';

const HEADER = 'time,open,high,low,close,volume\n';
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'candles-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const put = (name: string, text: string): void =>
  writeFileSync(join(dir, name), name.endsWith('.gz') ? gzipSync(text) : text);

describe('findCandleFiles', () => {
  it('reads pair and timeframe from our names and from those of the Kraken archive', () => {
    put('BTCUSDT-1h-somewhere.csv.gz', `${HEADER}0,1,1,1,1,1\n`);
    put('XRPBTC-15m.csv', HEADER);
    put('XBTUSD_1440.csv', '86400,1,2,1,2,3.5,4\n');
    put('notes.txt', 'x');
    expect(findCandleFiles(dir).map((f) => [f.pair, f.timeframe, f.format])).toEqual([
      ['BTC/USD', '1d', 'ohlcvt'],
      ['BTC/USDT', '1h', 'csv'],
      ['XRP/BTC', '15m', 'csv'],
    ]);
  });

  it('skips a file with another header with one line that says so', () => {
    put('BTCUSDT-1h.csv', 'date,open\n');
    const lines: string[] = [];
    expect(findCandleFiles(dir, { log: (l) => lines.push(l) })).toEqual([]);
    expect(lines).toEqual([
      'skipped BTCUSDT-1h.csv: header "date,open" is not "time,open,high,low,close,volume"',
    ]);
  });

  it('refuses two files for one pair and timeframe, but only among the pairs asked for', () => {
    put('BTCUSDT-1h-a.csv', HEADER);
    put('BTCUSDT-1h-b.csv.gz', HEADER);
    expect(() => findCandleFiles(dir)).toThrow(
      /two candle files for BTC\/USDT 1h.*-a\.csv.*-b\.csv/,
    );
    expect(findCandleFiles(dir, { pairs: ['XRP/USDT'] })).toEqual([]);
  });

  it('says which folder cannot be read', () => {
    expect(() => findCandleFiles(join(dir, 'none'))).toThrow(/cannot read the data folder .*none/);
  });

  it('names what cannot be read as a file', () => {
    mkdirSync(join(dir, 'BTCUSDT-1h.csv'));
    expect(() => findCandleFiles(dir)).toThrow(/cannot read candle file .*BTCUSDT-1h.csv: EISDIR/);
  });

  it('names a file that cannot be unpacked', () => {
    writeFileSync(join(dir, 'BTCUSDT-1h.csv.gz'), 'not gzip');
    expect(() => findCandleFiles(dir)).toThrow(/cannot unpack .*BTCUSDT-1h/);
  });
});

describe('loadCandles', () => {
  const load = (name: string, text: string, range = {}) => {
    put(name, text);
    const [file] = findCandleFiles(dir);
    if (file === undefined) throw new Error('no file');
    return loadCandles(file, range);
  };

  it('takes the bars from `fromMs` on and before `toMs`', () => {
    const rows = [0, 60, 120, 180].map((t) => `${t},1,2,1,2,3\n`).join('');
    const c = load('BTCUSDT-1m.csv', HEADER + rows, { fromMs: 60_000, toMs: 180_000 });
    expect([...c.timeMs]).toEqual([60_000, 120_000]);
  });

  it.each([
    ['seconds', '1600000200'],
    ['milliseconds', '1600000200000'],
    ['microseconds', '1600000200000000'],
    ['ISO', '2020-09-13T12:30:00Z'],
    ['ISO without zone, read as UTC', '2020-09-13 12:30:00'],
  ])('reads times in %s', (_, time) => {
    const c = load('BTCUSDT-1m.csv', `${HEADER}${time},1,2,1,2,3\n`);
    expect([...c.timeMs]).toEqual([1600000200000]);
  });

  it('reads a date alone as that midnight', () => {
    const c = load('BTCUSDT-1d.csv', `${HEADER}2020-09-13,1,2,1,2,3`);
    expect([...c.timeMs]).toEqual([Date.UTC(2020, 8, 13)]);
  });

  it('takes files with Windows line ends and without a last one', () => {
    const text = `${HEADER}0,1,2,1,2,3\n60,1.5,2,1,2,3`.replaceAll('\n', '\r\n');
    expect([...load('BTCUSDT-1m.csv', text).open]).toEqual([1, 1.5]);
  });

  it.each([
    ['a missing field', '60,1,2,1,2', 'is not six plain numbers'],
    ['a word', '60,1,2,x,2,3', 'is not six plain numbers'],
    ['an exponent', '60,1,2,1e0,2,3', 'is not six plain numbers'],
    ['a repeated time', '0,1,2,1,2,3', 'not after the row before'],
    ['a time between two bars', '61,1,2,1,2,3', 'not on the 1m grid'],
    ['a high below the close', '60,1,1.5,1,2,3', 'outside low..high'],
    ['a price of zero', '60,0,2,0,2,3', 'not positive'],
  ])('names file and line of %s', (_, row, why) => {
    expect(() => load('BTCUSDT-1m.csv', `${HEADER}0,1,2,1,2,3\n${row}\n120,1,2,1,2,3\n`)).toThrow(
      new RegExp(`BTCUSDT-1m.csv line 3: .*${why}`),
    );
  });

  it('equals Number() on every field, however many digits', () => {
    const texts = [
      '0.00003175',
      '61271.1234567890123456789',
      '9007199254740993.5',
      '0.1',
      '12345678.87654321',
    ];
    for (const text of texts) {
      const c = load('BTCUSDT-1m.csv', `${HEADER}0,${text},${text},${text},${text},${text}\n`);
      expect(c.close[0]).toBe(Number(text));
    }
  });

  it('equals Number() on a file of many blocks whose rows have every shape', () => {
    const random = seededRandom(5);
    const whole = (digits: number): string => String(1 + Math.floor(random() * 10 ** digits));
    const price = (): string =>
      `${whole(6)}${random() < 0.8 ? `.${whole(1 + random() * 11)}` : ''}`;
    const rows: { text: string; values: number[] }[] = [];
    for (let i = 0; i < 12_000; i++) {
      const [low, open, close, high] = [price(), price(), price(), price()].sort(
        (a, b) => Number(a) - Number(b),
      );
      const fields = [open!, high!, low!, close!, price()];
      const seconds = 1_600_000_020 + 60 * i;
      const time = random() < 0.1 ? `${seconds}000` : String(seconds);
      const end = random() < 0.1 ? '\r\n' : random() < 0.05 ? '\n\n' : '\n';
      rows.push({
        text: `${time},${fields.join(',')}${end}`,
        values: [seconds * 1000, ...fields.map(Number)],
      });
    }
    const text = HEADER + rows.map((r) => r.text).join('');
    for (const name of ['BTCUSDT-1m.csv', 'BTCUSDT-1m.csv.gz']) {
      rmSync(join(dir, 'BTCUSDT-1m.csv'), { force: true });
      const c = load(name, text.trimEnd());
      const columns = [c.timeMs, c.open, c.high, c.low, c.close, c.volume];
      expect(c.close.length).toBe(rows.length);
      rows.forEach(({ values }, i) => {
        if (columns.some((column, k) => column[i] !== values[k])) {
          expect(columns.map((column) => column[i])).toEqual(values);
        }
      });
    }
  });

  it('tells the line of a damaged row far into a file', () => {
    const rows = Array.from({ length: 9000 }, (_, i) => `${60 * i},1,2,1,2,3`);
    rows[8500] = '510000,1,2,1,2,x';
    expect(() => load('BTCUSDT-1m.csv', `${HEADER}${rows.join('\n')}\n`)).toThrow(
      /line 8502: "510000,1,2,1,2,x" is not six plain numbers/,
    );
  });
});
