import type { LimitsInForce } from '../../../shared/risk/standing-limits.ts';
import { postEntry } from '../books/post.ts';
import { inTransaction } from '../database.ts';
import type { LedgerDeps } from '../ledger-deps.ts';
import { readChampion } from './desk-commands.ts';
import { readLimits } from './desk-limits.ts';
import { createDesk, lockDesk, standingOf, type Standing } from './desk-store.ts';

/** The desk as its workflow finds it. */
export interface OpenedDesk extends Standing {
  /** Venue time, Unix ms. */
  atMs: number;
  limits: LimitsInForce;
  champion: string | null;
}

/**
 * Creates the desk's row and its ledger's opening from what the venue's account holds, in one
 * transaction. A desk that exists keeps state, marks and ledger; its profile and instruments are renewed.
 */
export async function openDesk(deps: LedgerDeps): Promise<OpenedDesk> {
  const { pool, desk, profile, venue } = deps;
  const balances = await venue.balances();
  const instruments = await deps.instruments();
  const atMs = await venue.time();
  return inTransaction(pool, async (client) => {
    const known = await client.query(`select 1 from desk where desk = $1`, [desk]);
    if (known.rowCount === 0) {
      await createDesk(client, { desk, profile, instruments, atMs });
      await postEntry(client, {
        desk,
        kind: 'opening',
        reference: `opening ${desk}`,
        at: new Date(atMs).toISOString(),
        postings: Object.entries(balances).flatMap(([asset, { total }]) => [
          { account: 'venue' as const, asset, amount: total },
          { account: 'capital' as const, asset, amount: negated(total) },
        ]),
      });
    } else {
      await client.query(`update desk set profile = $2, instruments = $3 where desk = $1`, [
        desk,
        JSON.stringify(profile),
        JSON.stringify(instruments),
      ]);
    }
    return {
      ...standingOf((await lockDesk(client, desk)).state),
      atMs,
      limits: await readLimits(client, desk, profile),
      champion: await readChampion(client, desk, profile),
    };
  });
}

function negated(amount: string): string {
  return amount.startsWith('-') ? amount.slice(1) : `-${amount}`;
}
