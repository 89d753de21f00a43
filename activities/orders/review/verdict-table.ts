import type { RuleOutcome } from '../../../shared/risk/verdict.ts';

/** A verdict in one line: what stood against the entry, or what made it smaller. */
export function verdictHeadline(kind: string, rules: readonly RuleOutcome[]): string {
  const of = (outcome: RuleOutcome['outcome']): string[] =>
    rules
      .filter((r) => r.outcome === outcome)
      .map((r) => `${r.rule} (${shown(r.observed)}, limit ${shown(r.limit)} ${r.unit})`);
  const reasons = kind === 'vetoed' ? of('veto') : of('shrink');
  return reasons.length === 0 ? kind : `${kind} by ${reasons.join(', ')}`;
}

/** A verdict as Markdown for the workflow's page: its headline, then every rule. */
export function verdictTable(kind: string, rules: readonly RuleOutcome[]): string {
  const rows = rules
    .filter((r) => r.outcome !== 'not-applicable')
    .map(
      (r) => `| ${r.rule} | ${r.outcome} | ${shown(r.observed)} | ${shown(r.limit)} | ${r.unit} |`,
    );
  return [
    `Verdict: **${verdictHeadline(kind, rules)}**`,
    '',
    '| rule | outcome | seen | limit | unit |',
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

function shown(value: RuleOutcome['observed']): string {
  if (value === null) return '-';
  return typeof value === 'number' ? String(Number(value.toPrecision(5))) : value;
}
