import { createHash } from 'node:crypto';
import { activityInfo, cancellationSignal } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { DeciderAnswer, Decision } from '../../shared/decision.ts';
import {
  connectionFailure,
  statusFailure,
  type CallFailure,
} from '../../shared/llm/call-failure.ts';
import { costUsd, mostUsd } from '../../shared/llm/cost.ts';
import { judgeAnswer, judgeRepair } from '../../shared/llm/judge-answer.ts';
import { readAnswer, type ModelAnswer } from '../../shared/llm/read-answer.ts';
import { repairConversation } from '../../shared/llm/repair.ts';
import { fitsContext, requestBody, type Conversation } from '../../shared/llm/request.ts';
import { resolveModel, type ResolvedModel } from '../../shared/llm/resolve-model.ts';
import { countTokens, TOKEN_SLACK } from '../../shared/llm/token-count.ts';
import { Decimal } from '../../shared/money.ts';
import {
  llmSettingsOf,
  modelDecidersOf,
  promptVersionOf,
  type Profile,
} from '../../shared/profile.ts';
import { askedSnapshot } from '../../shared/prompts/asked-snapshot.ts';
import { buildPrompt, type Prompt } from '../../shared/prompts/build-prompt.ts';
import type { PromptVersion } from '../../shared/prompts/versions.ts';
import type { Snapshot } from '../../shared/snapshot.ts';
import type { DocumentStore } from '../ledger/documents.ts';
import type { AnswerStore, RecordedQuestion } from './answer-store.ts';
import type { CallStore, StoredCall } from './call-store.ts';
import type { Purpose } from './reserve-calls.ts';
import type { Exchange, IncomingResponse, SendRequest } from './send-request.ts';

export interface ModelDeps {
  profile: Profile;
  documents: Pick<DocumentStore, 'get'>;
  calls: CallStore;
  send: SendRequest;
  /** Answers of earlier runs. */
  answers: AnswerStore;
  /** The key in an environment variable. */
  keyOf: (name: string) => string | undefined;
  /** The wall clock, Unix ms. */
  clock: () => number;
}

export interface ModelActivities {
  /**
   * Asks a model for its decision on a snapshot; see `createModels`. Keyed by cycle and decider. Throws
   * `ModelCallFailed`, retryable, while another call may help; every final failure is an absence.
   */
  askModel(ask: ModelQuestion): Promise<DeciderAnswer>;
}

export interface ModelQuestion {
  cycle: string;
  decider: string;
  /** Hash of the snapshot. */
  snapshot: string;
}

/** Until when an answer is worth having, and how it is called off. */
export interface Patience {
  signal: AbortSignal;
  /** Wall clock, Unix ms; infinite where no deadline is armed. */
  deadlineMs: number;
}

export function createModelActivities(deps: ModelDeps): ModelActivities {
  const models = createModels(deps);
  return {
    askModel: (ask) =>
      models.ask(ask, { signal: cancellationSignal(), deadlineMs: deadlineOf(activityInfo()) }),
  };
}

/** What one question brought: the model's answer, or a final reason why there is none. */
type Asked = { kind: 'answer'; answer: ModelAnswer } | { kind: 'absent'; cause: string };

/** Waiting longer than this for a provider is no better than an absence, ms. */
const LONGEST_WAIT_MS = 60_000;
/** With less than this left until the deadline another call is in vain, ms. */
const LEAST_TRY_MS = 1_500;
/** Prompts that are kept in memory: those of the cycles that run now. */
const KEPT_PROMPTS = 32;
/** Room to store an answer before the deadline, ms. */
const ROOM_MS = 100;

