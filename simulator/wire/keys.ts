import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface KeyPair {
  key: string;
  /** Base64, as Kraken hands it out. */
  secret: string;
}

/** The key pair of the journal folder `dir`, made on first use and the same ever after. */
export function keysIn(dir: string): KeyPair {
  const path = join(dir, 'keys.json');
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as KeyPair;
  mkdirSync(dir, { recursive: true });
  const pair = {
    key: randomBytes(42).toString('base64'),
    secret: randomBytes(64).toString('base64'),
  };
  writeFileSync(path, JSON.stringify(pair), { mode: 0o600 });
  return pair;
}

/** Kraken's `API-Sign` of a request: HMAC-SHA512 over path and SHA-256 of nonce and body. */
export function signature(secret: string, path: string, nonce: string, body: string): string {
  const digest = createHash('sha256').update(nonce).update(body).digest();
  return createHmac('sha512', Buffer.from(secret, 'base64'))
    .update(path)
    .update(digest)
    .digest('base64');
}

/** Whether both are the same, in a time that does not tell where they differ. */
export function isSigned(expected: string, given: string): boolean {
  const a = Buffer.from(expected);
  const b = Buffer.from(given);
  return a.length === b.length && timingSafeEqual(a, b);
}
