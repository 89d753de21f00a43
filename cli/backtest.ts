import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { loadStudyData } from '../activities/backtest/load-study-data.ts';
import { runStudy } from '../activities/backtest/run-study.ts';
import { studySummary, type StudySummary } from '../activities/backtest/study-summary.ts';
import type { StudyInstrument, StudyRequest } from '../activities/backtest/study.ts';
import { tradesCsv } from '../activities/backtest/trades-csv.ts';
import { EXIT_REASONS } from '../shared/backtest/trade-log.ts';
import { Decimal } from '../shared/money.ts';
import { isPair, type Pair } from '../shared/pair.ts';
import {
  BAR_STRATEGY_NAMES,
  parseBarStrategy,
  type BarStrategyChoice,
} from '../shared/strategies/bar-registry.ts';
import { isTimeframe, TIMEFRAMES } from '../shared/timeframe.ts';
import { instrumentFor } from '../simulator/instruments.ts';

const USAGE = `npm run backtest -- --strategy NAME --data DIR --pairs P[,P] --timeframe T [options]

  --strategy NAME   ${BAR_STRATEGY_NAMES.join(', ')}
  --params JSON     parameters of the strategy, e.g. '{"fast":12,"slow":26}'
  --data DIR        folder of candle files
  --pairs P[,P]     e.g. BTC/USDT,XRP/USDT
  --timeframe T     ${TIMEFRAMES.join(', ')}
  --from T --to T   open times, ISO 8601 UTC; --from is included, --to is not
  --fills-only      fixed quantity, no risk engine, each pair one series
  --limits L        desk (default): the risk engine; none: an equal share of the account per entry
  --confidence P    stated confidence of the strategy, for the risk engine (0.65)
  --balances A=N,.. start balances, e.g. USDT=1000,XRP=500
  --gap-bars N      more missing bars than this end a segment (24)
  --trades FILE     write the trades as CSV
  --json            one JSON document on stdout
`;

/** Kraken's entry tier for spot, read 2026-11-21. */
const TAKER_FEE = 0.004;
const MAKER_FEE = 0.0025;

/** Wrong usage: exit status 2. */
class UsageError extends Error {}

function main(): void {
  const { request, choice, tradesFile, json } = readArguments();
  const data = loadStudyData(request, (line) => console.error(line));
  const run = runStudy(request, choice, data, venueFacts);
  const summary = studySummary(request, choice, data, run, EXIT_REASONS);
  if (tradesFile !== undefined) writeTrades(tradesFile, tradesCsv(run.log, data));
  process.stdout.write(json ? `${JSON.stringify(summary)}\n` : table(summary));
}

function readArguments(): {
  request: StudyRequest;
  choice: BarStrategyChoice;
  tradesFile: string | undefined;
  json: boolean;
} {
  const { values } = asUsage(() =>
    parseArgs({
      options: {
        strategy: { type: 'string' },
        params: { type: 'string', default: '{}' },
        data: { type: 'string' },
        pairs: { type: 'string' },
        timeframe: { type: 'string', default: '1h' },
        from: { type: 'string' },
        to: { type: 'string' },
        'fills-only': { type: 'boolean', default: false },
        limits: { type: 'string', default: 'desk' },
        balances: { type: 'string' },
        confidence: { type: 'string', default: '0.65' },
        'gap-bars': { type: 'string', default: '24' },
        trades: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }),
  );
  if (values.help) {
    process.stdout.write(USAGE);
    process.exit(0);
  }
  const { timeframe, limits } = values;
  if (!isTimeframe(timeframe)) {
    throw new UsageError(`--timeframe ${timeframe}: there are ${TIMEFRAMES.join(', ')}`);
  }
  if (limits !== 'desk' && limits !== 'none') {
    throw new UsageError(`--limits ${limits}: there are desk and none`);
  }
  const gapBars = Number(values['gap-bars']);
  if (!Number.isInteger(gapBars) || gapBars < 0) {
    throw new UsageError(`--gap-bars ${values['gap-bars']}: not a whole number of bars`);
  }
  const confidence = Number(values.confidence);
  if (!(confidence >= 0 && confidence <= 1)) {
    throw new UsageError(`--confidence ${values.confidence}: not a probability`);
  }
  const fromMs = readTime('--from', values.from);
  const toMs = readTime('--to', values.to);
  if (fromMs !== null && toMs !== null && fromMs >= toMs) {
    throw new UsageError(`--from ${values.from} is not before --to ${values.to}`);
  }
  const choice = asUsage(() =>
    parseBarStrategy(needed('--strategy', values.strategy), readJson(values.params)),
  );
  return {
    choice,
    tradesFile: values.trades,
    json: values.json,
    request: {
      strategy: choice.name,
      params: choice.parameters,
      dataDir: needed('--data', values.data),
      pairs: readPairs(needed('--pairs', values.pairs)),
      timeframe,
      fromMs,
      toMs,
      fillsOnly: values['fills-only'],
      limits,
      gapBars,
      confidence,
      balances: values.balances === undefined ? null : readBalances(values.balances),
    },
  };
}

function needed(flag: string, value: string | undefined): string {
  if (value === undefined) throw new UsageError(`${flag} is missing`);
  return value;
}

function readPairs(text: string): Pair[] {
  const pairs = text.split(',').map((p) => p.trim());
  for (const pair of pairs) {
    if (!isPair(pair)) {
      throw new UsageError(`--pairs: "${pair}" is not a pair like BTC/USDT`);
    }
  }
  if (new Set(pairs).size < pairs.length) throw new UsageError(`--pairs ${text}: a pair twice`);
  return pairs;
}

const TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)?)?$/;

