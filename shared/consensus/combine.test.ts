import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ACTIONS, type Action, type DeciderAnswer, type Decision } from '../decision.ts';
import { combineDecisions, compareConsensus } from './combine.ts';
import { ConsensusSettingsSchema, type ConsensusSettings, type DeciderRecord } from './settings.ts';

function decision(action: Action, change: Partial<Decision> = {}): Decision {
  return {
    evidenceFor: [`for ${action}`],
    evidenceAgainst: [],
    action,
    confidence: 0.7,
    horizonHours: 24,
    entry: { type: 'market', price: null },
    stopLossPct: 2,
    takeProfitPct: [7],
    sizePct: null,
    leverage: null,
    expectedReturnPct: 1,
    invalidation: null,
    reasoning: 'because',
    ...change,
  };
}

const says = (decider: string, action: Action, change?: Partial<Decision>): DeciderAnswer => ({
  kind: 'answered',
  decider,
  decision: decision(action, change),
});
const absent = (decider: string): DeciderAnswer => ({ kind: 'absent', decider, cause: 'late' });
const settings = (change: Partial<ConsensusSettings> = {}): ConsensusSettings =>
  ConsensusSettingsSchema.parse(change);

/** One letter a decider: l(ong), s(hort), h(old), c(lose), a(bsent). */
function panel(letters: string): { answers: DeciderAnswer[]; roster: string[] } {
  const roster = [...letters].map((_, n) => `d${n + 1}`);
  const answers = [...letters].map((letter, n) => {
    const action = ACTIONS.find((a) => a.startsWith(letter));
    return action === undefined ? absent(`d${n + 1}`) : says(`d${n + 1}`, action);
  });
  return { answers, roster };
}

