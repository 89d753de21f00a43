import { promptVersionOf, type DeciderProfile, type Profile } from '../profile.ts';

/**
 * Each decider with what its results are kept by: model and prompt version, or strategy. A depth of thought that the
 * profile names makes another contestant of a model.
 */
export function variantsOf(profile: Pick<Profile, 'deciders' | 'llm'>): Record<string, string> {
  return Object.fromEntries(
    profile.deciders.map((decider) => [decider.id, variantOf(decider, profile)]),
  );
}

function variantOf(decider: DeciderProfile, profile: Pick<Profile, 'llm'>): string {
  if (decider.provider === 'strategy') return decider.strategy;
  const effort = decider.effort === undefined ? '' : ` at ${decider.effort}`;
  return `${decider.model}${effort}, ${promptVersionOf(decider, profile)}`;
}
