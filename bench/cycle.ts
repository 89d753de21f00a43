import { join } from 'node:path';
import { measureDesk, timesTable, wantedOrders } from './measure-desk.ts';

/** Entries that are measured before the figures count. */
const ENOUGH = 200;
export const ALONE = ['BTC/USDT'];
export const AT_ONCE = ['BTC/USDT', 'XRP/USDT', 'XRP/BTC'];

/**
 * How long a desk takes from the exchange's send of a bar's close to its answer to the order that
 * follows: the whole path (feed, snapshot, deciders, consensus, turn, review, order), by the simulator's
 * clock, and its cycle workflow from start to end, by Temporal's; one pair alone, then three pairs at
 * once, which are reviewed one after the other. In lockstep on candles that make the desk want a trade at
 * every bar. `npm run bench -- cycle [orders]`.
 */
export async function run(args: readonly string[]): Promise<void> {
  const wanted = wantedOrders('cycle', args, ENOUGH);
  const profile = join(import.meta.dirname, 'cycle.yaml');
  console.log(timesTable('one pair', await measureDesk(profile, wanted, ALONE)));
  console.log(timesTable('three pairs at once', await measureDesk(profile, wanted, AT_ONCE)));
}
