import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadStudyData } from '../activities/backtest/load-study-data.ts';
import { reportHtml } from '../activities/backtest/report-html.ts';
import { runStudy } from '../activities/backtest/run-study.ts';
import { runSearch } from '../activities/backtest/run-search.ts';
import { runSweep, type SweepOptions } from '../activities/backtest/run-sweep.ts';
import { studyMeasures } from '../activities/backtest/study-measures.ts';
import { studySummary } from '../activities/backtest/study-summary.ts';
import { sweepHtml } from '../activities/backtest/sweep-html.ts';
import { sweepSummary } from '../activities/backtest/sweep-summary.ts';
import { tradesCsv } from '../activities/backtest/trades-csv.ts';
import { readArguments, USAGE, UsageError, type BacktestArguments } from './backtest/arguments.ts';
import { studyTable, sweepTable } from './backtest/tables.ts';
import { sweepPlan } from './backtest/study-workflow.ts';
import { venueFacts } from './backtest/venue-facts.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function oneStudy({ request, choice, tradesFile, reportDir, json }: BacktestArguments): void {
  const data = loadStudyData(request, (line) => console.error(line));
  const run = runStudy(request, choice, data, venueFacts);
  const summary = studySummary(request, choice, data, run);
  const { takerFee } = venueFacts(request.pairs[0]!, data[0]!.bars.close[0]!).instrument;
  const measures = studyMeasures(run, data, takerFee);
  if (tradesFile !== null) write(tradesFile, tradesCsv(run.log, data));
  if (reportDir !== null) {
    mkdirSync(reportDir, { recursive: true });
    write(join(reportDir, 'report.html'), reportHtml({ summary, measures, run, data }));
    write(
      join(reportDir, 'summary.json'),
      `${JSON.stringify({ ...summary, measures }, null, 2)}\n`,
    );
    write(join(reportDir, 'trades.csv'), tradesCsv(run.log, data));
    console.error(`report: ${join(reportDir, 'report.html')}`);
  }
  if (!json) {
    process.stdout.write(studyTable(summary, measures));
    return;
  }
  const { dailyMs: _days, dailyEquity: _equity, ...told } = measures ?? {};
  process.stdout.write(
    `${JSON.stringify({ ...summary, measures: measures === null ? null : told })}\n`,
  );
}

async function oneSweep(
  { request, reportDir, json }: BacktestArguments,
  sweep: NonNullable<BacktestArguments['sweep']>,
): Promise<void> {
  const data = loadStudyData(request, (line) => console.error(line));
  const cancelled = new AbortController();
  // The first Ctrl-C keeps what is done, a second one ends at once.
  for (const signal of SIGNALS) process.once(signal, () => cancelled.abort());
  const options: SweepOptions = {
    threads: sweep.threads,
    signal: cancelled.signal,
    onProgress: (done, total) => {
      if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${total} sets`);
    },
  };
  const run =
    sweep.search === null
      ? await runSweep(request, sweep.choices, data, venueFacts, options)
      : await runSearch(request, sweep.search, data, venueFacts, options);
  if (process.stderr.isTTY) process.stderr.write('\n');
  const summary = sweepSummary(request, run, sweep.walkForward);
  if (reportDir !== null) {
    mkdirSync(reportDir, { recursive: true });
    write(join(reportDir, 'report.html'), sweepHtml(summary));
    write(join(reportDir, 'summary.json'), `${JSON.stringify(summary, null, 2)}\n`);
    console.error(`report: ${join(reportDir, 'report.html')}`);
  }
  process.stdout.write(json ? `${JSON.stringify(summary)}\n` : sweepTable(summary));
  if (cancelled.signal.aborted) process.exitCode = 130;
}

async function asWorkflow(
  { request, sweep, json }: BacktestArguments,
  workflow: NonNullable<BacktestArguments['workflow']>,
): Promise<void> {
  // Loaded only here: a plain backtest needs no Temporal.
  const { runAsWorkflow } = await import('./backtest/run-workflow.ts');
  const cancelled = new AbortController();
  for (const signal of SIGNALS) process.once(signal, () => cancelled.abort());
  const plan = sweep === null ? null : sweepPlan(sweep);
  const outcome = await runAsWorkflow({
    request,
    sweep: plan,
    ...workflow,
    log: (line) => console.error(line),
    signal: cancelled.signal,
  });
  if (json) process.stdout.write(`${JSON.stringify(outcome)}\n`);
  else if (outcome === null) process.stdout.write('cancelled\n');
  else if ('schedule' in outcome) process.stdout.write(`schedule ${outcome.schedule}\n`);
  else process.stdout.write(`${outcome.told}\nresults in ${outcome.folder}\n`);
  if (cancelled.signal.aborted) process.exitCode = 130;
}

function write(file: string, content: string): void {
  try {
    writeFileSync(file, content);
  } catch (cause) {
    throw new Error(`cannot write ${file}: ${(cause as Error).message}`, { cause });
  }
}

try {
  const args = readArguments(process.argv.slice(2));
  if (args === 'help') process.stdout.write(USAGE);
  else if (args.workflow !== null) await asWorkflow(args, args.workflow);
  else if (args.sweep !== null) await oneSweep(args, args.sweep);
  else oneStudy(args);
} catch (error) {
  const isUsage = error instanceof UsageError;
  console.error(`backtest: ${(error as Error).message}`);
  if (isUsage) console.error(`\n${USAGE}`);
  process.exitCode = isUsage ? 2 : 1;
}
