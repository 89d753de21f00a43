import { holdSignal, type Strategy } from './strategy.ts';

/** Always holds: a decider that counts as neither side, and the least a desk can run with. */
export function holdStrategy(): Strategy {
  return { name: 'hold', decide: () => holdSignal('holds by design') };
}
