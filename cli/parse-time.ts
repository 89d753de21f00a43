const TIME = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2}(?:\.\d+)?)?)?(Z|[+-]\d{2}:\d{2})?$/;

/**
 * Unix milliseconds of a time as people type it: `2021-05-15`, `2021-05-15 13:00`, ISO 8601. UTC where
 * no zone is named, whatever the machine's own zone. Null for anything else, impossible dates included.
 */
export function parseTime(text: string): number | null {
  const match = TIME.exec(text.trim());
  if (match === null) return null;
  const [, date, minutes = '00:00', seconds = ':00', zone = 'Z'] = match;
  const ms = Date.parse(`${date}T${minutes}${seconds}${zone}`);
  // Date.parse takes 31 February for 3 March; written out again it gives itself away.
  const day = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(ms) || new Date(day).toISOString().slice(0, 10) !== date) return null;
  return ms;
}

const UNIT_MS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of a span such as `90s`, `30m`, `4h`, `1.5d`; null for anything else and for zero. */
export function parseSpan(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text.trim());
  const [, amount, unit] = match ?? [];
  const ms = Number(amount) * (UNIT_MS[unit ?? ''] ?? NaN);
  return ms > 0 ? ms : null;
}
