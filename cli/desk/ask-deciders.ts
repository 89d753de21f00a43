import { setTimeout as pause } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/common';
import type pg from 'pg';
import { createAnswerStore } from '../../activities/deciders/answer-store.ts';
import { createCallStore } from '../../activities/deciders/call-store.ts';
import { createModels } from '../../activities/deciders/model-activities.ts';
import { sendRequest } from '../../activities/deciders/send-request.ts';
import { createDocumentStore } from '../../activities/ledger/documents.ts';
import type { CycleStory } from '../../activities/ledger/records/read-cycles.ts';
import type { DeciderAnswer } from '../../shared/decision.ts';
import { namedDeciders } from '../../shared/llm/named-deciders.ts';
import { llmSettingsOf, type DeciderProfile, type Profile } from '../../shared/profile.ts';
import type { Snapshot } from '../../shared/snapshot.ts';
import { strategyDecider } from '../../shared/strategies/strategy-decider.ts';
import { CommandError } from './command-error.ts';

/** What somebody else says to the snapshot of a recorded cycle. */
export interface AskedAnswer {
  /** The model's name, or the strategy's. */
  model: string;
  answer: DeciderAnswer;
  /** What asking has cost just now, USD, and whether the answer was there from an earlier time. */
  costUsd: string;
  isRecorded: boolean;
}

const BETWEEN_TRIES_MS = 1_000;

/**
 * Puts the snapshot of a cycle to other deciders, side by side. Their calls are kept like those of a cycle,
 * under a name of their own, and within the desk's budget once more; answers are kept beyond it, so that the
 * same question costs nothing the second time.
 */
export async function askDeciders(of: {
  pool: pg.Pool;
  desk: string;
  profile: Profile;
  story: CycleStory;
  names: readonly string[];
  answersDir: string;
  env: NodeJS.ProcessEnv;
}): Promise<AskedAnswer[]> {
  const { pool, desk, profile, story } = of;
  const deciders = of.names.flatMap((name) => {
    const found = namedDeciders(name, profile);
    if (found.length > 0) return found;
    throw new CommandError(
      `--ask ${name}: neither a decider of the desk (${profile.deciders.map((d) => d.id).join(', ')}) ` +
        'nor a model of the catalogue (shared/llm/catalogue.ts)',
    );
  });
  const unique = [...new Map(deciders.map((d) => [d.id, d])).values()];
  const settings = { ...llmSettingsOf(profile), calls: 'record' as const };
  const documents = createDocumentStore(pool);
  const cycle = `asked/${story.id}/${Date.now()}`;
  const models = createModels({
    profile: { ...profile, deciders: unique, llm: settings },
    documents,
    calls: createCallStore({
      ...{ pool, desk: `${desk}/asked`, budget: settings.budget, clock: Date.now },
    }),
    send: sendRequest,
    answers: createAnswerStore(of.answersDir),
    keyOf: (name) => of.env[name],
    clock: Date.now,
  });
  const deadlineMs = Date.now() + settings.decisionDeadlineSeconds * 1000;
  return Promise.all(unique.map(ask));

  async function ask(decider: DeciderProfile): Promise<AskedAnswer> {
    if (decider.provider === 'strategy') {
      const snapshot = (await documents.get(story.snapshotHash)) as Snapshot; // its hash says it is ours
      const decision = strategyDecider(decider, profile)(snapshot);
      const answer: DeciderAnswer = { kind: 'answered', decider: decider.id, decision };
      return { model: decider.strategy, answer, costUsd: '0', isRecorded: false };
    }
    const answer = await patiently(decider.id);
    const { rows } = await pool.query<{ usd: string; recorded: boolean }>(
      `select coalesce(sum(coalesce(cost_usd, reserved_usd)), 0)::text as usd,
              coalesce(bool_and(source = 'recorded'), false) as recorded
         from llm_call where cycle = $1 and decider = $2`,
      [cycle, decider.id],
    );
    const { usd = '0', recorded = false } = rows[0] ?? {};
    return { model: decider.model, answer, costUsd: usd, isRecorded: recorded };
  }

  /** Tries again what a workflow would. */
  async function patiently(decider: string): Promise<DeciderAnswer> {
    const signal = AbortSignal.timeout(Math.max(1, deadlineMs - Date.now()));
    for (;;) {
      try {
        return await models.ask(
          { cycle, decider, snapshot: story.snapshotHash },
          { signal, deadlineMs },
        );
      } catch (error) {
        if (!(error instanceof ApplicationFailure)) throw error;
        const { nextRetryDelay } = error;
        await pause(typeof nextRetryDelay === 'number' ? nextRetryDelay : BETWEEN_TRIES_MS);
      }
    }
  }
}
