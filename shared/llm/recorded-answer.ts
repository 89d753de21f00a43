import type { Action, DeciderAnswer } from '../decision.ts';
import { judgeAnswer, judgeRepair } from './judge-answer.ts';
import type { Api } from './model-facts.ts';
import { readAnswer } from './read-answer.ts';

/** A call as it was recorded; `request` is what was sent of it, `text` the body of its response. */
export interface RecordedCall {
  purpose: 'decision' | 'repair';
  state: 'sent' | 'answered' | 'failed' | 'lost';
  api: Api | null;
  request: Record<string, unknown> | null;
  text: string | null;
}

/**
 * What recorded responses come to, read and parsed again; null where the record does not tell: no response
 * came, or the last call failed, and why is known from its row alone.
 */
export function recordedAnswer(
  decider: string,
  calls: readonly RecordedCall[],
  legalActions: readonly Action[],
): DeciderAnswer | null {
  const responseTo = (purpose: RecordedCall['purpose']) => {
    const call = calls.find((c) => c.purpose === purpose && c.state === 'answered');
    return call?.api == null || call.text === null
      ? null
      : readAnswer(call.api, call.text, call.request);
  };
  const first = responseTo('decision');
  if (first === null) return null;
  const judged = judgeAnswer(first, legalActions);
  if (judged.kind !== 'repair') return answerOf(decider, judged);
  const second = responseTo('repair');
  return second === null
    ? null
    : answerOf(decider, judgeRepair(second, judged.mistakes, legalActions));
}

function answerOf(
  decider: string,
  judged: Exclude<ReturnType<typeof judgeAnswer>, { kind: 'repair' }>,
): DeciderAnswer {
  return judged.kind === 'decision'
    ? { kind: 'answered', decider, decision: judged.decision }
    : { kind: 'absent', decider, cause: judged.cause };
}
