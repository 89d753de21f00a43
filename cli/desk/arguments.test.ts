import { describe, expect, it } from 'vitest';
import { parseDeskArguments, UsageError } from './arguments.ts';

const HOUR = 3_600_000;
const bar = { kind: 'bar', pair: 'BTC/USDT', barMs: Date.parse('2021-05-15T13:00:00Z') };

describe('the command line of npm run desk', () => {
  it.each([
    ['status', { kind: 'status' }],
    ['help', { kind: 'help' }],
    ['--help', { kind: 'help' }],
    ['reconcile', { kind: 'reconcile' }],
    ['pause', { kind: 'pause', until: { kind: 'open' }, why: '' }],
    ['pause --for 4h', { kind: 'pause', until: { kind: 'span', ms: 4 * HOUR }, why: '' }],
    [
      'pause --until 2021-05-15T13:00Z --why news',
      { kind: 'pause', until: { kind: 'at', ms: bar.barMs }, why: 'news' },
    ],
    ['resume', { kind: 'resume', why: '' }],
    ['halt --why broken', { kind: 'halt', why: 'broken' }],
    ['limits', { kind: 'limits' }],
    ['arena', { kind: 'arena', check: false }],
    ['arena --check', { kind: 'arena', check: true }],
    [
      'set-limits stopPct=1.5 tradesPerDay=4 --why calm',
      { kind: 'set-limits', change: { stopPct: 1.5, tradesPerDay: 4 }, why: 'calm' },
    ],
    ['set-champion trend', { kind: 'set-champion', decider: 'trend', why: '' }],
    [
      'release-bag btc=0.01 XRP=5 --why spend',
      { kind: 'release-bag', amounts: { BTC: '0.01', XRP: '5' }, why: 'spend' },
    ],
    ['release-bag all', { kind: 'release-bag', amounts: 'all', why: '' }],
    ['flatten', { kind: 'flatten', why: '' }],
    ['cycles', { kind: 'cycles', limit: 20 }],
    ['cycles --limit 3', { kind: 'cycles', limit: 3 }],
    ['why last', { kind: 'why', cycle: { kind: 'last' } }],
    [
      'why cycle/d/BTC/USDT/2021-05-15T13:00:00Z',
      { kind: 'why', cycle: { kind: 'id', id: 'cycle/d/BTC/USDT/2021-05-15T13:00:00Z' } },
    ],
    ['why BTC/USDT 2021-05-15T13:00', { kind: 'why', cycle: bar }],
    ['why btc/usdt 2021-05-15 13:00', { kind: 'why', cycle: bar }],
    ['why BTC/USDT/2021-05-15T13:00:00Z', { kind: 'why', cycle: bar }],
    ['replay last', { kind: 'replay', cycle: { kind: 'last' }, ask: [] }],
    [
      'replay last --ask gpt,claude',
      { kind: 'replay', cycle: { kind: 'last' }, ask: ['gpt', 'claude'] },
    ],
    ['prompt last', { kind: 'prompt', cycle: { kind: 'last' } }],
    ['calls', { kind: 'calls', cycle: null, limit: 20, raw: false }],
    [
      'calls --decider gpt --limit 5',
      { kind: 'calls', cycle: null, decider: 'gpt', limit: 5, raw: false },
    ],
    ['calls last --raw', { kind: 'calls', cycle: { kind: 'last' }, limit: 10_000, raw: true }],
    ['deciders', { kind: 'deciders' }],
    ['decisions', { kind: 'decisions', decider: null }],
    ['decisions --decider gpt', { kind: 'decisions', decider: 'gpt' }],
  ])('%s', (line, command) => {
    expect(parseDeskArguments(line.split(' ')).command).toEqual(command);
  });

  it('takes the desk, the home and --json from anywhere', () => {
    expect(
      parseDeskArguments([
        '--json',
        'status',
        '--home',
        'h',
        '--replay',
        '0f',
        '--port-base',
        '18000',
      ]),
    ).toMatchObject({ json: true, home: 'h', choice: { replay: '0f' } });
  });

  it.each([
    ['', /a command is missing/],
    ['stop', /no command "stop"/],
    ['status now', /status takes no "now"/],
    ['status --why x', /--why does not go with status/],
    ['resume --for 4h', /--for does not go with resume/],
    ['pause --for 4', /not a span/],
    ['pause --until soon', /not a time/],
    ['pause --until 2021-05-15 --for 1h', /give one/],
    ['limits now', /limits takes no "now"/],
    ['decisions gpt', /decisions takes no "gpt"/],
    ['arena now', /arena takes no "now"/],
    ['cycles 3', /cycles takes no "3"/],
    ['pause 4h', /pause takes no "4h"/],
    ['set-limits', /needs limits/],
    ['set-limits stopPct=1 stopPct=2', /stopPct is named twice/],
    ['set-limits stopPct', /not a limit and a number/],
    ['set-limits stopPct=tight', /not a limit and a number/],
    ['release-bag', /needs amounts/],
    ['release-bag BTC', /not an asset and an amount/],
    ['release-bag BTC=some', /not an asset and an amount/],
    ['set-champion', /one decider/],
    ['set-champion a b', /one decider/],
    ['cycles --limit 0', /--limit 0/],
    ['cycles --limit many', /--limit many/],
    ['why', /why needs a cycle/],
    ['why BTC/USDT', /not a cycle's id/],
    ['why BTC/USDT lately', /not a cycle's id/],
    ['replay', /replay needs a cycle/],
    ['replay last --ask gpt,', /a name is missing/],
    ['why last --ask gpt', /--ask does not go with why/],
    ['status --colour', /colour/],
    ['status --port-base x', /--port-base x/],
  ])('refuses "%s"', (line, words) => {
    const parse = (): unknown => parseDeskArguments(line === '' ? [] : line.split(' '));
    expect(parse).toThrow(UsageError);
    expect(parse).toThrow(words);
  });
});
