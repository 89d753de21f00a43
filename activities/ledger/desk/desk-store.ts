import type pg from 'pg';
import type { Profile } from '../../../shared/profile.ts';
import { deskMeasures } from '../../../shared/risk/desk-measures.ts';
import type { DeskMode } from '../../../shared/risk/desk-mode.ts';
import {
  deskStanding,
  deskStateAfter,
  newDeskState,
  resetsHighWaterMark,
  type DeskEvent,
  type DeskState,
} from '../../../shared/risk/desk-state.ts';
import type { RiskLimits } from '../../../shared/risk/limits.ts';
import { PERIODS } from '../../../shared/risk/periods.ts';
import type { Instrument } from '../../../shared/venue.ts';
import { firstMarks, nextMarks, type EquityMarks } from '../books/account.ts';

/** What a desk may do now and why, as its workflow and its people see it. */
export interface Standing {
  kind: DeskMode;
  /** Venue time at which it ends by itself, Unix ms; null when only a person ends it. */
  untilMs: number | null;
  who: string;
  why: string;
}

export interface DeskRow {
  state: DeskState;
  /** Null until the first bar has been valued. */
  marks: EquityMarks | null;
}

/** The desk's row, locked until the transaction ends: one change of a desk at a time. */
export async function lockDesk(client: pg.PoolClient, desk: string): Promise<DeskRow> {
  const { rows } = await client.query<{ state: { machine: DeskState }; marks: EquityMarks | null }>(
    `select state, marks from desk where desk = $1 for update`,
    [desk],
  );
  const row = rows[0];
  if (row === undefined) throw new Error(`desk ${desk} is not in the database`);
  return { state: row.state.machine, marks: row.marks };
}

export async function createDesk(
  client: pg.PoolClient,
  of: { desk: string; profile: Profile; instruments: Instrument[]; atMs: number },
): Promise<void> {
  const state = newDeskState(of.atMs);
  await client.query(
    `insert into desk (desk, profile, state, marks, instruments) values ($1, $2, $3, 'null', $4)`,
    [
      of.desk,
      JSON.stringify(of.profile),
      JSON.stringify({ kind: deskStanding(state).mode, machine: state }),
      JSON.stringify(of.instruments),
    ],
  );
}

/** Applies events to a locked desk; each that changes it is written down with who, why and when. */
export async function applyDeskEvents(
  client: pg.PoolClient,
  desk: string,
  row: DeskRow,
  events: readonly DeskEvent[],
  equity?: string,
): Promise<Standing> {
  let { state, marks } = row;
  for (const event of events) {
    const next = deskStateAfter(state, event);
    if (marks !== null && equity !== undefined && resetsHighWaterMark(state, event)) {
      marks = { ...marks, peak: equity };
    }
    if (next !== state) {
      const standing = deskStanding(next);
      await client.query(
        `insert into desk_event (desk, at, kind, who, why, state) values ($1, $2, $3, $4, $5, $6)`,
        [
          desk,
          new Date(event.atMs),
          event.kind,
          'who' in event ? event.who : standing.who,
          'why' in event ? event.why : standing.why,
          JSON.stringify(standing),
        ],
      );
    }
    state = next;
  }
  const standing = deskStanding(state);
  await client.query(`update desk set state = $2, marks = $3 where desk = $1`, [
    desk,
    JSON.stringify({ kind: standing.mode, machine: state }),
    JSON.stringify(marks),
  ]);
  return standingOf(state);
}

export function standingOf(state: DeskState): Standing {
  const { mode, untilMs, who, why } = deskStanding(state);
  return { kind: mode, untilMs, who, why };
}

/** What a newly measured equity means for a desk: roll-overs, lost periods, drawdown. */
export function equityEvents(
  desk: DeskRow,
  equity: string,
  limits: RiskLimits,
  atMs: number,
): { marks: EquityMarks; events: DeskEvent[] } {
  const before = desk.marks ?? firstMarks(equity, atMs);
  const marks = nextMarks(before, equity, atMs);
  const begun: DeskEvent[] = [
    { kind: 'clock', atMs },
    ...PERIODS.filter((period) => marks[period].startMs !== before[period].startMs).map(
      (period) => ({ kind: 'roll-over' as const, atMs, period }),
    ),
  ];
  const measured = deskMeasures(
    begun.reduce(deskStateAfter, desk.state),
    {
      equity,
      peakEquity: marks.peak,
      dayStartEquity: marks.day.equity,
      weekStartEquity: marks.week.equity,
      monthStartEquity: marks.month.equity,
    },
    limits,
    atMs,
  );
  return { marks, events: [...begun, ...measured] };
}
