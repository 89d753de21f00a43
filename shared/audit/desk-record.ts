import type { DecimalText } from '../money.ts';
import type { Asset, Pair } from '../pair.ts';

/**
 * Everything that a desk recorded, as plain rows in no particular order. Times are ISO 8601 UTC venue
 * times, amounts are decimal text; `answer`, `consensus`, `rules` and `plan` are the stored JSON.
 */
export interface DeskRecord {
  desk: string;
  cycles: CycleRow[];
  decisions: { cycle: string; decider: string; answer: unknown }[];
  verdicts: { id: string; kind: string; at: string; rules: unknown; plan: unknown }[];
  orders: OrderRow[];
  fills: FillRow[];
  entries: EntryRow[];
}

export interface CycleRow {
  /** Workflow id of the cycle. */
  id: string;
  pair: Pair;
  bar: string;
  decidedAt: string;
  action: string;
  outcome: string;
  confidence: number | null;
  consensus: unknown;
}

export interface OrderRow {
  clientOrderId: string;
  /** `<pair>/<bar>` of the cycle that opened the position. */
  position: string;
  leg: string;
  n: number;
  pair: Pair;
  side: 'buy' | 'sell';
  kind: string;
  quantity: DecimalText;
  price: DecimalText | null;
  timeInForce: string;
  status: string;
  venueOrderId: string | null;
  filledQuantity: DecimalText;
  intendedAt: string;
  /** On margin; null or absent on spot. */
  leverage?: number | null;
}

export interface FillRow {
  executionId: string;
  /** Id of the ledger entry that books it. */
  entry: string;
  clientOrderId: string | null;
  venueOrderId: string;
  pair: Pair;
  side: 'buy' | 'sell';
  price: DecimalText;
  quantity: DecimalText;
  cost: DecimalText;
  fee: DecimalText;
  feeAsset: Asset;
  liquidity: string;
  at: string;
}

export interface EntryRow {
  id: string;
  kind: string;
  reference: string;
  at: string;
  postings: PostingRow[];
}

/**
 * Accounts: `venue` (what is held there), `bag` (what of it is put aside), `capital`, `exchange` (counter of
 * trades), `fees`, `margin-result` (of positions on margin) and `interest` (for what they borrow).
 */
export interface PostingRow {
  account: string;
  asset: Asset;
  amount: DecimalText;
}
