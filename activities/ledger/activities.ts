import type { DeciderAnswer } from '../../shared/decision.ts';
import type { DecimalText } from '../../shared/money.ts';
import type { Pair } from '../../shared/pair.ts';
import type { DeskEvent } from '../../shared/risk/desk-state.ts';
import { isoTime } from '../../shared/timeframe.ts';
import { usdtPrices } from '../../shared/usdt-prices.ts';
import type { ProbePoint } from '../probe.ts';
import { closesAt, readAccount } from './books/account.ts';
import { resultOf } from './books/trades.ts';
import { combineAnswers, type CombinedAnswers } from './combine-answers.ts';
import { inTransaction } from './database.ts';
import { createCommandActivities } from './desk/desk-commands.ts';
import { noteCommand } from './desk/desk-event.ts';
import { applyDeskEvents, lockDesk, type Standing } from './desk/desk-store.ts';
import { openBar, type OpenedBar } from './desk/open-bar.ts';
import { openDesk, type OpenedDesk } from './desk/open-desk.ts';
import type { LedgerDeps } from './ledger-deps.ts';

/** What changes a desk's state: people, its own venue times, the end of a flattening, comparisons with the venue. */
export type DeskCommand =
  'pause' | 'resume' | 'halt' | 'flatten' | 'flattened' | 'differs' | 'agrees' | 'clock';

export type LedgerActivities = ReturnType<typeof createLedgerActivities>;

