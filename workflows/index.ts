/** Everything that a worker of the `cycle` queue can run. */
export { marketFeed } from './market-feed.ts';
export { positionGuard } from './position-guard.ts';
export { rebalance } from './rebalance.ts';
export { reconcile } from './reconcile.ts';
export { tradingCycle } from './trading-cycle.ts';
export { tradingDesk } from './trading-desk.ts';
