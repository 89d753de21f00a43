import { createHash } from 'node:crypto';
import type pg from 'pg';
import { canonicalJson } from '../../shared/canonical-json.ts';

export type DocumentKind = 'snapshot' | 'account' | 'consensus' | 'profile';

/** Big immutable things under the SHA-256 of their canonical JSON, so that histories carry hashes only. */
export interface DocumentStore {
  put(kind: DocumentKind, body: unknown): Promise<string>;
  /** Throws when nothing is stored under the hash. */
  get(hash: string): Promise<unknown>;
}

const CACHED = 64;

export function createDocumentStore(pool: pg.Pool): DocumentStore {
  const cache = new Map<string, unknown>();
  const remember = (hash: string, body: unknown): void => {
    cache.set(hash, body);
    const oldest = cache.keys().next().value;
    if (cache.size > CACHED && oldest !== undefined) cache.delete(oldest);
  };
  return {
    async put(kind, body) {
      const text = canonicalJson(body);
      const hash = createHash('sha256').update(text).digest('hex');
      await pool.query(
        `insert into document (hash, kind, body) values ($1, $2, $3) on conflict do nothing`,
        [hash, kind, text],
      );
      remember(hash, body);
      return hash;
    },
    async get(hash) {
      const known = cache.get(hash);
      if (known !== undefined) return known;
      const { rows } = await pool.query<{ body: unknown }>(
        `select body from document where hash = $1`,
        [hash],
      );
      if (rows[0] === undefined) throw new Error(`no document is stored under hash ${hash}`);
      remember(hash, rows[0].body);
      return rows[0].body;
    },
  };
}
