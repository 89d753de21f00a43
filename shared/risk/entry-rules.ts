import { decisionRules } from './decision-rules.ts';
import { deskRules } from './desk-rules.ts';
import type { EntryRule } from './rule.ts';
import { sizingRules } from './sizing-rules.ts';

/** The table of rules: the order in which they are asked and listed. Ids never change their meaning. */
export const ENTRY_RULES: readonly EntryRule[] = [...deskRules, ...decisionRules, ...sizingRules];
