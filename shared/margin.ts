import { z } from 'zod';

/**
 * A profile's `margin`: with it the desk may sell short on pairs that the venue lends for. Longs stay on spot.
 * Kraken knows no leverage of 1 on margin, so everywhere a leverage above 1 means an order on margin.
 */
export const MarginSettingsSchema = z.strictObject({
  leverage: z
    .int()
    .min(2)
    .max(10)
    .describe('Greatest leverage of a short; the largest on offer up to it is used'),
});
export type MarginSettings = z.infer<typeof MarginSettingsSchema>;

/**
 * What borrowing costs, percent of the worth of what is borrowed at the open: once when it opens, and again at
 * each rollover.
 */
export interface MarginRatePct {
  open: number;
  rollover: number;
}

export const ROLLOVER_HOURS = 4;
export const ROLLOVER_MS = ROLLOVER_HOURS * 3_600_000;

/** The leverage of a short: the largest on offer up to `most`; null when there is none. */
export function marginLeverage(offered: readonly number[], most: number): number | null {
  const usable = offered.filter((ratio) => Number.isInteger(ratio) && ratio > 1 && ratio <= most);
  return usable.length === 0 ? null : Math.max(...usable);
}

/** Rollovers that a position of so many hours is reckoned with: one begun counts whole. */
export function rolloversIn(hours: number): number {
  return Math.ceil(hours / ROLLOVER_HOURS);
}

/** Interest of a position that lives so long, percent of its worth at the open. */
export function interestPct(rate: MarginRatePct, hours: number): number {
  return rate.open + rate.rollover * rolloversIn(hours);
}

/**
 * Interest on what was sold short for `worth` (in the pair's quote) up to and with so many rollovers, the opening fee
 * included: a running sum, of which each charge is the part that is new.
 */
export function interestUpTo(worth: number, rate: MarginRatePct, rollovers: number): number {
  return (worth * (rate.open + rate.rollover * rollovers)) / 100;
}

/** Rollovers that have come due by `atMs`, the opening fee left out. */
export function rolloversDue(openedMs: number, atMs: number): number {
  return Math.max(0, Math.floor((atMs - openedMs) / ROLLOVER_MS));
}

/** Whether the desk may sell the pair short: the profile lets it, and the venue lends the base at a known price. */
export function mayBeShort(
  settings: MarginSettings | undefined,
  instrument: { leverageSell: readonly number[]; marginRatePct?: MarginRatePct | null },
): boolean {
  if (settings === undefined || instrument.marginRatePct == null) return false;
  return marginLeverage(instrument.leverageSell, settings.leverage) !== null;
}
