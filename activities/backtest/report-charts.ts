import { lowerBound } from '../../candles/timeframes.ts';
import type { CandleColumns } from '../../shared/candle.ts';
import { isoTime } from '../../shared/timeframe.ts';
import { plainNumber } from './plain-number.ts';

const WIDTH = 1000;
const HEIGHT = 260;
const LEFT = 70;
const RIGHT = 24;
const BOTTOM = 24;
const TOP = 22;
/** Parts of a line that a chart of this width can show; of each its lowest and its highest point are drawn. */
const PARTS = 900;
/** Narrower gaps show as a break of the line alone. */
const GAP_PIXELS = 2;
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

/**
 * Daily values as SVG; the line breaks where days are missing, and grey bands show them. Values that stay above 0 and move
 * far are shown by ratio.
 */
export function dailyChart(
  timeMs: ArrayLike<number>,
  values: ArrayLike<number>,
  title: string,
): string {
  const scale = scaleOf(timeMs, values, values, true);
  return frame(scale, title, path(scale, timeMs, values, 1.5 * DAY_MS));
}

/**
 * Closes with a line from entry to exit of each trade, over the time in which there were trades: green when one
 * gained before costs, red when it lost. The line breaks where bars are missing, and grey bands show them.
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
    const [x1, y1] = [scale.x(m.entryMs), scale.y(m.entryPrice)];
    const [x2, y2] = [scale.x(m.exitMs), scale.y(m.exitPrice)];
    const tip = m.isLong ? 7 : -7;
    return (
      `<g class="${m.won ? 'won' : 'lost'}"><title>${m.title}</title><line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke-width="2"/>` +
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
  const isRatio = mayBeRatio && low > 0 && high > WIDE * low;
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

/** The line and its gaps. A line of more points than can be told apart keeps every extreme of it. */
function path(
  scale: Scale,
  timeMs: ArrayLike<number>,
  values: ArrayLike<number>,
  gapMs: number,
): string {
  const size = Math.max(1, Math.ceil(values.length / PARTS));
  const points: string[] = [];
  const gaps: string[] = [];
  const draw = (kind: 'M' | 'L', i: number): void => {
    points.push(`${kind}${scale.x(timeMs[i]!)} ${scale.y(values[i]!)}`);
  };
  for (let i = 0; i < values.length;) {
    const before = timeMs[i - 1] ?? timeMs[i]!;
    const isGap = i === 0 || timeMs[i]! - before > gapMs;
    if (isGap) draw('M', i);
    if (isGap && i > 0) gaps.push(gapBand(scale, before, timeMs[i]!));
    let [lowest, highest, last] = [i, i, i];
    while (last + 1 < values.length && last + 1 - i < size) {
      if (timeMs[last + 1]! - timeMs[last]! > gapMs) break;
      last++;
      if (values[last]! < values[lowest]!) lowest = last;
      if (values[last]! > values[highest]!) highest = last;
    }
    for (const at of new Set([Math.min(lowest, highest), Math.max(lowest, highest), last])) {
      if (!isGap || at > i) draw('L', at);
    }
    // A day or bar that stands alone is a point.
    if (isGap && last === i) draw('L', i);
    i = last + 1;
  }
  return `${gaps.join('')}<path class="line" stroke-linecap="round" d="${points.join('')}"/>`;
}

function gapBand(scale: Scale, fromMs: number, toMs: number): string {
  const [left, right] = [Number(scale.x(fromMs)), Number(scale.x(toMs))];
  if (right - left < GAP_PIXELS) return '';
  const told = `no data from ${isoTime(fromMs).slice(0, 10)} to ${isoTime(toMs).slice(0, 10)}`;
  return `<rect class="gap" x="${left}" y="${TOP}" width="${(right - left).toFixed(1)}" height="${HEIGHT - TOP - BOTTOM}"><title>${told}</title></rect>`;
}

function frame(scale: Scale, title: string, inner: string): string {
  const bottom = HEIGHT - BOTTOM;
  const right = WIDTH - RIGHT;
  const lines = [
    ...values(scale).map((value) => {
      const y = scale.y(value);
      return `<line x1="${LEFT}" y1="${y}" x2="${right}" y2="${y}"/><text x="${LEFT - 6}" y="${Number(y) + 4}" text-anchor="end">${plainNumber(Number(value.toPrecision(5)))}</text>`;
    }),
    ...dates(scale).map(({ ms, told }) => {
      const x = scale.x(ms);
      return `<line x1="${x}" y1="${TOP}" x2="${x}" y2="${bottom}"/><text x="${x}" y="${HEIGHT - 6}" text-anchor="middle">${told}</text>`;
    }),
  ];
  const told = scale.isRatio ? `${title} (logarithmic)` : title;
  return `<svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${told}">
<text x="${LEFT}" y="14">${told}</text>
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
    const within = (steps: readonly number[]): number[] => {
      const all: number[] = [];
      for (let unit = 10 ** Math.floor(Math.log10(low)); unit <= high; unit *= 10) {
        all.push(...steps.map((n) => n * unit));
      }
      return all.filter((value) => value >= low && value <= high);
    };
    const few = within([1, 2, 5]);
    return few.length >= 4 ? few : within([1, 1.5, 2, 3, 4, 5, 7]);
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
