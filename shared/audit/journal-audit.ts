import { Decimal, isDecimalText, type DecimalText } from '../money.ts';
import { baseOf, quoteOf, type Asset } from '../pair.ts';
import type { VenueFill } from '../venue.ts';
import type { DeskRecord, PostingRow } from './desk-record.ts';

/** What the venue itself wrote down: its whole history of one account. */
export interface VenueJournal {
  deposits: { asset: Asset; amount: DecimalText }[];
  /** Every order that the venue accepted; `byVenue`: its own, to close a position on margin. */
  orders: { venueOrderId: string; clientOrderId: string | null; byVenue?: true }[];
  fills: VenueFill[];
  /** Execution ids of the fills on margin: no balance moved by their quantity and cost. */
  marginFills?: string[];
  /** Results of positions on margin, and what was paid for them: entries of the venue's own ledger. */
  marginMoves?: {
    entry: string;
    type: string;
    asset: Asset;
    amount: DecimalText;
    fee: DecimalText;
  }[];
}

/** Leg of an order by which the venue itself closed a position. */
const LIQUIDATION = 'liquidation';

export interface JournalAudit {
  /** One sentence for each thing that happened more often than the desk meant it to. */
  duplicates: string[];
  /** One sentence for each thing that venue and desk tell differently. */
  differences: string[];
}

/**
 * Holds a desk's record against the venue's journal. It reckons everything from the journal anew and
 * uses none of the code that books, so an error there cannot hide itself here.
 *
 * Duplicates: venue orders beyond the first under one client order id; venue orders that no order of
 * the desk stands behind, but for those of a liquidation; positions whose entries were filled beyond the approved quantity; fills that
 * are booked a second time under another execution id.
 *
 * Differences: assets whose balance differs; fills that only one side knows; fills whose terms differ;
 * fills whose postings are not what the fill says; the same of what positions on margin brought and cost; orders that only the desk knows; orders whose filled
 * quantity differs.
 */
export function auditJournal(journal: VenueJournal, record: DeskRecord): JournalAudit {
  return {
    duplicates: [
      ...doubledOrders(journal, record),
      ...overfilledEntries(journal, record),
      ...doubledFills(journal, record),
    ],
    differences: [
      ...balanceDifferences(journal, record),
      ...fillDifferences(journal, record),
      ...marginDifferences(journal, record),
      ...orderDifferences(journal, record),
    ],
  };
}

/** What stands in both audits: a fill on its way to the ledger shows in one read only. */
export function standingFindings(first: JournalAudit, second: JournalAudit): JournalAudit {
  const both = (a: string[], b: string[]): string[] => b.filter((text) => a.includes(text));
  return {
    duplicates: both(first.duplicates, second.duplicates),
    differences: both(first.differences, second.differences),
  };
}

function doubledOrders(journal: VenueJournal, record: DeskRecord): string[] {
  const meant = new Set(record.orders.map((order) => order.clientOrderId));
  const seen = new Set<string>();
  const found: string[] = [];
  for (const { venueOrderId, clientOrderId, byVenue } of journal.orders) {
    if (byVenue === true) continue;
    if (clientOrderId === null || !meant.has(clientOrderId)) {
      found.push(`order ${venueOrderId} at the venue was not meant by the desk`);
    } else if (seen.has(clientOrderId)) {
      found.push(`order ${venueOrderId} at the venue repeats client order ${clientOrderId}`);
    } else {
      seen.add(clientOrderId);
    }
  }
  return found;
}

/** An entry that went out twice under two client ids, both of them meant, shows in its size alone. */
function overfilledEntries(journal: VenueJournal, record: DeskRecord): string[] {
  const entries = record.orders.filter((order) => order.leg === 'entry');
  const positionOf = new Map(entries.map((order) => [order.clientOrderId, order.position]));
  const filled = new Totals();
  for (const { clientOrderId, quantity } of journal.fills) {
    const position = clientOrderId === null ? undefined : positionOf.get(clientOrderId);
    if (position !== undefined) filled.add(position, quantity);
  }
  const plans = new Map(record.verdicts.map(({ id, plan }) => [id, plan]));
  return record.cycles.flatMap(({ id, pair, bar }) => {
    const position = `${pair}/${bar}`;
    const quantity = filled.of(position);
    const approved = approvedQuantity(plans.get(id));
    return quantity.gt(approved)
      ? [`position ${position}: ${quantity} entered, ${approved} approved`]
      : [];
  });
}

