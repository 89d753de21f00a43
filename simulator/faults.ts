/** Trouble that a test orders. Each strikes `count` times (once unless told) and is gone. */
export type Fault =
  | { kind: 'lose-reply'; path: string; count?: number }
  | { kind: 'crash-after-journal'; count?: number }
  | { kind: 'status'; path: string; status: number; count?: number }
  | { kind: 'error'; path: string; error: string; count?: number };

export interface Faults {
  order(fault: Fault): void;
  /** What happens to a request to `name` before it is carried out. */
  beforeAnswer(
    name: string,
  ): { kind: 'none' } | { kind: 'status'; status: number } | { kind: 'error'; error: string };
  /** Whether the reply to `name` gets lost after the request was carried out. */
  losesReply(name: string): boolean;
  /** Whether the process dies after journaling this order. */
  crashesNow(): boolean;
}

export function createFaults(): Faults {
  const pending: Fault[] = [];
  function strike(wanted: (fault: Fault) => boolean): Fault | null {
    const index = pending.findIndex(wanted);
    const fault = pending[index];
    if (fault === undefined) return null;
    const left = (fault.count ?? 1) - 1;
    if (left > 0) pending[index] = { ...fault, count: left };
    else pending.splice(index, 1);
    return fault;
  }
  return {
    order: (fault) => void pending.push(fault),
    beforeAnswer(name) {
      const fault = strike(
        (f) => (f.kind === 'status' || f.kind === 'error') && (f.path === name || f.path === '*'),
      );
      if (fault?.kind === 'status') return { kind: 'status', status: fault.status };
      if (fault?.kind === 'error') return { kind: 'error', error: fault.error };
      return { kind: 'none' };
    },
    losesReply: (name) => strike((f) => f.kind === 'lose-reply' && f.path === name) !== null,
    crashesNow: () => strike((f) => f.kind === 'crash-after-journal') !== null,
  };
}
