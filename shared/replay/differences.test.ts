import { expect, test } from 'vitest';
import { differences } from './differences.ts';

test.each<[string, unknown, unknown, [string, unknown, unknown][]]>([
  ['equal values', { a: [1, null], b: 'x' }, { b: 'x', a: [1, null] }, []],
  ['a changed number', { a: { b: 1 } }, { a: { b: 2 } }, [['a.b', 1, 2]]],
  ['a longer list', { a: [1] }, { a: [1, 2] }, [['a[1]', undefined, 2]]],
  ['a field that is gone', { a: 1, b: 2 }, { a: 1 }, [['b', 2, undefined]]],
  ['null is not nothing', { a: null }, {}, [['a', null, undefined]]],
  ['another kind of thing', { a: [1] }, { a: { 0: 1 } }, [['a', [1], { 0: 1 }]]],
  ['minus zero is zero', -0, 0, []],
])('%s', (_, recorded, replayed, found) => {
  expect(differences(recorded, replayed)).toEqual(
    found.map(([path, was, now]) => ({ path, recorded: was, replayed: now })),
  );
});
