import { Decimal } from '../money.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Timeframe } from '../timeframe.ts';
import { quotedText } from './clean-text.ts';
import { candleRow, lines, list, plain, significant } from './format.ts';

/**
 * Blocks of a prompt that published versions share. Their text never changes: a version that wants another one
 * writes its own.
 */

/** The order in which indicators stand; any other comes after these. */
const INDICATORS = [
  ...['ema9', 'ema20', 'ema21', 'ema50', 'ema200', 'rsi14', 'rsi21', 'macd', 'macdSignal'],
  ...['macdHistogram', 'atr14', 'adx14', 'plusDi14', 'minusDi14', 'bollingerUpper'],
  ...[
    'bollingerMiddle',
    'bollingerLower',
    'keltnerUpper',
    'keltnerLower',
    'keltnerSqueeze',
    'vwap',
  ],
  ...['donchian10High', 'donchian10Low', 'donchian20High', 'donchian20Low', 'donchian55High'],
  ...['donchian55Low', 'efficiencyRatio10', 'volumeMean20', 'trendDirection', 'breakoutDirection'],
];

export function book({ orderBook }: Snapshot): string {
  if (orderBook === null) return '';
  return lines('## Order book', [
    ['bid', orderBook.bid],
    ['ask', orderBook.ask],
    ['spreadBps', plain(orderBook.spreadBps)],
    ['bidDepthInQuoteWithin1Pct', plain(orderBook.bidDepth)],
    ['askDepthInQuoteWithin1Pct', plain(orderBook.askDepth)],
    ['imbalance', plain(orderBook.imbalance)],
  ]);
}

export function readings(snapshot: Snapshot): string {
  return list(
    '## Readings',
    snapshot.readings.flatMap(({ analyst, weight, availableAt, reading }) =>
      reading === null
        ? []
        : [
            `${analyst} (weight ${plain(weight)}, of ${availableAt ?? 'null'}): ` +
              Object.entries(reading)
                .map(
                  ([name, value]) => `${name}=${typeof value === 'number' ? plain(value) : value}`,
                )
                .join(' '),
          ],
    ),
  );
}

export function series(snapshot: Snapshot, timeframe: Timeframe): string {
  const data = snapshot.timeframes[timeframe];
  if (data == null) return '';
  const rows = data.candles.map(candleRow);
  return [
    `## ${timeframe} bars`,
    `indicators after the latest bar: ${indicatorWords(data.indicators)}`,
    `latest: ${rows.at(-1) ?? 'null'}`,
    'series, oldest first: time,open,high,low,close,volume',
    ...rows,
  ].join('\n');
}

function indicatorWords(indicators: Readonly<Record<string, number | boolean | null>>): string {
  const names = [...new Set([...INDICATORS, ...Object.keys(indicators)])];
  return names
    .flatMap((name) => {
      const value = indicators[name];
      if (value === undefined) return [];
      return [`${name}=${typeof value === 'number' ? plain(significant(value, 6)) : value}`];
    })
    .join(' ');
}

/** Those that the profile asks for beyond the usual ones, by the names of the library that has them. */
export function furtherIndicators({ extraIndicators = {} }: Snapshot): string {
  const number = (value: number | null): string =>
    value === null ? 'null' : plain(significant(value, 6));
  return list(
    '## Further indicators',
    Object.entries(extraIndicators).map(([name, value]) =>
      typeof value === 'object' && value !== null
        ? `${name}: ${Object.entries(value)
            .map(([part, x]) => `${part}=${number(x)}`)
            .join(' ')}`
        : `${name}: ${number(value)}`,
    ),
  );
}

export function trades({ recentTrades }: Snapshot): string {
  return list(
    '## Last closed trades, newest last, results after fees',
    recentTrades.map(
      (t) =>
        `${t.pair} ${t.openedAt} to ${t.closedAt}, ended by ${quotedText(t.exitReason, 40)}, ` +
        `resultUsdt ${new Decimal(t.pnlUsdt).toDecimalPlaces(2).toFixed()}`,
    ),
  );
}
