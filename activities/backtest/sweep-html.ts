import { text } from './report-html.ts';
import type { SweepSummary } from './sweep-summary.ts';

const CELL = 56;
const LEFT = 110;
const TOP = 40;
const BEST_ROWS = 20;

/** One self-contained page of a sweep: what it shows, how far to believe it, a map of two parameters. */
export function sweepHtml(summary: SweepSummary): string {
  const title = `Sweep of ${summary.strategy} on ${summary.pairs.join(', ')}, ${summary.timeframe}`;
  const { best, overfitting, walkForward } = summary;
  const varied = variedParameters(summary);
  const rows = summary.rows.flatMap((row) => (row === null ? [] : [row]));
  rows.sort((a, b) => (b.sharpe || -Infinity) - (a.sharpe || -Infinity));
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${text(title)}</title><style>${STYLE}</style></head><body>
<h1>${text(title)}</h1>
<p>${summary.done} of ${summary.sets} sets. ${
    best === null
      ? 'None has a Sharpe ratio.'
      : `The best Sharpe ratio is ${number(best.sharpe)}; it is above 0 with probability ${number(best.probabilisticSharpe)}, above what luck gives the best of ${summary.done} tries with ${number(best.deflatedSharpe)}.`
  } Probability that choosing the best overfits: ${number(overfitting.probability)}.</p>
${
  walkForward === null
    ? ''
    : `<p>Chosen anew on each of ${walkForward.windows.length} training windows and followed over the test windows: Sharpe ratio ${number(walkForward.sharpe)}, return ${percent(walkForward.totalReturn)}.</p>`
}
${varied.length < 2 ? '' : parameterMap(summary, varied[0]!, varied[1]!)}
<h2>Best sets</h2>
<table><tr>${varied.map((name) => `<th>${text(name)}</th>`).join('')}<th>Sharpe</th><th>return</th><th>trades</th><th>deepest drawdown</th></tr>
${rows
  .slice(0, BEST_ROWS)
  .map(
    (r) =>
      `<tr>${varied.map((name) => `<td>${text(JSON.stringify(r.params[name]))}</td>`).join('')}<td>${number(r.sharpe)}</td><td>${percent(r.netReturn)}</td><td>${r.trades}</td><td>${percent(r.maxDrawdown)}</td></tr>`,
  )
  .join('\n')}</table>
</body></html>
`;
}

/** Names of the parameters that differ between sets. */
function variedParameters({ rows }: SweepSummary): string[] {
  const values = new Map<string, Set<string>>();
  for (const row of rows) {
    for (const [name, value] of Object.entries(row?.params ?? {})) {
      const seen = values.get(name) ?? new Set();
      values.set(name, seen.add(JSON.stringify(value)));
    }
  }
  return [...values].filter(([, seen]) => seen.size > 1).map(([name]) => name);
}

/** Mean Sharpe ratio over all sets that share two parameters: a good set among bad neighbours is luck. */
function parameterMap({ rows }: SweepSummary, across: string, down: string): string {
  const cells = new Map<string, number[]>();
  const xs = new Set<string>();
  const ys = new Set<string>();
  for (const row of rows) {
    if (row === null || Number.isNaN(row.sharpe)) continue;
    const x = JSON.stringify(row.params[across]);
    const y = JSON.stringify(row.params[down]);
    xs.add(x);
    ys.add(y);
    const key = `${x} ${y}`;
    cells.set(key, [...(cells.get(key) ?? []), row.sharpe]);
  }
  const means = new Map([...cells].map(([key, s]) => [key, s.reduce((a, b) => a + b) / s.length]));
  const most = Math.max(1e-9, ...[...means.values()].map(Math.abs));
  const columns = [...xs];
  const lines = [...ys];
  const parts: string[] = [];
  columns.forEach((x, i) => {
    parts.push(label(LEFT + (i + 0.5) * CELL, TOP - 8, x, 'middle'));
  });
  lines.forEach((y, j) => {
    parts.push(label(LEFT - 8, TOP + (j + 0.6) * CELL, y, 'end'));
    columns.forEach((x, i) => {
      const mean = means.get(`${x} ${y}`);
      if (mean === undefined) return;
      const strength = Math.round((100 * Math.abs(mean)) / most);
      const colour =
        mean > 0 ? `hsl(140 50% ${100 - strength / 2}%)` : `hsl(5 60% ${100 - strength / 2}%)`;
      parts.push(
        `<rect x="${LEFT + i * CELL}" y="${TOP + j * CELL}" width="${CELL - 2}" height="${CELL - 2}" fill="${colour}"/>`,
        label(LEFT + (i + 0.5) * CELL, TOP + (j + 0.6) * CELL, mean.toFixed(2), 'middle'),
      );
    });
  });
  const width = LEFT + columns.length * CELL + 10;
  const height = TOP + lines.length * CELL + 10;
  return `<h2>Mean Sharpe ratio: ${text(across)} across, ${text(down)} down</h2>
<svg viewBox="0 0 ${width} ${height}" width="${width}" font-family="system-ui" font-size="12">${parts.join('')}</svg>`;
}

function label(x: number, y: number, words: string, anchor: 'middle' | 'end'): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}">${text(words)}</text>`;
}

function number(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2) : 'not known';
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

const STYLE = `body{font:15px/1.45 system-ui,sans-serif;max-width:1000px;margin:2em auto;padding:0 1em;color:#1a1a1a;background:#fff}
h1{font-size:1.5em}h2{font-size:1.15em;margin-top:2em}table{border-collapse:collapse}
td,th{padding:.25em .7em;border-bottom:1px solid #ddd;text-align:left}svg{max-width:100%;height:auto}`;
