import { decideQueue } from '../names.ts';
import { llmSettingsOf, modelDecidersOf, type Profile } from '../profile.ts';
import { resolveModel } from './resolve-model.ts';

/** What a workflow must know of a model to ask it. */
export interface ModelAsk {
  queue: string;
  /** Real time only: from being asked until absent, ms; retries and waiting included. */
  deadlineMs: number;
  /** Limit of one attempt of the activity, ms: a call, its repair, and some room. */
  attemptMs: number;
  summary: string;
}

const ROOM_MS = 15_000;

/** The models of a desk by decider. Throws on a decider that `resolveModel` refuses. */
export function modelAsks(desk: string, profile: Profile): Record<string, ModelAsk> {
  const { decisionDeadlineSeconds } = llmSettingsOf(profile);
  const asks = modelDecidersOf(profile).map((decider): [string, ModelAsk] => {
    const { provider, facts } = resolveModel(decider);
    return [
      decider.id,
      {
        queue: decideQueue(desk, provider),
        deadlineMs: decisionDeadlineSeconds * 1000,
        attemptMs: 2 * facts.timeoutSeconds * 1000 + ROOM_MS,
        summary: `${decider.id}: ${facts.id}`,
      },
    ];
  });
  return Object.fromEntries(asks);
}

/** Deciders that will be absent because the environment holds no key for them, one sentence each. */
export function withoutKey(
  profile: Pick<Profile, 'deciders' | 'llm'>,
  keyOf: (name: string) => string | undefined,
): string[] {
  const { calls } = llmSettingsOf(profile);
  if (calls === 'replay-only') return [];
  const unless = calls === 'record' ? ' where no answer is kept' : '';
  return modelDecidersOf(profile).flatMap((decider) => {
    const { keyEnv, provider } = resolveModel(decider);
    return keyEnv === null || keyOf(keyEnv)?.trim()
      ? []
      : [`${decider.id} is absent${unless}: no key for ${provider} (set ${keyEnv})`];
  });
}
