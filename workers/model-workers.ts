import { Worker, type WorkerOptions } from '@temporalio/worker';
import type { ModelActivities } from '../activities/deciders/model-activities.ts';
import { resolveModel, type ResolvedModel } from '../shared/llm/resolve-model.ts';
import { decideQueue } from '../shared/names.ts';
import { modelDecidersOf, type Profile } from '../shared/profile.ts';

/** One worker for each provider that the profile's models need, at that provider's rate. */
export async function modelWorkers(
  desk: string,
  profile: Profile,
  activities: ModelActivities,
  options: Omit<WorkerOptions, 'taskQueue'>,
): Promise<Worker[]> {
  const models = modelDecidersOf(profile).map(resolveModel);
  const providers = new Map<string, ResolvedModel[]>();
  for (const model of models) {
    providers.set(model.provider, [...(providers.get(model.provider) ?? []), model]);
  }
  return Promise.all(
    [...providers].map(([provider, its]) => {
      // Models of one provider share its queue, at the least that one of them is allowed.
      const rate = Math.min(...its.map((model) => model.callsPerSecond ?? Infinity));
      return Worker.create({
        ...options,
        taskQueue: decideQueue(desk, provider),
        activities,
        ...(rate === Infinity ? {} : { maxTaskQueueActivitiesPerSecond: rate }),
        maxConcurrentActivityTaskExecutions: Math.min(...its.map((model) => model.callsAtOnce)),
      });
    }),
  );
}
