import { z } from 'zod';
import { ACTIONS, type Action } from './decision.ts';
import { Decimal, type DecimalText } from './money.ts';
import { quoteOf, type Pair } from './pair.ts';
import { DESK_MODES, type DeskMode } from './risk/desk-mode.ts';
import type { RiskLimits } from './risk/limits.ts';
import { openRiskUsdt } from './risk/open-risk.ts';
import type { PositionView } from './snapshot.ts';
import { isoTime } from './timeframe.ts';

const decimalText = z.string().regex(/^-?\d+(\.\d+)?$/);
const isoText = z.iso.datetime();
const left = z.number().min(0);

/** What the desk itself is and may do at a bar, beside what its account holds. */
export const DeskViewSchema = z.strictObject({
  mode: z.enum(DESK_MODES),
  limits: z
    .record(z.string(), z.number().nullable())
    .describe('The limits in force, as docs/risk.md names them'),
  left: z.strictObject({
    heatPct: left.describe('Open risk that may still be taken, percent of equity'),
    positions: left,
    entriesToday: left,
    dayLossPct: left.describe(
      'Further loss until the day, week or month ends, percent of equity then',
    ),
    weekLossPct: left,
    monthLossPct: left,
    drawdownPct: left.describe('Further fall from the high-water mark until the desk pauses'),
  }),
  heatPct: z.number(),
  feesUsdt: z.strictObject({ today: decimalText, ever: decimalText }),
  restingEntries: z.array(
    z.strictObject({
      pair: z.string(),
      side: z.enum(['buy', 'sell']),
      kind: z.string(),
      price: decimalText.nullable(),
      quantity: decimalText,
      filledQuantity: decimalText,
      placedAt: isoText,
      endsAt: isoText.nullable(),
    }),
  ),
  pairs: z.record(
    z.string(),
    z.strictObject({
      legalActions: z.array(z.enum(ACTIONS)),
      restsUntil: isoText.nullable().describe('Until then the pair rests after its last trade'),
    }),
  ),
});
export type DeskView = z.infer<typeof DeskViewSchema>;

/** What a desk's tables tell at a bar. Times are Unix ms, venue time. */
export interface DeskFacts {
  atMs: number;
  pairs: readonly Pair[];
  /** Pairs that may be sold short; absent: none. */
  shortPairs?: readonly Pair[];
  mode: DeskMode;
  limits: RiskLimits;
  /** Equity now and at the marks that losses are measured from, USDT. */
  equity: DecimalText;
  marks: { peak: DecimalText; day: DecimalText; week: DecimalText; month: DecimalText };
  positions: readonly PositionView[];
  usdtPer: Readonly<Record<string, DecimalText>>;
  /** Taker fee by pair, a share of the value. */
  takerFees: Readonly<Record<Pair, number>>;
  /** What approved entries hold that are not filled yet. */
  reservations: readonly { pair: Pair; riskUsdt: DecimalText }[];
  restingEntries: DeskView['restingEntries'];
  entriesToday: number;
  lastClosedMs: Readonly<Record<Pair, number>>;
  /** By asset. */
  fees: readonly { asset: string; today: DecimalText; ever: DecimalText }[];
}

export function deskView(of: DeskFacts): DeskView {
  const { limits, equity } = of;
  const heat = heatPct(of);
  const lossLeft = (mark: DecimalText, most: number): number =>
    remaining(most, lossPct(mark, equity));
  const open = new Set([...of.positions, ...of.reservations].map((p) => p.pair));
  return {
    mode: of.mode,
    limits: Object.fromEntries(
      Object.entries(limits).filter((entry): entry is [string, number | null] => {
        const value: unknown = entry[1];
        return value === null || typeof value === 'number';
      }),
    ),
    left: {
      heatPct: remaining(limits.heatPct, heat),
      positions: Math.max(0, limits.maxOpenPositions - open.size),
      entriesToday: Math.max(0, limits.tradesPerDay - of.entriesToday),
      dayLossPct: lossLeft(of.marks.day, limits.dailyLossPct),
      weekLossPct: lossLeft(of.marks.week, limits.weeklyLossPct),
      monthLossPct: lossLeft(of.marks.month, limits.monthlyLossPct),
      drawdownPct: lossLeft(of.marks.peak, limits.drawdownPausePct),
    },
    heatPct: heat,
    feesUsdt: { today: feesUsdt(of, 'today'), ever: feesUsdt(of, 'ever') },
    restingEntries: of.restingEntries,
    pairs: Object.fromEntries(of.pairs.map((pair) => [pair, pairView(of, pair)])),
  };
}

function pairView(of: DeskFacts, pair: Pair): DeskView['pairs'][Pair] {
  const closedMs = of.lastClosedMs[pair];
  const restsUntilMs = closedMs === undefined ? 0 : closedMs + of.limits.cooldownMinutes * 60_000;
  const rests = restsUntilMs > of.atMs;
  const isHeld = of.positions.some((p) => p.pair === pair);
  const isResting = [...of.restingEntries, ...of.reservations].some((e) => e.pair === pair);
  const mayEnter = of.mode === 'running' || of.mode === 'reduced';
  return {
    legalActions: legalActions({
      isHeld,
      mayEnter: mayEnter && !isResting && !rests,
      mayShort: of.shortPairs?.includes(pair) === true,
    }),
    restsUntil: rests ? isoTime(restsUntilMs) : null,
  };
}

/** On spot nothing can be sold that is not held; `mayShort` where margin is on and the venue lends the base. */
export function legalActions(of: {
  isHeld: boolean;
  mayEnter: boolean;
  mayShort?: boolean;
}): Action[] {
  if (of.isHeld) return ['hold', 'close'];
  if (!of.mayEnter) return ['hold'];
  return of.mayShort === true ? ['long', 'short', 'hold'] : ['long', 'hold'];
}

/** What all open and ordered positions lose at their stops, percent of equity. */
function heatPct({ positions, reservations, usdtPer, takerFees, equity }: DeskFacts): number {
  const risks = [
    ...positions.map((p) =>
      openRiskUsdt({
        side: p.side === 'short' ? 'sell' : 'buy',
        quantity: p.quantity,
        entryPrice: p.entryPrice,
        stopPrice: p.stopPrice,
        fee: takerFees[p.pair] ?? 0,
        quoteUsdt: usdtPer[quoteOf(p.pair)] ?? '0',
      }),
    ),
    ...reservations.map((r) => r.riskUsdt),
  ];
  return percentOf(Decimal.sum(0, ...risks), equity);
}

function lossPct(mark: DecimalText, equity: DecimalText): number {
  return Math.max(0, percentOf(new Decimal(mark).minus(equity), mark));
}

function percentOf(part: Decimal, whole: DecimalText): number {
  const share = part.div(whole).mul(100);
  return share.isFinite() ? share.toDecimalPlaces(2).toNumber() : 0;
}

function remaining(most: number, used: number): number {
  return Math.max(0, Number((most - used).toFixed(2)));
}

function feesUsdt({ fees, usdtPer }: DeskFacts, span: 'today' | 'ever'): DecimalText {
  const worth = fees.map((fee) => new Decimal(fee[span]).mul(usdtPer[fee.asset] ?? 0));
  return Decimal.sum(0, ...worth)
    .toDecimalPlaces(2)
    .toFixed();
}
