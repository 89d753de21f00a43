import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ProfileSchema } from '../shared/profile.ts';

/** What a worker process is told at its start, in a file that only its user can read. */
export const WorkerConfigSchema = z.strictObject({
  desk: z.string(),
  profile: ProfileSchema,
  temporal: z.strictObject({ address: z.string(), namespace: z.string() }),
  database: z.strictObject({ url: z.string(), schema: z.string() }),
  venue: z.strictObject({
    rest: z.string(),
    ws: z.string(),
    wsAuth: z.string(),
    /** Address of a stepped venue's clock; null where the clock goes on by itself. */
    control: z.string().nullable(),
    /** Real money: the key's rights are checked before anything trades. */
    isLive: z.boolean(),
    /** Of a simulator; null takes them from KRAKEN_API_KEY and KRAKEN_API_SECRET. */
    key: z.string().nullable(),
    secret: z.string().nullable(),
    /** Keeps the last nonce used, for the next process under the same key. */
    nonceFile: z.string(),
  }),
  bundleDir: z.string(),
  /** Folder of models' answers that are kept beyond a run. */
  answersDir: z.string(),
});
export type WorkerConfig = z.infer<typeof WorkerConfigSchema>;

/** Throws for a file that is not there or not as `npm start` writes it. */
export function readWorkerConfig(file: string | undefined): WorkerConfig {
  if (file === undefined)
    throw new Error('usage: desk-worker.ts CONFIG.json (written by npm start)');
  return WorkerConfigSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
}
