import { v5 } from 'uuid';

const NAMESPACE = 'b6c1a1f0-6a0e-5d0c-9a52-7d3f0c1f2e11';

/**
 * The id an order carries at the venue: UUID v5 of the workflow that wants it, the leg and n, so every
 * retry names the same order. n counts a leg's orders and is raised only when the one before is over.
 */
export function clientOrderId(workflowId: string, leg: string, n: number): string {
  return v5(`${workflowId}:${leg}:${n}`, NAMESPACE);
}