describe('quorum', () => {
  const cases: {
    votes: string;
    settings?: Partial<ConsensusSettings>;
    action: Action;
    reason: string;
  }[] = [
    { votes: 'llh', settings: { quorum: 2 }, action: 'long', reason: '2 of 3 say long' },
    { votes: 'lhh', settings: { quorum: 2 }, action: 'hold', reason: 'no quorum' },
    { votes: 'lla', settings: { quorum: 3 }, action: 'hold', reason: 'no quorum' },
    // more than half of the roster by itself: 3 of 4
    { votes: 'llaa', action: 'hold', reason: '3 needed' },
    { votes: 'llla', action: 'long', reason: '3 of 4' },
    { votes: 'llss', settings: { quorum: 2 }, action: 'hold', reason: 'tie' },
    { votes: 'lllss', settings: { quorum: 2 }, action: 'long', reason: '3 of 5' },
    { votes: 'ccl', settings: { quorum: 2 }, action: 'close', reason: '2 of 3 say close' },
    { votes: 'chh', settings: { quorum: 2 }, action: 'hold', reason: 'no quorum' },
    { votes: 'chh', settings: { quorum: 2, closeQuorum: 1 }, action: 'close', reason: '1 of 3' },
    { votes: 'cll', settings: { quorum: 3, closeQuorum: 1 }, action: 'hold', reason: 'strongest' },
    {
      votes: 'llllss',
      settings: { quorum: 4, mostAgainst: 1 },
      action: 'hold',
      reason: '2 against',
    },
    { votes: 'llllsh', settings: { quorum: 4, mostAgainst: 1 }, action: 'long', reason: '4 of 6' },
    { votes: 'llllaa', settings: { quorum: 4, leastAnswers: 5 }, action: 'hold', reason: '4 of 6' },
    { votes: 'aaa', settings: { quorum: 1 }, action: 'hold', reason: 'no quorum' },
    { votes: 'hhh', settings: { quorum: 1 }, action: 'hold', reason: 'no quorum' },
    { votes: '', action: 'hold', reason: 'no quorum' },
  ];
  test.each(cases)('"$votes" is $action', ({ votes, settings: change, action, reason }) => {
    const { answers, roster } = panel(votes);
    const consensus = combineDecisions('quorum', answers, roster, settings(change));
    expect(consensus.action).toBe(action);
    expect(consensus.reason).toContain(reason);
    expect(consensus.decision?.action ?? 'hold').toBe(action);
    expect(consensus.votes.map((v) => v.vote[0]).join('')).toBe(votes);
  });

  test('levels are the medians of those who agree', () => {
    const answers = [
      says('a', 'long', { stopLossPct: 1, takeProfitPct: [4, 6], confidence: 0.6, sizePct: 30 }),
      says('b', 'long', { stopLossPct: 1.4, takeProfitPct: [9, 5], confidence: 0.9 }),
      says('c', 'long', { stopLossPct: 1.8, takeProfitPct: [6], confidence: 0.7, sizePct: 20 }),
      says('d', 'hold', { stopLossPct: 50, confidence: 1 }),
    ];
    const { decision: merged } = combineDecisions(
      'quorum',
      answers,
      ['a', 'b', 'c', 'd'],
      settings({ quorum: 3 }),
    );
    // stops 1, 1.4, 1.8; first rungs 4, 5, 6; second rungs 6, 9; the least wish of 30 and 20
    expect(merged).toMatchObject({
      confidence: 0.7,
      stopLossPct: 1.4,
      takeProfitPct: [5, 7.5],
      sizePct: 20,
      entry: { type: 'market', price: null },
    });
  });

  test('a limit entry needs more than half of those who agree', () => {
    const limit = (price: number) => ({ entry: { type: 'limit' as const, price } });
    const entryOf = (...answers: DeciderAnswer[]) =>
      combineDecisions('quorum', answers, ['a', 'b', 'c'], settings({ quorum: 2 })).decision?.entry;
    expect(
      entryOf(says('a', 'long', limit(99)), says('b', 'long', limit(97)), says('c', 'long')),
    ).toEqual({ type: 'limit', price: 98 });
    expect(entryOf(says('a', 'long', limit(99)), says('b', 'long'))).toEqual({
      type: 'market',
      price: null,
    });
  });

  test('strangers and second answers do not vote', () => {
    const answers = [
      says('a', 'long'),
      says('a', 'short'),
      says('stranger', 'long'),
      says('b', 'hold'),
    ];
    const consensus = combineDecisions('quorum', answers, ['a', 'b', 'a'], settings({ quorum: 2 }));
    expect(consensus.votes).toEqual([
      { decider: 'a', vote: 'long' },
      { decider: 'b', vote: 'hold' },
    ]);
    expect(consensus.action).toBe('hold');
  });

  test('an entry that is not worth its costs is held', () => {
    const { answers, roster } = panel('ll');
    const gate = (costPct: number) =>
      combineDecisions('quorum', answers, roster, settings({ valueGate: { costPct, margin: 0 } }));
    // 0.7 * 7/2 - 0.3 = 2.15 R before costs; 4.3 % of costs are 2.15 R at a 2 % stop
    expect(gate(4.2).action).toBe('long');
    expect(gate(4.4).action).toBe('hold');
    expect(gate(4.4).reason).toContain('expected value -0.05 R');
    // costs that nobody has filled in
    const unknown = settings({ valueGate: { costPct: null, margin: 0 } });
    expect(combineDecisions('quorum', answers, roster, unknown)).toMatchObject({
      ...{ action: 'hold', reason: 'the costs of a round trip are not known' },
    });
  });
});

test('the value of an entry is that of its nearest target, which confidence is about', () => {
  const answers = [says('a', 'long', { takeProfitPct: [3, 30], confidence: 0.5 })];
  const gate = settings({ quorum: 1, valueGate: { costPct: 1, margin: 0 } });
  // 0.5 * 3/2 - 0.5 - 1/2 = -0.25; with 30 in the ladder it would be far above
  expect(combineDecisions('quorum', answers, ['a'], gate)).toMatchObject({
    ...{ action: 'hold', reason: 'expected value -0.25 R after costs is not above 0' },
  });
});

test('the value of a short is that after its interest, over its horizon', () => {
  const gate = (hours: number, action: 'long' | 'short' = 'short') => {
    const wish = { takeProfitPct: [6], stopLossPct: 2, confidence: 0.5, horizonHours: hours };
    const shortRatePct = { open: 0.02, rollover: 0.05 };
    const valueGate = { costPct: 1, shortRatePct, margin: 0 };
    return combineDecisions('quorum', [says('a', action, wish)], ['a'], settings({ quorum: 1, valueGate })); // prettier-ignore
  };
  // 0.5 * 6/2 - 0.5 - 1/2 = 0.5 R, which are 1 %: 0.02 + 19 x 0.05 = 0.97 % are less, 0.02 + 20 x 0.05 more
  expect(gate(76).action).toBe('short');
  expect(gate(76.5)).toMatchObject({
    ...{ action: 'hold', reason: 'expected value -0.01 R after costs is not above 0' },
  });
  expect(gate(500, 'long').action).toBe('long');
});

