import type { DeciderAnswer } from '../../shared/decision.ts';

/**
 * Says once why a decider is absent, and once that it answers again: a cycle's line has no room for causes. One
 * that differs in its numbers alone is the same cause.
 */
export function absenceNews(): (answers: readonly DeciderAnswer[]) => string[] {
  const told = new Map<string, string>();
  return (answers) =>
    answers.flatMap((answer) => {
      const { decider } = answer;
      if (answer.kind === 'answered') {
        return told.delete(decider) ? [`${decider} answers again`] : [];
      }
      const kind = answer.cause.replaceAll(/\d+/g, '');
      if (told.get(decider) === kind) return [];
      told.set(decider, kind);
      return [`${decider} is absent: ${answer.cause}`];
    });
}
