import type { CandleColumns } from '../../shared/candle.ts';

/**
 * The backtest's rules once more, as plainly as they can be written and sharing no code with the engine:
 * what the fast engines are checked against.
 */
export interface SlowBar {
  time: number;
  open: number;
  high: number;
  low: number;
  close: number;
}

export interface SlowSignal {
  enter: boolean;
  leave: boolean;
  stopPct: number;
  targetPct: number;
  /** The same of a short position; absent where nothing is sold short. */
  enterShort?: boolean;
  leaveShort?: boolean;
}

export interface SlowRules {
  quantity: number;
  reference: 'fill' | 'close';
  takerFee: number;
  makerFee: number;
  halfSpread: number;
  stopSlippage: number;
  targetRests: boolean;
  warmupBars: number;
  /** More missing bars than this end a segment. */
  gapBars: number;
  barMs: number;
  /** Share of what is borrowed, at the open and after every four hours. */
  marginRate: number;
}

export interface SlowTrade {
  side: 'long' | 'short';
  entryBar: number;
  exitBar: number;
  entryPrice: number;
  exitPrice: number;
  reason: string;
  fees: number;
}

export function slowBars(columns: CandleColumns): SlowBar[] {
  return [...columns.timeMs].map((time, i) => ({
    time,
    open: columns.open[i]!,
    high: columns.high[i]!,
    low: columns.low[i]!,
    close: columns.close[i]!,
  }));
}

/** `signalsOf` gives the signals of one segment from its bars alone. */
export function slowBacktest(
  bars: SlowBar[],
  signalsOf: (segment: SlowBar[]) => SlowSignal[],
  rules: SlowRules,
): SlowTrade[] {
  const trades: SlowTrade[] = [];
  let start = 0;
  for (let i = 0; i < bars.length; i++) {
    const isLast = i === bars.length - 1;
    const missing = isLast ? 0 : (bars[i + 1]!.time - bars[i]!.time) / rules.barMs - 1;
    if (!isLast && missing <= rules.gapBars) continue;
    const segment = bars.slice(start, i + 1);
    for (const trade of slowSegment(segment, signalsOf(segment), rules, start)) {
      const atEnd = trade.reason === 'end' && !isLast;
      trades.push({
        ...trade,
        reason: atEnd ? 'gap' : trade.reason,
        entryBar: trade.entryBar + start,
        exitBar: trade.exitBar + start,
      });
    }
    start = i + 1;
  }
  return trades;
}

