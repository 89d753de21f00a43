import { defineSearchAttributeKey } from '@temporalio/common';
import { SEARCH_ATTRIBUTES } from '../shared/names.ts';

export const deskKey = defineSearchAttributeKey(SEARCH_ATTRIBUTES.desk, 'KEYWORD');
export const pairKey = defineSearchAttributeKey(SEARCH_ATTRIBUTES.pair, 'KEYWORD');
export const actionKey = defineSearchAttributeKey(SEARCH_ATTRIBUTES.action, 'KEYWORD');
export const outcomeKey = defineSearchAttributeKey(SEARCH_ATTRIBUTES.outcome, 'KEYWORD');
export const confidenceKey = defineSearchAttributeKey(SEARCH_ATTRIBUTES.confidence, 'DOUBLE');
