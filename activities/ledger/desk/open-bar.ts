import type { DecimalText } from '../../../shared/money.ts';
import { advanceRecords } from '../../evaluation/advance-records.ts';
import { readAccount } from '../books/account.ts';
import { sweepProfit } from '../books/bag.ts';
import { inTransaction } from '../database.ts';
import type { LedgerDeps } from '../ledger-deps.ts';
import { readLimits } from './desk-limits.ts';
import { applyDeskEvents, equityEvents, lockDesk, type Standing } from './desk-store.ts';
import { readDeskView } from './desk-view.ts';

/** What the desk is told at the close of a bar. */
export interface OpenedBar {
  /** Hash of the account that all cycles of the bar see. */
  account: string;
  equity: DecimalText;
  state: Standing;
  /** Whether the desk is closing every position. */
  flatten: boolean;
}

/**
 * Reads the account once for all cycles of a bar, follows the equity's marks, and lets losses and drawdown change
 * the desk. At the end of the profile's period a share of its profit goes into the bag first, so that nobody
 * reckons with it. The deciders' records are brought up to the bar as well.
 */
export async function openBar(deps: LedgerDeps, atMs: number): Promise<OpenedBar> {
  const { pool, desk, profile, documents } = deps;
  const instruments = await deps.instruments(atMs);
  // Side by side: neither touches what the other reads.
  const [opened] = await Promise.all([openAccount(), advanceRecords(deps, atMs)]);
  return {
    account: await documents.put('account', opened.account),
    equity: opened.account.equity,
    state: opened.state,
    flatten: opened.state.kind === 'flattening',
  };

  function openAccount() {
    return inTransaction(pool, async (client) => {
      const row = await lockDesk(client, desk);
      const [read, { limits }] = await Promise.all([
        readAccount(client, desk, profile.timeframe, atMs),
        readLimits(client, desk, profile),
      ]);
      let account = read;
      const { marks, events } = equityEvents(row, account.equity, limits, atMs);
      const state = await applyDeskEvents(client, desk, { state: row.state, marks }, events);
      const period = profile.bag?.every;
      if (period !== undefined && row.marks !== null) {
        const [fromMs, toMs] = [row.marks[period].startMs, marks[period].startMs];
        if (fromMs < toMs) {
          await sweepProfit(client, { desk, profile, account, fromMs, toMs });
          account = await readAccount(client, desk, profile.timeframe, atMs);
        }
      }
      const known = { desk, atMs, profile, mode: state.kind, limits, account, marks, instruments };
      return { account: { ...account, desk: await readDeskView(client, known) }, state };
    });
  }
}
