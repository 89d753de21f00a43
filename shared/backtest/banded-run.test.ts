import { describe, expect, it } from 'vitest';
import type { CandleColumns } from '../candle.ts';
import { seededCandles } from '../indicators/seeded-candles.fixture.ts';
import type { Instrument } from '../venue.ts';
import { runBanded, type BandedInput } from './banded-run.ts';
import { EXIT_REASONS } from './trade-log.ts';

const HOUR = 3_600_000;

function flatBars(closes: number[]): CandleColumns {
  const column = Float64Array.from(closes);
  const open = Float64Array.from(closes, (c, i) => closes[i - 1] ?? c);
  return {
    timeMs: Float64Array.from(closes, (_, i) => i * HOUR),
    open,
    high: column.map((c, i) => Math.max(c, open[i]!)),
    low: column.map((c, i) => Math.min(c, open[i]!)),
    close: column,
    volume: column,
  };
}

function inputOf(bars: CandleColumns[], change: Partial<BandedInput> = {}): BandedInput {
  const pairs = ['BTC/USDT', 'XRP/USDT'].slice(0, bars.length);
  const fee = 0.004;
  return {
    pairs,
    bars,
    barMs: HOUR,
    costs: pairs.map(() => ({
      ...{ takerFee: fee, makerFee: fee, halfSpread: 0, stopSlippage: 0, priceScale: 0, lot: 1e-4 },
    })),
    instruments: pairs.map((pair): Instrument => ({
      ...{ pair, tick: '0.0001', priceDecimals: 4, lot: '0.0001', minQuantity: '0.0001' },
      ...{ minCost: '0.5', takerFee: fee, makerFee: fee, leverageBuy: [], leverageSell: [] },
      status: 'online',
    })),
    numeraire: 'USDT',
    balances: { USDT: 1000 },
    parameters: { bandPct: 5, to: 'edge', leastHours: 0 },
    ...change,
  };
}

describe('banded parts', () => {
  it('buys up to the edge of the bands, leaves the rest alone and sells at the end', () => {
    // Halves of 1000 with a band of 5 points: BTC comes to 45 %, 450 at the open of bar 1 at 100 each.
    const { log, account, turnover } = runBanded(inputOf([flatBars([100, 100, 100, 100])]));
    expect(log.count).toBe(1);
    expect([log.entryBar[0], log.exitBar[0], log.quantity[0]]).toEqual([1, 3, 4.5]);
    expect(EXIT_REASONS[log.reason[0]!]).toBe('end');
    // 450 bought and sold, 0.4 % each.
    expect(log.fees[0]).toBeCloseTo(3.6, 9);
    expect(account.equity).toBeCloseTo(996.4, 9);
    expect(turnover).toBeCloseTo(900, 9);
  });

  it('sells what was bought first when a share leaves its band', () => {
    // 4.5 BTC at 100, then at 200: 900 of 1448.2, far above 55 %: sold down to it.
    const { log, account } = runBanded(inputOf([flatBars([100, 100, 200, 200, 200])]));
    expect(EXIT_REASONS[log.reason[0]!]).toBe('rebalance');
    expect([log.entryBar[0], log.exitBar[0], log.entryPrice[0], log.exitPrice[0]]).toEqual([
      1, 3, 100, 200,
    ]);
    expect(log.quantity[0]! + log.quantity[1]!).toBeCloseTo(4.5, 9);
    expect(account.balance[1]).toBe(0);
  });

  it('counts start balances as bought at the first open', () => {
    const balances = { USDT: 100, BTC: 9 };
    const { log } = runBanded(inputOf([flatBars([100, 100, 100])], { balances }));
    expect([log.entryBar[0], log.entryPrice[0]]).toEqual([0, 100]);
    expect(EXIT_REASONS[log.reason[0]!]).toBe('rebalance');
  });

  it('makes no money of nothing: what the trades made is what the account gained', () => {
    const bars = [seededCandles(3000, 3), seededCandles(3000, 4)];
    const { log, account } = runBanded(inputOf(bars, { balances: { USDT: 1000 } }));
    let net = 0;
    for (let k = 0; k < log.count; k++) net += log.grossPnl[k]! - log.fees[k]!;
    expect(log.count).toBeGreaterThan(2);
    expect(account.equity - 1000).toBeCloseTo(net, 6);
  });

  it('does nothing before a bar that a later change could tell it', () => {
    const whole = [seededCandles(2000, 5), seededCandles(2000, 6)];
    const cut = whole.map((b, k) => {
      const other = seededCandles(2000, 7 + k);
      const mix = (a: Float64Array, o: Float64Array): Float64Array =>
        a.map((x, i) => (i < 1000 ? x : o[i]!));
      return {
        ...{ timeMs: b.timeMs, open: mix(b.open, other.open), high: mix(b.high, other.high) },
        ...{ low: mix(b.low, other.low), close: mix(b.close, other.close), volume: b.volume },
      };
    });
    const early = (bars: CandleColumns[]): number[][] => {
      const { log } = runBanded(inputOf(bars));
      const all = Array.from({ length: log.count }, (_, k) => k);
      return all
        .filter((k) => log.exitBar[k]! < 1000)
        .map((k) => [log.entryBar[k]!, log.exitBar[k]!, log.quantity[k]!, log.exitPrice[k]!]);
    };
    expect(early(cut)).toEqual(early(whole));
  });
});
