import type pg from 'pg';
import { Decimal } from '../../shared/money.ts';
import type { Asset } from '../../shared/pair.ts';
import type { VenueStreamEvent } from '../../shared/venue.ts';
import { ledgerBalances } from '../ledger/books/balances.ts';

/** How long a difference may last: executions are booked while it is looked for. */
const PATIENCE_MS = 15_000;

/** Holds what the venue streams of the account against the ledger, for what the desk did not do itself. */
export interface BalanceWatch {
  told(event: Extract<VenueStreamEvent, { kind: 'balance' }>): void;
  /** Differences that last, one sentence each, told once until they change. */
  differing(): Promise<string[]>;
}

export function balanceWatch(of: {
  pool: pg.Pool;
  /** Wall milliseconds of a clock that never goes back. */
  nowMs: () => number;
}): BalanceWatch {
  const totals = new Map<Asset, { total: string; why: string | null }>();
  /** By asset: the difference, since when it is seen, and whether it was told. */
  const seen = new Map<Asset, { difference: string; sinceMs: number; isTold: boolean }>();
  return {
    told: ({ asset, total, why }) => void totals.set(asset, { total, why }),
    async differing() {
      const ours = await ledgerBalances(of.pool);
      const nowMs = of.nowMs();
      const news: string[] = [];
      for (const [asset, { total, why }] of totals) {
        const here = new Decimal(ours[asset] ?? 0);
        if (here.eq(total)) {
          seen.delete(asset);
          continue;
        }
        const difference = new Decimal(total).sub(here).toFixed();
        const known = seen.get(asset);
        const isSame = known?.difference === difference;
        const state = isSame ? known : { difference, sinceMs: nowMs, isTold: false };
        seen.set(asset, state);
        if (state.isTold || nowMs - state.sinceMs < PATIENCE_MS) continue;
        state.isTold = true;
        const cause = why === null ? '' : `, last by a ${why}`;
        news.push(`the venue holds ${difference} ${asset} more than the ledger says${cause}`);
      }
      return news;
    },
  };
}
