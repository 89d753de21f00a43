import { onStopSignals } from './interruption.ts';

// Loading takes a while, in which nothing runs that had to be ended.
let stop = (): void => process.exit(130);
onStopSignals(() => stop());
const { runStart } = await import('./start/run-start.ts');
const stopping = new AbortController();
stop = () => stopping.abort();
process.exit(await runStart(process.argv.slice(2), stopping));