/** ISO 8601; without a zone it is UTC. */
function readTime(flag: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const zoned = /T.*(Z|[+-]\d\d:\d\d)$/.test(text) || !text.includes('T') ? text : `${text}Z`;
  const timeMs = TIME.test(text) ? Date.parse(zoned) : NaN;
  if (Number.isNaN(timeMs)) {
    throw new UsageError(`${flag} ${text}: not a time like 2021-05-15 or 2021-05-15T12:00:00Z`);
  }
  return timeMs;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`--params is not JSON: ${(cause as Error).message}`, { cause });
  }
}

function readBalances(text: string): Record<string, number> {
  const balances: Record<string, number> = {};
  for (const part of text.split(',')) {
    const match = /^([A-Z0-9]{2,10})=(\d+(?:\.\d+)?)$/.exec(part.trim());
    if (match === null) throw new UsageError(`--balances: "${part}" is not like USDT=1000`);
    balances[match[1]!] = Number(match[2]);
  }
  return balances;
}

function asUsage<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError((cause as Error).message, { cause });
  }
}

function venueFacts(pair: Pair, price: number): StudyInstrument {
  const venue = instrumentFor(pair, price);
  return {
    instrument: {
      pair,
      tick: venue.tick.toFixed(),
      priceDecimals: venue.priceDecimals,
      lot: new Decimal(10).pow(-venue.lotDecimals).toFixed(),
      minQuantity: venue.orderMin.toFixed(),
      minCost: venue.costMin.toFixed(),
      takerFee: TAKER_FEE,
      makerFee: MAKER_FEE,
      leverageBuy: [],
      leverageSell: [],
      status: 'online',
    },
    halfSpread: venue.halfSpread,
    stopSlippage: venue.stopSlippage,
  };
}

function writeTrades(file: string, csv: string): void {
  try {
    writeFileSync(file, csv);
  } catch (cause) {
    throw new Error(`cannot write the trades to ${file}: ${(cause as Error).message}`, { cause });
  }
}

function table(summary: StudySummary): string {
  const amounts = (of: Record<string, string>): string =>
    Object.entries(of)
      .map(([asset, amount]) => `${amount} ${asset}`)
      .join(', ');
  const lines = [
    `${summary.strategy} on ${summary.pairs.join(', ')}, ${summary.timeframe} bars`,
    ...summary.read.map(
      (r) => `  ${r.file}: ${r.bars} bars, ${r.firstBar} to ${r.lastBar}, ${r.gaps.length} gaps`,
    ),
    `trades ${summary.trades}, won ${summary.wins}`,
    `gross ${amounts(summary.grossPnl)}; fees ${amounts(summary.fees)}; net ${amounts(summary.netPnl)}`,
  ];
  if (summary.account !== null) {
    const { equity, numeraire, maxDrawdownPct } = summary.account;
    lines.push(
      `equity ${equity.start} to ${equity.end} ${numeraire}, deepest drawdown ${maxDrawdownPct} %`,
    );
  }
  return `${lines.join('\n')}\n`;
}

try {
  main();
} catch (error) {
  const isUsage = error instanceof UsageError;
  console.error(`backtest: ${(error as Error).message}`);
  if (isUsage) console.error(`\n${USAGE}`);
  process.exitCode = isUsage ? 2 : 1;
}
