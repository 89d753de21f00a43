import { Worker, type WorkerOptions } from '@temporalio/worker';
import type { ModelActivities } from '../activities/deciders/model-activities.ts';
import { resolveModel } from '../shared/llm/resolve-model.ts';
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
  const providers = new Map(models.map((model) => [model.provider, model]));
  return Promise.all(
    [...providers].map(([provider, { callsPerSecond, callsAtOnce }]) =>
      Worker.create({
        ...options,
        taskQueue: decideQueue(desk, provider),
        activities,
        ...(callsPerSecond === null ? {} : { maxTaskQueueActivitiesPerSecond: callsPerSecond }),
        maxConcurrentActivityTaskExecutions: callsAtOnce,
      }),
    ),
  );
}
