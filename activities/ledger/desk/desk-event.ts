import type pg from 'pg';
import { deskStanding } from '../../../shared/risk/desk-state.ts';
import { lockDesk } from './desk-store.ts';

/** Who commands what and why, at a venue time; `reference` makes it happen once. */
export interface Command {
  reference: string;
  who: string;
  why: string;
  atMs: number;
}

/** Writes a command down as an event of the desk; a repeat of it is not written again. */
export async function noteCommand(
  client: pg.PoolClient,
  desk: string,
  kind: string,
  { reference, who, why, atMs }: Command,
  detail: object,
): Promise<void> {
  const standing = deskStanding((await lockDesk(client, desk)).state);
  await client.query(
    `insert into desk_event (desk, at, kind, who, why, state, reference, detail)
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (reference) do nothing`,
    [
      ...[desk, new Date(atMs), kind, who, why, JSON.stringify(standing)],
      ...[reference, JSON.stringify(detail)],
    ],
  );
}
