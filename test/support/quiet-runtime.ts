import { DefaultLogger, Runtime } from '@temporalio/worker';

/** Lets the Temporal worker of this process write errors alone; call it before anything of it is made. */
export function quietRuntime(): void {
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { filter: 'ERROR', forward: {} } },
  });
}
