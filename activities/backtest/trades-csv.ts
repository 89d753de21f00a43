import { EXIT_REASONS, type TradeLog } from '../../shared/backtest/trade-log.ts';
import { isoTime } from '../../shared/timeframe.ts';
import { plainNumber } from './plain-number.ts';
import type { PairData } from './study.ts';

const TRADES_HEADER =
  'pair,side,entry_time,entry_price,exit_time,exit_price,quantity,gross_pnl,fees,exit_reason';

/** Indexes of a log's trades by entry time, then in the order of the pairs. */
function tradesByEntry(log: TradeLog, data: readonly PairData[]): Uint32Array {
  const entered = new Float64Array(log.count);
  for (let k = 0; k < log.count; k++) {
    entered[k] = data[log.pair[k]!]!.bars.timeMs[log.entryBar[k]!]!;
  }
  const order = Uint32Array.from({ length: log.count }, (_, k) => k);
  return order.sort((a, b) => entered[a]! - entered[b]! || log.pair[a]! - log.pair[b]! || a - b);
}

/**
 * The trades as CSV, sorted by entry. A time is the open time of the bar in which the fill happened; money
 * is in the quote asset of the pair, fees are those of both sides.
 */
export function tradesCsv(log: TradeLog, data: readonly PairData[]): string {
  const lines = [TRADES_HEADER];
  for (const k of tradesByEntry(log, data)) {
    const { pair, bars } = data[log.pair[k]!]!;
    lines.push(
      [
        pair,
        log.side[k] === 1 ? 'long' : 'short',
        isoTime(bars.timeMs[log.entryBar[k]!]!),
        plainNumber(log.entryPrice[k]!, 15),
        isoTime(bars.timeMs[log.exitBar[k]!]!),
        plainNumber(log.exitPrice[k]!, 15),
        plainNumber(log.quantity[k]!),
        plainNumber(log.grossPnl[k]!),
        plainNumber(log.fees[k]!),
        EXIT_REASONS[log.reason[k]!],
      ].join(','),
    );
  }
  return `${lines.join('\n')}\n`;
}
