import type { Service } from '../service/service.ts';

/** Latest measurements that are kept. */
const KEPT = 10_000;

export interface Timing {
  /** Wall milliseconds from the send of a bar's close to each entry answered while that bar stood open. */
  barToOrderMs(): number[];
}

/** Measures how fast a desk answers a bar, by this process's own clock. Listens before the sockets send. */
export function measureTiming(
  service: Service,
  nowMs: () => number = () => performance.now(),
): Timing {
  const samples: number[] = [];
  let sentAtMs = 0;
  service.onNotices((notices) => {
    if (notices.some((n) => n.notice === 'boundary')) sentAtMs = nowMs();
    for (const n of notices) {
      const isEntry = n.notice === 'order' && n.change === 'new' && n.order.side === 'buy';
      if (isEntry && service.exchange.state.event?.kind === 'bar') samples.push(nowMs() - sentAtMs);
    }
    if (samples.length > KEPT) samples.splice(0, samples.length - KEPT);
  });
  return { barToOrderMs: () => [...samples] };
}
