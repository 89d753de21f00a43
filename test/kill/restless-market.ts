import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CANDLE_HEADER } from '../../candles/candle-files.ts';
import type { KillTest } from './kill-replay.ts';

const HOUR_MS = 3_600_000;
const FROM_MS = Date.UTC(2026, 0, 5);
const HISTORY_BARS = 60 * 24;
/** The trends that the strategies see begin here. */
const TREND_BARS = 120;
const DRIFT = 0.003;
const PAIRS = [
  { name: 'BTCUSDT', price: 50_000, decimals: 1, goes: 1 },
  { name: 'XRPUSDT', price: 0.5, decimals: 5, goes: -1 },
] as const;

/**
 * A market in which much happens in few bars: BTC rises steadily, every second bar dipping through the stops
 * and one reaching the targets, and XRP is its mirror image, sold short on margin; with a profile whose limits
 * let the desk come back each time. Written below `dir`; returns what a kill test replays.
 */
export function restlessMarket(
  dir: string,
  bars: number,
): Pick<KillTest, 'market' | 'from' | 'to'> {
  const data = join(dir, 'data');
  mkdirSync(data);
  for (const { name, price, decimals, goes } of PAIRS) {
    const rows = [CANDLE_HEADER];
    let open: number = price;
    for (let bar = -HISTORY_BARS; bar < bars; bar += 1) {
      const isTrending = bar >= -TREND_BARS;
      const drift = isTrending ? 1 + DRIFT : bar % 2 === 0 ? 1.001 : 1 / 1.001;
      const close = open * (goes > 0 ? drift : 1 / drift);
      const target = bar === 7 ? 1.3 : 1.002;
      const stop = isTrending && bar % 2 === 0 ? 1.07 : 1.002;
      const high = Math.max(open, close) * (goes > 0 ? target : stop);
      const low = Math.min(open, close) / (goes > 0 ? stop : target);
      const prices = [open, high, low, close].map((value) => value.toFixed(decimals));
      rows.push([(FROM_MS + bar * HOUR_MS) / 1000, ...prices, '1000000'].join(','));
      open = close;
    }
    writeFileSync(join(data, `${name}-1h.csv`), `${rows.join('\n')}\n`);
  }
  const profile = join(dir, 'restless.yaml');
  writeFileSync(profile, PROFILE);
  return {
    market: ['--data', data, '--profile', profile],
    from: new Date(FROM_MS).toISOString(),
    to: new Date(FROM_MS + bars * HOUR_MS).toISOString(),
  };
}

const PROFILE = `
name: restless
venue: kraken
pairs: [BTC/USDT, XRP/USDT]
timeframe: 1h
snapshotTimeframes: [1h]
balances: { USDT: '10000' }
deciders:
  - { id: trend, provider: strategy, strategy: trend, confidence: 0.65 }
  - { id: breakout, provider: strategy, strategy: breakout, confidence: 0.65 }
consensus: { kind: quorum, quorum: 2, closeQuorum: 1 }
risk:
  cooldownMinutes: 0
  tradesPerDay: 1000
  stopPct: 20
  rewardRisk: 0.5
  volatilityTargetPct: null
  volatilityHalve: 1000
  volatilityVeto: 1000
  heatPct: 100
  clusterHeatPct: 100
  exposurePerAssetPct: 1000
  dailyLossPct: 100
  weeklyLossPct: 100
  monthlyLossPct: 100
  drawdownPausePct: 100
  drawdownReducePct: 100
  drawdownHaltPct: 100
margin: { leverage: 2 }
guard:
  targetSlippagePct: 0.2
reconcileEveryHours: 6
`;