/** What lies above the price for a long lies below it for a short: all of it is written out for both. */
function slowSegment(
  bars: SlowBar[],
  signals: SlowSignal[],
  rules: SlowRules,
  offset: number,
): SlowTrade[] {
  const trades: SlowTrade[] = [];
  let held: {
    side: 'long' | 'short';
    bar: number;
    price: number;
    stop: number;
    target: number;
  } | null = null;
  const close = (bar: number, price: number, reason: string, fee: number, atMs: number): void => {
    const { side, bar: entryBar, price: entryPrice } = held!;
    const hours = (atMs - bars[entryBar]!.time) / 3_600_000;
    const charges = side === 'short' ? 1 + Math.floor(hours / 4) : 0;
    const interest = charges * rules.marginRate * entryPrice;
    trades.push({
      side,
      entryBar,
      exitBar: bar,
      entryPrice,
      exitPrice: price,
      reason,
      fees: rules.quantity * (entryPrice * rules.takerFee + price * fee + interest),
    });
    held = null;
  };
  for (let i = 0; i < bars.length; i++) {
    const bar = bars[i]!;
    const inside = bar.time + rules.barMs / 2;
    const said = i > 0 && i - 1 + offset >= rules.warmupBars ? signals[i - 1]! : null;
    const bid = 1 - rules.halfSpread;
    const ask = 1 + rules.halfSpread;
    // At the open: what the last close asked for.
    if (held?.side === 'long' && said?.leave) {
      close(i, bar.open * bid, 'signal', rules.takerFee, bar.time);
    } else if (held?.side === 'short' && said?.leaveShort) {
      close(i, bar.open * ask, 'signal', rules.takerFee, bar.time);
    } else if (held === null && said?.enter) {
      const price = bar.open * ask;
      const from = rules.reference === 'fill' ? price : bars[i - 1]!.close;
      held = {
        side: 'long',
        bar: i,
        price,
        stop: said.stopPct > 0 ? from * (1 - said.stopPct / 100) : 0,
        target: said.targetPct > 0 ? from * (1 + said.targetPct / 100) : Infinity,
      };
    } else if (held === null && said?.enterShort) {
      const price = bar.open * bid;
      const from = rules.reference === 'fill' ? price : bars[i - 1]!.close;
      held = {
        side: 'short',
        bar: i,
        price,
        stop: said.stopPct > 0 ? from * (1 + said.stopPct / 100) : Infinity,
        target: said.targetPct > 0 ? from * (1 - said.targetPct / 100) : 0,
      };
    }
    // At the open: what gapped through; then the stop; then the target.
    const slip = rules.stopSlippage;
    const targetFee = rules.targetRests ? rules.makerFee : rules.takerFee;
    if (held?.side === 'long') {
      const { stop, target }: { stop: number; target: number } = held;
      const sold = rules.targetRests ? 1 : bid;
      if (bar.open <= stop) close(i, bar.open * (bid - slip), 'stop', rules.takerFee, bar.time);
      else if (bar.open >= target) close(i, bar.open * sold, 'target', targetFee, bar.time);
      else if (bar.low <= stop) close(i, stop * (bid - slip), 'stop', rules.takerFee, inside);
      else if (bar.high >= target) close(i, target * sold, 'target', targetFee, inside);
    } else if (held?.side === 'short') {
      const { stop, target }: { stop: number; target: number } = held;
      const bought = rules.targetRests ? 1 : ask;
      if (bar.open >= stop) close(i, bar.open * (ask + slip), 'stop', rules.takerFee, bar.time);
      else if (bar.open <= target) close(i, bar.open * bought, 'target', targetFee, bar.time);
      else if (bar.high >= stop) close(i, stop * (ask + slip), 'stop', rules.takerFee, inside);
      else if (bar.low <= target) close(i, target * bought, 'target', targetFee, inside);
    }
  }
  if (held !== null) {
    const { side }: { side: 'long' | 'short' } = held;
    const bar = bars.at(-1)!;
    const left = side === 'long' ? 1 - rules.halfSpread : 1 + rules.halfSpread;
    close(bars.length - 1, bar.close * left, 'end', rules.takerFee, bar.time + rules.barMs);
  }
  return trades;
}

function slowEma(values: number[], period: number): number[] {
  const a = 2 / (period + 1);
  const out: number[] = [];
  for (const x of values) out.push(out.length === 0 ? x : a * x + (1 - a) * out.at(-1)!);
  return out;
}

/** Wilder's mean over `values`, NaN before there are `period` of them. */
function slowWilder(values: number[], period: number): number[] {
  const out: number[] = [];
  for (let i = 0; i < values.length; i++) {
    if (i < period - 1) out.push(NaN);
    else if (i === period - 1) {
      out.push(values.slice(0, period).reduce((a, b) => a + b) / period);
    } else out.push((out[i - 1]! * (period - 1) + values[i]!) / period);
  }
  return out;
}

export function slowEmaCross(
  bars: SlowBar[],
  fast: number,
  slow: number,
  stopPct: number,
  targetPct: number,
): SlowSignal[] {
  const closes = bars.map((b) => b.close);
  const f = slowEma(closes, fast);
  const s = slowEma(closes, slow);
  const d = f.map((x, i) => x - s[i]!);
  return d.map((x, i) => ({
    enter: i > 0 && x > 0 && d[i - 1]! <= 0,
    leave: i > 0 && x < 0 && d[i - 1]! >= 0,
    stopPct,
    targetPct,
  }));
}

