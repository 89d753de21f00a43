import { z } from 'zod';
import { DecisionSchema, type Decision } from '../decision.ts';
import { embargoEnd } from '../llm/embargo.ts';
import type { Pair } from '../pair.ts';

/** What one decider said of one pair. */
export interface RecordedDecisions {
  /** By open time of the bar, Unix ms. */
  byBar: ReadonlyMap<number, Decision>;
  /** Models behind the answers; empty for rules alone. */
  models: readonly string[];
  /** Results before it may be known to a model by heart; -Infinity for rules alone. */
  embargoMs: number;
}

const LineSchema = z.object({
  decider: z.string(),
  model: z.string().nullable(),
  pair: z.string(),
  bar: z.iso.datetime({ offset: true }),
  decision: DecisionSchema,
});
type Line = z.infer<typeof LineSchema>;

/** The desk's own decisions; their models are those of all deciders. */
const CONSENSUS = 'consensus';
/** Stands for models that a file does not name. */
const UNNAMED = 'models that are not in the file';

/**
 * Decisions of `decider` (of the only one there is, when null) from lines of JSON as
 * `npm run desk -- decisions` prints them. A bar told twice counts as told last. Throws naming file and
 * line, or the deciders that there are.
 */
export function recordedDecisions(
  text: string,
  name: string,
  decider: string | null,
): (pair: Pair) => RecordedDecisions {
  const lines = text
    .split('\n')
    .flatMap((line, k) => (line.trim() === '' ? [] : [parseLine(line, `${name} line ${k + 1}`)]));
  const deciders = [...new Set(lines.map((line) => line.decider))].sort();
  const chosen = decider ?? (deciders.length === 1 ? deciders[0]! : null);
  if (chosen === null || !deciders.includes(chosen)) {
    const there = deciders.length === 0 ? 'no decision' : `decisions of ${deciders.join(', ')}`;
    throw new Error(`${name} has ${there}; name one of them as "decider" in --params`);
  }
  const models = modelsOf(lines, chosen);
  const embargoMs = models.reduce((end, model) => Math.max(end, embargoEnd(model)), -Infinity);
  return (pair) => ({
    byBar: new Map(
      lines
        .filter((line) => line.decider === chosen && line.pair === pair)
        .map((line) => [Date.parse(line.bar), line.decision]),
    ),
    models,
    embargoMs,
  });
}

function modelsOf(lines: readonly Line[], decider: string): string[] {
  const isConsensus = decider === CONSENSUS;
  const behind = lines.filter((line) => line.decider === decider || isConsensus);
  const models = [...new Set(behind.flatMap((l) => (l.model === null ? [] : [l.model])))].sort();
  // Alone in a file the consensus does not tell who made it.
  const isTold = !isConsensus || behind.some((line) => line.decider !== CONSENSUS);
  return isTold ? models : [UNNAMED];
}

function parseLine(line: string, where: string): Line {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new Error(`${where} is not JSON: ${(cause as Error).message}`, { cause });
  }
  const parsed = LineSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(
    `${where} is no recorded decision: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}; ` +
      'npm run desk -- decisions prints them',
  );
}
