import { Decimal } from '../money.ts';
import type { Snapshot } from '../snapshot.ts';

type Candles = NonNullable<Snapshot['timeframes']['1h']>['candles'];

/** A title, then one `name: value` a line. */
export function lines(title: string, pairs: readonly (readonly [string, string])[]): string {
  return [title, ...pairs.map(([name, value]) => `${name}: ${value}`)].join('\n');
}

/** A title, then one item a line; nothing where there is no item. */
export function list(title: string, items: readonly string[]): string {
  return items.length === 0 ? '' : [title, ...items.map((item) => `- ${item}`)].join('\n');
}

export function amounts(of: Readonly<Record<string, string>>): string {
  const words = Object.entries(of).map(
    ([asset, amount]) => `${new Decimal(amount).toSignificantDigits(8).toFixed()} ${asset}`,
  );
  return words.join(', ') || 'nothing';
}

/** A bar as one line: open time to the minute, four prices as they are, volume to five digits. */
export function candleRow([time, ...numbers]: Candles[number]): string {
  return [time.replace(/:00(\.000)?Z$/, 'Z'), ...numbers.map(candleNumber)].join(',');
}

/** Place in a candle's row: four prices as they are, then the volume. */
function candleNumber(value: number, index: number): string {
  return plain(index === 4 ? significant(value, 5) : value);
}

export function significant(value: number, digits: number): number {
  return Number(value.toPrecision(digits));
}

/** Without exponent, however small. */
export function plain(value: number | null): string {
  return value === null ? 'null' : new Decimal(value).toFixed();
}
