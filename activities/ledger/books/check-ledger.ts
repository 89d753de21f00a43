import { Decimal, type DecimalText } from '../../../shared/money.ts';
import type { Asset } from '../../../shared/pair.ts';
import type { Queryable } from '../database.ts';
import { ledgerBalances } from './balances.ts';

export interface LedgerCheck {
  /** Number of postings. */
  postings: number;
  /** Entries whose postings do not sum to zero in an asset; `off` is the sum. */
  unbalanced: { entry: string; reference: string; asset: Asset; off: DecimalText }[];
  /** What is held at the venue by the ledger, per asset. */
  balances: Record<Asset, DecimalText>;
}

/** Whether the ledger of this schema holds together, reckoned by the database. Changes nothing. */
export async function checkLedger(db: Queryable): Promise<LedgerCheck> {
  const count = await db.query<{ postings: number }>(
    `select count(*)::int as postings from posting`,
  );
  const { rows } = await db.query<{ entry: string; reference: string; asset: string; off: string }>(
    `select e.id as entry, e.reference, p.asset, sum(p.amount) as off
       from ledger_entry e join posting p on p.entry = e.id
      group by e.id, e.reference, p.asset having sum(p.amount) <> 0
      order by e.id, p.asset`,
  );
  return {
    postings: count.rows[0]?.postings ?? 0,
    unbalanced: rows.map((row) => ({ ...row, off: new Decimal(row.off).toFixed() })),
    balances: await ledgerBalances(db),
  };
}

/** The ledger's faults as sentences, one an entry and asset. */
export function unbalancedWords(check: LedgerCheck): string[] {
  return check.unbalanced.map(
    ({ entry, reference, asset, off }) =>
      `ledger entry ${entry} (${reference}) does not balance: ${asset} is off by ${off}`,
  );
}
