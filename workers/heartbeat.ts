import type { Context } from '@temporalio/activity';
import type { ActivityInterceptors } from '@temporalio/worker';

const EVERY_MS = 500;

/** Every activity beats by itself while its process lives, so that a lost one is noticed in seconds. */
export function heartbeating(context: Context): ActivityInterceptors {
  if (context.info.isLocal) return {};
  return {
    inbound: {
      async execute(input, next) {
        const timer = setInterval(() => context.heartbeat(), EVERY_MS);
        try {
          return await next(input);
        } finally {
          clearInterval(timer);
        }
      },
    },
  };
}
