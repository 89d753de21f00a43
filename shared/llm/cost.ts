import { Decimal } from '../money.ts';
import type { ModelFacts, Price } from './model-facts.ts';
import type { TokenUsage } from './usage.ts';

const PER_TOKENS = 1_000_000;

/** What a call costs, USD. `atMs` is the wall clock: prices change by day, some by the hour. */
export function costUsd(
  facts: Pick<ModelFacts, 'prices'>,
  usage: TokenUsage,
  atMs: number,
): Decimal {
  const price = priceAt(facts.prices, atMs);
  if (price === null) return new Decimal(0);
  const prompt = usage.input + usage.cachedInput + usage.cacheWrite;
  const long = price.long !== undefined && prompt > price.long.tokens ? price.long : null;
  const sum = new Decimal(usage.input)
    .mul(long?.input ?? price.input)
    .plus(new Decimal(usage.cachedInput).mul(long?.cachedInput ?? price.cachedInput))
    .plus(
      new Decimal(usage.cacheWrite).mul(
        Math.max(price.cacheWrite, long?.input ?? price.cacheWrite),
      ),
    )
    .plus(new Decimal(usage.output).mul(long?.output ?? price.output));
  return sum.mul(factorAt(price, atMs)).div(PER_TOKENS);
}

/** The most that a call can cost: nothing cached, all of it written to the cache, all output used. */
export function mostUsd(
  facts: Pick<ModelFacts, 'prices' | 'maxOutputTokens'>,
  promptTokens: number,
): Decimal {
  const costs = facts.prices.map((price) => {
    const long = price.long !== undefined && promptTokens > price.long.tokens ? price.long : null;
    const input = Math.max(price.input, price.cacheWrite, long?.input ?? 0);
    return new Decimal(promptTokens)
      .mul(input)
      .plus(new Decimal(facts.maxOutputTokens).mul(long?.output ?? price.output));
  });
  return Decimal.max(0, ...costs).div(PER_TOKENS);
}

function priceAt(prices: readonly Price[], atMs: number): Price | null {
  const day = new Date(atMs).toISOString().slice(0, 10);
  // A call before the first price cannot be: then the first one is the best guess.
  return prices.filter((p) => p.from <= day).at(-1) ?? prices[0] ?? null;
}

function factorAt(price: Price, atMs: number): number {
  if (price.offPeak === undefined) return 1;
  const at = new Date(atMs);
  const isWeekday = at.getUTCDay() >= 1 && at.getUTCDay() <= 5;
  const isPeak =
    isWeekday &&
    price.offPeak.peakHours.some(([from, to]) => at.getUTCHours() >= from && at.getUTCHours() < to);
  return isPeak ? 1 : price.offPeak.factor;
}