describe('single and champion', () => {
  const { answers, roster } = panel('lsa');
  test.each([
    { kind: 'single' as const, change: {}, action: 'long' },
    { kind: 'single' as const, change: { decider: 'd2' }, action: 'short' },
    { kind: 'champion' as const, change: { champion: 'd2' }, action: 'short' },
    { kind: 'champion' as const, change: { champion: 'd3' }, action: 'hold' },
    { kind: 'champion' as const, change: { champion: 'nobody' }, action: 'hold' },
  ])('$kind $change is $action', ({ kind, change, action }) => {
    expect(combineDecisions(kind, answers, roster, settings(change)).action).toBe(action);
  });
});

describe('fallback', () => {
  const answers = [absent('a'), absent('b'), says('trend', 'long')];
  test('is followed when the whole roster is absent', () => {
    const consensus = combineDecisions(
      'quorum',
      answers,
      ['a', 'b'],
      settings({ fallback: 'trend' }),
    );
    expect(consensus.action).toBe('long');
    expect(consensus.votes.map((v) => v.vote)).toEqual(['absent', 'absent']);
  });
  test('is not when one has answered', () => {
    const some = [says('a', 'hold'), ...answers.slice(1)];
    expect(
      combineDecisions('quorum', some, ['a', 'b'], settings({ fallback: 'trend' })).action,
    ).toBe('hold');
  });
  test('is a hold where none is named, or it is absent too', () => {
    expect(combineDecisions('quorum', answers, ['a', 'b'], settings()).action).toBe('hold');
    expect(
      combineDecisions('quorum', answers, ['a', 'b'], settings({ fallback: 'gone' })).reason,
    ).toContain('gone is absent');
  });
});

describe('weighted', () => {
  const cases: {
    votes: string;
    confidence: number;
    holds?: number;
    threshold: number;
    action: Action;
  }[] = [
    { votes: 'll', confidence: 0.9, threshold: 0.7, action: 'long' }, // pooled 0.75
    { votes: 'll', confidence: 0.9, threshold: 0.8, action: 'hold' },
    { votes: 'ss', confidence: 0.9, threshold: 0.7, action: 'short' },
    { votes: 'ls', confidence: 0.9, threshold: 0.6, action: 'hold' }, // they cancel: 0.5
    { votes: 'hh', confidence: 0.9, threshold: 0.6, action: 'hold' }, // nobody gives levels
    // three that do not believe in a long (0.1) and one short are no case for a short: 0.25 * 1.1, p = 0.57
    { votes: 'shhh', confidence: 0.9, holds: 0.1, threshold: 0.58, action: 'hold' },
    { votes: 'ccl', confidence: 0.9, threshold: 0.6, action: 'close' },
  ];
  test.each(cases)(
    '"$votes" at $threshold is $action',
    ({ votes, confidence, holds, threshold, action }) => {
      const { answers, roster } = panel(votes);
      const of = (d: Decision) => (d.action === 'hold' ? (holds ?? confidence) : confidence);
      const sure = answers.map((a) =>
        a.kind === 'answered'
          ? { ...a, decision: { ...a.decision, confidence: of(a.decision) } }
          : a,
      );
      const consensus = combineDecisions('weighted', sure, roster, settings({ threshold }));
      expect(consensus.action).toBe(action);
    },
  );

  test('needs its least answers', () => {
    const { answers, roster } = panel('lla');
    const of = (leastAnswers: number) =>
      combineDecisions('weighted', answers, roster, settings({ threshold: 0.55, leastAnswers }));
    expect(of(2).action).toBe('long');
    expect(of(3)).toMatchObject({ action: 'hold', reason: '2 of 3 answered, 3 needed' });
  });

  test('does not act on those who are too far apart', () => {
    const answers = [
      says('a', 'long', { confidence: 0.9 }),
      says('b', 'hold', { confidence: 0.5 }),
    ];
    const of = (mostSpread: number | null) =>
      combineDecisions('weighted', answers, ['a', 'b'], settings({ threshold: 0.6, mostSpread }));
    // halved log-odds: 0.75 and 0.5, pooled at 0.63, 0.125 off their mean each
    expect(of(null).action).toBe('long');
    expect(of(0.13).action).toBe('long');
    expect(of(0.12)).toMatchObject({
      ...{ action: 'hold', reason: expect.stringContaining('but they differ by 0.13') as string },
    });
  });

  test('one that is known to be right outweighs one that is known to be wrong', () => {
    const { answers, roster } = panel('lss');
    const record = (brier: number, beta: number) => ({
      ...{ resolved: 400, independent: 400, brierSum: 400 * brier, alpha: 0, beta },
    });
    const good = record(0.1, 1);
    const bad = record(0.4, 0);
    const of = (records: Record<string, DeciderRecord>) =>
      combineDecisions('weighted', answers, roster, settings({ threshold: 0.6 }), records);
    expect(of({})).toMatchObject({ action: 'hold', reason: expect.stringContaining('short') });
    // its weight is 1/9 + 2/3, its log-odds are logit 0.7 = 0.847; those of the others are worth nothing: 0.66
    const known = of({ d1: good, d2: bad, d3: bad });
    expect(known.action).toBe('long');
    expect(known.confidence).toBeCloseTo(0.659, 3);
  });
});

