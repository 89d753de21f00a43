import { describe, expect, it } from 'vitest';
import { parseScenario } from './scenario.ts';

const START = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;

describe('a scenario', () => {
  it('gives each step when its time has come, in the order of time', () => {
    const scenario = parseScenario(
      `
      seed: 7
      steps:
        - at: 2026-01-01T00:30:00Z
          system: online
        - at: +10m
          system: maintenance
        - at: +10m
          fault: { kind: lose-reply, path: AddOrder, chance: 0.5 }
      `,
      START,
      START,
    );
    expect(scenario.nextMs()).toBe(START + 10 * MINUTE);
    expect(scenario.due(START + 9 * MINUTE)).toEqual([]);
    expect(scenario.due(START + 10 * MINUTE)).toEqual([
      { system: 'maintenance' },
      // the third step's seed: 7 + 2
      { fault: { kind: 'lose-reply', path: 'AddOrder', chance: 0.5, seed: 9 } },
    ]);
    expect(scenario.due(START + 60 * MINUTE)).toEqual([{ system: 'online' }]);
    expect(scenario.nextMs()).toBe(Infinity);
  });

  it('repeats what comes every so often', () => {
    const scenario = parseScenario(
      '{"steps":[{"at":"+1h","every":"1h","times":3,"cut":"both"}]}',
      START,
      START,
    );
    expect(scenario.due(START + 60 * MINUTE)).toEqual([{ cut: 'both' }]);
    expect(scenario.nextMs()).toBe(START + 120 * MINUTE);
    expect(scenario.due(START + 600 * MINUTE)).toHaveLength(2);
    expect(scenario.nextMs()).toBe(Infinity);
  });

  it('a restart does not make again what was made before it', () => {
    const text = 'steps: [{ at: +10m, cut: both }, { at: +20m, cut: public }]';
    const scenario = parseScenario(text, START, START + 15 * MINUTE);
    expect(scenario.due(START + 60 * MINUTE)).toEqual([{ cut: 'public' }]);
  });

  it.each([
    ['no steps', 'seed: 1', /steps/],
    ['a time that is none', 'steps: [{ at: soon, cut: both }]', /"soon" is neither \+10m nor/],
    [
      'trouble that is unknown',
      'steps: [{ at: +1m, burn: all }]',
      /step 1 of the scenario is wrong/,
    ],
    ['a fault that is wrong', 'steps: [{ at: +1m, fault: { kind: lag } }]', /step 1/],
  ])('says what is wrong: %s', (_, text, message) => {
    expect(() => parseScenario(text, START, START)).toThrow(message);
  });
});
