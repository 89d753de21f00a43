import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { decision } from '../../test/llm/llm-desk.ts';
import { recordsByDecider, rosterRecords } from '../arena/fold-records.ts';
import { canonicalJson } from '../canonical-json.ts';
import { clientOrderId } from '../client-order-id.ts';
import { combineDecisions, compareConsensus } from '../consensus/combine.ts';
import { ConsensusSettingsSchema } from '../consensus/settings.ts';
import type { DeciderAnswer } from '../decision.ts';
import { askedSnapshot } from '../prompts/asked-snapshot.ts';
import { buildPrompt } from '../prompts/build-prompt.ts';
import { exampleSnapshot } from '../prompts/example-snapshot.fixture.ts';
import { ProfileSchema, type StrategyDecider } from '../profile.ts';
import { strategyDecider } from '../strategies/strategy-decider.ts';
import { exampleProfile } from '../../activities/ledger/example-desk.fixture.ts';
import { exampleReview } from '../risk/example-review.ts';
import { reviewEntry } from '../risk/review.ts';
import { replayCycle, type RecordedCycle, type ReplayStep } from './replay-cycle.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const stored = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
const chat = (text: string): string =>
  JSON.stringify({ model: 'm', choices: [{ finish_reason: 'stop', message: { content: text } }] });

const CYCLE = 'cycle/d/BTC/USDT/2026-01-05T12:00:00Z';
const snapshot = { hash: sha256(canonicalJson(exampleSnapshot)), body: exampleSnapshot };
const profile = ProfileSchema.parse({
  ...exampleProfile,
  deciders: [
    { id: 'model', provider: 'openai-compatible', model: 'm', baseUrl: 'http://localhost' },
    { id: 'hold', provider: 'strategy', strategy: 'hold', confidence: 0.5 },
  ],
});
const rules = profile.deciders[1] as StrategyDecider;
const holds: DeciderAnswer = {
  ...{ kind: 'answered', decider: 'hold' },
  decision: strategyDecider(rules, profile)(exampleSnapshot),
};

/** A cycle in which a model says long, one vote is enough, and the review lets it pass. */
function ordered(): RecordedCycle {
  const answers: DeciderAnswer[] = [
    {
      kind: 'answered',
      decider: 'model',
      decision: { ...decision, stopLossPct: 2, takeProfitPct: [8] },
    },
    holds,
  ];
  const { kind, ...settings } = ConsensusSettingsSchema.parse({ quorum: 1 });
  const roster = ['model', 'hold'];
  const records = rosterRecords(
    roster,
    { model: 'm, triplegain-1', hold: 'hold' },
    ({ decider }) =>
      decider === 'hold'
        ? null
        : { resolved: 50, independent: 20, brierSum: 12, alpha: -0.1, beta: 0.6 },
  );
  const known = recordsByDecider(records);
  const consensus = combineDecisions(kind, answers, roster, settings, known);
  const { quorum: _own, ...others } = compareConsensus(answers, roster, settings, known);
  const { decision: _decision, ...input } = exampleReview();
  const verdict = reviewEntry({ ...input, decision: consensus.decision! });
  const prompt = buildPrompt('triplegain-1', {
    ...{
      snapshot: exampleSnapshot,
      snapshotHash: sha256(askedSnapshot(exampleSnapshot)),
      limits: profile.risk,
    },
  });
  return stored({
    ...{ id: CYCLE, outcome: 'ordered', snapshot, profile, answers },
    calls: [
      {
        ...{ decider: 'model', purpose: 'decision', state: 'answered', api: 'chat' },
        request: {},
        text: chat(JSON.stringify((answers[0] as { decision: unknown }).decision)),
      },
    ],
    prompts: [{ version: 'triplegain-1', system: prompt.system, user: prompt.user }],
    consensus: {
      ...{ kind, ...consensus, others, rule: { ...settings, roster } },
      ...{ records, heldStopPct: null },
    },
    verdict: { ...verdict, input },
    order: {
      ...{ clientOrderId: clientOrderId(CYCLE, 'entry', 1), side: 'buy', kind: 'market' },
      ...{ quantity: verdict.plan!.quantity, price: null, postOnly: false, expiresAtMs: null },
    },
  });
}

const of = (cycle: RecordedCycle, step: ReplayStep['step']): ReplayStep =>
  replayCycle(cycle, sha256).steps.find((s) => s.step === step)!;

test('an untouched record comes out as it went in', () => {
  const replayed = replayCycle(ordered(), sha256);
  expect(replayed.steps.filter((s) => s.result !== 'identical')).toEqual([]);
  expect(replayed.identical).toBe(true);
});