export function createLedgerActivities(deps: LedgerDeps) {
  const { pool, desk, profile, documents } = deps;
  let stored: string | null = null;
  /** The profile as a document: what a cycle was decided with. */
  const profileHash = async (): Promise<string> =>
    (stored ??= await documents.put('profile', profile));
  return {
    ...createCommandActivities(deps),

    /** Creates the desk and books what its account holds, once; a desk that is there stays as it is. */
    async openDesk(): Promise<OpenedDesk> {
      return openDesk(deps);
    },

    /** See `openBar`. */
    openBar: ({ atMs }: { atMs: number }): Promise<OpenedBar> => openBar(deps, atMs),

    /**
     * Takes the bar for this run of the cycle; false when another run has it, which is decided already.
     * Keyed by desk, pair and bar.
     */
    async lockBar(bar: {
      pair: Pair;
      barMs: number;
      cycle: string;
      runId: string;
    }): Promise<boolean> {
      const { rows } = await pool.query<{ run_id: string }>(
        `with mine as (
           insert into bar_lock (desk, pair, bar, cycle, run_id) values ($1, $2, $3, $4, $5)
           on conflict do nothing returning run_id)
         select run_id from mine
         union all
         select run_id from bar_lock where desk = $1 and pair = $2 and bar = $3`,
        [desk, bar.pair, new Date(bar.barMs), bar.cycle, bar.runId],
      );
      return rows[0]?.run_id === bar.runId;
    },

    /** See `combineAnswers`. */
    combine: (of: {
      cycle: string;
      atMs: number;
      /** Hash of the snapshot. */
      snapshot: string;
      answers: DeciderAnswer[];
    }): Promise<CombinedAnswers> => combineAnswers(deps, of),

    /** Writes the cycle down. Keyed by cycle id. */
    async recordCycle(of: {
      cycle: string;
      pair: Pair;
      barMs: number;
      atMs: number;
      snapshot: string;
      consensus: string;
      outcome: string;
    }): Promise<void> {
      await pool.query(
        `insert into cycle (id, desk, pair, bar, decided_at, snapshot_hash, profile_hash, action, outcome,
                            confidence, consensus)
         select $1, $2, $3, $4, $5, $6, $9, body->>'action', $7, (body->>'confidence')::float8, body
           from document where hash = $8
         on conflict (id) do nothing`,
        [
          of.cycle,
          desk,
          of.pair,
          new Date(of.barMs),
          new Date(of.atMs),
          of.snapshot,
          of.outcome,
          of.consensus,
          await profileHash(),
        ],
      );
    },

    /** Takes over a command. A halt or flatten is in force when this returns. */
    async changeDeskState(of: {
      command: DeskCommand;
      who: string;
      why: string;
      untilMs: number | null;
      atMs: number;
    }): Promise<Standing> {
      return inTransaction(pool, async (client) => {
        const row = await lockDesk(client, desk);
        const account = await readAccount(client, desk, profile.timeframe, of.atMs);
        return applyDeskEvents(client, desk, row, [eventOf(of)], account.equity);
      });
    },

    /** Guards whose position is not over. */
    async openGuards(): Promise<string[]> {
      const { rows } = await pool.query<{ guard: string }>(
        `select guard from position where desk = $1 and state in ('opening', 'open') order by id`,
        [desk],
      );
      return rows.map((r) => r.guard);
    },

    /** Those of them that want to hear of the bars of their pair. */
    async guardsHearingBars({ pairs }: { pairs: Pair[] }): Promise<string[]> {
      const { rows } = await pool.query<{ guard: string }>(
        `select guard from position
          where desk = $1 and state = 'open' and hears_bars and pair = any($2) order by id`,
        [desk, pairs],
      );
      return rows.map((r) => r.guard);
    },

    /** Writes down what a person has to know at once. Keyed by kind, position and time. */
    async noteAlarm(of: {
      kind: 'unprotected' | 'liquidated' | 'stuck';
      position: string;
      words: string;
      atMs: number;
    }): Promise<void> {
      const { kind, position, words, atMs } = of;
      const told = { who: `guard of ${position}`, why: words, atMs };
      await inTransaction(pool, (client) =>
        noteCommand(
          client,
          desk,
          kind,
          { reference: `${kind} ${position} ${isoTime(atMs)}`, ...told },
          { position },
        ),
      );
    },

    /** A guard has taken these messages over: they need not be sent again. */
    async acknowledgeUpdates({ outbox }: { outbox: number[] }): Promise<void> {
      await pool.query(`update outbox set acknowledged = true where id = any($1)`, [outbox]);
    },

    /** Ends a position in the books and tells its result. Keyed by position. */
    async closeTrade(of: {
      position: string;
      exitReason: string;
      atMs: number;
    }): Promise<{ pnl: DecimalText }> {
      const closes = await closesAt(pool, profile.timeframe, of.atMs);
      const known = await pool.query<{ pair: string }>(
        `select pair from position where id = $1 and desk = $2`,
        [of.position, desk],
      );
      const pair = known.rows[0]?.pair;
      if (pair === undefined) throw new Error(`position ${of.position} is not in the database`);
      const pnl = await resultOf(pool, of.position, pair, usdtPrices(closes));
      const state =
        of.exitReason === 'unfilled' ? 'unfilled' : of.exitReason === 'dust' ? 'dust' : 'closed';
      await pool.query(
        `update position set state = $3, closed_at = $4, exit_reason = $5, pnl_usdt = $6
          where id = $1 and desk = $2 and state in ('opening', 'open')`,
        [of.position, desk, state, new Date(of.atMs), of.exitReason, pnl],
      );
      return { pnl };
    },

    /** A line at which a crash is interesting; does nothing outside of the crash tests. */
    async passProbe(point: ProbePoint): Promise<void> {
      deps.probe(point);
    },
  };
}

function eventOf(of: {
  command: DeskCommand;
  who: string;
  why: string;
  untilMs: number | null;
  atMs: number;
}): DeskEvent {
  const { who, why, atMs } = of;
  switch (of.command) {
    case 'pause':
      return { kind: 'pause', atMs, who, why, untilMs: of.untilMs };
    case 'resume':
    case 'halt':
    case 'flatten':
      return { kind: of.command, atMs, who, why };
    case 'flattened':
      return { kind: 'flat', atMs };
    case 'differs':
      return { kind: 'reconcile-difference', atMs, why };
    case 'agrees':
      return { kind: 'reconciled', atMs };
    case 'clock':
      return { kind: 'clock', atMs };
    default:
      return of.command satisfies never;
  }
}
