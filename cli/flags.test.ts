import { describe, expect, it } from 'vitest';
import { readFlags } from './flags.ts';

const read = (...args: string[]) =>
  readFlags({
    args,
    options: { home: { type: 'string' }, why: { type: 'string' }, json: { type: 'boolean' } },
  }).values;

describe('readFlags', () => {
  it('reads options as parseArgs does', () => {
    expect({ ...read('--home', 'a', '--json') }).toEqual({ home: 'a', json: true });
  });

  // A shell variable that was not set must not silently mean the default home.
  it.each([[['--home=']], [['--home', '']]])('refuses an empty text: %s', (args) => {
    expect(() => read(...args)).toThrow('--home has no value');
  });

  it('takes an empty reason', () => {
    expect({ ...read('--why', '') }).toEqual({ why: '' });
  });

  it('refuses an option given twice with different texts, not the same one repeated', () => {
    expect(() => read('--home', 'a', '--home', 'b')).toThrow(
      '--home is given twice, as "a" and as "b"',
    );
    expect({ ...read('--home', 'a', '--home', 'a', '--json', '--json') }).toEqual({
      home: 'a',
      json: true,
    });
  });

  it('refuses what it does not know', () => {
    expect(() => read('--nope')).toThrow('--nope');
  });
});
