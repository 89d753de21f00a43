import type { Action, Decision } from '../decision.ts';
import { parseDecision } from './parse-decision.ts';
import type { ModelAnswer } from './read-answer.ts';

/** What a model's answer comes to: a decision, a final absence, or mistakes that it may repair once. */
export type Judgement =
  | { kind: 'decision'; decision: Decision }
  | { kind: 'absent'; cause: string }
  | { kind: 'repair'; text: string; mistakes: string[] };

export function judgeAnswer(answer: ModelAnswer, legalActions: readonly Action[]): Judgement {
  if (answer.kind === 'none') return { kind: 'absent', cause: answer.cause };
  const parsed = parseDecision(answer.text, legalActions);
  return parsed.kind === 'decision'
    ? parsed
    : { kind: 'repair', text: answer.text, mistakes: parsed.mistakes };
}

/** What the one repair comes to; `before` are the mistakes of the first answer. */
export function judgeRepair(
  repaired: ModelAnswer | { kind: 'absent'; cause: string },
  before: readonly string[],
  legalActions: readonly Action[],
): Exclude<Judgement, { kind: 'repair' }> {
  if (repaired.kind !== 'text') {
    return { kind: 'absent', cause: `unusable (${told(before)}), repair: ${repaired.cause}` };
  }
  const parsed = parseDecision(repaired.text, legalActions);
  return parsed.kind === 'decision'
    ? parsed
    : { kind: 'absent', cause: `unusable and not repaired (${told(parsed.mistakes)})` };
}

function told(mistakes: readonly string[]): string {
  return mistakes.slice(0, 2).join('; ');
}
