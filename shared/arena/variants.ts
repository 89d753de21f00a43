import { llmSettingsOf, type Profile } from '../profile.ts';

/** Each decider with what its results are kept by: model and prompt version, or strategy. */
export function variantsOf(profile: Pick<Profile, 'deciders' | 'llm'>): Record<string, string> {
  const { prompt } = llmSettingsOf(profile);
  return Object.fromEntries(
    profile.deciders.map((decider) => [
      decider.id,
      decider.provider === 'strategy' ? decider.strategy : `${decider.model}, ${prompt}`,
    ]),
  );
}
