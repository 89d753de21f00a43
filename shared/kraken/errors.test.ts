import { expect, test } from 'vitest';
import { classifyError, classifyStatus, isOrderGone } from './errors.ts';

const NOW = 1_700_000_000_000;

test.each([
  ['EAPI:Invalid key', 'person', 'person'],
  ['EAPI:Invalid signature', 'person', 'person'],
  ['EAuth:Account temporary disabled', 'person', 'person'],
  ['EGeneral:Permission denied', 'person', 'person'],
  ['EAccount:Invalid permissions:XRP trading restricted', 'person', 'person'],
  ['ETrade:User Locked', 'person', 'person'],
  ['EGeneral:Temporary lockout', 'person', 'person'],
  ['EAPI:Invalid nonce', 'retry', 'retry'],
  ['EAPI:Invalid token', 'retry', 'retry'],
  ['ESession:Invalid session', 'retry', 'retry'],
  ['EAPI:Rate limit exceeded', 'retry', 'retry'],
  ['EGeneral:Too many requests', 'retry', 'retry'],
  ['EOrder:Rate limit exceeded', 'retry', 'retry'],
  ['EOrder:Domain rate limit exceeded', 'retry', 'retry'],
  ['EOrder:Insufficient funds', 'answer', 'answer'],
  ['EOrder:Margin position size exceeded', 'answer', 'answer'],
  ['EGeneral:Invalid arguments:volume minimum not met', 'answer', 'answer'],
  ['EQuery:Unknown asset pair', 'answer', 'answer'],
  ['EOrder:Post only order', 'answer', 'answer'],
  ['EOrder:Reduce only:No position exists', 'answer', 'answer'],
  ['EOrder:Unknown order', 'answer', 'answer'],
  ['EService:Market in cancel_only mode', 'answer', 'answer'],
  ['EService:Deadline elapsed', 'answer', 'answer'],
  ['EService:Unavailable', 'retry', 'ambiguous'],
  ['EService:Busy', 'retry', 'ambiguous'],
  ['EGeneral:Internal error', 'retry', 'ambiguous'],
  ['ETrade:Internal error', 'retry', 'ambiguous'],
  ['EOrder:Duplicate order', 'answer', 'ambiguous'],
  ['EOrder:cl_ord_id already in use', 'answer', 'ambiguous'],
])('%s: a read says %s, a write %s', (error, read, write) => {
  expect(classifyError(error, 'read', NOW).kind).toBe(read);
  expect(classifyError(error, 'write', NOW).kind).toBe(write);
});

test('waits for the time that a throttled answer names, a minute at most', () => {
  expect(classifyError('EService:Throttled: 1700000005', 'write', NOW)).toEqual({
    kind: 'retry',
    retryAfterMs: 5000,
  });
  expect(classifyError('EService:Throttled: 1800000000', 'write', NOW).retryAfterMs).toBe(60_000);
});

test.each([
  [429, 'retry', 'retry'],
  [403, 'person', 'person'],
  [502, 'retry', 'ambiguous'],
  [520, 'retry', 'ambiguous'],
  [404, 'answer', 'answer'],
])('HTTP %i: a read says %s, a write %s', (status, read, write) => {
  expect(classifyStatus(status, 'read').kind).toBe(read);
  expect(classifyStatus(status, 'write').kind).toBe(write);
});

test('knows an order that is over', () => {
  expect(isOrderGone('EOrder:Unknown order')).toBe(true);
  expect(isOrderGone('EOrder:Invalid order')).toBe(true);
  expect(isOrderGone('EOrder:Invalid price')).toBe(false);
});
