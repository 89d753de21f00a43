import { condition, currentUpdateInfo, setHandler, workflowInfo } from '@temporalio/workflow';
import type { LimitsInForce } from '../shared/risk/standing-limits.ts';
import { local } from './activities.ts';
import type { Carried, DeskAsk, Message } from './desk-carried.ts';
import { limits, releaseBag, setChampion, setLimits } from './messages.ts';

/**
 * What people ask of the desk and wait for the answer of. Like every message it is worked off in its turn,
 * so that nothing changes in the middle of a bar. Made before the workflow first waits: an update that comes
 * with a run's first task would find no handler later.
 */
export function deskUpdates(s: Carried) {
  const answers = new Map<string, unknown>();
  let inForce: LimitsInForce | undefined;
  let champion: string | null = null;

  async function ask<T>(what: DeskAsk): Promise<T> {
    const update = currentUpdateInfo()?.id;
    if (update === undefined) throw new Error(`${what.kind} is only asked by an update`);
    s.inbox.push({ kind: 'ask', update, what });
    await condition(() => answers.has(update));
    const answer = answers.get(update) as T; // what `take` has answered this very question with
    answers.delete(update);
    return answer;
  }
  setHandler(setLimits, (m) => ask({ kind: 'set-limits', ...m }));
  setHandler(setChampion, (m) => ask({ kind: 'set-champion', ...m }));
  setHandler(releaseBag, (m) => ask({ kind: 'release-bag', ...m }));
  setHandler(limits, () => {
    if (inForce === undefined) throw new Error('the desk is just being opened: ask again');
    return inForce;
  });

  return {
    /** Takes what the desk found at its start. */
    open(found: { limits: LimitsInForce; champion: string | null }): void {
      inForce = found.limits;
      champion = found.champion;
    },

    champion: (): string | null => champion,

    async take({ update, what }: Extract<Message, { kind: 'ask' }>): Promise<void> {
      answers.set(update, await answerTo(what, `${workflowInfo().workflowId} ${update}`));
    },
  };

  async function answerTo(what: DeskAsk, reference: string): Promise<unknown> {
    const command = { reference, who: what.who, why: what.why, atMs: s.venueTimeMs ?? 0 };
    switch (what.kind) {
      case 'set-limits': {
        const answer = await local.setLimits({ ...command, change: what.change });
        if (answer.kind === 'tightened') {
          inForce = { limits: answer.limits, tightened: answer.tightened };
        }
        return answer;
      }
      case 'set-champion': {
        const answer = await local.setChampion({ ...command, decider: what.decider });
        if (answer.kind === 'set') champion = answer.champion;
        return answer;
      }
      case 'release-bag':
        return local.releaseBag({ ...command, amounts: what.amounts });
      default:
        return what satisfies never;
    }
  }
}
