import { expect, test } from 'vitest';
import { DecisionSchema } from '../decision.ts';
import { ANSWER_SCHEMA, type JsonSchema } from './answer-schema.ts';

/** The keywords that every provider takes in a strict schema. */
const COMMON = new Set([
  ...['type', 'description', 'enum', 'const', 'properties', 'required', 'additionalProperties'],
  ...['items', 'anyOf'],
]);

function nodes(schema: JsonSchema): JsonSchema[] {
  const children = [
    ...Object.values(schema.properties ?? {}),
    ...(schema.anyOf ?? []),
    ...(schema.items === undefined ? [] : [schema.items]),
  ];
  return [schema, ...children.flatMap(nodes)];
}

test('the schema keeps to what all providers take', () => {
  for (const node of nodes(ANSWER_SCHEMA)) {
    expect(Object.keys(node).filter((key) => !COMMON.has(key))).toEqual([]);
    if (node.type !== 'object') continue;
    expect(node.additionalProperties).toBe(false);
    expect(node.required).toEqual(Object.keys(node.properties ?? {}));
  }
});

test('evidence comes before the action, and bounds are told in words', () => {
  expect(Object.keys(ANSWER_SCHEMA.properties ?? {})).toEqual(Object.keys(DecisionSchema.shape));
  expect(ANSWER_SCHEMA.required?.slice(0, 3)).toEqual(['evidenceFor', 'evidenceAgainst', 'action']);
  expect(ANSWER_SCHEMA.properties?.['confidence']?.description).toContain('at least 0, at most 1');
});
