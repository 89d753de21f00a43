import { partRules } from './part-rules.ts';
import { positionRules } from './position-rules.ts';
import { roomRules } from './room-rules.ts';
import type { EntryRule } from './rule.ts';

/** Rules on how much, in the order in which they shrink: caps first, then parts of what is left. */
export const sizingRules: readonly EntryRule[] = [...positionRules, ...roomRules, ...partRules];
