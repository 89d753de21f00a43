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
}

export interface SlowTrade {
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

function slowSegment(
  bars: SlowBar[],
  signals: SlowSignal[],
  rules: SlowRules,
  offset: number,
): SlowTrade[] {
  const trades: SlowTrade[] = [];
  let held: { bar: number; price: number; stop: number; target: number } | null = null;
  const close = (bar: number, price: number, reason: string, fee: number): void => {
    trades.push({
      entryBar: held!.bar,
      exitBar: bar,
      entryPrice: held!.price,
      exitPrice: price,
      reason,
      fees: rules.quantity * (held!.price * rules.takerFee + price * fee),
    });
    held = null;
  };
  for (let i = 0; i < bars.length; i++) {
    const bar = bars[i]!;
    const said = i > 0 && i - 1 + offset >= rules.warmupBars ? signals[i - 1]! : null;
    // At the open: what the last close asked for.
    if (held !== null && said?.leave) {
      close(i, bar.open * (1 - rules.halfSpread), 'signal', rules.takerFee);
    } else if (held === null && said?.enter) {
      const price = bar.open * (1 + rules.halfSpread);
      const from = rules.reference === 'fill' ? price : bars[i - 1]!.close;
      held = {
        bar: i,
        price,
        stop: said.stopPct > 0 ? from * (1 - said.stopPct / 100) : 0,
        target: said.targetPct > 0 ? from * (1 + said.targetPct / 100) : Infinity,
      };
    }
    // At the open: what gapped through; then the stop; then the target.
    if (held !== null) {
      const { stop, target }: { stop: number; target: number } = held;
      const sold = 1 - rules.halfSpread - rules.stopSlippage;
      const atTarget = rules.targetRests ? 1 : 1 - rules.halfSpread;
      const targetFee = rules.targetRests ? rules.makerFee : rules.takerFee;
      if (bar.open <= stop) close(i, bar.open * sold, 'stop', rules.takerFee);
      else if (bar.open >= target) close(i, bar.open * atTarget, 'target', targetFee);
      else if (bar.low <= stop) close(i, stop * sold, 'stop', rules.takerFee);
      else if (bar.high >= target) close(i, target * atTarget, 'target', targetFee);
    }
  }
  if (held !== null) {
    const last = bars.length - 1;
    close(last, bars[last]!.close * (1 - rules.halfSpread), 'end', rules.takerFee);
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

export function slowBreakout(bars: SlowBar[]): SlowSignal[] {
  const exits = slowExits(bars);
  let up = false;
  return bars.map((b, i) => {
    if (i < 20) return { enter: false, leave: false, ...exits[i]! };
    const channel = bars.slice(i - 20, i);
    const short = bars.slice(i - 10, i);
    if (b.close > Math.max(...channel.map((x) => x.high))) up = true;
    else if (b.close < Math.min(...short.map((x) => x.low))) up = false;
    return { enter: up, leave: !up, ...exits[i]! };
  });
}

export function slowTrend(bars: SlowBar[]): SlowSignal[] {
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
    return { enter: state === 1, leave: state !== 1, ...exits[i]! };
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
