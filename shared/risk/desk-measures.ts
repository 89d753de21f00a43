import { Decimal, type DecimalText } from '../money.ts';
import { deskStateAfter, type DeskEvent, type DeskState, type DrawdownBand } from './desk-state.ts';
import type { RiskLimits } from './limits.ts';
import type { Period } from './periods.ts';

/** Equity of a desk and its marks, USDT, bags included. */
export interface EquityMarks {
  equity: DecimalText;
  peakEquity: DecimalText;
  dayStartEquity: DecimalText;
  weekStartEquity: DecimalText;
  monthStartEquity: DecimalText;
}

type BandLimits = Pick<
  RiskLimits,
  'drawdownPausePct' | 'drawdownReducePct' | 'drawdownHaltPct' | 'drawdownPauseHours'
>;
type LossLimits = Pick<RiskLimits, 'dailyLossPct' | 'weeklyLossPct' | 'monthlyLossPct'>;

/**
 * What the equity measured at a venue time does to a desk, as events for `deskStateAfter` in this order:
 * the drawdown when its band has changed, then each loss limit that is reached and not known already.
 */
export function deskMeasures(
  before: DeskState,
  marks: EquityMarks,
  limits: BandLimits & LossLimits,
  atMs: number,
): DeskEvent[] {
  const events: DeskEvent[] = [];
  const state = deskStateAfter(before, { kind: 'clock', atMs });
  const equity = new Decimal(marks.equity);
  const down = lossPct(equity, marks.peakEquity);
  const band = drawdownBand(down, limits);
  if (band !== state.drawdownBand) {
    const pauseHours = limits.drawdownPauseHours;
    events.push({ kind: 'drawdown', atMs, band, pct: rounded(down), pauseHours });
  }
  const periods: [Period, DecimalText, number][] = [
    ['day', marks.dayStartEquity, limits.dailyLossPct],
    ['week', marks.weekStartEquity, limits.weeklyLossPct],
    ['month', marks.monthStartEquity, limits.monthlyLossPct],
  ];
  for (const [period, start, limit] of periods) {
    const lost = lossPct(equity, start);
    const known =
      state.locks.some((lock) => lock.cause === period) ||
      state.waived.some((waiver) => waiver.period === period);
    if (lost.gt(0) && lost.gte(limit) && !known) {
      events.push({ kind: 'loss-limit', atMs, period, pct: rounded(lost) });
    }
  }
  return events;
}

/** Percent that `equity` lies below `mark`; 0 when it does not. */
function lossPct(equity: Decimal, mark: DecimalText): Decimal {
  const from = new Decimal(mark);
  if (!from.gt(0)) return new Decimal(0);
  return Decimal.max(0, from.sub(equity).mul(100).div(from));
}

/** Reaching a band's limit counts. */
function drawdownBand(pct: Decimal, limits: BandLimits): DrawdownBand {
  if (pct.isZero()) return 'none';
  if (pct.gte(limits.drawdownHaltPct)) return 'halt';
  if (pct.gte(limits.drawdownReducePct)) return 'reduce';
  return pct.gte(limits.drawdownPausePct) ? 'pause' : 'none';
}

function rounded(pct: Decimal): number {
  return pct.toDecimalPlaces(2).toNumber();
}
