import type { Decision } from '../decision.ts';
import type { VenueFill } from '../venue.ts';
import type { DeskRecord } from './desk-record.ts';
import type { VenueJournal } from './journal-audit.ts';

const decision: Decision = {
  evidenceFor: ['the trend stands'],
  evidenceAgainst: [],
  action: 'long',
  confidence: 0.62,
  horizonHours: 72,
  entry: { type: 'market', price: null },
  stopLossPct: 2,
  takeProfitPct: [6],
  sizePct: null,
  leverage: null,
  expectedReturnPct: null,
  invalidation: null,
  reasoning: 'test',
};

/** Test data: a desk opened with 1000 USDT bought 0.01 BTC at 50000 and was stopped out at 49000. */
export function smallDesk(desk = 'triplegain-1a2b3c'): {
  record: DeskRecord;
  journal: VenueJournal;
} {
  const cycle = `cycle/${desk}/BTC/USDT/2021-05-15T13:00:00Z`;
  const position = 'BTC/USDT/2021-05-15T13:00:00Z';
  const [entryId, stopId] = [
    'a2c1f4de-0b53-5d0c-9f33-6d4c5b1f0a01',
    'a2c1f4de-0b53-5d0c-9f33-6d4c5b1f0a02',
  ] as const;
  const bought: VenueFill = {
    executionId: 'T1',
    venueOrderId: 'O1',
    clientOrderId: entryId,
    pair: 'BTC/USDT',
    side: 'buy',
    price: '50000',
    quantity: '0.01',
    cost: '500', // 0.01 * 50000
    fee: '2', // 0.4 % of 500
    feeAsset: 'USDT',
    liquidity: 'taker',
    at: '2021-05-15T14:00:00Z',
  };
  const sold: VenueFill = {
    ...bought,
    executionId: 'T2',
    venueOrderId: 'O2',
    clientOrderId: stopId,
    side: 'sell',
    price: '49000',
    cost: '490', // 0.01 * 49000
    fee: '1.96', // 0.4 % of 490
    at: '2021-05-15T15:00:00Z',
  };
  const order = {
    position,
    n: 1,
    pair: 'BTC/USDT',
    timeInForce: 'gtc',
    status: 'filled',
    quantity: '0.01',
    filledQuantity: '0.01',
    intendedAt: '2021-05-15T14:00:00Z',
  };
  const record: DeskRecord = {
    desk,
    cycles: [
      {
        id: cycle,
        pair: 'BTC/USDT',
        bar: '2021-05-15T13:00:00Z',
        decidedAt: '2021-05-15T14:00:00Z',
        action: 'long',
        outcome: 'ordered',
        confidence: 0.62,
        consensus: {
          action: 'long',
          confidence: 0.62,
          decision,
          votes: [
            { decider: 'trend', vote: 'long' },
            { decider: 'model', vote: 'absent' },
          ],
          reason: '1 of 2 says long',
        },
      },
    ],
    decisions: [
      {
        cycle,
        decider: 'trend',
        answer: { kind: 'answered', decider: 'trend', decision },
      },
      { cycle, decider: 'model', answer: { kind: 'absent', decider: 'model', cause: 'late' } },
    ],
    verdicts: [
      {
        id: cycle,
        kind: 'approved',
        at: '2021-05-15T14:00:00Z',
        rules: [
          {
            rule: 'confidence',
            outcome: 'pass',
            observed: 0.62,
            limit: 0.6,
            unit: 'probability',
            note: 'sure enough',
          },
        ],
        plan: { kind: 'enter', side: 'buy', quantity: '0.01', stopPrice: '49000' },
      },
    ],
    orders: [
      {
        ...order,
        clientOrderId: entryId,
        leg: 'entry',
        side: 'buy',
        kind: 'market',
        price: null,
        venueOrderId: 'O1',
      },
      {
        ...order,
        clientOrderId: stopId,
        leg: 'stop',
        side: 'sell',
        kind: 'stop-loss',
        price: '49000',
        venueOrderId: 'O2',
      },
    ],
    fills: [
      { ...bought, entry: '2' },
      { ...sold, entry: '3' },
    ],
    entries: [
      {
        id: '1',
        kind: 'opening',
        reference: 'opening',
        at: '2021-05-15T00:00:00Z',
        postings: [
          { account: 'venue', asset: 'USDT', amount: '1000' },
          { account: 'capital', asset: 'USDT', amount: '-1000' },
        ],
      },
      {
        id: '2',
        kind: 'trade',
        reference: 'fill T1',
        at: bought.at,
        postings: [
          { account: 'venue', asset: 'BTC', amount: '0.01' },
          { account: 'exchange', asset: 'BTC', amount: '-0.01' },
          { account: 'venue', asset: 'USDT', amount: '-502' },
          { account: 'exchange', asset: 'USDT', amount: '500' },
          { account: 'fees', asset: 'USDT', amount: '2' },
        ],
      },
      {
        id: '3',
        kind: 'trade',
        reference: 'fill T2',
        at: sold.at,
        postings: [
          { account: 'venue', asset: 'BTC', amount: '-0.01' },
          { account: 'exchange', asset: 'BTC', amount: '0.01' },
          { account: 'venue', asset: 'USDT', amount: '488.04' }, // 490 - 1.96
          { account: 'exchange', asset: 'USDT', amount: '-490' },
          { account: 'fees', asset: 'USDT', amount: '1.96' },
        ],
      },
    ],
  };
  return {
    record,
    journal: {
      deposits: [{ asset: 'USDT', amount: '1000' }],
      orders: [
        { venueOrderId: 'O1', clientOrderId: entryId },
        { venueOrderId: 'O2', clientOrderId: stopId },
      ],
      fills: [bought, sold],
    },
  };
}
