import type { DeskCommand } from '../../../activities/ledger/activities.ts';
import type { Standing } from '../../../activities/ledger/desk/desk-store.ts';
import type { ClosedBar } from '../../../shared/guard/exit-after-bar.ts';
import type { ExitTerms } from '../../../shared/guard/exit-terms.ts';
import type { Pair } from '../../../shared/pair.ts';
import { RiskLimitsSchema } from '../../../shared/risk/limits.ts';
import { limitsInForce } from '../../../shared/risk/standing-limits.ts';

export const PAIRS = ['BTC/USDT', 'XRP/USDT', 'XRP/BTC'];
export const HOUR_MS = 3_600_000;
/** Open of the first bar: 2026-01-05 12:00. */
export const BAR_MS = Date.UTC(2026, 0, 5, 12);

const NO_EXITS: ExitTerms = {
  ...{ breakEven: null, trailing: null, timeStopMs: null, invalidation: null },
  ...{ timeframe: '1h', unprotectedMs: 5000 },
};

/** A step that can be held up; those of a cycle by pair. */
type Step = `${'snapshot' | 'ask' | 'review' | 'send' | 'record'} ${Pair}` | 'place stop';

export type DeskScript = ReturnType<typeof deskScript>;

/**
 * What a test tells the desk's surroundings to do, and what they have noted of the desk: the activities of
 * a world read the first and write the second.
 */
export function deskScript() {
  return {
    // ---- told by the test ----

    /** What the deciders agree on, by pair; `hold` where nothing is said. */
    actions: {} as Record<Pair, string>,
    /** Pairs whose entry the risk review lets pass; the others are vetoed. */
    approved: new Set<Pair>(),
    /** Pairs whose bars another run has decided. */
    decidedBefore: new Set<Pair>(),
    /** What a comparison of ledger and venue finds. */
    differences: [] as string[],
    /** What happens before a step goes on. */
    before: {} as Record<Step, () => Promise<unknown>>,
    /** Legs whose next orders are refused, or lose their answer before or after they have arrived. */
    refuse: [] as string[],
    losesRequest: [] as string[],
    losesAnswer: [] as string[],
    targets: [{ price: '108', share: '1' }],
    /** Rules by which positions are left. */
    exits: NO_EXITS,
    /** What guards that hear of bars see, and what those who hold want of a stop. */
    exitBar: null as ClosedBar | null,
    heldStopPct: null as number | null,
    /** Legs that a rebalancing plans: pairs of which 1 is sold; those of `vetoedLegs` are vetoed. */
    legs: [] as Pair[],
    vetoedLegs: [] as Pair[],
    shadowsFail: false,
    /** Open times of bars that a venue at real time has left behind. */
    late: new Set<number>(),
    /** Venue times that a venue at real time answers with, one a call; a stepped one has none. */
    venueTimes: [] as number[],

    // ---- noted of the desk ----

    state: { kind: 'running', untilMs: null, who: '', why: '' } as Standing,
    limits: limitsInForce(RiskLimitsSchema.parse({}), {}),
    commands: [] as DeskCommand[],
    /** Venue times at which the desk's state was changed by people. */
    steeredAt: [] as number[],
    reviewed: [] as Pair[],
    reviewedLegs: [] as { pair: Pair; atMs: number }[],
    recorded: [] as { cycle: string; outcome: string }[],
    closed: [] as { position: string; exitReason: string }[],
    alarms: [] as string[],
    /** Cycles that waited for their turn when it came. */
    woken: [] as string[],
    acknowledged: [] as number[],
    /** Bars that the shadow accounts were to be brought up to, each try. */
    shadowed: [] as number[],
    wakes: new Map<string, { above?: string; atMs?: number }>(),
  };
}
