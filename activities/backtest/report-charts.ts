import { lowerBound } from '../../candles/timeframes.ts';
import type { CandleColumns } from '../../shared/candle.ts';
import { isoTime } from '../../shared/timeframe.ts';

const WIDTH = 1000;
const HEIGHT = 260;
const LEFT = 70;
const RIGHT = 10;
const BOTTOM = 24;
const TOP = 22;
/** Points that a chart of this width can show. */
const POINTS = 1500;
const DAY_MS = 86_400_000;
/** A price that moved farther than this many times is shown by ratio. */
const WIDE = 4;

/** A trade on a price chart. */
export interface Mark {
  entryMs: number;
  entryPrice: number;
  exitMs: number;
  exitPrice: number;
  isLong: boolean;
  /** Before costs. */
  won: boolean;
  title: string;
}

/** Daily values as SVG; the line breaks where days are missing. */
export function dailyChart(
  timeMs: ArrayLike<number>,
  values: ArrayLike<number>,
  title: string,
): string {
  const scale = scaleOf(timeMs, values, values, false);
  return frame(scale, title, path(scale, timeMs, values, 1.5 * DAY_MS));
}

/**
 * Closes with a line from entry to exit of each trade, over the time in which there were trades: green when one
 * gained before costs, red when it lost. The line breaks where bars are missing.
 */
export function priceChart(
  bars: CandleColumns,
  marks: readonly Mark[],
  gapMs: number,
  title: string,
): string {
  const { timeMs } = bars;
  const first = marks.reduce((least, m) => Math.min(least, m.entryMs), Infinity);
  const last = marks.reduce((most, m) => Math.max(most, m.exitMs), -Infinity);
  const room = Math.max(2 * DAY_MS, 0.03 * (last - first));
  const from = marks.length === 0 ? 0 : lowerBound(timeMs, first - room);
  const to = marks.length === 0 ? timeMs.length : lowerBound(timeMs, last + room);
  const part = (column: Float64Array): Float64Array => column.subarray(from, to);
  const [lows, highs] = [part(bars.low), part(bars.high)];
  const scale = scaleOf(part(timeMs), lows, highs, true);
  const shapes = marks.map((m) => {
    const colour = m.won ? '#0a7d33' : '#c0271c';
    const [x1, y1] = [scale.x(m.entryMs), scale.y(m.entryPrice)];
    const [x2, y2] = [scale.x(m.exitMs), scale.y(m.exitPrice)];
    const tip = m.isLong ? 7 : -7;
    return (
      `<g stroke="${colour}" fill="${colour}"><title>${m.title}</title><line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke-width="2"/>` +
      `<path d="M${x1} ${y1}l-4 ${tip}h8z"/><circle cx="${x2}" cy="${y2}" r="2"/></g>`
    );
  });
  return frame(scale, title, path(scale, part(timeMs), part(bars.close), gapMs) + shapes.join(''));
}

interface Scale {
  x(timeMs: number): string;
  y(value: number): string;
  low: number;
  high: number;
  isRatio: boolean;
  fromMs: number;
  toMs: number;
}

function scaleOf(
  timeMs: ArrayLike<number>,
  lows: ArrayLike<number>,
  highs: ArrayLike<number>,
  mayBeRatio: boolean,
): Scale {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < lows.length; i++) {
    low = Math.min(low, lows[i]!);
    high = Math.max(high, highs[i]!);
  }
  if (high === low) {
    high += Math.abs(high) * 0.01 + 1e-9;
    low -= Math.abs(low) * 0.01 + 1e-9;
  }
  const isRatio = mayBeRatio && high > WIDE * low;
  const place = isRatio ? Math.log : (v: number): number => v;
  const fromMs = timeMs[0] ?? 0;
  const toMs = Math.max(timeMs[timeMs.length - 1] ?? 1, fromMs + 1);
  const [top, bottom] = [place(high), place(low)];
  return {
    x: (t) => (LEFT + ((WIDTH - LEFT - RIGHT) * (t - fromMs)) / (toMs - fromMs)).toFixed(1),
    y: (v) => (TOP + ((HEIGHT - TOP - BOTTOM) * (top - place(v))) / (top - bottom)).toFixed(1),
    ...{ low, high, isRatio, fromMs, toMs },
  };
}

