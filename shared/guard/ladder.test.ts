import { expect, test } from 'vitest';
import { ladderOf } from './ladder.ts';

const instrument = { lot: '0.1', minQuantity: '2', minCost: '0.5' };

test.each([
  {
    name: 'splits by share, the last rung taking what rounding leaves',
    quantity: '10.1', // 10.1 / 3 = 3.3666 -> 3.3, and 10.1 - 3.3 = 6.8
    targets: [
      { price: '1', share: '0.3333333333' },
      { price: '2', share: '0.6666666667' },
    ],
    expected: [
      { price: '1', quantity: '3.3' },
      { price: '2', quantity: '6.8' },
    ],
  },
  {
    name: 'joins a rung below the minimum to the next one',
    quantity: '5', // 5 * 0.2 = 1 < 2, so all 5 go out at 2
    targets: [
      { price: '1', share: '0.2' },
      { price: '2', share: '0.8' },
    ],
    expected: [{ price: '2', quantity: '5' }],
  },
  {
    name: 'joins a last rung below the minimum to the one before',
    quantity: '5', // 4 and 1: the 1 joins the 4
    targets: [
      { price: '1', share: '0.8' },
      { price: '2', share: '0.2' },
    ],
    expected: [{ price: '1', quantity: '5' }],
  },
  {
    name: 'has no rung at all when the whole is below the minimum',
    quantity: '1',
    targets: [{ price: '1', share: '1' }],
    expected: [],
  },
])('$name', ({ quantity, targets, expected }) => {
  expect(ladderOf(quantity, targets, instrument)).toEqual(expected);
});