describe('a difference is found, and named by its field', () => {
  const changes: [string, (cycle: RecordedCycle) => void, ReplayStep['step'], string][] = [
    ['another snapshot', (c) => (c.snapshot.body.price.now = 1), 'snapshot', 'hash'],
    [
      'another prompt',
      (c) => (c.prompts[0]!.user = c.prompts[0]!.user.replace('timeframe: 1h', 'timeframe: 4h')),
      'prompt',
      'user line [1]',
    ],
    [
      "another answer than the model's text",
      (c) => (c.calls[0]!.text = c.calls[0]!.text!.replace('0.62', '0.7')),
      'answers',
      'model.decision.confidence',
    ],
    [
      "another answer of a strategy than its rules'",
      (c) => ((c.answers[1] as { decision: { confidence: number } }).decision.confidence = 0.9),
      'answers',
      'hold.decision.confidence',
    ],
    ['another rule', (c) => (c.consensus.rule!.quorum = 2), 'consensus', 'action'],
    [
      'another rule beside it',
      (c) => (c.consensus.others!.single!.action = 'hold'),
      'consensus',
      'others.single.action',
    ],
    [
      'another record of a decider',
      (c) => (c.consensus.records![0]!.alpha = 1),
      'consensus',
      'others.weighted.reason',
    ],
    [
      'another weight',
      (c) => (c.consensus.records![0]!.weight = 0.9),
      'consensus',
      'records[0].weight',
    ],
    [
      'another stop that holders want',
      (c) => (c.consensus.heldStopPct = 1.5),
      'consensus',
      'heldStopPct',
    ],
    ['other limits', (c) => (c.verdict!.input!.limits.stopPct = 1), 'verdict', 'kind'],
    ['another plan', (c) => (c.verdict!.plan!.quantity = '1'), 'verdict', 'plan.quantity'],
    ['another order', (c) => (c.order!.quantity = '1'), 'order', 'quantity'],
    ['no order', (c) => (c.order = null), 'order', ''],
    ['another outcome', (c) => (c.outcome = 'held'), 'outcome', ''],
  ];
  test.each(changes)('%s', (_, change, step, path) => {
    const cycle = ordered();
    change(cycle);
    const found = of(cycle, step);
    expect(found.result).toBe('different');
    expect(found.differences.map((d) => d.path)).toContain(path);
    expect(replayCycle(cycle, sha256).identical).toBe(false);
  });
});

test('a difference is followed to what would have been ordered', () => {
  const cycle = ordered();
  const wider = { ...decision, stopLossPct: 4, takeProfitPct: [16] };
  cycle.calls[0]!.text = chat(JSON.stringify(wider));
  const { steps } = replayCycle(cycle, sha256);
  // the stop of 4 % is above the limit of 2 %
  expect(steps.filter((s) => s.result === 'different').map((s) => s.step)).toEqual([
    ...['answers', 'consensus', 'verdict', 'order', 'outcome'],
  ]);
  expect(steps.find((s) => s.step === 'outcome')?.differences).toEqual([
    { path: '', recorded: 'ordered', replayed: 'vetoed' },
  ]);
});

describe('what the record does not tell', () => {
  test('an absence that no answer stands behind is taken as it is', () => {
    const cycle = ordered();
    cycle.calls[0]!.state = 'lost';
    expect(of(cycle, 'answers')).toMatchObject({
      ...{ result: 'identical', note: 'taken as recorded: model' },
    });
  });

  test('an unusable answer is judged again', () => {
    const cycle = ordered();
    cycle.answers[0] = {
      ...{ kind: 'absent', decider: 'model' },
      cause: 'unusable and not repaired (the text is not one JSON object and nothing else)',
    };
    cycle.calls[0]!.text = chat('to the moon');
    cycle.calls.push({ ...cycle.calls[0]!, purpose: 'repair' });
    expect(of(cycle, 'answers')).toMatchObject({ result: 'identical', note: '' });
  });

  test('an older record without weights and wanted stop is compared without them', () => {
    const cycle = ordered();
    delete cycle.consensus.records;
    delete cycle.consensus.heldStopPct;
    const { weighted } = compareConsensus(
      cycle.answers,
      cycle.consensus.rule!.roster,
      cycle.consensus.rule!,
    );
    cycle.consensus.others!.weighted = weighted;
    expect(of(cycle, 'consensus')).toMatchObject({ result: 'identical' });
  });

  test('an old record without settings or inputs is not called identical', () => {
    const cycle = ordered();
    delete cycle.consensus.rule;
    cycle.verdict!.input = null;
    cycle.profile = null;
    const { identical, steps } = replayCycle(cycle, sha256);
    expect(identical).toBe(false);
    expect(steps.filter((s) => s.result === 'unknown').map((s) => s.step)).toEqual([
      ...['prompt', 'consensus', 'verdict'],
    ]);
  });
});
