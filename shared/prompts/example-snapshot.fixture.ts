import {
  BAR_MS,
  CLOSE_MS,
  exampleInstrument,
  exampleProfile,
  HOUR_MS,
} from '../../activities/ledger/example-desk.fixture.ts';
import { readAnalysts } from '../../activities/analysts/read-analysts.ts';
import { buildSnapshot, withReadings } from '../../activities/market/build-snapshot.ts';
import { MARKET_ANALYSTS } from '../analysts/registry.ts';
import type { CandleColumns } from '../candle.ts';
import type { AccountView, PositionView, Snapshot } from '../snapshot.ts';

/** `count` bars of which the last closed by 13:00; bar i opens at 100 + i and closes 1 higher. */
function rising(count: number, spanMs: number): CandleColumns {
  const lastMs = Math.floor(CLOSE_MS / spanMs) * spanMs - spanMs;
  const of = (value: (i: number) => number): Float64Array =>
    Float64Array.from({ length: count }, (_, i) => value(i));
  return {
    timeMs: of((i) => lastMs - (count - 1 - i) * spanMs),
    open: of((i) => 100 + i),
    high: of((i) => 102 + i),
    low: of((i) => 99 + i),
    close: of((i) => 101 + i),
    volume: of((i) => 2 + (i % 3)),
  };
}

const account: AccountView = {
  ...{ asOf: '2026-01-05T13:00:00Z', equity: '1000.123', balances: { USDT: '1000.123' } },
  ...{ free: { USDT: '1000.123' }, usdtPer: { USDT: '1', BTC: '300' }, positions: [] },
};

/** 1 BTC bought at 290 with its stop at 280: about 1 % of 1,000 USDT at risk, and the fees. */
export const examplePosition: PositionView = {
  ...{ position: 'BTC/USDT/2026-01-05T10:00:00Z', guard: 'g', pair: 'BTC/USDT', side: 'long' },
  ...{ quantity: '1', entryPrice: '290', stopPrice: '280', targetPrices: ['320'] },
  ...{ openedAt: '2026-01-05T10:00:00Z', unrealisedPct: 3.448 },
};

const candles = { '1h': rising(200, HOUR_MS), '4h': rising(60, 4 * HOUR_MS) };
const bare = buildSnapshot({
  ...{ profile: exampleProfile, pair: 'BTC/USDT', barMs: BAR_MS, atMs: CLOSE_MS, account },
  ...{ candles, recentTrades: [], instrument: exampleInstrument('BTC/USDT'), book: null },
});
const readings = await readAnalysts(exampleProfile.analysts, MARKET_ANALYSTS, {
  snapshot: bare,
  candles,
});

/** For tests: BTC/USDT at 300 after 200 rising hours, nothing held. */
export const exampleSnapshot: Snapshot = withReadings(bare, readings);

/** The same while a position is open on the pair. */
export const heldSnapshot: Snapshot = {
  ...exampleSnapshot,
  account: { ...account, positions: [examplePosition] },
  position: examplePosition,
  legalActions: ['hold', 'close'],
};
