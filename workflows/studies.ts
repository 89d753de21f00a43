/** Everything that a worker of the `compute` queue can run. */
export { backtest } from './backtest.ts';
export { sweep } from './sweep.ts';
export { walkForward } from './walk-forward.ts';
