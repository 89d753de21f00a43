/** What a wait ends with when somebody stops the program. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';

  constructor() {
    super('interrupted');
  }
}

/** What `work` gives, or `Interrupted` as soon as `signal` aborts; `work` is then left to itself. */
export function orInterrupted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  // Nobody hears of what becomes of it after an interruption.
  work.catch(() => undefined);
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(new Interrupted());
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** Calls `stop` on every signal that asks a program to end, also when it comes again. */
export function onStopSignals(stop: () => void): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
}