test('what the other ways would have done stands beside it', () => {
  const { answers, roster } = panel('slll');
  const compared = compareConsensus(answers, roster, settings({ threshold: 0.5 }));
  const actions = Object.entries(compared).map(([kind, c]) => [kind, c.action]);
  expect(Object.fromEntries(actions)).toEqual({
    quorum: 'long',
    single: 'short',
    champion: 'short',
    weighted: 'long',
  });
});

describe('whatever they say', () => {
  const answer = fc.record({
    decider: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    action: fc.constantFrom(...ACTIONS, 'absent' as const),
    stop: fc.double({ min: 0.1, max: 9, noNaN: true }),
  });
  const panelOf = fc
    .uniqueArray(answer, { selector: (a) => a.decider, maxLength: 5 })
    .map((all) =>
      all.map(({ decider, action, stop }) =>
        action === 'absent' ? absent(decider) : says(decider, action, { stopLossPct: stop }),
      ),
    );
  const roster = ['a', 'b', 'c', 'd', 'e'];
  const quorum = fc.integer({ min: 1, max: 5 });

  test('the order of the answers decides nothing', () => {
    fc.assert(
      fc.property(panelOf, quorum, fc.constantFrom('quorum', 'weighted'), (answers, q, kind) => {
        const rule = settings({ quorum: q, threshold: 0.55 });
        const forth = combineDecisions(kind, answers, roster, rule);
        const back = combineDecisions(kind, [...answers].reverse(), roster, rule);
        return JSON.stringify(forth) === JSON.stringify(back);
      }),
      { numRuns: 20_000 },
    );
  });

  test('the absence of one who did not speak against it makes no trade', () => {
    fc.assert(
      fc.property(panelOf, quorum, (answers, q) => {
        const rule = settings({ quorum: q });
        const { action } = combineDecisions('quorum', answers, roster, rule);
        const [first, ...rest] = answers;
        if (first === undefined || first.kind === 'absent') return true;
        // one that spoke for another side may have stood in the way
        if (first.decision.action !== action && first.decision.action !== 'hold') return true;
        const without = combineDecisions('quorum', rest, roster, rule).action;
        return without === action || without === 'hold';
      }),
      { numRuns: 20_000 },
    );
  });

  test('merged levels lie between those of the deciders who agree', () => {
    fc.assert(
      fc.property(panelOf, quorum, (answers, q) => {
        const { action, decision: merged } = combineDecisions(
          'quorum',
          answers,
          roster,
          settings({ quorum: q }),
        );
        if (merged === null) return action === 'hold';
        const stops = answers.flatMap((a) =>
          a.kind === 'answered' && a.decision.action === action
            ? [a.decision.stopLossPct ?? 0]
            : [],
        );
        const stop = merged.stopLossPct ?? -1;
        return stop >= Math.min(...stops) && stop <= Math.max(...stops);
      }),
      { numRuns: 20_000 },
    );
  });
});
