import { setDefaultSignalHandler, setHandler, type SignalDefinition } from '@temporalio/workflow';

/** A signal with its receiver. */
export interface Handled {
  name: string;
  take(this: void, message: unknown): void;
  register(this: void): void;
}

/** A signal, and what takes its messages. */
export function on<M>(signal: SignalDefinition<[M]>, take: (message: M) => void): Handled {
  return {
    name: signal.name,
    // What a signal of this name carries, its definition says.
    take: (message) => take(message as M),
    register: () => setHandler(signal, take),
  };
}

/**
 * Sets the handlers of all signals so that what came before the first task of a run keeps its order.
 * `setHandler` alone hands that out kind by kind: a resume and then a pause would be taken the wrong way
 * round where the pause's handler is set first.
 */
export function handleInOrder(handlers: readonly Handled[]): void {
  const byName = new Map(handlers.map((handler) => [handler.name, handler]));
  setDefaultSignalHandler((name, message) => byName.get(name)?.take(message));
  for (const handler of handlers) handler.register();
}
