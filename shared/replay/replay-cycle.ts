import { recordsByDecider, rosterRecords } from '../arena/fold-records.ts';
import { canonicalJson } from '../canonical-json.ts';
import { clientOrderId } from '../client-order-id.ts';
import { combineDecisions, compareConsensus } from '../consensus/combine.ts';
import type { Consensus, RecordedConsensus } from '../consensus/consensus.ts';
import type { DeciderAnswer } from '../decision.ts';
import { heldStopPct } from '../guard/exit-review.ts';
import { recordedAnswer, type RecordedCall } from '../llm/recorded-answer.ts';
import type { Profile } from '../profile.ts';
import { askedSnapshot } from '../prompts/asked-snapshot.ts';
import { buildPrompt } from '../prompts/build-prompt.ts';
import type { PromptVersion } from '../prompts/versions.ts';
import type { EntryReviewInput } from '../risk/entry-input.ts';
import type { EntryPlan } from '../risk/plan.ts';
import { reviewEntry } from '../risk/review.ts';
import type { RuleOutcome } from '../risk/verdict.ts';
import type { Snapshot } from '../snapshot.ts';
import { strategyDecider } from '../strategies/strategy-decider.ts';
import { differences, type Difference } from './differences.ts';

/** A cycle as the database has it: everything that it was decided with, and what came of it. */
export interface RecordedCycle {
  id: string;
  outcome: string;
  /** The stored document and the hash that it is stored under. */
  snapshot: { hash: string; body: Snapshot };
  /** Null for a cycle that is older than the recording of profiles. */
  profile: Pick<Profile, 'deciders' | 'timeframe' | 'risk'> | null;
  answers: DeciderAnswer[];
  calls: (RecordedCall & { decider: string })[];
  /** The prompts that the models were sent, each once; none where no model was asked. */
  prompts: { version: PromptVersion; system: string; user: string }[];
  consensus: Consensus & Partial<RecordedConsensus>;
  verdict: {
    kind: string;
    rules: RuleOutcome[];
    plan: EntryPlan | null;
    /** Null for a verdict that is older than the recording of inputs. */
    input: Omit<EntryReviewInput, 'decision'> | null;
  } | null;
  /** The entry as it was written down to be sent. */
  order: RecordedOrder | null;
}

/** Amounts are decimal text without needless zeros. */
export interface RecordedOrder {
  clientOrderId: string;
  side: string;
  kind: string;
  quantity: string;
  price: string | null;
  postOnly: boolean;
  /** Venue time at which what is not filled ends, Unix ms. */
  expiresAtMs: number | null;
}

export const REPLAY_STEPS = [
  'snapshot',
  'prompt',
  'answers',
  'consensus',
  'verdict',
  'order',
  'outcome',
] as const;

export interface ReplayStep {
  step: (typeof REPLAY_STEPS)[number];
  /** `none`: there was nothing to do; `unknown`: the record does not hold what it takes. */
  result: 'identical' | 'different' | 'none' | 'unknown';
  /** One plain sentence, or empty. */
  note: string;
  differences: Difference[];
}

export interface CycleReplay {
  cycle: string;
  /** Whether every step that the cycle took came out as it is recorded. */
  identical: boolean;
  steps: ReplayStep[];
}

/**
 * Decides a recorded cycle again, from its snapshot and the recorded answers: reads and parses the answers,
 * asks the strategies, combines, reviews and plans with the code as it is now. Each step goes on from what the
 * step before it gave now, so that a difference is followed to what would have been ordered.
 */
export function replayCycle(
  recorded: RecordedCycle,
  sha256: (text: string) => string,
): CycleReplay {
  const { answers, step: answering } = replayedAnswers(recorded);
  const { consensus, step: combining } = replayedConsensus(recorded, answers);
  const { verdict, step: reviewing } = replayedVerdict(recorded, consensus);
  const steps = [
    snapshotStep(recorded, sha256),
    promptStep(recorded, sha256),
    answering,
    combining,
    reviewing,
    orderStep(recorded, verdict?.plan ?? null),
    outcomeStep(recorded, answers, consensus, verdict?.kind ?? null),
  ];
  return {
    cycle: recorded.id,
    identical: steps.every((s) => s.result === 'identical' || s.result === 'none'),
    steps,
  };
}

