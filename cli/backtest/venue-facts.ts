import type { StudyInstrument } from '../../activities/backtest/study.ts';
import { Decimal } from '../../shared/money.ts';
import type { Pair } from '../../shared/pair.ts';
import { assetInfo, instrumentFor } from '../../simulator/market/instruments.ts';

/** Kraken's entry tier for spot (kraken.com/features/fee-schedule, read 2026-11-21). */
const TAKER_FEE = 0.004;
const MAKER_FEE = 0.0025;
/** Margin level at which Kraken calls (support.kraken.com, margin call level, read 2026-11-21). */
const MARGIN_CALL_PCT = 80;

/** A pair as the simulator trades it: the same steps, minimums, spread and fees. */
export function venueFacts(pair: Pair, price: number): StudyInstrument {
  const venue = instrumentFor(pair, price);
  const { marginRate } = assetInfo(venue.base);
  return {
    instrument: {
      pair,
      tick: venue.tick.toFixed(),
      priceDecimals: venue.priceDecimals,
      lot: new Decimal(10).pow(-venue.lotDecimals).toFixed(),
      minQuantity: venue.orderMin.toFixed(),
      minCost: venue.costMin.toFixed(),
      takerFee: TAKER_FEE,
      makerFee: MAKER_FEE,
      leverageBuy: [],
      leverageSell: venue.leverages,
      marginCallPct: MARGIN_CALL_PCT,
      marginRatePct: { open: marginRate, rollover: marginRate },
      status: 'online',
    },
    halfSpread: venue.halfSpread,
    stopSlippage: venue.stopSlippage,
  };
}
