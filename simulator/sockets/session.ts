import type { PrivateContext } from '../rest/private-context.ts';
import type { Notice } from '../state/state.ts';

/** A message of a client, or an answer to it, before it is text. */
export type Frame = Record<string, unknown>;

/** One client on a socket: how it is written to, and what its requests are answered with. */
export interface Link {
  send(text: string): void;
  /** Breaks the connection. */
  cut(): void;
  /** Answers `request`: `body` goes beside method, req_id and times. */
  reply(request: Frame, body: Frame): void;
}

/** What one client of a socket hears and asks for. */
export interface Session {
  /** False when the method is not one of this socket's. */
  request(method: string, params: Frame, request: Frame): boolean;
  notices(notices: readonly Notice[]): void;
  /** Whether any subscription is alive: only then heartbeats flow. */
  isSubscribed(): boolean;
  close(): void;
}

/** What sessions work on. */
export type SocketOptions = PrivateContext;
