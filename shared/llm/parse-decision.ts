import type { z } from 'zod';
import { DecisionSchema, type Action, type Decision } from '../decision.ts';
import { storableText } from './storable-text.ts';

export type ParsedDecision =
  | { kind: 'decision'; decision: Decision }
  /** `mistakes` are ours to tell: nothing of the model's own text is in them. */
  | { kind: 'invalid'; mistakes: string[] };

const FENCED = /^```(?:json)?\s*\n([\s\S]*)\n```$/;
const MOST_MISTAKES = 8;

/**
 * A model's text as a decision. The whole text must be one JSON object (a code fence around it is
 * taken off) and fit the schema as it stands: a number written as text or a confidence of 87 is a
 * mistake, not a puzzle. So is an action that is not legal now, and an entry without its levels.
 */
export function parseDecision(text: string, legalActions: readonly Action[]): ParsedDecision {
  const bare = text.trim();
  let value: unknown;
  try {
    value = JSON.parse(FENCED.exec(bare)?.[1] ?? bare, storable);
  } catch {
    return invalid(['the text is not one JSON object and nothing else']);
  }
  const parsed = DecisionSchema.safeParse(value);
  if (!parsed.success) return invalid(parsed.error.issues.map(said));
  const decision = parsed.data;
  const mistakes = [...levelMistakes(decision)];
  if (!legalActions.includes(decision.action)) {
    mistakes.push(`action: ${decision.action} is not legal now, only ${legalActions.join(', ')}`);
  }
  return mistakes.length === 0 ? { kind: 'decision', decision } : invalid(mistakes);
}

/** Escaped signs come to life by parsing; those that no database keeps would hold the cycle up. */
function storable(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? storableText(value) : value;
}

function levelMistakes(decision: Decision): string[] {
  const mistakes: string[] = [];
  if (decision.entry.type === 'limit' && decision.entry.price === null) {
    mistakes.push('entry.price: a limit entry needs a price');
  }
  if (decision.action !== 'long' && decision.action !== 'short') return mistakes;
  if (decision.stopLossPct === null || decision.stopLossPct === 0) {
    mistakes.push('stopLossPct: an entry needs a stop');
  }
  if (decision.takeProfitPct.length === 0) {
    mistakes.push('takeProfitPct: an entry needs a target');
  }
  return mistakes;
}

function said(issue: z.core.$ZodIssue): string {
  const path = issue.path.map(String).join('.');
  // Names of unknown keys come from the model and stay out.
  if (issue.code === 'unrecognized_keys') return `${path || 'answer'}: has unknown properties`;
  return `${path || 'answer'}: ${issue.message}`;
}

function invalid(mistakes: string[]): ParsedDecision {
  return { kind: 'invalid', mistakes: mistakes.slice(0, MOST_MISTAKES) };
}
