import type pg from 'pg';
import { planSweep } from '../../../shared/bag/plan-sweep.ts';
import { Decimal, isDecimalText, type DecimalText } from '../../../shared/money.ts';
import type { Asset } from '../../../shared/pair.ts';
import type { Profile } from '../../../shared/profile.ts';
import type { AccountView } from '../../../shared/snapshot.ts';
import { isoTime } from '../../../shared/timeframe.ts';
import { inTransaction } from '../database.ts';
import { noteCommand, type Command } from '../desk/desk-event.ts';
import { lockDesk } from '../desk/desk-store.ts';
import { bagBalances } from './balances.ts';
import { postEntry, type Posting } from './post.ts';

/**
 * Puts a share of the profit that was realised in a period just ended into the hodl bag, as the profile says.
 * Keyed by the period's start. Returns what was put aside, by asset; empty when nothing was.
 */
export async function sweepProfit(
  client: pg.PoolClient,
  of: {
    desk: string;
    profile: Profile;
    account: AccountView;
    /** The period that has ended, venue time, Unix ms; the first without the second. */
    fromMs: number;
    toMs: number;
  },
): Promise<Record<Asset, DecimalText>> {
  const { desk, profile, account, fromMs, toMs } = of;
  if (profile.bag === undefined) return {};
  const { rows } = await client.query<{ profit: string }>(
    `select coalesce(sum(pnl_usdt), 0) as profit from position
      where desk = $1 and closed_at >= $2 and closed_at < $3`,
    [desk, new Date(fromMs), new Date(toMs)],
  );
  const profitUsdt = new Decimal(rows[0]?.profit ?? 0).toFixed();
  const { free, usdtPer } = account;
  const amounts = planSweep({ profitUsdt, free, usdtPer, settings: profile.bag });
  if (Object.keys(amounts).length === 0) return {};
  const reference = `sweep ${desk} ${isoTime(fromMs)}`;
  const at = isoTime(toMs);
  const booked = await postEntry(client, {
    ...{ desk, kind: 'sweep', reference, at, postings: moved('venue', 'bag', amounts) },
  });
  if (booked === null) return {};
  const why = `${profile.bag.sharePct} % of ${profitUsdt} USDT won since ${isoTime(fromMs)}`;
  const command = { reference, who: 'desk', why, atMs: toMs };
  await noteCommand(client, desk, 'sweep', command, { profitUsdt, amounts });
  return amounts;
}

export type ReleaseAnswer =
  | { kind: 'released'; amounts: Record<Asset, DecimalText>; left: Record<Asset, DecimalText> }
  | { kind: 'refused'; reason: string };

/**
 * Gives what lies in the bag back to the desk: the named amounts, or everything. Only a person asks for it;
 * nothing here does. All of it is released or nothing. Keyed by `reference`.
 */
export async function releaseBag(
  deps: { pool: pg.Pool; desk: string },
  of: Command & { amounts: Record<Asset, DecimalText> | 'all' },
): Promise<ReleaseAnswer> {
  const { desk } = deps;
  return inTransaction(deps.pool, async (client) => {
    await lockDesk(client, desk);
    const before = await bagBalances(client);
    const repeated = await client.query<{ detail: { answer: ReleaseAnswer } }>(
      `select detail from desk_event where reference = $1`,
      [of.reference],
    );
    if (repeated.rows[0] !== undefined) return repeated.rows[0].detail.answer;
    const amounts = of.amounts === 'all' ? before : of.amounts;
    const reason = whyNot(amounts, before);
    if (reason === null) {
      await postEntry(client, {
        ...{ desk, kind: 'release', reference: of.reference, at: isoTime(of.atMs) },
        postings: moved('bag', 'venue', amounts),
      });
    }
    const answer: ReleaseAnswer =
      reason === null
        ? { kind: 'released', amounts, left: await bagBalances(client) }
        : { kind: 'refused', reason };
    await noteCommand(client, desk, 'release-bag', of, { asked: of.amounts, answer });
    return answer;
  });
}

function whyNot(
  amounts: Record<Asset, DecimalText>,
  bag: Record<Asset, DecimalText>,
): string | null {
  const assets = Object.entries(amounts);
  if (assets.length === 0) return 'there is nothing to release';
  for (const [asset, amount] of assets) {
    if (!isDecimalText(amount) || !new Decimal(amount).gt(0)) {
      return `${amount} is no amount of ${asset}`;
    }
    const held = bag[asset] ?? '0';
    if (new Decimal(amount).gt(held)) {
      return `${amount} ${asset} were asked for, the bag holds ${held}`;
    }
  }
  return null;
}

function moved(
  from: 'venue' | 'bag',
  to: 'venue' | 'bag',
  amounts: Record<Asset, DecimalText>,
): Posting[] {
  return Object.entries(amounts).flatMap(([asset, amount]): Posting[] => [
    { account: from, asset, amount: new Decimal(amount).neg().toFixed() },
    { account: to, asset, amount },
  ]);
}
