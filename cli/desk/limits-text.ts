import { RiskLimitsSchema } from '../../shared/risk/limits.ts';
import type { LimitsInForce } from '../../shared/risk/standing-limits.ts';
import { isoTime } from '../../shared/timeframe.ts';
import { columns } from '../columns.ts';
import { minute } from '../cycle-line.ts';
import type { Paint } from '../paint.ts';

/** The limits of a desk, one a line: its name, value, meaning, and who tightened it in the running desk. */
export function limitsText({ limits, tightened }: LimitsInForce, paint: Paint): string {
  const rows = Object.entries(limits).map(([name, value]) => {
    const by = tightened[name];
    const since =
      by === undefined
        ? ''
        : ` (${by.over ?? 'no bound'} in the profile; ${by.who}${by.why === '' ? '' : `: ${by.why}`}, ${minute(isoTime(by.atMs))})`;
    return {
      isTightened: by !== undefined,
      row: [name, shownLimit(value), `${meaning(name)}${since}`],
    };
  });
  return columns(rows.map(({ row }) => row))
    .map((line, i) => (rows[i]?.isTightened ? paint.yellow(line) : line))
    .join('\n');
}

function shownLimit(value: unknown): string {
  return value === null
    ? 'none'
    : typeof value === 'number'
      ? String(value)
      : JSON.stringify(value);
}

function meaning(name: string): string {
  return RiskLimitsSchema.shape[name as keyof typeof RiskLimitsSchema.shape].description ?? '';
}
