/**
 * Tells, tick by tick, whether one and the same step has been running at so many ticks in a row. A step's count
 * is odd while it runs and grows with each; counting ticks, not time, a machine that slept wakes to no alarm.
 */
export function stepWatch(ticks: number): (count: number) => boolean {
  let last = 0;
  let seen = 0;
  return (count) => {
    const isRunning = count % 2 !== 0;
    seen = isRunning && count === last ? seen + 1 : isRunning ? 1 : 0;
    last = count;
    return seen >= ticks;
  };
}
