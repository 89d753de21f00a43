import { describe, expect, it } from 'vitest';
import { smallDesk } from './desk-record.fixture.ts';
import type { DeskRecord } from './desk-record.ts';
import { auditJournal, standingFindings, type VenueJournal } from './journal-audit.ts';

interface Case {
  name: string;
  change: (both: { record: DeskRecord; journal: VenueJournal }) => void;
  duplicates?: RegExp[];
  differences?: RegExp[];
}

/** Adds a short of 0.01 BTC at 50000: a trade without postings, and its fees as entries of the venue's ledger. */
function onMargin({ journal, record }: { record: DeskRecord; journal: VenueJournal }): void {
  const clientOrderId = 'a2c1f4de-0b53-5d0c-9f33-6d4c5b1f0a08';
  const ids = { clientOrderId, venueOrderId: 'O3', executionId: 'T3' };
  const fill = { ...journal.fills[0]!, ...ids, side: 'sell' as const };
  journal.orders.push({ venueOrderId: 'O3', clientOrderId });
  journal.fills.push(fill);
  journal.marginFills = ['T3'];
  journal.marginMoves = [
    { entry: 'L1', type: 'margin', asset: 'USDT', amount: '0', fee: '2' },
    { entry: 'L2', type: 'rollover', asset: 'USDT', amount: '0', fee: '0.05' },
  ];
  const { at } = fill;
  const paid = (id: string, kind: string, account: string, fee: string) => ({
    ...{ id, kind, at, reference: `movement ${kind === 'margin' ? 'L1' : 'L2'}` },
    postings: [
      { account: 'venue', asset: 'USDT', amount: `-${fee}` },
      { account, asset: 'USDT', amount: fee },
    ],
  });
  record.fills.push({ ...fill, entry: '5' });
  record.entries.push(
    { id: '5', kind: 'trade', reference: 'fill T3', at, postings: [] },
    paid('6', 'margin', 'fees', '2'),
    paid('7', 'rollover', 'interest', '0.05'),
  );
  const order = { ...record.orders[0]!, clientOrderId, venueOrderId: 'O3', leg: 'stop' };
  record.orders.push({ ...order, side: 'sell', leverage: 2 });
}

