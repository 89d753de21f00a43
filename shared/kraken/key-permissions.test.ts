import { expect, test } from 'vitest';
import { whyKeyUnfit } from './key-permissions.ts';

const FIT = [
  'query-funds',
  'query-open-trades',
  'query-closed-trades',
  'query-ledger',
  'modify-trades',
  'close-trades',
  'create-ws-token',
];

test('a key with the needed rights alone is fit', () => {
  expect(whyKeyUnfit(FIT)).toBeNull();
  expect(whyKeyUnfit([...FIT, 'add-funds'])).toBeNull();
});

test('a key that can withdraw is not', () => {
  expect(whyKeyUnfit([...FIT, 'withdraw-funds'])).toBe(
    'it can withdraw (withdraw-funds): take that right away',
  );
});

test('names each right that is missing', () => {
  expect(whyKeyUnfit(FIT.filter((name) => !name.endsWith('-trades')))).toBe(
    'it lacks "Query open orders & trades" (query-open-trades), ' +
      '"Query closed orders & trades" (query-closed-trades), ' +
      '"Create & modify orders" (modify-trades), "Cancel & close orders" (close-trades)',
  );
});
