import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { TroubleSchema, type Trouble } from './trouble.ts';

/**
 * A script of trouble: what is made at which venue time. A fault that is drawn by chance and has no seed of
 * its own gets one from the scenario's, so that a run repeats.
 */
export interface Scenario {
  /** When the next step is due, or Infinity. */
  nextMs(): number;
  /** The trouble of all steps due at `nowMs`; each step is given once. */
  due(nowMs: number): Trouble[];
}

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const SPAN = /^\+?(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

function spanMs(text: string): number | null {
  const found = SPAN.exec(text);
  return found === null ? null : Number(found[1]) * UNITS[found[2] as keyof typeof UNITS];
}

const Span = z.string().transform((text, context) => {
  const ms = spanMs(text);
  if (ms !== null && ms > 0) return ms;
  context.addIssue({ code: 'custom', message: `"${text}" is no time like 10m, 2h or 1d` });
  return z.NEVER;
});
const Moment = z.string().transform((text, context) => {
  const afterMs = text.startsWith('+') ? spanMs(text) : null;
  if (afterMs !== null) return { afterMs };
  const atMs = Date.parse(text);
  if (!text.startsWith('+') && !Number.isNaN(atMs)) return { atMs };
  context.addIssue({ code: 'custom', message: `"${text}" is neither +10m nor an ISO 8601 time` });
  return z.NEVER;
});
const Step = z.looseObject({
  at: Moment,
  /** Again after so long, and again, to the end or `times` times in all. */
  every: Span.optional(),
  times: z.int().min(1).optional(),
});
const ScenarioFile = z.strictObject({ seed: z.int().default(1), steps: z.array(Step).min(1) });

interface Due {
  atMs: number;
  everyMs: number | null;
  left: number;
  trouble: Trouble;
}

/** Reads a scenario as YAML (or JSON). Steps before `nowMs` count as done. Throws naming the step that is wrong. */
export function parseScenario(text: string, startMs: number, nowMs: number): Scenario {
  const parsed = ScenarioFile.safeParse(parse(text));
  if (!parsed.success) throw new Error(`the scenario is wrong:\n${z.prettifyError(parsed.error)}`);
  const { seed, steps } = parsed.data;
  const all = steps.map(({ at, every, times, ...rest }, index): Due => {
    const trouble = TroubleSchema.safeParse(seeded(rest, seed + index));
    if (!trouble.success) {
      const why = z.prettifyError(trouble.error);
      throw new Error(
        `step ${index + 1} of the scenario is wrong: ${JSON.stringify(rest)}\n${why}`,
      );
    }
    return {
      atMs: 'atMs' in at ? at.atMs : startMs + at.afterMs,
      everyMs: every ?? null,
      left: every === undefined ? 1 : (times ?? Infinity),
      trouble: trouble.data,
    };
  });
  const take = (untilMs: number): Trouble[] => {
    const found: { atMs: number; trouble: Trouble }[] = [];
    for (const step of all) {
      while (step.left > 0 && step.atMs <= untilMs) {
        found.push({ atMs: step.atMs, trouble: step.trouble });
        step.left -= 1;
        step.atMs += step.everyMs ?? 0;
      }
    }
    return found.sort((a, b) => a.atMs - b.atMs).map(({ trouble }) => trouble);
  };
  // A restarted exchange has had them, and remembers what lasts. At the very start nothing was made yet.
  if (nowMs > startMs) take(nowMs);
  return {
    nextMs: () => Math.min(Infinity, ...all.filter((s) => s.left > 0).map((s) => s.atMs)),
    due: take,
  };
}

/** A scenario out of a YAML or JSON file. Throws with the file or the field that does not serve. */
export function readScenario(file: string, startMs: number, nowMs: number): Scenario {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Error(`cannot read the scenario: ${(cause as Error).message}`, { cause });
  }
  return parseScenario(text, startMs, nowMs);
}

/** The trouble with a seed for its fault, if that is drawn by chance and has none. */
function seeded(trouble: Record<string, unknown>, seed: number): unknown {
  const { fault } = trouble;
  if (typeof fault !== 'object' || fault === null) return trouble;
  return { ...trouble, fault: { seed, ...fault } };
}
