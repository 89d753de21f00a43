import type { Snapshot } from '../snapshot.ts';
import { TIMEFRAMES, timeframeMs } from '../timeframe.ts';
import type { MarketAnalyst } from './analyst.ts';
import type { ReadingFields } from './reading.ts';

type Indicators = NonNullable<Snapshot['timeframes']['1h']>['indicators'];

/**
 * How far the indicators of one timeframe agree, from -1 (all down) to 1 (all up): the mean of six votes of
 * -1, 0 or 1, those that can be cast. Null while none can.
 */
export function technicalScore(indicators: Indicators, close: number): number | null {
  const number = (name: string): number | null => {
    const value = indicators[name];
    return typeof value === 'number' ? value : null;
  };
  const above = (value: number | null, border: number | null): number | null =>
    value === null || border === null ? null : Math.sign(value - border);
  const rsi = number('rsi14');
  const votes = [
    above(number('ema21'), number('ema50')),
    above(close, number('ema200')),
    above(number('macdHistogram'), 0),
    // Between 45 and 55 it says nothing.
    rsi === null ? null : rsi > 55 ? 1 : rsi < 45 ? -1 : 0,
    number('trendDirection'),
    number('breakoutDirection'),
  ].filter((vote) => vote !== null);
  if (votes.length === 0) return null;
  return Number((votes.reduce((sum, vote) => sum + vote, 0) / votes.length).toFixed(2));
}

/** The indicators of every timeframe of the snapshot, as one score each and their mean. */
export const technicalAnalyst: MarketAnalyst = {
  source: 'indicators of all timeframes',
  read({ snapshot }) {
    const reading: ReadingFields = {};
    const scores: number[] = [];
    let availableAtMs = 0;
    for (const timeframe of TIMEFRAMES) {
      const data = snapshot.timeframes[timeframe];
      const last = data?.candles.at(-1);
      if (data == null || last === undefined) continue;
      const score = technicalScore(data.indicators, last[4]);
      if (score === null) continue;
      reading[`score${timeframe}`] = score;
      scores.push(score);
      availableAtMs = Math.max(availableAtMs, Date.parse(last[0]) + timeframeMs(timeframe));
    }
    if (scores.length === 0) {
      return { kind: 'missing', reason: 'no timeframe has enough bars for an indicator' };
    }
    const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
    const agreeing = scores.filter((score) => Math.sign(score) === Math.sign(mean)).length;
    return {
      kind: 'reading',
      availableAtMs,
      reading: {
        score: Number(mean.toFixed(2)),
        agreement: Number((agreeing / scores.length).toFixed(2)),
        ...reading,
      },
    };
  },
};
