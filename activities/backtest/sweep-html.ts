import { dailyChart } from './report-charts.ts';
import { text } from './report-html.ts';
import { REPORT_STYLE } from './report-style.ts';
import { atEdge, ranked, variedParameters, type SweepSummary } from './sweep-summary.ts';

type Forward = NonNullable<SweepSummary['walkForward']>;

const CELL = 56;
const LEFT = 110;
const TOP = 40;
const BEST_ROWS = 20;

/** One self-contained page of a sweep: what it shows, how far to believe it, a map of two parameters. */
export function sweepHtml(summary: SweepSummary): string {
  const title = `Sweep of ${summary.strategy} on ${summary.pairs.join(', ')}, ${summary.timeframe}`;
  const { best, overfitting, walkForward } = summary;
  const varied = variedParameters(summary);
  const edge = atEdge(summary);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${text(title)}</title><meta name="viewport" content="width=device-width"><style>${REPORT_STYLE}</style></head><body>
<h1>${text(title)}</h1>
<p><b>In words:</b> ${text(summary.verdict)}.</p>
<table>
<tr><th>sets</th><td>${summary.done} of ${summary.sets}</td></tr>
${
  best === null
    ? ''
    : `<tr><th>best Sharpe ratio</th><td>${number(best.sharpe)}; above 0 with probability ${number(best.probabilisticSharpe)}, were it the only try</td></tr>
<tr><th>deflated Sharpe ratio</th><td>${number(best.deflatedSharpe)}: the probability that it is above what luck gives the best of ${summary.done} tries</td></tr>
<tr><th>best set</th><td>${varied.map((name) => `${text(name)} ${text(JSON.stringify(best.params[name]))}`).join(', ')}${edge.length === 0 ? '' : `; ${text(edge.join(', '))} at the edge of what was tried: the best may lie beyond`}</td></tr>`
}
<tr><th>overfitting</th><td>${number(overfitting.probability)}: how often the best of one half of the days was below the median in the other (${overfitting.splits} splits)</td></tr>
</table>
${walkForward === null ? '' : forwardPart(walkForward, varied)}
${varied.length === 0 ? '' : parameterMap(summary, varied[0]!, varied[1] ?? null)}
<h2>Best sets</h2>
<div class="wide"><table><tr>${varied.map((name) => `<th>${text(name)}</th>`).join('')}<th>Sharpe</th><th>return</th><th>trades</th><th>deepest drawdown</th></tr>
${ranked(summary)
  .slice(0, BEST_ROWS)
  .map(
    (r) =>
      `<tr>${varied.map((name) => `<td>${text(JSON.stringify(r.params[name]))}</td>`).join('')}<td>${number(r.sharpe)}</td><td>${percent(r.netReturn)}</td><td>${r.trades}</td><td>${percent(r.maxDrawdown)}</td></tr>`,
  )
  .join('\n')}</table></div>
</body></html>
`;
}

/** The set chosen anew on each training window, and what it did on the days after. */
function forwardPart(
  { windows, sharpe, sharpeInterval, totalReturn, probabilisticSharpe, equity }: Forward,
  varied: readonly string[],
): string {
  const days = equity.map(({ day }) => Date.parse(day));
  const values = equity.map(({ value }) => value);
  const rows = windows.map((w) => {
    const chosen = varied.map((name) => `${name} ${JSON.stringify(w.params?.[name])}`).join(', ');
    return (
      `<tr><td>${w.trainFrom}</td><td>${w.testFrom} to ${w.testTo}</td><td>${w.params === null ? 'none: cash' : text(chosen)}</td>` +
      `<td>${number(w.trainSharpe)}</td><td>${number(w.testSharpe)}</td></tr>`
    );
  });
  return `<h2>Chosen anew and followed</h2>
<p>Over the ${windows.length} test windows: Sharpe ratio ${number(sharpe)} (95 %: ${number(sharpeInterval.low)} to ${number(sharpeInterval.high)}), above 0 with probability ${number(probabilisticSharpe)}; return ${percent(totalReturn)}.</p>
${equity.length < 2 ? '' : dailyChart(days, values, 'what 1 became on the days that no set was chosen by')}
<div class="wide"><table><tr><th>trained from</th><th>followed</th><th>chosen</th><th>Sharpe in training</th><th>followed</th></tr>
${rows.join('\n')}</table></div>`;
}

/** Mean Sharpe ratio over all sets that share two parameters: a good set among bad neighbours is luck. */
function parameterMap({ rows }: SweepSummary, across: string, down: string | null): string {
  const cells = new Map<string, number[]>();
  const xs = new Set<string>();
  const ys = new Set<string>();
  for (const row of rows) {
    if (row === null || Number.isNaN(row.sharpe)) continue;
    const x = JSON.stringify(row.params[across]);
    const y = down === null ? '' : JSON.stringify(row.params[down]);
    xs.add(x);
    ys.add(y);
    const key = `${x} ${y}`;
    cells.set(key, [...(cells.get(key) ?? []), row.sharpe]);
  }
  const means = new Map([...cells].map(([key, s]) => [key, s.reduce((a, b) => a + b) / s.length]));
  const most = Math.max(1e-9, ...[...means.values()].map(Math.abs));
  const columns = inOrder(xs);
  const lines = inOrder(ys);
  const parts: string[] = [];
  columns.forEach((x, i) => {
    parts.push(label(LEFT + (i + 0.5) * CELL, TOP - 8, x, 'middle'));
  });
  lines.forEach((y, j) => {
    parts.push(label(LEFT - 8, TOP + (j + 0.6) * CELL, y, 'end'));
    columns.forEach((x, i) => {
      const key = `${x} ${y}`;
      const mean = means.get(key);
      if (mean === undefined) return;
      const strength = Math.round((100 * Math.abs(mean)) / most);
      const colour =
        mean > 0 ? `hsl(140 50% ${100 - strength / 2}%)` : `hsl(5 60% ${100 - strength / 2}%)`;
      const count = cells.get(key)!.length;
      parts.push(
        `<rect x="${LEFT + i * CELL}" y="${TOP + j * CELL}" width="${CELL - 2}" height="${CELL - 2}" fill="${colour}"><title>${count === 1 ? '1 set' : `${count} sets`}</title></rect>`,
        label(LEFT + (i + 0.5) * CELL, TOP + (j + 0.6) * CELL, mean.toFixed(2), 'middle', 'cell'),
      );
    });
  });
  const width = LEFT + columns.length * CELL + 10;
  const height = TOP + lines.length * CELL + 10;
  return `<h2>Mean Sharpe ratio: ${text(across)} across${down === null ? '' : `, ${text(down)} down`}</h2>
<p>A good set among bad neighbours is luck.</p>
<div class="wide"><svg class="map" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">${parts.join('')}</svg></div>`;
}

/** Values as JSON: numbers by size, everything else as it came. */
function inOrder(values: ReadonlySet<string>): string[] {
  const all = [...values];
  return all.some((value) => Number.isNaN(Number(value)))
    ? all
    : all.sort((a, b) => Number(a) - Number(b));
}

function label(
  x: number,
  y: number,
  words: string,
  anchor: 'middle' | 'end',
  kind: 'axis' | 'cell' = 'axis',
): string {
  return `<text class="${kind}" x="${x}" y="${y}" text-anchor="${anchor}">${text(words)}</text>`;
}

function number(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2) : 'not known';
}

function percent(share: number): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(1)} %` : 'not known';
}
