import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { canonicalJson } from '../../shared/canonical-json.ts';
import type { ResolvedModel } from '../../shared/llm/resolve-model.ts';

/** What a model was asked. Equal requests are one question; all else is for people. */
export interface RecordedQuestion {
  model: Pick<ResolvedModel, 'provider'> & { facts: Pick<ResolvedModel['facts'], 'id' | 'api'> };
  promptVersion: string;
  /** Hash of what the snapshot says to deciders. */
  snapshot: string;
  purpose: string;
  request: Record<string, unknown>;
}

const AnswerSchema = z.strictObject({
  /** The model and build that answered, as the provider named it. */
  build: z.string().nullable(),
  /** Wall clock, ISO 8601. */
  at: z.string(),
  /** Body of the response. */
  text: z.string(),
  /** What it cost then, USD. */
  costUsd: z.string().nullable(),
});
export type RecordedResponse = z.infer<typeof AnswerSchema>;

const FileSchema = z.strictObject({
  provider: z.string(),
  model: z.string(),
  promptVersion: z.string(),
  snapshot: z.string(),
  purpose: z.string(),
  /** One a build, oldest first. */
  answers: z.array(AnswerSchema),
});
const NewestSchema = z.strictObject({ build: z.string().nullable() });

/**
 * Answers of models, kept beyond a run: by the model's build, the version of the prompt and the snapshot.
 * One file a question below `dir`, so that a folder can be copied, kept with a study, or deleted.
 */
export interface AnswerStore {
  /**
   * The answer to a question, or null. `newest-build`: only that of the build which the model was last
   * seen to be, because a name that has been given to another build is another model. `any-build`: the
   * one that was recorded last.
   */
  find(of: RecordedQuestion, which: 'newest-build' | 'any-build'): Promise<RecordedResponse | null>;
  /** Keeps an answer that has just come, and notes its build as the model's newest. */
  keep(of: RecordedQuestion, answer: RecordedResponse): Promise<void>;
}

export function createAnswerStore(dir: string): AnswerStore {
  return {
    async find(of, which) {
      const stored = await read(fileOf(of), FileSchema);
      if (stored === null) return null;
      if (which === 'any-build') return stored.answers.at(-1) ?? null;
      const newest = await read(newestOf(of), NewestSchema);
      return stored.answers.findLast((a) => newest === null || a.build === newest.build) ?? null;
    },

    async keep(of, answer) {
      const file = fileOf(of);
      const { provider, facts } = of.model;
      const before = (await read(file, FileSchema))?.answers ?? [];
      const { promptVersion, snapshot, purpose } = of;
      await write(file, {
        ...{ provider, model: facts.id, promptVersion, snapshot, purpose },
        answers: [...before.filter((a) => a.build !== answer.build), answer],
      });
      await write(newestOf(of), { build: answer.build });
    },
  };

  function fileOf({ model, request, purpose, promptVersion, snapshot }: RecordedQuestion): string {
    const { provider, facts } = model;
    const id = sha256(
      canonicalJson({
        ...{ provider, api: facts.api, promptVersion, snapshot, purpose },
        // As it reads from JSON: a field that is undefined is none.
        request: JSON.parse(JSON.stringify(request)) as unknown,
      }),
    );
    return join(dir, id.slice(0, 2), `${id}.json`);
  }

  function newestOf({ model }: RecordedQuestion): string {
    return join(dir, 'builds', `${sha256(`${model.provider}/${model.facts.id}`)}.json`);
  }
}

async function read<T>(file: string, schema: z.ZodType<T>): Promise<T | null> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(`the recorded answer ${file} is damaged: delete it`, { cause });
  }
}

/** Whole or not at all, whoever writes beside us. */
async function write(file: string, body: unknown): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  await writeFile(draft, `${JSON.stringify(body, null, 1)}\n`, { mode: 0o600 });
  await rename(draft, file);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
