import { readFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import type { SessionOutcome } from './fault-session.ts';
import type { Trouble } from './troubles.ts';

const BEGIN = '<!-- table of faults: written by test/faults -->';
const END = '<!-- end of the table of faults -->';
export const UNDISTURBED = 'no trouble';

/** One session's row, without the trouble's name. */
export function rowOf(
  trouble: Trouble | null,
  outcome: SessionOutcome,
  undisturbed: SessionOutcome,
): string[] {
  const isSame = outcome.summary.hash === undisturbed.summary.hash;
  const end = isSame ? 'same' : `another: ${trouble?.cost ?? 'NOT EXPECTED'}`;
  return [trouble?.answer ?? '', ...figures(outcome), trouble === null ? 'the measure' : end];
}

/** The rows that the page has, by the trouble's name. */
export function rowsOnPage(file: string): Map<string, string[]> {
  const rows = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.split('|').map((cell) => cell.trim()));
  return new Map(rows.map(([, name = '', ...cells]) => [name, cells.slice(0, -1)]));
}

/** The page with its table of faults as the sessions came out; what stands around the table is kept. */
export async function reliabilityPage(
  file: string,
  undisturbed: SessionOutcome,
  troubles: readonly Trouble[],
  outcomes: ReadonlyMap<string, SessionOutcome>,
): Promise<string> {
  const page = readFileSync(file, 'utf8');
  const [before = '', rest = ''] = page.split(BEGIN);
  const after = rest.split(END)[1];
  if (after === undefined) throw new Error(`${file} has no place for the table of faults`);
  const rows = [
    [UNDISTURBED, ...rowOf(null, undisturbed, undisturbed)],
    ...troubles.map((trouble) => {
      const outcome = outcomes.get(trouble.name);
      if (outcome === undefined) throw new Error(`no session had the trouble "${trouble.name}"`);
      return [trouble.name, ...rowOf(trouble, outcome, undisturbed)];
    }),
  ];
  const head = [
    ...['Trouble', 'What the desk does', 'Orders', 'Fills'],
    ...['Sent twice', 'Differences', 'Unbalanced', 'Hash'],
  ];
  const align = ['---', '---', '---:', '---:', '---:', '---:', '---:', '---'];
  const table = [head, align, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  const text = `${before}${BEGIN}\n\n${table}\n\n${END}${after}`;
  return format(text, { ...(await resolveConfig(file)), parser: 'markdown' });
}

function figures({ summary }: SessionOutcome): string[] {
  const { orders, fills, duplicates, ledger } = summary;
  return [orders, fills, duplicates, ledger.differences, ledger.unbalanced].map(String);
}