function snapshotStep({ snapshot }: RecordedCycle, sha256: (text: string) => string): ReplayStep {
  const found = differences(snapshot.hash, sha256(canonicalJson(snapshot.body)), 'hash');
  return compared('snapshot', found);
}

function promptStep(recorded: RecordedCycle, sha256: (text: string) => string): ReplayStep {
  const { prompts, profile, snapshot } = recorded;
  if (prompts.length === 0) return step('prompt', 'none', 'no model was asked');
  if (profile === null) return step('prompt', 'unknown', 'the profile of then is not recorded');
  const parts = {
    snapshot: snapshot.body,
    snapshotHash: sha256(askedSnapshot(snapshot.body)),
    limits: profile.risk,
  };
  const found = prompts.flatMap((prompt) => {
    const built = buildPrompt(prompt.version, parts);
    return [
      ...differences(prompt.system.split('\n'), built.system.split('\n'), 'system line '),
      ...differences(prompt.user.split('\n'), built.user.split('\n'), 'user line '),
    ];
  });
  return compared('prompt', found, prompts.map((prompt) => prompt.version).join(', '));
}

function replayedAnswers(recorded: RecordedCycle): { answers: DeciderAnswer[]; step: ReplayStep } {
  const { profile, snapshot } = recorded;
  const taken: string[] = [];
  const answers = recorded.answers.map((answer) => {
    const { decider } = answer;
    const rules = profile?.deciders.find((d) => d.id === decider);
    const again =
      rules?.provider === 'strategy'
        ? strategyAnswer(rules, profile!, snapshot.body)
        : modelAnswer(recorded, answer);
    if (again === null) taken.push(decider);
    return again ?? answer;
  });
  const found = recorded.answers.flatMap((answer, n) =>
    differences(answer, plainJson(answers[n]), answer.decider),
  );
  const note = taken.length === 0 ? '' : `taken as recorded: ${taken.join(', ')}`;
  return { answers, step: compared('answers', found, note) };
}

function strategyAnswer(
  rules: Parameters<typeof strategyDecider>[0],
  profile: Pick<Profile, 'timeframe'>,
  snapshot: Snapshot,
): DeciderAnswer {
  return {
    kind: 'answered',
    decider: rules.id,
    decision: strategyDecider(rules, profile)(snapshot),
  };
}

/** Null where the record does not tell: a time-out, a failed call, a budget, a missing key. */
function modelAnswer(recorded: RecordedCycle, answer: DeciderAnswer): DeciderAnswer | null {
  // An answer that came after its deadline is on record and was not used.
  if (answer.kind === 'absent' && answer.cause.startsWith('no answer by the deadline')) return null;
  const calls = recorded.calls.filter((call) => call.decider === answer.decider);
  return recordedAnswer(answer.decider, calls, recorded.snapshot.body.legalActions);
}

function replayedConsensus(
  { consensus: was }: RecordedCycle,
  answers: DeciderAnswer[],
): { consensus: Consensus; step: ReplayStep } {
  if (was.kind === undefined || was.rule === undefined) {
    const note = 'the settings of then are not recorded';
    return { consensus: was, step: step('consensus', 'unknown', note) };
  }
  const { roster, ...settings } = was.rule;
  // The records are taken as they were known then, their weights are made again.
  const variants = Object.fromEntries(was.records?.map((r) => [r.decider, r.variant]) ?? []);
  const records =
    was.records &&
    rosterRecords(
      roster,
      variants,
      ({ decider }) => was.records?.find((r) => r.decider === decider) ?? null,
    );
  const known = recordsByDecider(records ?? []);
  const consensus = combineDecisions(was.kind, answers, roster, settings, known);
  const { [was.kind]: _own, ...others } = compareConsensus(answers, roster, settings, known);
  const replayed = {
    ...{ kind: was.kind, ...consensus, others, rule: was.rule, records },
    ...(was.heldStopPct === undefined ? {} : { heldStopPct: heldStopPct(answers, roster) }),
  };
  return { consensus, step: compared('consensus', differences(was, plainJson(replayed))) };
}

