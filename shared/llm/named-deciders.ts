import type { DeciderProfile, Profile } from '../profile.ts';
import { MODELS, SHORT_NAMES } from './catalogue.ts';
import type { ModelProvider } from './model-decider.ts';
import type { Api } from './model-facts.ts';

const PROVIDER_OF: Record<Api, ModelProvider> = {
  responses: 'openai',
  chat: 'openai-compatible',
  messages: 'anthropic',
  ollama: 'ollama',
};

/**
 * The deciders that a person means by a name: the desk's own of that id, else all of the desk's whose id begins
 * with it, else the catalogue's model of that id or short name. Empty when there is none.
 */
export function namedDeciders(name: string, profile: Pick<Profile, 'deciders'>): DeciderProfile[] {
  const own = profile.deciders.filter((d) => d.id === name);
  if (own.length > 0) return own;
  const begun = profile.deciders.filter((d) => d.id.startsWith(`${name}-`));
  if (begun.length > 0) return begun;
  const model = MODELS.find((m) => m.id === (SHORT_NAMES[name] ?? name));
  if (model === undefined) return [];
  const id = model.id.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return [{ id, provider: PROVIDER_OF[model.api], model: model.id }];
}
