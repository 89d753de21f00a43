import { describe, expect, test } from 'vitest';
import { KRAKEN, parseStartOptions, UsageError } from './options.ts';

const parse = (line: string) => parseStartOptions(line === '' ? [] : line.split(' '));

describe('npm start', () => {
  test('alone is the demo, half an hour of the market a second', () => {
    expect(parse('')).toEqual({
      ...{ data: null, fromMs: null, toMs: null, pairs: null, seed: null, speed: 1800 },
      ...{ balances: null, exit: false, json: false, profile: null, modelCalls: null },
      ...{ home: undefined, portBase: undefined, venue: 'simulated', kraken: KRAKEN },
    });
  });

  test('replays candle files unattended', () => {
    expect(
      parse('--data d --from 2021-05-15 --to 2021-05-20 --lockstep --exit --json --port-base 9000'),
    ).toMatchObject({
      ...{ data: 'd', fromMs: Date.UTC(2021, 4, 15), toMs: Date.UTC(2021, 4, 20) },
      ...{ speed: null, exit: true, json: true, portBase: 9000 },
    });
  });

  test('takes pairs in any case, balances and a speed below one', () => {
    expect(parse('--pairs btc/usdt,XRP/BTC --balances USDT=10.5,XRP=0 --speed 0.5')).toMatchObject({
      pairs: ['BTC/USDT', 'XRP/BTC'],
      balances: { USDT: '10.5', XRP: '0' },
      speed: 0.5,
    });
  });

  test('paper and live trade on the present market of Kraken, wherever that is', () => {
    expect(parse('--paper --balances USDT=50')).toMatchObject({ venue: 'paper', kraken: KRAKEN });
    expect(parse('--live --kraken-rest http://127.0.0.1:1')).toMatchObject({
      ...{ venue: 'live', kraken: { ...KRAKEN, rest: 'http://127.0.0.1:1' } },
    });
  });

  test('help wins', () => {
    expect(parse('--help --lockstep --speed 2')).toBe('help');
  });
});

describe('wrong usage says what is wrong and what is right', () => {
  test.each([
    ['--nonsense', /--nonsense/],
    ['--model-calls sometimes', /live, record, replay-only/],
    ['replay', /replay/],
    ['--from yesterday', '--from yesterday is not a time like 2021-05-15'],
    ['--from 2021-05-15 --to 2021-05-15', 'is not after --from'],
    ['--to 2021-05-15', '--to needs --from'],
    ['--data d', '--data needs --from'],
    ['--data d --from 2021-05-15 --seed 7', '--data and --seed exclude each other'],
    ['--from 2021-05-15 --exit', '--exit needs --to'],
    ['--lockstep --speed 5', '--lockstep and --speed exclude each other'],
    ['--paper --live', '--paper and --live exclude each other'],
    ['--paper --speed 5', '--speed does not go with --paper'],
    ['--live --seed 7', '--seed does not go with --live'],
    ['--live --lockstep', '--lockstep does not go with --live'],
    ['--live --balances USDT=5', '--balances does not go with --live'],
    ['--kraken-ws ws://x', '--kraken-ws goes with --paper or --live only'],
    ['--speed 0', '--speed 0 is not a number above 0'],
    ['--speed fast', '--speed fast is not a number above 0'],
    ['--seed 1.5', '--seed 1.5 is not a whole number'],
    ['--port-base http', '--port-base http is not a whole number'],
    ['--port-base 80', '--port-base 80 is not a whole number from 1024 to 65500'],
    ['--seed=', '--seed has no value'],
    ['--home=', '--home has no value'],
    ['--seed 1 --seed 2', '--seed is given twice'],
    ['--balances USDT=1,USDT=2', 'USDT is named twice'],
    ['--pairs BTCUSDT', '"BTCUSDT" is not a pair like BTC/USDT'],
    ['--balances USDT', '"USDT" is not like USDT=1000'],
    ['--balances USDT=-5', '"USDT=-5" is not like USDT=1000'],
    ['--balances USDT=1e3', '"USDT=1e3" is not like USDT=1000'],
  ])('%s', (line, message) => {
    expect(() => parse(line)).toThrow(UsageError);
    expect(() => parse(line)).toThrow(message);
  });
});