function slowTrueRanges(bars: SlowBar[]): number[] {
  return bars.slice(1).map((b, i) => {
    const before = bars[i]!.close;
    return Math.max(b.high - b.low, Math.abs(b.high - before), Math.abs(b.low - before));
  });
}

/** Stop 1.5 ATR 14, target the larger of 3 stops and what nets 2.1 after 1 % costs; NaN while unknown. */
function slowExits(bars: SlowBar[]): { stopPct: number; targetPct: number }[] {
  const atr = [NaN, ...slowWilder(slowTrueRanges(bars), 14)];
  return bars.map((b, i) => {
    const stopPct = (150 * atr[i]!) / b.close;
    return { stopPct, targetPct: Math.max(3 * stopPct, 2.1 * (stopPct + 1) + 1) };
  });
}

export function slowBreakout(bars: SlowBar[], shorts = false): SlowSignal[] {
  const exits = slowExits(bars);
  let state = 0;
  return bars.map((b, i) => {
    if (i < 20) return { enter: false, leave: false, ...exits[i]! };
    const channel = bars.slice(i - 20, i);
    const near = bars.slice(i - 10, i);
    if (b.close > Math.max(...channel.map((x) => x.high))) state = 1;
    else if (b.close < Math.min(...channel.map((x) => x.low))) state = -1;
    else if (state === 1 && b.close < Math.min(...near.map((x) => x.low))) state = 0;
    else if (state === -1 && b.close > Math.max(...near.map((x) => x.high))) state = 0;
    const short = shorts ? { enterShort: state === -1, leaveShort: state !== -1 } : {};
    return { enter: state === 1, leave: state !== 1, ...short, ...exits[i]! };
  });
}

export function slowTrend(bars: SlowBar[], shorts = false): SlowSignal[] {
  const exits = slowExits(bars);
  const closes = bars.map((b) => b.close);
  const e21 = slowEma(closes, 21);
  const e50 = slowEma(closes, 50);
  const adx = slowAdx(bars);
  let state = 0;
  return bars.map((b, i) => {
    if (i < 49) return { enter: false, leave: false, ...exits[i]! };
    const isUp = e21[i]! > e50[i]! && b.close > e50[i]!;
    const isDown = e21[i]! < e50[i]! && b.close < e50[i]!;
    const side = isUp ? 1 : isDown ? -1 : 0;
    if (side === 0) state = 0;
    else if (adx[i]! >= 20) state = side;
    else if (adx[i]! < 15 || state !== side) state = 0;
    const short = shorts ? { enterShort: state === -1, leaveShort: state !== -1 } : {};
    return { enter: state === 1, leave: state !== 1, ...short, ...exits[i]! };
  });
}

function slowAdx(bars: SlowBar[]): number[] {
  const plus: number[] = [];
  const minus: number[] = [];
  for (let i = 1; i < bars.length; i++) {
    const rise = bars[i]!.high - bars[i - 1]!.high;
    const fall = bars[i - 1]!.low - bars[i]!.low;
    plus.push(rise > fall && rise > 0 ? rise : 0);
    minus.push(fall > rise && fall > 0 ? fall : 0);
  }
  const range = slowWilder(slowTrueRanges(bars), 14);
  const p = slowWilder(plus, 14);
  const m = slowWilder(minus, 14);
  const dx: number[] = [];
  for (let i = 13; i < range.length; i++) {
    const up = (100 * p[i]!) / range[i]!;
    const down = (100 * m[i]!) / range[i]!;
    dx.push(up + down === 0 ? 0 : (100 * Math.abs(up - down)) / (up + down));
  }
  // One bar without a true range, thirteen more before the first DX.
  return [...Array<number>(14).fill(NaN), ...slowWilder(dx, 14)];
}
