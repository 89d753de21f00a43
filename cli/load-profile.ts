import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { ProfileSchema, type Profile } from '../shared/profile.ts';

/**
 * Reads a desk's profile. Throws one error that names the file and, for each mistake, line, key and what
 * is allowed.
 */
export function loadProfile(path: string): Profile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`cannot read the profile ${path}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const broken = document.errors[0];
  if (broken !== undefined) {
    throw new Error(`profile ${path} is not YAML: ${broken.message}`, { cause: broken });
  }
  const parsed = ProfileSchema.safeParse(document.toJS());
  if (parsed.success) return parsed.data;
  const mistakes = parsed.error.issues.flatMap((issue) =>
    pathsOf(issue).map(
      (path) => `  ${placeOf(document, lines, path)}${keyOf(path)}: ${meaning(issue)}`,
    ),
  );
  throw new Error(`profile ${path} has ${mistakes.length} mistake(s):\n${mistakes.join('\n')}`);
}

/** Where a mistake is: each key that is not known is one of its own. */
function pathsOf(issue: z.core.$ZodIssue): PropertyKey[][] {
  if (issue.code !== 'unrecognized_keys') return [issue.path];
  return issue.keys.map((key) => [...issue.path, key]);
}

function keyOf(path: readonly PropertyKey[]): string {
  return path.length === 0 ? 'profile' : path.map(String).join('.');
}

function meaning(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys')
    return `there is no such key (see docs/risk.md for limits)`;
  return issue.message;
}

/** `line 12, ` of the nearest node that is there; a missing key has its parent's line. */
function placeOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): string {
  for (let depth = path.length; depth >= 0; depth--) {
    const node = document.getIn(path.slice(0, depth), true) as
      { range?: [number, number, number] } | undefined;
    const start = node?.range?.[0];
    if (start !== undefined) return `line ${lines.linePos(start).line}, `;
  }
  return '';
}
