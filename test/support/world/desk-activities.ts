import type { DeskCommand, LedgerActivities } from '../../../activities/ledger/activities.ts';
import type { Standing } from '../../../activities/ledger/desk/desk-store.ts';
import { clientOrderId } from '../../../shared/client-order-id.ts';
import { hearsBars } from '../../../shared/guard/exit-terms.ts';
import type { Pair } from '../../../shared/pair.ts';
import { tightened } from '../../../shared/risk/standing-limits.ts';
import type { DeskIds } from './desk-ids.ts';
import { BAR_MS, PAIRS, type DeskScript } from './desk-script.ts';
import type { RestingVenue } from './resting-venue.ts';

/** What each command makes of the desk's state. */
const STATE_AFTER: Record<DeskCommand, Standing['kind']> = {
  pause: 'paused',
  resume: 'running',
  halt: 'halted',
  flatten: 'flattening',
  flattened: 'halted',
  differs: 'halted',
  agrees: 'running',
  // The only lock that time ends here is a pause.
  clock: 'running',
};

/**
 * What desk, cycles and guards call beside their orders: market, deciders, review and ledger as the script
 * says. `stepped` is called when a step has begun that a test may wait for.
 */
export function deskActivities(
  ids: DeskIds,
  script: DeskScript,
  venue: RestingVenue,
  stepped: () => void,
) {
  return {
    openDesk: () => ({
      ...script.state,
      ...{ atMs: BAR_MS, limits: script.limits, champion: 'only' },
    }),
    openBar: ({ atMs }: { atMs: number }) => ({
      ...{ account: `account at ${atMs}`, equity: '1000', state: script.state },
      flatten: script.state.kind === 'flattening',
    }),
    isLate: ({ barMs }: { barMs: number }) => script.late.has(barMs),
    async buildSnapshot({ pair }: { pair: Pair }) {
      await script.before[`snapshot ${pair}`]?.();
      return {
        ...{ hash: pair, price: 100, asks: true },
        guard: venue.isHeld(pair) ? ids.guardOf(pair) : null,
      };
    },
    async askDecider({ decider, snapshot }: { decider: string; snapshot: string }) {
      await script.before[`ask ${snapshot}`]?.();
      return { kind: 'absent', decider, cause: snapshot };
    },
    combine: ({ answers }: { answers: { cause: string }[] }) => ({
      ...{ action: script.actions[answers[0]!.cause] ?? 'hold', confidence: 0.7, reason: '' },
      ...{ answered: 1, table: '', hash: 'consensus', said: {} },
      heldStopPct: script.heldStopPct,
    }),
    async reviewRisk({ pair, barMs, cycle }: { pair: Pair; barMs: number; cycle: string }) {
      script.reviewed.push(pair);
      stepped();
      await script.before[`review ${pair}`]?.();
      if (!script.approved.has(pair)) {
        return { kind: 'vetoed', headline: '', table: '', entry: null };
      }
      const id = clientOrderId(cycle, 'entry', 1);
      venue.receive(id, { leg: 'entry', n: 1, kind: 'market', quantity: '2', price: null });
      const guard = {
        ...{ entryClientOrderId: id, entryQuantity: '2', stopPrice: '98', lot: '0.01' },
        ...{ targets: script.targets, tick: '0.01', minQuantity: '0.01' },
        ...{ minCost: '5', targetSlippage: 0.002, exits: script.exits, barMs },
      };
      return { kind: 'approved', headline: '', table: '', entry: { summary: 'buy 2', guard } };
    },
    planRebalance: () => ({
      legs: script.legs.map((pair) => ({ pair, side: 'sell', quantity: '1', valueUsdt: '100' })),
      ...{ reason: script.legs.length === 0 ? 'every share lies in its band' : null },
      ...{ shares: {}, toShares: {} },
    }),
    reviewRebalanceLeg({ id, n, atMs }: { id: string; n: number; atMs: number }) {
      const pair = script.legs[n - 1]!;
      script.reviewedLegs.push({ pair, atMs });
      if (script.vetoedLegs.includes(pair)) return { kind: 'vetoed', headline: 'no', order: null };
      const orderId = clientOrderId(id, 'rebalance', n);
      venue.receive(orderId, { leg: 'rebalance', n, kind: 'market', quantity: '1', price: null });
      return { kind: 'approved', headline: '', order: { clientOrderId: orderId, summary: pair } };
    },
    async recordCycle({ cycle, pair, outcome }: { cycle: string; pair: Pair; outcome: string }) {
      await script.before[`record ${pair}`]?.();
      script.recorded.push({ cycle, outcome });
    },
    changeDeskState(of: Parameters<LedgerActivities['changeDeskState']>[0]) {
      const { command, who, why, untilMs, atMs } = of;
      if (command !== 'agrees') script.commands.push(command);
      if (who === 'ann') script.steeredAt.push(atMs);
      const isNoChange =
        command === 'agrees' || (command === 'flattened' && script.state.kind !== 'flattening');
      if (!isNoChange) script.state = { kind: STATE_AFTER[command], untilMs, who, why };
      return script.state;
    },
    setLimits({ who, why, atMs, change }: Parameters<LedgerActivities['setLimits']>[0]) {
      const answer = tightened(script.limits.limits, script.limits, change, { who, why, atMs });
      if (answer.kind === 'tightened') script.limits = answer;
      return answer;
    },
    setChampion: ({ decider }: { decider: string }) =>
      decider === 'only'
        ? { kind: 'set', champion: decider, before: 'only' }
        : { kind: 'refused', reason: `${decider} is none of the deciders` },
    releaseBag: () => ({ kind: 'refused', reason: 'there is nothing to release' }),
    openGuards: () =>
      PAIRS.filter((pair) => venue.isGuarded(pair)).map((pair) => ids.guardOf(pair)),
    guardsHearingBars: ({ pairs }: { pairs: Pair[] }) =>
      hearsBars(script.exits)
        ? pairs.filter((pair) => venue.isHeld(pair)).map((pair) => ids.guardOf(pair))
        : [],
    readExitBar: () => script.exitBar,
    noteAlarm: ({ words }: { words: string }) => void script.alarms.push(words),
    acknowledgeUpdates: () => {},
    closeTrade({ position, exitReason }: { position: string; exitReason: string }) {
      script.closed.push({ position, exitReason });
      return { pnl: '0' };
    },
    passProbe: () => {},
    advanceShadows({ barMs }: { barMs: number }) {
      script.shadowed.push(barMs);
      if (script.shadowsFail) throw new Error('no shadows today');
    },
    acknowledgeEvent: ({ event }: { event: number }) => void script.acknowledged.push(event),
    wakeAt({ id, atMs }: { id: string; atMs: number }) {
      script.wakes.set(id, { atMs });
      const venueMs = script.venueTimes.shift();
      return venueMs === undefined ? null : { venueMs };
    },
    watchLevel: ({ id, above }: { id: string; above: string }) =>
      void script.wakes.set(id, { above }),
    forgetLevel: ({ id }: { id: string }) => void script.wakes.delete(id),
  };
}
