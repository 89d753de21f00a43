import type { RiskLimits } from '../../../shared/risk/limits.ts';
import {
  limitsInForce,
  type LimitsInForce,
  type Tightenings,
} from '../../../shared/risk/standing-limits.ts';
import type { Queryable } from '../database.ts';

/** The limits that hold for the desk now: its profile's, and what people tightened since. */
export async function readLimits(
  db: Queryable,
  desk: string,
  profile: { risk: RiskLimits },
): Promise<LimitsInForce> {
  const { rows } = await db.query<{ tightened: Tightenings }>(
    `select tightened from desk where desk = $1`,
    [desk],
  );
  return limitsInForce(profile.risk, rows[0]?.tightened ?? {});
}