function approvedQuantity(plan: unknown): Decimal {
  const stored = typeof plan === 'object' && plan !== null && 'quantity' in plan && plan.quantity;
  return new Decimal(isDecimalText(stored) ? stored : 0);
}

function doubledFills(journal: VenueJournal, record: DeskRecord): string[] {
  const known = new Set(journal.fills.map((fill) => fill.executionId));
  const terms = new Set(journal.fills.map(termsOf));
  return record.fills
    .filter((fill) => !known.has(fill.executionId) && terms.has(termsOf(fill)))
    .map((fill) => `fill ${fill.executionId} books an execution of ${fill.venueOrderId} again`);
}

function balanceDifferences(journal: VenueJournal, record: DeskRecord): string[] {
  const venue = new Totals();
  for (const { asset, amount } of journal.deposits) venue.add(asset, amount);
  const onMargin = new Set(journal.marginFills);
  for (const fill of journal.fills) {
    for (const { account, asset, amount } of expectedPostings(fill, onMargin)) {
      if (account === 'venue') venue.add(asset, amount);
    }
  }
  for (const { asset, amount, fee } of journal.marginMoves ?? []) {
    venue.add(asset, amount);
    venue.add(asset, new Decimal(fee).neg().toFixed());
  }
  const ledger = new Totals();
  for (const { postings } of record.entries) {
    for (const { account, asset, amount } of postings) {
      if (account === 'venue' || account === 'bag') ledger.add(asset, amount);
    }
  }
  return venue
    .differing(ledger)
    .map((asset) => `${asset}: ${venue.of(asset)} at the venue, ${ledger.of(asset)} in the ledger`);
}

function fillDifferences(journal: VenueJournal, record: DeskRecord): string[] {
  const found: string[] = [];
  const booked = new Map(record.fills.map((fill) => [fill.executionId, byClient(fill, record)]));
  const onMargin = new Set(journal.marginFills);
  const entries = new Map(record.entries.map((entry) => [entry.id, entry]));
  for (const fill of journal.fills) {
    const row = booked.get(fill.executionId);
    if (row === undefined) {
      found.push(`fill ${fill.executionId} of the venue is not in the ledger`);
      continue;
    }
    booked.delete(fill.executionId);
    if (termsOf(row) !== termsOf(fill)) {
      found.push(
        `fill ${fill.executionId}: ${termsOf(fill)} at the venue, ${termsOf(row)} in the ledger`,
      );
    }
    const postings = entries.get(row.entry)?.postings ?? [];
    if (!samePostings(postings, expectedPostings(fill, onMargin))) {
      found.push(`fill ${fill.executionId}: its postings are not what the venue executed`);
    }
  }
  for (const executionId of booked.keys()) {
    found.push(`fill ${executionId} in the ledger is unknown to the venue`);
  }
  return found;
}

/** The fill with its client order id, none where the venue itself sent the order. */
function byClient(fill: DeskRecord['fills'][number], record: DeskRecord): typeof fill {
  const isVenues = record.orders.some(
    (order) => order.leg === LIQUIDATION && order.clientOrderId === fill.clientOrderId,
  );
  return isVenues ? { ...fill, clientOrderId: null } : fill;
}

/** Results, interest and settlements of positions on margin: each once, under the venue's own id. */
function marginDifferences(journal: VenueJournal, record: DeskRecord): string[] {
  const found: string[] = [];
  const reference = /^movement (.+)$/;
  const booked = new Map(
    record.entries.flatMap((entry) => {
      const id = reference.exec(entry.reference)?.[1];
      return id === undefined ? [] : [[id, entry] as const];
    }),
  );
  for (const { entry: id, type, asset, amount, fee } of journal.marginMoves ?? []) {
    const entry = booked.get(id);
    booked.delete(id);
    if (entry === undefined) {
      found.push(
        `${type} ${id} of the venue (${amount} ${asset}, fee ${fee}) is not in the ledger`,
      );
      continue;
    }
    const moved = entry.postings
      .filter(({ account }) => account === 'venue')
      .reduce((sum, posting) => sum.plus(posting.amount), new Decimal(0));
    const isSame =
      entry.kind === type &&
      entry.postings.every((posting) => posting.asset === asset) &&
      moved.eq(new Decimal(amount).minus(fee));
    if (!isSame) found.push(`${type} ${id}: its postings are not what the venue moved`);
  }
  for (const id of booked.keys())
    found.push(`movement ${id} in the ledger is unknown to the venue`);
  return found;
}

