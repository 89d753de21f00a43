import { canonicalJson } from '../canonical-json.ts';
import type { PositionView, Snapshot } from '../snapshot.ts';

/**
 * The text whose SHA-256 names what a snapshot says to deciders: all of it but the names of workflows, which
 * are of one desk alone. Two desks that see the same ask the same.
 */
export function askedSnapshot(snapshot: Snapshot): string {
  const nameless = ({ guard: _guard, ...position }: PositionView): object => position;
  return canonicalJson({
    ...snapshot,
    position: snapshot.position === null ? null : nameless(snapshot.position),
    account: { ...snapshot.account, positions: snapshot.account.positions.map(nameless) },
  });
}
