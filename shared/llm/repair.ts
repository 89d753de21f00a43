import type { Conversation } from './request.ts';
import { storableText } from './storable-text.ts';

/** Most of an unusable answer that is shown again to the model that gave it. */
const SHOWN_CHARACTERS = 8_000;

/** The one question that follows an unusable answer: the same again, with what was wrong with it. */
export function repairConversation(
  first: Conversation,
  answer: string,
  mistakes: readonly string[],
): Conversation {
  return {
    system: first.system,
    turns: [
      ...first.turns,
      { role: 'assistant', text: storableText(answer.slice(0, SHOWN_CHARACTERS)) },
      {
        role: 'user',
        text:
          `That answer cannot be used:\n${mistakes.map((m) => `- ${m}`).join('\n')}\n` +
          'Answer again with the same decision as one JSON object that fits the schema, and nothing else.',
      },
    ],
  };
}