function orderDifferences(journal: VenueJournal, record: DeskRecord): string[] {
  const atVenue = new Set(journal.orders.map((order) => order.clientOrderId));
  const filled = new Totals();
  const byVenue = new Totals();
  for (const { clientOrderId, venueOrderId, quantity } of journal.fills) {
    if (clientOrderId !== null) filled.add(clientOrderId, quantity);
    byVenue.add(venueOrderId, quantity);
  }
  return record.orders.flatMap((order) => {
    const id = order.clientOrderId;
    if (order.leg === LIQUIDATION) {
      const quantity = byVenue.of(order.venueOrderId ?? '');
      return quantity.eq(order.filledQuantity)
        ? []
        : [`liquidation ${id}: ${quantity} filled at the venue, ${order.filledQuantity} here`];
    }
    if (order.venueOrderId !== null && !atVenue.has(id)) {
      return [`order ${id} of the desk is unknown to the venue`];
    }
    return filled.of(id).eq(order.filledQuantity)
      ? []
      : [
          `order ${id}: ${filled.of(id)} filled at the venue, ${order.filledQuantity} in the ledger`,
        ];
  });
}

/**
 * A buy brings base and costs quote, a sell the other way round; the fee leaves the account. On margin nothing
 * of it moves: results and fees are entries of their own.
 */
function expectedPostings(fill: VenueFill, onMargin: ReadonlySet<string>): PostingRow[] {
  if (onMargin.has(fill.executionId)) return [];
  const sign = fill.side === 'buy' ? 1 : -1;
  const signed = (text: DecimalText, factor: number): string =>
    new Decimal(text).mul(factor).toString();
  const base = baseOf(fill.pair);
  const quote = quoteOf(fill.pair);
  return [
    { account: 'venue', asset: base, amount: signed(fill.quantity, sign) },
    { account: 'exchange', asset: base, amount: signed(fill.quantity, -sign) },
    { account: 'venue', asset: quote, amount: signed(fill.cost, -sign) },
    { account: 'exchange', asset: quote, amount: signed(fill.cost, sign) },
    { account: 'venue', asset: fill.feeAsset, amount: signed(fill.fee, -1) },
    { account: 'fees', asset: fill.feeAsset, amount: signed(fill.fee, 1) },
  ];
}

function samePostings(a: readonly PostingRow[], b: readonly PostingRow[]): boolean {
  const totals = (rows: readonly PostingRow[]): Totals => {
    const sums = new Totals();
    for (const { account, asset, amount } of rows) sums.add(`${account} ${asset}`, amount);
    return sums;
  };
  return totals(a).differing(totals(b)).length === 0;
}

type Terms = Pick<
  VenueFill,
  | 'venueOrderId'
  | 'clientOrderId'
  | 'pair'
  | 'side'
  | 'price'
  | 'quantity'
  | 'cost'
  | 'fee'
  | 'feeAsset'
  | 'at'
>;

/** The terms of an execution in one line: equal lines mean equal executions. */
function termsOf(fill: Omit<Terms, 'side'> & { side: string }): string {
  const amount = (text: DecimalText): string => new Decimal(text).toString();
  return (
    `${fill.venueOrderId} (${fill.clientOrderId ?? 'no client order id'}) ${fill.side} ` +
    `${amount(fill.quantity)} ${fill.pair} at ${amount(fill.price)} for ${amount(fill.cost)}, ` +
    `fee ${amount(fill.fee)} ${fill.feeAsset}, ${new Date(fill.at).toISOString()}`
  );
}

/** Sums by name; what was never added is zero. */
class Totals {
  readonly #sums = new Map<string, Decimal>();

  add(name: string, amount: DecimalText): void {
    this.#sums.set(name, this.of(name).plus(amount));
  }

  of(name: string): Decimal {
    return this.#sums.get(name) ?? new Decimal(0);
  }

  /** Names whose sums are not equal, in order. */
  differing(other: Totals): string[] {
    const names = new Set([...this.#sums.keys(), ...other.#sums.keys()]);
    return [...names].filter((name) => !this.of(name).eq(other.of(name))).sort();
  }
}
