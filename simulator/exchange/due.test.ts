import { expect, test } from 'vitest';
import { handMarket, START } from '../market/market.fixture.ts';
import { PAIR, place } from './exchange.fixture.ts';
import { createExchange } from './exchange.ts';

const HOUR = 3_600_000;

test('what is due happens in its order in time, in however many steps the clock goes', () => {
  const told = (limits: readonly number[]): string[] => {
    const exchange = createExchange({
      market: handMarket({ [PAIR]: Array.from({ length: 6 }, () => [1, 1, 1, 1] as const) }),
      deposits: { USDT: '1000' },
    });
    exchange.run(START);
    // on margin: interest is due after four hours
    place(exchange, { leverage: 2 });
    place(exchange, { type: 'limit', limitPrice: '0.5', clientId: 'rests' });
    exchange.cancelAllAt(START + 3.75 * HOUR);
    for (const hours of limits) exchange.run(START + hours * HOUR);
    return exchange
      .take()
      .facts.filter((fact) => fact.at > START)
      .map((fact) => `${fact.fact} ${(fact.at - START) / HOUR}`);
  };
  expect(told([5])).toEqual(['order-end 3.75', 'move 4']);
  expect(told([3.8, 5])).toEqual(told([5]));
});
