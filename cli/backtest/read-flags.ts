/** Wrong usage: exit status 2. */
export class UsageError extends Error {}

export function readCount(flag: string, text: string, least: number): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= least && text.trim() !== '') return count;
  throw new UsageError(`${flag} ${text}: not a whole number from ${least} on`);
}

export function readObject(flag: string, text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`${flag} is not JSON: ${(cause as Error).message}`, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UsageError(`${flag} ${text}: not a JSON object`);
  }
  return value as Record<string, unknown>;
}

/** What `read` gives; whatever it throws is the fault of the command line. */
export function asUsage<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError((cause as Error).message, { cause });
  }
}
