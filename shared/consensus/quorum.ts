import type { Action } from '../decision.ts';
import type { ConsensusSettings } from './settings.ts';
import type { Vote } from './consensus.ts';

/** Actions that count as a side; `hold` is neither. */
const SIDES = ['long', 'short', 'close'] as const satisfies readonly Action[];
export type Side = (typeof SIDES)[number];

export type QuorumResult = { side: Side; reason: string } | { side: null; reason: string };

/**
 * The side that has its quorum. The quorum counts the enabled roster, not those who answered, so that an outage
 * makes trading harder. A side needs as many votes as the quorum (`close`: the close quorum), more than any other
 * side (a tie is no trade), not too many against it, and enough answers in all. Holds and absences are votes for
 * nothing.
 *
 * An exit needs the same quorum as an entry where the profile says nothing else: its stop rests on the venue
 * whatever the deciders do, so a close is an opinion like any other, and one decider alone should not undo what
 * several decided. A profile that wants quicker exits sets `closeQuorum` lower.
 */
export function quorumOf(
  votes: readonly { vote: Vote }[],
  settings: Pick<ConsensusSettings, 'quorum' | 'closeQuorum' | 'mostAgainst' | 'leastAnswers'>,
): QuorumResult {
  const roster = votes.length;
  const needed = settings.quorum ?? Math.floor(roster / 2) + 1;
  const neededFor = (side: Side): number =>
    side === 'close' ? (settings.closeQuorum ?? needed) : needed;
  const count = (vote: Vote): number => votes.filter((v) => v.vote === vote).length;
  const answered = roster - count('absent');
  if (answered < settings.leastAnswers) {
    return {
      side: null,
      reason: `${answered} of ${roster} answered, ${settings.leastAnswers} needed`,
    };
  }
  const sides = SIDES.map((side) => ({ side, votes: count(side) }));
  const able = sides.filter(({ side, votes: n }) => n >= neededFor(side) && n > 0);
  const most = Math.max(0, ...sides.map((s) => s.votes));
  const told = sides.filter((s) => s.votes > 0).map((s) => `${s.votes} ${s.side}`);
  const of = `${told.length > 0 ? told.join(', ') : 'no side'} of ${roster}`;
  if (able.length === 0) return { side: null, reason: `no quorum: ${of}, ${needed} needed` };
  const leaders = sides.filter((s) => s.votes === most);
  const leader = leaders[0];
  if (leader === undefined || leaders.length > 1) return { side: null, reason: `tie: ${of}` };
  if (leader.votes < neededFor(leader.side)) {
    return { side: null, reason: `no quorum of the strongest side: ${of}` };
  }
  const against = sides.reduce((sum, s) => sum + (s === leader ? 0 : s.votes), 0);
  if (settings.mostAgainst !== null && against > settings.mostAgainst) {
    return { side: null, reason: `${against} against: ${of}` };
  }
  return { side: leader.side, reason: `${leader.votes} of ${roster} say ${leader.side}` };
}
