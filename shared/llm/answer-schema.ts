import { z } from 'zod';
import { DecisionSchema } from '../decision.ts';

export interface JsonSchema {
  type?: string;
  description?: string;
  enum?: readonly unknown[];
  const?: unknown;
  properties?: Record<string, JsonSchema>;
  required?: readonly string[];
  additionalProperties?: false;
  items?: JsonSchema;
  anyOf?: readonly JsonSchema[];
}

/** Keywords that some provider refuses, as words that every model understands. */
const BOUNDS: Readonly<Record<string, (bound: number) => string>> = {
  minimum: (n) => `at least ${n}`,
  exclusiveMinimum: (n) => `greater than ${n}`,
  maximum: (n) => `at most ${n}`,
  exclusiveMaximum: (n) => `less than ${n}`,
  minLength: (n) => `at least ${n} characters`,
  maxLength: (n) => `at most ${n} characters`,
  minItems: (n) => `at least ${n} items`,
  maxItems: (n) => `at most ${n} items`,
};
const KEPT = ['type', 'enum', 'const', 'required'] as const;

/**
 * The JSON schema of a zod schema in the subset that all providers take: every property required, no
 * other property, and bounds in the description, since the answer is checked against zod anyway.
 */
export function providerSchema(schema: z.ZodType): JsonSchema {
  return strict(z.toJSONSchema(schema, { target: 'draft-7' }));
}

/** Decision v1 as the providers get it. */
export const ANSWER_SCHEMA: JsonSchema = providerSchema(DecisionSchema);

function strict(node: Record<string, unknown>): JsonSchema {
  const result: Record<string, unknown> = {};
  for (const key of KEPT) if (node[key] !== undefined) result[key] = node[key];
  const words = Object.entries(BOUNDS).flatMap(([key, say]) =>
    typeof node[key] === 'number' ? [say(node[key])] : [],
  );
  const said = typeof node['description'] === 'string' ? [node['description']] : [];
  const description = [...said, words.join(', ')].filter((text) => text !== '').join('; ');
  if (description !== '') result['description'] = description;
  if (node['items'] !== undefined) result['items'] = strict(asNode(node['items']));
  if (Array.isArray(node['anyOf']))
    result['anyOf'] = node['anyOf'].map((one) => strict(asNode(one)));
  if (node['properties'] !== undefined) {
    const properties = Object.entries(asNode(node['properties']));
    result['properties'] = Object.fromEntries(
      properties.map(([name, one]) => [name, strict(asNode(one))]),
    );
    result['required'] = properties.map(([name]) => name);
    result['additionalProperties'] = false;
  }
  return result;
}

function asNode(value: unknown): Record<string, unknown> {
  return value as Record<string, unknown>; // written by zod, which nests schemas only
}
