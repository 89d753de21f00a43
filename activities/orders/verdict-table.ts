import type { RuleOutcome } from '../../shared/risk/verdict.ts';

/** A verdict as Markdown for the workflow's page: what stood against it first, then every rule. */
export function verdictTable(kind: string, rules: readonly RuleOutcome[]): string {
  const shown = (value: RuleOutcome['observed']): string => (value === null ? '-' : String(value));
  const against = rules.filter((r) => r.outcome === 'veto').map((r) => r.rule);
  const head =
    against.length === 0 ? `Verdict: **${kind}**` : `Verdict: **${kind}** by ${against.join(', ')}`;
  const rows = rules
    .filter((r) => r.outcome !== 'not-applicable')
    .map(
      (r) => `| ${r.rule} | ${r.outcome} | ${shown(r.observed)} | ${shown(r.limit)} | ${r.unit} |`,
    );
  return [
    head,
    '',
    '| rule | outcome | seen | limit | unit |',
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}
