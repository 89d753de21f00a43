import { join } from 'node:path';
import { measureDesk, timesLine, wantedOrders } from './measure-desk.ts';

/** Entries that are measured before the figures count. */
const ENOUGH = 200;

/**
 * How long a desk takes from the exchange's send of a bar's close to its answer to the order that
 * follows: the whole path (feed, snapshot, deciders, consensus, turn, review, order), three pairs at
 * once, by the simulator's clock, in lockstep on candles that make the desk want a trade at every bar.
 * `npm run bench -- cycle [orders]`.
 */
export async function run(args: readonly string[]): Promise<void> {
  const wanted = wantedOrders('cycle', args, ENOUGH);
  const profile = join(import.meta.dirname, 'cycle.yaml');
  console.log(timesLine(await measureDesk(profile, wanted)));
}