/** The models of a profile. */
export function createModels(deps: ModelDeps) {
  const { profile, documents, calls, clock } = deps;
  const settings = llmSettingsOf(profile);
  const models = new Map(modelDecidersOf(profile).map((d) => [d.id, resolveModel(d)]));
  const versions = new Map(
    modelDecidersOf(profile).map((d) => [d.id, promptVersionOf(d, profile)]),
  );
  const prompts = new Map<string, Promise<KeptPrompt>>();

  return {
    /**
     * Asks a model for its decision on a snapshot. Every call is stored before it is sent and before
     * its answer is parsed, under cycle and decider: a repeated attempt uses the answer that is there
     * and pays for no second one. An answer that cannot be used is asked to be repaired once. Returns
     * an absence for whatever another try cannot change; throws only what Temporal should try again.
     */
    async ask(ask: ModelQuestion, patience: Patience): Promise<DeciderAnswer> {
      const absent = (cause: string): DeciderAnswer => ({
        kind: 'absent',
        decider: ask.decider,
        cause,
      });
      const answered = (decision: Decision): DeciderAnswer => ({
        kind: 'answered',
        decider: ask.decider,
        decision,
      });
      const model = models.get(ask.decider);
      if (model === undefined) return absent('not in the profile any more');
      const key = keyOf(model);
      // An answer that is kept needs none.
      if (key.kind === 'missing' && settings.calls === 'live') return absent(key.cause);
      const { snapshot, asked, prompt, hash } = await promptOf(ask);
      if (prompt.tokens > settings.maxPromptTokens) {
        return absent(
          `the prompt measures ${prompt.tokens} tokens, the limit is ${settings.maxPromptTokens}`,
        );
      }
      const question: Question = {
        ...ask,
        ...patience,
        model,
        key,
        prompt: hash,
        promptVersion: prompt.version,
        promptTokens: prompt.tokens,
        asked,
        venueAtMs: Date.parse(snapshot.asOf),
        earlier: await calls.takeOver(ask.cycle, ask.decider),
      };

      const conversation: Conversation = {
        system: prompt.system,
        turns: [{ role: 'user', text: prompt.user }],
      };
      const first = await askOnce(question, 'decision', conversation);
      if (first.kind === 'absent') return absent(first.cause);
      const judged = judgeAnswer(first.answer, snapshot.legalActions);
      if (judged.kind === 'absent') return absent(judged.cause);
      if (judged.kind === 'decision') return answered(judged.decision);

      const again = repairConversation(conversation, judged.text, judged.mistakes);
      const repaired = await askOnce(question, 'repair', again);
      const second = judgeRepair(
        repaired.kind === 'absent' ? repaired : repaired.answer,
        judged.mistakes,
        snapshot.legalActions,
      );
      return second.kind === 'decision' ? answered(second.decision) : absent(second.cause);
    },
  };

  function keyOf({ keyEnv, provider }: ResolvedModel): Key {
    if (keyEnv === null) return { kind: 'there', key: null };
    // What ends a line in a file of keys belongs to none.
    const key = deps.keyOf(keyEnv)?.trim();
    return key === undefined || key === ''
      ? { kind: 'missing', cause: `no key for ${provider} (set ${keyEnv})` }
      : { kind: 'there', key };
  }

  /** Built and stored once for all models of a cycle that are asked with the same version. */
  function promptOf({ decider, snapshot }: ModelQuestion): Promise<KeptPrompt> {
    const version = versions.get(decider) ?? settings.prompt;
    const key = `${version} ${snapshot}`;
    const known = prompts.get(key);
    if (known !== undefined) return known;
    const kept = keep(snapshot, version);
    prompts.set(key, kept);
    kept.catch(() => prompts.delete(key));
    const oldest = prompts.keys().next().value;
    if (prompts.size > KEPT_PROMPTS && oldest !== undefined) prompts.delete(oldest);
    return kept;
  }

  async function keep(snapshotHash: string, version: PromptVersion): Promise<KeptPrompt> {
    const snapshot = (await documents.get(snapshotHash)) as Snapshot; // its hash says it is ours
    const asked = createHash('sha256').update(askedSnapshot(snapshot)).digest('hex');
    const parts = { snapshot, snapshotHash: asked, limits: profile.risk };
    const prompt = buildPrompt(version, parts);
    return { snapshot, asked, prompt, hash: await calls.keepPrompt(prompt, snapshotHash) };
  }

  async function askOnce(
    question: Question,
    purpose: Purpose,
    conversation: Conversation,
  ): Promise<Asked> {
    const { model } = question;
    const earlier = question.earlier.filter((call) => call.purpose === purpose);
    const tokens =
      purpose === 'decision'
        ? question.promptTokens
        : countTokens(conversation.system + conversation.turns.map((t) => t.text).join('\n'));
    const request = requestBody(model, conversation, tokens);
    const known = earlier.find((call) => call.state === 'answered')?.response;
    if (known != null) {
      return { kind: 'answer', answer: readAnswer(model.facts.api, known.text, request) };
    }
    // A call that was lost with its process costs a retry, never an absence: only failures count.
    const failed = earlier.filter((call) => call.state === 'failed');
    const last = failed.at(-1);
    if (last !== undefined) {
      const failure = failureOf(last, clock());
      if (failed.length >= failure.mostCalls) return givenUp(failure, failed.length);
    }

    if (!fitsContext(model, tokens)) {
      return {
        kind: 'absent',
        cause: `${tokens} tokens do not fit into the context of ${model.facts.contextTokens}`,
      };
    }
    const recorded = await recordedTo(question, purpose, request);
    if (recorded !== null) return recorded;
    const { key } = question;
    if (key.kind === 'missing') return { kind: 'absent', cause: key.cause };
    const reserved = await calls.reserve({
      ...question,
      purpose,
      request,
      mostUsd: mostUsd(model.facts, Math.ceil(tokens * TOKEN_SLACK)),
    });
    if (reserved.kind === 'refused') return { kind: 'absent', cause: reserved.cause };

    const { exchange, latencyMs } = await exchanged(question, key.key, reserved.id, request);
    if (exchange.kind === 'response' && exchange.response.status === 200) {
      const { text } = exchange.response;
      const answer = readAnswer(model.facts.api, text, request);
      const cost = answer.usage === null ? null : costUsd(model.facts, answer.usage, clock());
      // First kept, then ended: a process lost between the two finds it, and pays no second time.
      if (settings.calls === 'record') {
        await deps.answers.keep(asRecorded(question, purpose, request), {
          ...{ build: answer.build, at: new Date(clock()).toISOString(), text },
          costUsd: cost?.toFixed(8) ?? null,
        });
      }
      await calls.end(reserved.id, {
        ...{ response: exchange.response, latencyMs, failure: null },
        ...{ build: answer.build, usage: answer.usage, costUsd: cost },
      });
      return { kind: 'answer', answer };
    }
    const response = exchange.kind === 'response' ? exchange.response : exchange.partial;
    const failure =
      exchange.kind === 'response'
        ? failureOfStatus(exchange.response, clock())
        : connectionFailure(
            clock() < question.deadlineMs - 2 * ROOM_MS
              ? exchange.cause
              : 'no answer by the decision deadline',
          );
    await calls.end(reserved.id, {
      ...{ response, latencyMs, failure: failure.cause, build: null, usage: null },
      costUsd: failure.mayBeBilled ? null : new Decimal(0),
    });
    return triedAgain(question, failure, failed.length + 1);
  }

  /** The answer of an earlier run, where the desk takes such; an absence where it takes nothing else. */
  async function recordedTo(
    question: Question,
    purpose: Purpose,
    request: Record<string, unknown>,
  ): Promise<Asked | null> {
    if (settings.calls === 'live') return null;
    const isAlone = settings.calls === 'replay-only';
    const { facts } = question.model;
    const kept = await deps.answers.find(
      asRecorded(question, purpose, request),
      isAlone ? 'any-build' : 'newest-build',
    );
    if (kept === null) {
      const what = `${facts.id}, prompt ${question.promptVersion}, snapshot ${question.asked.slice(0, 12)}`;
      return isAlone ? { kind: 'absent', cause: `no recorded answer of ${what}` } : null;
    }
    const answer = readAnswer(facts.api, kept.text, request);
    await calls.keepRecorded({ ...question, purpose, request }, { ...kept, usage: answer.usage });
    return { kind: 'answer', answer };
  }

  async function exchanged(
    { model, deadlineMs, signal }: Question,
    key: string | null,
    id: string,
    body: Record<string, unknown>,
  ): Promise<{ exchange: Exchange; latencyMs: number }> {
    const startMs = clock();
    const timeoutMs = Math.min(
      model.facts.timeoutSeconds * 1000,
      Math.max(1, deadlineMs - ROOM_MS - startMs),
    );
    const { baseUrl } = model;
    const { api } = model.facts;
    try {
      const exchange = await deps.send({ api, baseUrl, key, body, timeoutMs, signal });
      return { exchange, latencyMs: clock() - startMs };
    } catch (error) {
      // Called off with its process or at the deadline: what was billed is not known.
      if (signal.aborted) await calls.lose(id);
      throw error;
    }
  }

  /** Leaves the waiting to Temporal, unless it is in vain. */
  function triedAgain({ model, deadlineMs }: Question, failure: CallFailure, tries: number): Asked {
    if (tries >= failure.mostCalls) return givenUp(failure, tries);
    const waitMs = failure.retryAfterMs;
    if (waitMs === null && deadlineMs - clock() < LEAST_TRY_MS) return givenUp(failure, tries);
    if (waitMs !== null && waitMs > Math.min(LONGEST_WAIT_MS, deadlineMs - clock())) {
      return {
        kind: 'absent',
        cause: `${failure.cause}, asks to wait ${Math.ceil(waitMs / 1000)} s`,
      };
    }
    throw ApplicationFailure.create({
      type: 'ModelCallFailed',
      message: `${model.provider}: ${failure.cause}`,
      ...(waitMs === null ? {} : { nextRetryDelay: Math.max(1, waitMs) }),
    });
  }
}