interface ReplayedVerdict {
  kind: string;
  rules: RuleOutcome[];
  plan: EntryPlan | null;
}

function replayedVerdict(
  { verdict: was }: RecordedCycle,
  { action, decision }: Consensus,
): { verdict: ReplayedVerdict | null; step: ReplayStep } {
  const isEntry = decision !== null && (action === 'long' || action === 'short');
  if (was === null) {
    return isEntry
      ? { verdict: null, step: step('verdict', 'unknown', 'no review of this entry is recorded') }
      : { verdict: null, step: step('verdict', 'none', 'there was nothing to review') };
  }
  if (!isEntry) {
    const found: Difference[] = [{ path: 'kind', recorded: was.kind, replayed: undefined }];
    return { verdict: null, step: compared('verdict', found, 'there is nothing to review now') };
  }
  if (was.input === null) {
    const note = 'what the review was given is not recorded';
    return { verdict: was, step: step('verdict', 'unknown', note) };
  }
  const verdict: ReplayedVerdict = reviewEntry({ ...was.input, decision });
  const { input: _input, ...shown } = was;
  return { verdict, step: compared('verdict', verdictDifferences(shown, verdict), was.kind) };
}

/** Rules are compared by their names: one that was added or moved is one difference, not many. */
function verdictDifferences(was: ReplayedVerdict, now: ReplayedVerdict): Difference[] {
  const byName = (rules: readonly RuleOutcome[]) =>
    Object.fromEntries(rules.map((rule) => [rule.rule, rule]));
  return [
    ...differences(was.kind, now.kind, 'kind'),
    ...differences(byName(was.rules), plainJson(byName(now.rules)), 'rules'),
    ...differences(was.plan, plainJson(now.plan), 'plan'),
  ];
}

function orderStep({ id, order }: RecordedCycle, plan: EntryPlan | null): ReplayStep {
  if (order === null && plan === null) return step('order', 'none', 'nothing was ordered');
  const planned: RecordedOrder | null =
    plan === null
      ? null
      : {
          clientOrderId: clientOrderId(id, 'entry', 1),
          side: plan.side,
          kind: plan.entry.type,
          quantity: plan.quantity,
          price: plan.entry.price,
          postOnly: plan.entry.postOnly,
          expiresAtMs: plan.expiresAtMs,
        };
  return compared('order', differences(order, planned));
}

function outcomeStep(
  recorded: RecordedCycle,
  answers: readonly DeciderAnswer[],
  { action }: Consensus,
  verdict: string | null,
): ReplayStep {
  const isAbsent = answers.every((a) => a.kind === 'absent');
  const possible = possibleOutcomes(recorded, action, verdict, isAbsent);
  const found = possible.includes(recorded.outcome)
    ? []
    : [{ path: '', recorded: recorded.outcome, replayed: possible.join(' or ') }];
  return compared('outcome', found, recorded.outcome);
}

/** What the venue answers and what its guard does, a replay cannot know. */
function possibleOutcomes(
  { snapshot }: RecordedCycle,
  action: Consensus['action'],
  verdict: string | null,
  isAbsent: boolean,
): string[] {
  switch (action) {
    case 'long':
    case 'short':
      return verdict === 'vetoed' ? ['vetoed'] : ['ordered', 'refused'];
    case 'close':
      if (snapshot.body.position !== null) return ['closing'];
      return [isAbsent ? 'absent' : 'held'];
    case 'hold':
      return [isAbsent ? 'absent' : 'held'];
    default:
      return action satisfies never;
  }
}

function step(name: ReplayStep['step'], result: 'none' | 'unknown', note: string): ReplayStep {
  return { step: name, result, note, differences: [] };
}

function compared(name: ReplayStep['step'], found: Difference[], note = ''): ReplayStep {
  return {
    step: name,
    result: found.length === 0 ? 'identical' : 'different',
    note,
    differences: found,
  };
}

/** As it reads after it was stored. */
function plainJson(value: unknown): unknown {
  return value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown);
}
