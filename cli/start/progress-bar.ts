import { isoTime } from '../../shared/timeframe.ts';

const WIDTH = 24;

/**
 * A line that says how far a replay has come, rewritten in place on a terminal and otherwise written
 * once every tenth: `2021-05-17 13:00 [#########...............] 38 %  138 cycles  21 s`.
 */
export function progressBar(
  stream: { isTTY?: boolean; write(text: string): unknown },
  range: { fromMs: number; toMs: number },
): { at(venueMs: number, cycles: number): void; clear(): void } {
  const started = performance.now();
  let lastTenth = -1;
  return {
    at(venueMs, cycles) {
      const share = Math.min(
        1,
        Math.max(0, (venueMs - range.fromMs) / (range.toMs - range.fromMs)),
      );
      const done = Math.round(share * WIDTH);
      const bar = '#'.repeat(done) + '.'.repeat(WIDTH - done);
      const seconds = ((performance.now() - started) / 1000).toFixed(0);
      const line =
        `${isoTime(venueMs).slice(0, 16).replace('T', ' ')} [${bar}] ` +
        `${Math.round(share * 100)} %  ${cycles} cycles  ${seconds} s`;
      if (stream.isTTY === true) stream.write(`\r\u001b[K${line}`);
      else if (Math.floor(share * 10) !== lastTenth) stream.write(`${line}\n`);
      lastTenth = Math.floor(share * 10);
    },
    clear() {
      if (stream.isTTY === true) stream.write('\r\u001b[K');
    },
  };
}
