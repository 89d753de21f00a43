import type { Decision } from '../decision.ts';
import { median } from './median.ts';

export interface Voice {
  decider: string;
  decision: Decision;
}

/**
 * One decision of those who agree on an action: levels and horizon by their medians, rung by rung; a limit entry
 * only when more than half ask for one. Wishes of size and leverage are the least of those that are named, for
 * they can only shrink. The invalidation is that of the most confident one (the first of the roster at a tie),
 * because a structure has no median. `agreeing` is not empty and in the order of the roster.
 */
export function mergeDecisions(
  agreeing: readonly Voice[],
  confidence: number,
  reasoning: string,
): Decision {
  const decisions = agreeing.map((voice) => voice.decision);
  const first = decisions[0];
  if (first === undefined) throw new Error('mergeDecisions: nobody agrees');
  if (decisions.length === 1) return { ...first, confidence };
  const byConfidence = [...decisions].sort((a, b) => b.confidence - a.confidence);
  return {
    evidenceFor: evidence(agreeing, (d) => d.evidenceFor),
    evidenceAgainst: evidence(agreeing, (d) => d.evidenceAgainst),
    action: first.action,
    confidence,
    horizonHours: median(decisions.map((d) => d.horizonHours)) ?? first.horizonHours,
    entry: mergedEntry(decisions),
    stopLossPct: median(named(decisions.map((d) => d.stopLossPct))),
    takeProfitPct: mergedLadder(decisions),
    sizePct: least(named(decisions.map((d) => d.sizePct))),
    leverage: least(named(decisions.map((d) => d.leverage))),
    expectedReturnPct: median(named(decisions.map((d) => d.expectedReturnPct))),
    invalidation: byConfidence.find((d) => d.invalidation !== null)?.invalidation ?? null,
    reasoning: reasoning.slice(0, 2000),
  };
}

function mergedEntry(decisions: readonly Decision[]): Decision['entry'] {
  const prices = named(decisions.map((d) => (d.entry.type === 'limit' ? d.entry.price : null)));
  if (prices.length * 2 <= decisions.length) return { type: 'market', price: null };
  return { type: 'limit', price: median(prices) };
}

/** As many rungs as more than half of them have; each the median of those who have it. */
function mergedLadder(decisions: readonly Decision[]): number[] {
  const ladders = decisions.map((d) => [...d.takeProfitPct].sort((a, b) => a - b));
  const rungs: number[] = [];
  for (let n = 0; ; n++) {
    const here = named(ladders.map((ladder) => ladder[n] ?? null));
    if (here.length * 2 <= ladders.length) return rungs.sort((a, b) => a - b);
    rungs.push(median(here) ?? 0);
  }
}

/** The first reasons of each, with its name, eight in all. */
function evidence(agreeing: readonly Voice[], of: (d: Decision) => readonly string[]): string[] {
  const each = Math.max(1, Math.floor(8 / agreeing.length));
  return agreeing
    .flatMap(({ decider, decision }) =>
      of(decision)
        .slice(0, each)
        .map((text) => `${decider}: ${text}`.slice(0, 500)),
    )
    .slice(0, 8);
}

function named(values: readonly (number | null)[]): number[] {
  return values.filter((value) => value !== null);
}

function least(values: readonly number[]): number | null {
  return values.length === 0 ? null : Math.min(...values);
}
