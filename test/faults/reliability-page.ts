import { readFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import type { SessionOutcome } from './fault-session.ts';
import type { Trouble } from './troubles.ts';

const BEGIN = '<!-- table of faults: written by test/faults -->';
const END = '<!-- end of the table of faults -->';

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
    ['no trouble', '', ...figures(undisturbed), 'the measure'],
    ...troubles.map((trouble) => {
      const outcome = outcomes.get(trouble.name);
      if (outcome === undefined) throw new Error(`no session had the trouble "${trouble.name}"`);
      const isSame = outcome.summary.hash === undisturbed.summary.hash;
      const end = isSame ? 'same' : `another: ${trouble.cost ?? 'NOT EXPECTED'}`;
      return [trouble.name, trouble.answer, ...figures(outcome), end];
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
