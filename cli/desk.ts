import { join } from 'node:path';
import { runDeskCommand } from './desk/run-command.ts';

process.once('SIGINT', () => process.exit(130));
const argv = process.argv.slice(2);
if (argv[0] === 'backtest') {
  // Loaded only here: schedules of studies need no desk and no database.
  const { runScheduleCommand } = await import('./backtest/schedule-command.ts');
  process.exitCode = await runScheduleCommand(argv.slice(1), process);
} else {
  process.exitCode = await runDeskCommand(argv, {
    env: process.env,
    root: join(import.meta.dirname, '..'),
    stdout: process.stdout,
    stderr: process.stderr,
  });
}
