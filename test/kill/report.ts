import type { KillReport } from './kill-replay.ts';

/** As many differing lines are shown. */
const MOST_LINES = 20;

/** The report as lines for a person. */
export function reportText(report: KillReport): string {
  const { undisturbed, disturbed, seconds } = report;
  const width = Math.max(...Object.keys(report.reached).map((name) => name.length));
  return [
    ...Object.entries(report.reached).map(
      ([name, count]) => `${name.padEnd(width)}  ${String(count).padStart(3)} times`,
    ),
    '',
    `kills          ${report.kills}`,
    `cycles         ${disturbed.cycles}, undisturbed ${undisturbed.cycles}`,
    `fills          ${disturbed.fills}, undisturbed ${undisturbed.fills}`,
    `duplicates     ${disturbed.duplicates}`,
    `differences    ${disturbed.ledger.differences}`,
    `unbalanced     ${disturbed.ledger.unbalanced}`,
    `exit status    ${report.status}`,
    `hash           ${disturbed.hash}`,
    `undisturbed    ${undisturbed.hash}${undisturbed.hash === disturbed.hash ? ' (equal)' : ' (ANOTHER)'}`,
    `seconds        ${seconds.disturbed}, undisturbed ${seconds.undisturbed}`,
    ...report.differing.slice(0, MOST_LINES),
  ].join('\n');
}

/** What the report shows to be wrong, one sentence each. */
export function faultsOf(
  report: KillReport,
  least: { eachNamed: number; kills: number; fills: number; named: readonly string[] },
): string[] {
  const { undisturbed, disturbed } = report;
  const faults: string[] = [];
  const check = (isRight: boolean, sentence: string): void => {
    if (!isRight) faults.push(sentence);
  };
  check(disturbed.hash === undisturbed.hash, 'the hash is not that of the undisturbed run');
  check(disturbed.cycles === undisturbed.cycles, 'the number of cycles differs');
  check(disturbed.fills === undisturbed.fills, 'the number of fills differs');
  check(disturbed.duplicates === 0, `${disturbed.duplicates} duplicates`);
  check(disturbed.ledger.differences === 0, `${disturbed.ledger.differences} differences`);
  check(disturbed.ledger.unbalanced === 0, `${disturbed.ledger.unbalanced} unbalanced entries`);
  check(report.status === 0, `exit status ${report.status}`);
  check(report.kills >= least.kills, `${report.kills} kills, expected ${least.kills}`);
  check(disturbed.fills >= least.fills, `${disturbed.fills} fills, expected ${least.fills}`);
  for (const name of least.named) {
    const count = report.reached[name] ?? 0;
    check(count >= least.eachNamed, `"${name}" was reached ${count} times`);
  }
  return faults;
}
