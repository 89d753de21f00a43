import type { StudyMeasures } from '../../activities/backtest/study-measures.ts';
import type { StudySummary } from '../../activities/backtest/study-summary.ts';
import {
  atEdge,
  ranked,
  variedParameters,
  type SweepSummary,
} from '../../activities/backtest/sweep-summary.ts';

/** A study for people at a terminal. */
export function studyTable(summary: StudySummary, measures: StudyMeasures | null): string {
  const lines = [
    `${summary.strategy} on ${summary.pairs.join(', ')}, ${summary.timeframe} bars`,
    ...summary.read.map(
      (r) => `  ${r.file}: ${r.bars} bars, ${r.firstBar} to ${r.lastBar}, ${r.gaps.length} gaps`,
    ),
    `trades ${summary.trades}, won ${summary.wins}; ended by ${counts(summary.exits)}`,
    `gross ${amounts(summary.grossPnl)}; fees ${amounts(summary.fees)}; net ${amounts(summary.netPnl)}`,
  ];
  if (summary.vetoes !== null) lines.push(`refused ${counts(summary.vetoes)}`);
  if (summary.halted !== null) {
    lines.push(`stopped for good ${summary.halted.at}: ${summary.halted.why}`);
  }
  if (summary.account !== null) {
    const { equity, numeraire, maxDrawdownPct } = summary.account;
    lines.push(
      `equity ${equity.start} to ${equity.end} ${numeraire}, deepest drawdown ${maxDrawdownPct} %`,
    );
  }
  if (measures !== null) {
    const { sharpe, sharpeInterval: interval } = measures.equity;
    lines.push(
      `Sharpe ratio ${shown(sharpe)} (95 %: ${shown(interval.low)} to ${shown(interval.high)})`,
      ...measures.comparisons.map((c) => `  ${c.verdict}`),
    );
  }
  const label = summary.contaminated?.label;
  if (label === undefined) return `${lines.join('\n')}\n`;
  const compared = measures?.comparisons.length ?? 0;
  const told = lines.map((line, k) =>
    k === 0 || (compared > 0 && k >= lines.length - compared) ? line : `${line} [${label}]`,
  );
  told.push(
    compared === 0
      ? 'compared with nothing: no result counts'
      : `compared from ${summary.contaminated?.countsFrom ?? ''} on`,
  );
  return `${told.join('\n')}\n`;
}

const BEST_ROWS = 10;

/** A sweep for people at a terminal: its best sets, and how far they can be believed. */
export function sweepTable(summary: SweepSummary): string {
  const varied = variedParameters(summary);
  const set = (params: Record<string, unknown>): string =>
    varied.map((name) => `${name} ${JSON.stringify(params[name])}`).join(', ');
  const { best, overfitting, walkForward } = summary;
  const lines = [
    `${summary.done} of ${summary.sets} sets of ${summary.strategy} in ${(summary.elapsedMs / 1000).toFixed(1)} s`,
    ...ranked(summary)
      .slice(0, BEST_ROWS)
      .map(
        (r) =>
          `  Sharpe ${shown(r.sharpe)}, return ${(100 * r.netReturn).toFixed(1)} %, ${r.trades} trades: ${set(r.params)}`,
      ),
  ];
  if (best !== null) {
    const edge = atEdge(summary);
    if (edge.length > 0) {
      lines.push(`${edge.join(', ')} of the best set at the edge of what was tried`);
    }
    lines.push(
      `best set: above 0 with probability ${shown(best.probabilisticSharpe)}, above the luck of ${summary.done} tries with ${shown(best.deflatedSharpe)}`,
    );
  }
  lines.push(`probability that choosing the best overfits: ${shown(overfitting.probability)}`);
  if (walkForward !== null) {
    const { low, high } = walkForward.sharpeInterval;
    lines.push(
      `walk-forward over ${walkForward.windows.length} windows: Sharpe ${shown(walkForward.sharpe)} (95 %: ${shown(low)} to ${shown(high)}), return ${(100 * walkForward.totalReturn).toFixed(1)} %`,
    );
  }
  lines.push(`in words: ${summary.verdict}`);
  return `${lines.join('\n')}\n`;
}

function shown(value: number): string {
  return Number.isNaN(value) ? 'not known' : value.toFixed(2);
}

function amounts(of: Record<string, string>): string {
  return Object.entries(of)
    .map(([asset, amount]) => `${amount} ${asset}`)
    .join(', ');
}

function counts(of: Record<string, number>): string {
  const told = Object.entries(of).map(([name, count]) => `${name} ${count}`);
  return told.length === 0 ? 'none' : told.join(', ');
}
