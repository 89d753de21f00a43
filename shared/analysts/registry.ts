import type { MarketAnalyst } from './analyst.ts';
import { regimeAnalyst } from './regime.ts';
import type { AnalystName } from './settings.ts';
import { technicalAnalyst } from './technical.ts';

/** The analysts that a profile may name. */
export const MARKET_ANALYSTS: Readonly<Record<AnalystName, MarketAnalyst>> = {
  technical: technicalAnalyst,
  regime: regimeAnalyst,
};