function asRecorded(
  { model, promptVersion, asked }: Question,
  purpose: Purpose,
  request: Record<string, unknown>,
): RecordedQuestion {
  return { model, promptVersion, snapshot: asked, purpose, request };
}

interface KeptPrompt {
  snapshot: Snapshot;
  /** Hash of what the snapshot says to deciders. */
  asked: string;
  prompt: Prompt;
  hash: string;
}

/** `key` is null for a server that needs none. */
type Key = { kind: 'there'; key: string | null } | { kind: 'missing'; cause: string };

interface Question extends ModelQuestion, Patience {
  model: ResolvedModel;
  key: Key;
  /** Hash of the prompt. */
  prompt: string;
  promptVersion: string;
  promptTokens: number;
  /** Hash of what the snapshot says to deciders. */
  asked: string;
  venueAtMs: number;
  earlier: StoredCall[];
}

function deadlineOf(info: {
  scheduledTimestampMs: number;
  scheduleToCloseTimeoutMs: number;
}): number {
  const limit = info.scheduleToCloseTimeoutMs;
  return limit > 0 ? info.scheduledTimestampMs + limit : Infinity;
}

function failureOf(call: StoredCall, nowMs: number): CallFailure {
  const { response, failure } = call;
  return response === null || response.status === 200
    ? connectionFailure(failure ?? 'no response')
    : failureOfStatus(response, nowMs);
}

function failureOfStatus(response: IncomingResponse, nowMs: number): CallFailure {
  return statusFailure(response.status, response.headers, response.text, nowMs);
}

function givenUp(failure: CallFailure, tries: number): Asked {
  return { kind: 'absent', cause: tries > 1 ? `${failure.cause}, ${tries} calls` : failure.cause };
}
