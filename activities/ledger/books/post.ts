import type pg from 'pg';
import { Decimal, type DecimalText } from '../../../shared/money.ts';
import type { Asset } from '../../../shared/pair.ts';
import type { MarginMovement } from '../../../shared/venue.ts';

/**
 * The accounts of the ledger. `venue` is what the desk holds at its exchange; the others are what it
 * came from or went to, so that every entry sums to zero in each asset. `bag` is at the exchange too: what was
 * put aside and is not traded with. `margin-result` is what positions on margin won or lost, `interest` what was
 * paid for what they borrow.
 */
export type Account =
  'venue' | 'bag' | 'capital' | 'exchange' | 'fees' | 'margin-result' | 'interest';

export interface Posting {
  account: Account;
  asset: Asset;
  amount: DecimalText;
}

export interface Entry {
  desk: string;
  kind: 'opening' | 'trade' | 'sweep' | 'release' | MarginMovement;
  /** What makes this booking happen once, e.g. the venue's execution id. */
  reference: string;
  /** Venue time, ISO. */
  at: string;
  postings: Posting[];
}

/**
 * Books one entry inside the caller's transaction. Returns its id, or null when the reference is booked
 * already. Throws when the postings do not sum to zero in every asset: such an entry is a defect here.
 */
export async function postEntry(client: pg.PoolClient, entry: Entry): Promise<string | null> {
  const postings = merged(entry.postings);
  assertBalanced(entry.reference, postings);
  const inserted = await client.query<{ id: string }>(
    `insert into ledger_entry (desk, kind, reference, at) values ($1, $2, $3, $4)
     on conflict (reference) do nothing returning id`,
    [entry.desk, entry.kind, entry.reference, entry.at],
  );
  const id = inserted.rows[0]?.id;
  if (id === undefined) return null;
  await client.query(
    `insert into posting (entry, account, asset, amount)
     select $1, account, asset, amount::numeric
       from unnest($2::text[], $3::text[], $4::text[]) as p (account, asset, amount)`,
    [
      id,
      postings.map((p) => p.account),
      postings.map((p) => p.asset),
      postings.map((p) => p.amount),
    ],
  );
  return id;
}

/** One posting per account and asset: a fee in the quote asset adds to the quote leg. */
function merged(postings: readonly Posting[]): Posting[] {
  const sums = new Map<string, { account: Account; asset: Asset; amount: Decimal }>();
  for (const { account, asset, amount } of postings) {
    const key = `${account} ${asset}`;
    const sum = sums.get(key)?.amount ?? new Decimal(0);
    sums.set(key, { account, asset, amount: sum.plus(amount) });
  }
  return [...sums.values()]
    .filter((p) => !p.amount.isZero())
    .map((p) => ({ account: p.account, asset: p.asset, amount: p.amount.toFixed() }));
}

function assertBalanced(reference: string, postings: readonly Posting[]): void {
  const sums = new Map<Asset, Decimal>();
  for (const { asset, amount } of postings) {
    sums.set(asset, (sums.get(asset) ?? new Decimal(0)).plus(amount));
  }
  for (const [asset, sum] of sums) {
    if (!sum.isZero()) {
      throw new Error(
        `ledger entry ${reference} does not balance: ${asset} is off by ${sum.toFixed()}`,
      );
    }
  }
}
