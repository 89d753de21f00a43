/** One field in which two records of the same thing differ. */
export interface Difference {
  /** Like `plan.targets[0].price`; empty for the whole. */
  path: string;
  /** `undefined` where there is no such field. */
  recorded: unknown;
  replayed: unknown;
}

/** Where two values differ as JSON, field by field, in the order of the recorded one. */
export function differences(recorded: unknown, replayed: unknown, path = ''): Difference[] {
  if (Object.is(recorded, replayed)) return [];
  if (Array.isArray(recorded) && Array.isArray(replayed)) {
    const length = Math.max(recorded.length, replayed.length);
    return Array.from({ length }, (_, i) => i).flatMap((i) =>
      differences(recorded[i], replayed[i], `${path}[${i}]`),
    );
  }
  if (isRecord(recorded) && isRecord(replayed)) {
    const keys = [...new Set([...Object.keys(recorded), ...Object.keys(replayed)])];
    return keys.flatMap((key) =>
      differences(recorded[key], replayed[key], path === '' ? key : `${path}.${key}`),
    );
  }
  // JSON knows no -0 and no undefined.
  if (recorded === replayed) return [];
  return [{ path, recorded, replayed }];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
