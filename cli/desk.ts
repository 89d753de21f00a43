import { join } from 'node:path';
import { runDeskCommand } from './desk/run-command.ts';

process.once('SIGINT', () => process.exit(130));
process.exitCode = await runDeskCommand(process.argv.slice(2), {
  env: process.env,
  root: join(import.meta.dirname, '..'),
  stdout: process.stdout,
  stderr: process.stderr,
});
