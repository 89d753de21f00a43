import { EXIT_REASONS } from '../../shared/backtest/trade-log.ts';
import { isoTime, timeframeMs, type Timeframe } from '../../shared/timeframe.ts';
import { dailyChart, priceChart, type Mark } from './report-charts.ts';
import { REPORT_STYLE } from './report-style.ts';
import type { StudyMeasures } from './study-measures.ts';
import type { StudyRun } from './run-study.ts';
import type { StudySummary } from './study-summary.ts';
import type { PairData } from './study.ts';

export interface ReportInput {
  summary: StudySummary;
  measures: StudyMeasures | null;
  run: StudyRun;
  data: readonly PairData[];
}

/** One self-contained page: no script, no address outside of it. */
export function reportHtml({ summary, measures, run, data }: ReportInput): string {
  const title = `${summary.strategy} on ${summary.pairs.join(', ')}, ${summary.timeframe}`;
  const page = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${text(title)}</title><meta name="viewport" content="width=device-width"><style>${REPORT_STYLE}</style></head><body>
<h1>${text(title)}</h1>
<p>${text(summary.from)} to ${text(summary.to ?? 'the end of the data')}: ${summary.bars} bars,
${summary.gaps} gaps; ${summary.trades} trades. Parameters <code>${text(JSON.stringify(summary.params))}</code>.</p>
${summary.rules === null ? '' : `<p>Entries and exits <code>${text(JSON.stringify(named(summary.rules)))}</code>.</p>`}
${summary.halted === null ? '' : `<p class="warn">The risk engine stopped trading for good on ${text(summary.halted.at)}: ${text(summary.halted.why)}.</p>`}
${measures === null ? '' : equityPart(measures, run.numeraire, run.engine?.account.startEquity ?? NaN)}
${unitsPart(summary)}
${tradesPart(summary, measures)}
${data.map((d, p) => pricePart(run, d, p, summary.timeframe)).join('\n')}
</body></html>
`;
  const { contaminated } = summary;
  return contaminated === null ? page : labelled(page, contaminated);
}

/** The label beside every figure, table cell and chart but those of the comparison, which leaves such results out. */
function labelled(
  page: string,
  { label, countsFrom }: NonNullable<StudySummary['contaminated']>,
): string {
  const tag = `<span class="tag" title="${text(label)}">contaminated</span>`;
  const [before = '', after = ''] = page.split(COMPARED);
  const end = after.indexOf('</table>');
  const mark = (html: string): string =>
    html.replace(/(<td>|<h2>)(?=[^<\s])/g, (found) => `${found}${tag} `);
  const counts =
    countsFrom === null
      ? 'Nothing is compared: no result counts.'
      : `Compared from ${text(countsFrom)} on; nothing before it counts.`;
  const warning = `<p class="warn">${text(label)}. What a model may have known by heart shows nothing of its judgement: every number of that time says so.</p>`;
  const marked = mark(before).replace('</h1>', `</h1>\n${warning}`);
  if (end < 0) return marked;
  return `${marked}${COMPARED}<p>${counts}</p>${after.slice(0, end)}${mark(after.slice(end))}`;
}

const COMPARED = '<h2>Against doing something simpler</h2>';

function equityPart(measures: StudyMeasures, numeraire: string, start: number): string {
  const { equity, comparisons, dailyMs, dailyEquity } = measures;
  let peak = -Infinity;
  const under = dailyEquity.map((e) => {
    peak = Math.max(peak, e);
    return 100 * (e / peak - 1);
  });
  const rows = comparisons.map(
    (c) => `<tr><td>${text(c.baseline)}</td><td>${percent(c.measures.totalReturn)}</td>
<td>${number(c.measures.sharpe)}</td><td>${percent(c.measures.maxDrawdown)}</td>
<td>${number(c.sharpeDifference)} (${number(c.interval.low)} to ${number(c.interval.high)})</td>
<td>${text(c.verdict)}</td></tr>`,
  );
  return `<h2>Account</h2>
${dailyChart(dailyMs, dailyEquity, `equity in ${numeraire}, by day`)}
${dailyChart(dailyMs, under, 'below the peak, per cent')}
<table>
<tr><th>return</th><td>${percent(equity.totalReturn)} in ${equity.days} days (${percent(equity.annualGrowth)} a year)</td></tr>
<tr><th>Sharpe ratio</th><td>${number(equity.sharpe)}, 95 % interval ${number(equity.sharpeInterval.low)} to ${number(equity.sharpeInterval.high)}; probability above 0: ${percent(equity.probabilisticSharpe)}</td></tr>
<tr><th>Sortino, Calmar</th><td>${number(equity.sortino)}, ${number(equity.calmar)}</td></tr>
<tr><th>deepest drawdown</th><td>${percent(equity.maxDrawdown)}, longest ${equity.longestDrawdownDays} days</td></tr>
<tr><th>in a position</th><td>${percent(measures.exposure)} of bars; turnover ${number(measures.turnover)} times the start</td></tr>
<tr><th>days for certainty</th><td>${Number.isFinite(equity.minimumTrackDays) ? `${Math.ceil(equity.minimumTrackDays)} days would show such a ratio above 0` : 'no number of days shows a ratio above 0 from this one'}</td></tr>
</table>
${COMPARED}
<div class="wide"><table class="compare"><tr><th>baseline</th><th>return</th><th>Sharpe</th><th>drawdown</th><th>difference of Sharpe (95 %)</th><th>in words</th></tr>
${rows.join('\n')}</table></div>
<h2>Months, per cent</h2>
${monthTable(dailyMs, dailyEquity, start)}`;
}

/** What the account holds of each asset, before and after. */
function unitsPart({ account }: StudySummary): string {
  if (account === null) return '';
  const rows = Object.entries(account.balances).map(
    ([asset, end]) =>
      `<tr><th>${text(asset)}</th><td>${account.startBalances[asset] ?? '0'}</td><td>${end}</td><td>${account.units[asset] ?? '0'}</td></tr>`,
  );
  return `<h2>Assets in units</h2>
<table><tr><th></th><th>start</th><th>end</th><th>change</th></tr>${rows.join('')}</table>`;
}

/** Change of each month and year with data; nothing is spread over months without. */
function monthTable(
  dailyMs: readonly number[],
  dailyEquity: readonly number[],
  start: number,
): string {
  const ends = new Map<string, number>();
  dailyMs.forEach((day, k) => ends.set(isoTime(day).slice(0, 7), dailyEquity[k]!));
  const change = (from: number, to: number): string => (100 * (to / from - 1)).toFixed(1);
  const years = new Map<string, { months: string[]; from: number; to: number }>();
  let before = start;
  for (const [month, equity] of ends) {
    const [year, number] = month.split('-') as [string, string];
    const months = Array.from({ length: 12 }, () => '');
    const row = years.get(year) ?? { months, from: before, to: equity };
    row.months[Number(number) - 1] = change(before, equity);
    row.to = equity;
    years.set(year, row);
    before = equity;
  }
  const head = Array.from({ length: 12 }, (_, k) => `<th>${k + 1}</th>`).join('');
  const rows = [...years].map(([year, { months, from, to }]) => {
    const cells = [...months, change(from, to)].map((v) => `<td>${v}</td>`).join('');
    return `<tr><th>${year}</th>${cells}</tr>`;
  });
  return `<div class="wide"><table class="months"><tr><th></th>${head}<th>year</th></tr>${rows.join('')}</table></div>`;
}

function tradesPart(summary: StudySummary, measures: StudyMeasures | null): string {
  const amounts = (of: Record<string, string>): string =>
    Object.entries(of)
      .map(([asset, amount]) => `${amount} ${asset}`)
      .join(', ');
  const trades = measures?.trades;
  const vetoes = Object.entries(summary.vetoes ?? {});
  return `<h2>Trades</h2>
<table>
<tr><th>gross, fees, net</th><td>${text(`${amounts(summary.grossPnl)}; ${amounts(summary.fees)}; ${amounts(summary.netPnl)}`)}</td></tr>
${
  Object.values(summary.interest).every((paid) => paid === '0')
    ? ''
    : `<tr><th>interest among fees</th><td>${text(amounts(summary.interest))}</td></tr>\n`
}<tr><th>ended by</th><td>${text(
    Object.entries(summary.exits)
      .map(([reason, count]) => `${reason} ${count}`)
      .join(', '),
  )}</td></tr>
${
  trades === undefined
    ? ''
    : `<tr><th>won</th><td>${percent(trades.winRate)} (95 %: ${percent(trades.winRateInterval.low)} to ${percent(trades.winRateInterval.high)})</td></tr>
<tr><th>expectancy</th><td>${Number.isNaN(trades.expectancyR) ? 'not known in R, for there were no stops' : `${number(trades.expectancyR)} R a trade`}; profit factor ${number(trades.profitFactor)}; quality ${number(trades.sqn)}</td></tr>`
}
${vetoes.length === 0 ? '' : `<tr><th>refused</th><td>${text(vetoes.map(([rule, n]) => `${rule} ${n}`).join(', '))}</td></tr>`}
</table>`;
}

/** What there is of it: nulls are left out. */
function named(rules: object): object {
  return Object.fromEntries(Object.entries(rules).filter(([, value]) => value !== null));
}

/** Most marks drawn on one price chart; more could not be told apart. */
const MOST_MARKS = 2000;

function pricePart(
  run: StudyRun,
  { pair, bars }: PairData,
  index: number,
  timeframe: Timeframe,
): string {
  const { log } = run;
  const marks: Mark[] = [];
  for (let k = 0; k < log.count && marks.length < MOST_MARKS; k++) {
    if (log.pair[k] !== index) continue;
    marks.push({
      entryMs: bars.timeMs[log.entryBar[k]!]!,
      entryPrice: log.entryPrice[k]!,
      exitMs: bars.timeMs[log.exitBar[k]!]!,
      exitPrice: log.exitPrice[k]!,
      isLong: log.side[k] === 1,
      won: log.grossPnl[k]! > 0,
      title: `${log.side[k] === 1 ? '' : 'short, '}${EXIT_REASONS[log.reason[k]!]}: ${log.entryPrice[k]} to ${log.exitPrice[k]}`,
    });
  }
  return `<h2>${text(pair)}</h2>\n${priceChart(bars, marks, 24 * timeframeMs(timeframe), `${pair}: close and trades`)}`;
}

export function text(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

function number(value: number): string {
  if (Number.isNaN(value)) return 'not known';
  return Number.isFinite(value) ? value.toFixed(2) : 'no bound';
}

function percent(share: number): string {
  return Number.isNaN(share) ? 'not known' : `${(100 * share).toFixed(1)} %`;
}