function path(
  scale: Scale,
  timeMs: ArrayLike<number>,
  values: ArrayLike<number>,
  gapMs: number,
): string {
  const step = Math.max(1, Math.ceil(values.length / POINTS));
  const points: string[] = [];
  let before = -Infinity;
  let isGap = true;
  for (let i = 0; i < values.length; i++) {
    isGap ||= timeMs[i]! - before > gapMs;
    before = timeMs[i]!;
    if (i % step !== 0 && !isGap) continue;
    points.push(`${isGap ? 'M' : 'L'}${scale.x(timeMs[i]!)} ${scale.y(values[i]!)}`);
    isGap = false;
  }
  return `<path fill="none" stroke="#2457a6" stroke-width="1.2" d="${points.join('')}"/>`;
}

function frame(scale: Scale, title: string, inner: string): string {
  const bottom = HEIGHT - BOTTOM;
  const right = WIDTH - RIGHT;
  const lines = [
    ...values(scale).map((value) => {
      const y = scale.y(value);
      return `<line x1="${LEFT}" y1="${y}" x2="${right}" y2="${y}"/><text x="${LEFT - 6}" y="${Number(y) + 4}" text-anchor="end">${Number(value.toPrecision(5))}</text>`;
    }),
    ...dates(scale).map(({ ms, told }) => {
      const x = scale.x(ms);
      return `<line x1="${x}" y1="${TOP}" x2="${x}" y2="${bottom}"/><text x="${x}" y="${HEIGHT - 6}" text-anchor="middle">${told}</text>`;
    }),
  ];
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}" font-family="system-ui" font-size="12">
<text x="${LEFT}" y="14">${title}</text>
<g class="grid">${lines.join('')}</g>
${inner}</svg>`;
}

/** Round values across the scale, about five. */
function values({ low, high, isRatio }: Scale): number[] {
  const round = (rough: number): number => {
    const unit = 10 ** Math.floor(Math.log10(rough));
    return unit * ([1, 2, 5, 10].find((n) => n * unit >= rough) ?? 10);
  };
  if (isRatio) {
    const all: number[] = [];
    for (let unit = 10 ** Math.floor(Math.log10(low)); unit <= high; unit *= 10) {
      all.push(...[1, 2, 5].map((n) => n * unit));
    }
    return all.filter((value) => value >= low && value <= high);
  }
  const step = round((high - low) / 5);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, k) => (first + k) * step);
}

/** Starts of days, months or years within the scale, ten at most. */
function dates({ fromMs, toMs }: Scale): { ms: number; told: string }[] {
  const months = [1, 3, 6, 12, 24, 60].find((n) => toMs - fromMs < 10 * n * 30 * DAY_MS);
  const all: { ms: number; told: string }[] = [];
  if (toMs - fromMs < 60 * DAY_MS) {
    const days = Math.max(1, Math.ceil((toMs - fromMs) / (10 * DAY_MS)));
    for (let ms = Math.ceil(fromMs / DAY_MS) * DAY_MS; ms <= toMs; ms += days * DAY_MS) {
      all.push({ ms, told: isoTime(ms).slice(5, 10) });
    }
    return all;
  }
  const every = months ?? 120;
  const year = new Date(fromMs).getUTCFullYear();
  for (let month = 0; ; month += every) {
    const ms = Date.UTC(year, month, 1);
    if (ms > toMs) return all;
    if (ms >= fromMs) all.push({ ms, told: isoTime(ms).slice(0, every >= 12 ? 4 : 7) });
  }
}