const cases: Case[] = [
  { name: 'nothing is wrong', change: () => undefined },
  {
    name: 'amounts written with other zeros are equal',
    change: ({ record }) => {
      record.fills[0]!.price = '50000.0000';
      record.entries[1]!.postings[2]!.amount = '-502.00';
    },
  },
  {
    name: 'an order sent twice under one client id',
    change: ({ journal }) =>
      void journal.orders.push({ ...journal.orders[0]!, venueOrderId: 'O3' }),
    duplicates: [/O3 .* repeats client order/],
  },
  {
    name: 'an order that the desk never meant, filled',
    change: ({ journal }) => {
      journal.orders.push({ venueOrderId: 'O3', clientOrderId: null });
      journal.fills.push({
        ...journal.fills[0]!,
        executionId: 'T3',
        venueOrderId: 'O3',
        clientOrderId: null,
      });
    },
    duplicates: [/O3 .* was not meant/],
    differences: [
      /^BTC: 0.01 at the venue, 0 /,
      /^USDT: 484.04 at the venue, 986.04 /,
      /T3 of the venue is not/,
    ],
  },
  {
    name: 'an entry sent and booked twice under two ids of the desk',
    change: ({ journal, record }) => {
      const again = { clientOrderId: 'a2c1f4de-0b53-5d0c-9f33-6d4c5b1f0a03', venueOrderId: 'O3' };
      const fill = { ...journal.fills[0]!, ...again, executionId: 'T3' };
      journal.orders.push(again);
      journal.fills.push(fill);
      record.orders.push({ ...record.orders[0]!, ...again, n: 2 });
      record.fills.push({ ...fill, entry: '4' });
      record.entries.push({ ...record.entries[1]!, id: '4', reference: 'fill T3' });
    },
    duplicates: [/2021-05-15T13:00:00Z: 0.02 entered, 0.01 approved/],
  },
  { name: 'a short that was opened on margin', change: onMargin },
  {
    name: 'a rollover that nobody booked',
    change: (both) => {
      onMargin(both);
      both.record.entries.pop();
    },
    differences: [/^USDT: 983.99 at the venue, 984.04 /, /rollover L2 of the venue .* is not in/],
  },
  {
    name: 'a rollover booked with another fee',
    change: (both) => {
      onMargin(both);
      both.record.entries.at(-1)!.postings[0]!.amount = '-0.2';
    },
    differences: [/^USDT: /, /rollover L2: its postings are not/],
  },
  {
    name: 'a rollover that the venue does not know',
    change: (both) => {
      onMargin(both);
      const last = both.record.entries.at(-1)!;
      both.record.entries.push({ ...last, id: '9', reference: 'movement L3' });
    },
    differences: [/^USDT: /, /movement L3 in the ledger is unknown/],
  },
  {
    name: 'a liquidation, which the desk has under a client id of its own',
    change: (both) => {
      onMargin(both);
      const { journal, record } = both;
      const fill = { ...journal.fills.at(-1)!, executionId: 'T4', venueOrderId: 'O4' };
      const closing = { ...fill, side: 'buy' as const, clientOrderId: null };
      journal.orders.push({ venueOrderId: 'O4', clientOrderId: null, byVenue: true });
      journal.fills.push(closing);
      journal.marginFills!.push('T4');
      const clientOrderId = 'a2c1f4de-0b53-5d0c-9f33-6d4c5b1f0a09';
      record.fills.push({ ...closing, clientOrderId, entry: '8' });
      record.entries.push({ ...record.entries[3]!, id: '8', reference: 'fill T4' });
      const taken = { clientOrderId, venueOrderId: 'O4', leg: 'liquidation', side: 'buy' as const };
      record.orders.push({ ...record.orders.at(-1)!, ...taken });
    },
  },
  {
    name: 'a fill that was lost with its entry',
    change: ({ record }) => {
      record.fills.pop();
      record.entries.pop();
    },
    differences: [
      /^BTC: 0 at the venue, 0.01 /,
      /^USDT: 986.04 at the venue, 498 /,
      /T2 of the venue is not in the ledger/,
    ],
  },
  {
    name: 'a fill booked again under another id',
    change: ({ record }) => {
      record.fills.push({ ...record.fills[1]!, executionId: 'T2b', entry: '4' });
      record.entries.push({ ...record.entries[2]!, id: '4', reference: 'fill T2b' });
    },
    duplicates: [/T2b books an execution of O2 again/],
    differences: [/^BTC/, /^USDT/, /T2b in the ledger is unknown to the venue/],
  },
  {
    name: 'an altered posting',
    change: ({ record }) => void (record.entries[1]!.postings[2]!.amount = '-501'),
    differences: [/^USDT: 986.04 at the venue, 987.04 /, /T1: its postings are not/],
  },
  {
    name: 'a posting altered on two accounts, so that all still balances',
    change: ({ record }) => {
      record.entries[1]!.postings[3]!.amount = '501';
      record.entries[1]!.postings[4]!.amount = '1';
    },
    differences: [/T1: its postings are not/],
  },
  {
    name: 'an entry without its postings',
    change: ({ record }) => void (record.entries[1]!.postings = []),
    differences: [/^BTC/, /^USDT/, /T1: its postings are not/],
  },
  {
    name: 'another price in the fill',
    change: ({ record }) => void (record.fills[0]!.price = '50001'),
    differences: [/T1: .* at 50000 for .* at the venue, .* at 50001 for/],
  },
  {
    name: 'an order that the venue never saw',
    change: ({ journal }) => void journal.orders.splice(1, 1),
    differences: [/0a02 of the desk is unknown to the venue/],
  },
  {
    name: 'an order whose filled quantity was forgotten',
    change: ({ record }) => void (record.orders[0]!.filledQuantity = '0'),
    differences: [/0a01: 0.01 filled at the venue, 0 in the ledger/],
  },
  {
    name: 'an order that was refused and so has no place at the venue',
    change: ({ record }) =>
      void record.orders.push({
        ...record.orders[0]!,
        clientOrderId: 'a2c1f4de-0b53-5d0c-9f33-6d4c5b1f0a03',
        status: 'rejected',
        venueOrderId: null,
        filledQuantity: '0',
      }),
  },
];

describe('the audit of a desk against its venue', () => {
  it.each(cases)('$name', ({ change, duplicates = [], differences = [] }) => {
    const both = smallDesk();
    change(both);
    const audit = auditJournal(both.journal, both.record);
    expect(audit.duplicates).toHaveLength(duplicates.length);
    expect(audit.differences).toHaveLength(differences.length);
    duplicates.forEach((words, i) => expect(audit.duplicates[i]).toMatch(words));
    differences.forEach((words, i) => expect(audit.differences[i]).toMatch(words));
  });

  it('takes a fee in the base asset out of what was bought', () => {
    const { record, journal } = smallDesk();
    for (const fill of [journal.fills[0]!, record.fills[0]!]) {
      Object.assign(fill, { fee: '0.00004', feeAsset: 'BTC' });
    }
    record.entries[1]!.postings = [
      { account: 'venue', asset: 'BTC', amount: '0.00996' }, // 0.01 - 0.00004
      { account: 'exchange', asset: 'BTC', amount: '-0.01' },
      { account: 'fees', asset: 'BTC', amount: '0.00004' },
      { account: 'venue', asset: 'USDT', amount: '-500' },
      { account: 'exchange', asset: 'USDT', amount: '500' },
    ];
    expect(auditJournal(journal, record)).toEqual({ duplicates: [], differences: [] });
  });

  it('lets stand only what two reads saw', () => {
    const first = { duplicates: ['a'], differences: ['on its way', 'stays'] };
    const second = { duplicates: ['b'], differences: ['stays', 'new'] };
    expect(standingFindings(first, second)).toEqual({ duplicates: [], differences: ['stays'] });
  });
});
