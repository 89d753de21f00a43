import type { CandleColumns } from '../../shared/candle.ts';
import { isoTime } from '../../shared/timeframe.ts';

const WIDTH = 1000;
const HEIGHT = 260;
const LEFT = 70;
const BOTTOM = 24;
const TOP = 22;
/** Points that a chart of this width can show. */
const POINTS = 1500;

/** A trade on a price chart. */
export interface Mark {
  entryMs: number;
  entryPrice: number;
  exitMs: number;
  exitPrice: number;
  /** Before costs. */
  won: boolean;
  title: string;
}

/** A line over time as SVG. */
export function lineChart(
  timeMs: ArrayLike<number>,
  values: ArrayLike<number>,
  title: string,
): string {
  const scale = scaleOf(timeMs, values, values);
  return frame(scale, title, path(scale, timeMs, values));
}

/** Closes with a line from entry to exit of each trade: green when it gained before costs, red when it lost. */
export function priceChart(bars: CandleColumns, marks: readonly Mark[], title: string): string {
  const scale = scaleOf(bars.timeMs, bars.low, bars.high);
  const lines = marks.map((m) => {
    const colour = m.won ? '#0a7d33' : '#c0271c';
    return `<line x1="${scale.x(m.entryMs)}" y1="${scale.y(m.entryPrice)}" x2="${scale.x(m.exitMs)}" y2="${scale.y(m.exitPrice)}" stroke="${colour}" stroke-width="2"><title>${m.title}</title></line>`;
  });
  return frame(scale, title, path(scale, bars.timeMs, bars.close) + lines.join(''));
}

interface Scale {
  x(timeMs: number): string;
  y(value: number): string;
  low: number;
  high: number;
  fromMs: number;
  toMs: number;
}

function scaleOf(
  timeMs: ArrayLike<number>,
  lows: ArrayLike<number>,
  highs: ArrayLike<number>,
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
  const fromMs = timeMs[0] ?? 0;
  const toMs = Math.max(timeMs[timeMs.length - 1] ?? 1, fromMs + 1);
  return {
    x: (t) => (LEFT + ((WIDTH - LEFT) * (t - fromMs)) / (toMs - fromMs)).toFixed(1),
    y: (v) => (TOP + ((HEIGHT - TOP - BOTTOM) * (high - v)) / (high - low)).toFixed(1),
    low,
    high,
    fromMs,
    toMs,
  };
}

function path(scale: Scale, timeMs: ArrayLike<number>, values: ArrayLike<number>): string {
  const step = Math.max(1, Math.ceil(values.length / POINTS));
  const points: string[] = [];
  for (let i = 0; i < values.length; i += step) {
    points.push(`${scale.x(timeMs[i]!)},${scale.y(values[i]!)}`);
  }
  return `<polyline fill="none" stroke="#2457a6" stroke-width="1.2" points="${points.join(' ')}"/>`;
}

function frame(scale: Scale, title: string, inner: string): string {
  const label = (value: number): string => Number(value.toPrecision(5)).toString();
  const bottom = HEIGHT - BOTTOM;
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}" font-family="system-ui" font-size="12">
<text x="${LEFT}" y="14">${title}</text>
<line x1="${LEFT}" y1="${TOP}" x2="${LEFT}" y2="${bottom}" stroke="#999"/><line x1="${LEFT}" y1="${bottom}" x2="${WIDTH}" y2="${bottom}" stroke="#999"/>
<text x="${LEFT - 6}" y="${TOP + 8}" text-anchor="end">${label(scale.high)}</text>
<text x="${LEFT - 6}" y="${bottom}" text-anchor="end">${label(scale.low)}</text>
<text x="${LEFT}" y="${HEIGHT - 6}">${isoTime(scale.fromMs).slice(0, 10)}</text>
<text x="${WIDTH}" y="${HEIGHT - 6}" text-anchor="end">${isoTime(scale.toMs).slice(0, 10)}</text>
${inner}</svg>`;
}
