import { join } from 'node:path';
import { onStopSignals } from './interruption.ts';

// Loading takes a while, in which nothing runs that had to be ended.
let stop = (): void => process.exit(130);
onStopSignals(() => stop());
const { runDeskCommand } = await import('./desk/run-command.ts');
const stopping = new AbortController();
stop = () => stopping.abort();
const argv = process.argv.slice(2);
if (argv[0] === 'backtest') {
  // Loaded only here: schedules of studies need no desk and no database.
  const { runScheduleCommand } = await import('./backtest/schedule-command.ts');
  stopping.signal.addEventListener('abort', () => process.exit(130));
  process.exitCode = await runScheduleCommand(argv.slice(1), process);
} else {
  process.exitCode = await runDeskCommand(argv, {
    env: process.env,
    root: join(import.meta.dirname, '..'),
    stdout: process.stdout,
    stderr: process.stderr,
    signal: stopping.signal,
  });
  // What was interrupted may still wait for an answer.
  if (stopping.signal.aborted) process.exit();
}
