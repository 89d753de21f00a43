import type { DeciderAnswer } from '../../shared/decision.ts';

/** Who said what, as Markdown for the cycle's page. */
export function answersTable(answers: readonly DeciderAnswer[]): string {
  const rows = answers.map((a) =>
    a.kind === 'absent'
      ? `| ${a.decider} | absent | | ${cell(a.cause)} |`
      : `| ${a.decider} | ${a.decision.action} | ${a.decision.confidence} | ${cell(a.decision.reasoning)} |`,
  );
  return ['| decider | says | confidence | because |', '|---|---|---|---|', ...rows].join('\n');
}

/** Who said what, a few words each. */
export function saidBy(answers: readonly DeciderAnswer[]): Record<string, string> {
  return Object.fromEntries(
    answers.map((a) => [
      a.decider,
      a.kind === 'absent' ? `absent: ${a.cause}` : `${a.decision.action} ${a.decision.confidence}`,
    ]),
  );
}

/** A model's words as plain text of one cell: no other cells, no links, no pictures, no HTML. */
function cell(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .replaceAll(/[\\|<>[\]`*~]/g, String.raw`\$&`)
    .trim();
}
