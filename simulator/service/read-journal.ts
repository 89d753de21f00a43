import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { VenueJournal } from '../../shared/audit/journal-audit.ts';
import type { Asset } from '../../shared/pair.ts';
import type { VenueFill } from '../../shared/venue.ts';

/** A journal of this exchange tells how positions on margin moved balances, too. */
export type SimulatorJournal = Required<VenueJournal>;

/**
 * What the venue wrote down in the journal folder `dir`: deposits, accepted orders and fills, in their order.
 * Reads the file alone and shares no code with what writes or books it, so that an audit can trust neither.
 * A torn last line counts as not written. Throws when there is no journal.
 */
export function readJournal(dir: string): SimulatorJournal {
  const file = join(dir, 'journal.jsonl');
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Error(`there is no venue journal at ${file}: ${(cause as Error).message}`, { cause });
  }
  const journal: SimulatorJournal = {
    deposits: [],
    orders: [],
    fills: [],
    marginFills: [],
    marginMoves: [],
  };
  const lines = text.split('\n');
  lines.pop();
  for (const [index, line] of lines.entries()) {
    const row = parseRow(line, `${file} line ${index + 1}`);
    const texts = row as Record<string, string>;
    if (row['fact'] === 'deposit') {
      journal.deposits.push({ asset: texts['asset'] ?? '', amount: texts['amount'] ?? '' });
    } else if (row['fact'] === 'order') {
      journal.orders.push({
        venueOrderId: texts['order'] ?? '',
        clientOrderId: texts['client'] ?? null,
        ...('liquidates' in row ? { byVenue: true as const } : {}),
      });
    } else if (row['fact'] === 'move') {
      journal.marginMoves.push({
        entry: texts['entry'] ?? '',
        type: texts['type'] ?? '',
        asset: texts['asset'] ?? '',
        amount: texts['amount'] ?? '',
        fee: texts['fee'] ?? '',
      });
    } else if (row['fact'] === 'fill') {
      if ('margin' in row) journal.marginFills.push(texts['trade'] ?? '');
      journal.fills.push({
        executionId: texts['trade'] ?? '',
        venueOrderId: texts['order'] ?? '',
        clientOrderId: texts['client'] ?? null,
        pair: texts['pair'] ?? '',
        side: row['side'] as VenueFill['side'],
        price: texts['price'] ?? '',
        quantity: texts['quantity'] ?? '',
        cost: texts['cost'] ?? '',
        fee: texts['fee'] ?? '',
        feeAsset: texts['feeAsset'] ?? '',
        liquidity: row['liquidity'] as VenueFill['liquidity'],
        at: new Date(Number(row['at'])).toISOString(),
      });
    }
  }
  return journal;
}

function parseRow(line: string, where: string): Record<string, string | number | null> {
  try {
    return JSON.parse(line) as Record<string, string | number | null>;
  } catch (cause) {
    throw new Error(`${where} is damaged: "${line.slice(0, 80)}"; restore the file`, { cause });
  }
}

/** Balances that deposits and fills add up to, per asset, as decimal texts. */
export function journalBalances(journal: SimulatorJournal): Record<Asset, string> {
  const sums = new Map<Asset, bigint>();
  const add = (asset: Asset, amount: string, sign: bigint): void => {
    sums.set(asset, (sums.get(asset) ?? 0n) + sign * scaled(amount));
  };
  for (const { asset, amount } of journal.deposits) add(asset, amount, 1n);
  for (const { asset, amount, fee } of journal.marginMoves) {
    add(asset, amount, 1n);
    add(asset, fee, -1n);
  }
  const onMargin = new Set(journal.marginFills);
  for (const { executionId, pair, side, quantity, cost, fee, feeAsset } of journal.fills) {
    if (onMargin.has(executionId)) continue;
    const [base = '', quote = ''] = pair.split('/');
    const sign = side === 'buy' ? 1n : -1n;
    add(base, quantity, sign);
    add(quote, cost, -sign);
    add(feeAsset, fee, -1n);
  }
  return Object.fromEntries(
    [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([asset, sum]) => [asset, text(sum)]),
  );
}

/** Amounts are added as integers of this many decimals: more than any asset has. */
const SCALE = 18;

function scaled(amount: string): bigint {
  const [whole = '0', fraction = ''] = amount.replace('-', '').split('.');
  const value = BigInt(whole + fraction.padEnd(SCALE, '0').slice(0, SCALE));
  return amount.startsWith('-') ? -value : value;
}

function text(value: bigint): string {
  const digits = (value < 0n ? -value : value).toString().padStart(SCALE + 1, '0');
  const fraction = digits.slice(-SCALE).replace(/0+$/, '');
  const whole = digits.slice(0, -SCALE);
  return `${value < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}
