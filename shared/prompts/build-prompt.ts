import { canonicalJson } from '../canonical-json.ts';
import { countTokens } from '../llm/token-count.ts';
import type { Snapshot } from '../snapshot.ts';
import type { PromptParts } from './prompt-parts.ts';
import { triplegain1 } from './triplegain-1.ts';
import { triplegain2 } from './triplegain-2.ts';
import { triplegain3 } from './triplegain-3.ts';
import type { PromptVersion } from './versions.ts';

export interface Prompt {
  version: PromptVersion;
  system: string;
  user: string;
  /** Of both together, as `countTokens` measures. */
  tokens: number;
}

/** The prompt of a snapshot: the same bytes for every model, and on every repetition. */
export function buildPrompt(version: PromptVersion, parts: PromptParts): Prompt {
  // A database keeps no order of keys: the text must not depend on whether the snapshot has been there.
  const snapshot = JSON.parse(canonicalJson(parts.snapshot)) as Snapshot;
  const { system, user } = textsOf(version, { ...parts, snapshot });
  return { version, system, user, tokens: countTokens(system) + countTokens(user) };
}

/** The text whose SHA-256 names a prompt in the database. */
export function promptIdentity({ version, system, user }: Omit<Prompt, 'tokens'>): string {
  return JSON.stringify([version, system, user]);
}

function textsOf(version: PromptVersion, parts: PromptParts): { system: string; user: string } {
  switch (version) {
    case 'triplegain-1':
      return triplegain1(parts);
    case 'triplegain-2':
      return triplegain2(parts);
    case 'triplegain-3':
      return triplegain3(parts);
    default:
      return version satisfies never;
  }
}
