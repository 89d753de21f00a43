import { randomBytes } from 'node:crypto';

/** Tokens of the private socket. They live in memory: a restarted venue asks for fresh ones. */
export interface Tokens {
  issue(): string;
  /** Whether a token is good for a request now; one that is held by a subscription stays good. */
  isValid(token: unknown): boolean;
  /** Keeps a token good for as long as its subscription lives. */
  hold(token: string): void;
  release(token: string): void;
}

const LIFE_MS = 900_000;

export function createTokens(wallMs: () => number = () => performance.now()): Tokens {
  const issued = new Map<string, number>();
  const held = new Map<string, number>();
  return {
    issue() {
      for (const [token, at] of issued) {
        if (wallMs() - at > LIFE_MS && !held.has(token)) issued.delete(token);
      }
      const token = randomBytes(32).toString('base64url');
      issued.set(token, wallMs());
      return token;
    },
    isValid(token) {
      if (typeof token !== 'string') return false;
      const at = issued.get(token);
      return at !== undefined && (wallMs() - at <= LIFE_MS || held.has(token));
    },
    hold: (token) => void held.set(token, (held.get(token) ?? 0) + 1),
    release(token) {
      const left = (held.get(token) ?? 1) - 1;
      if (left > 0) held.set(token, left);
      else held.delete(token);
    },
  };
}
