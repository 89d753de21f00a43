import { readFileSync } from 'node:fs';
import { findCandleFiles, type CandleFile } from '../../candles/candle-files.ts';
import { loadCandles } from '../../candles/load-candles.ts';
import { aggregateCandles, lowerBound } from '../../candles/timeframes.ts';
import {
  recordedDecisions,
  type RecordedDecisions,
} from '../../shared/backtest/recorded-decisions.ts';
import { gapsIn } from '../../shared/backtest/segments.ts';
import { sliceColumns } from '../../shared/candle-columns.ts';
import type { CandleColumns } from '../../shared/candle.ts';
import type { Pair } from '../../shared/pair.ts';
import { isoTime, TIMEFRAMES, timeframeMs, type Timeframe } from '../../shared/timeframe.ts';
import type { PairData, StudyRequest } from './study.ts';

/**
 * The bars of a study, nothing before `fromMs`, nothing from `toMs` on. A pair without a file of the
 * timeframe is built from the nearest finer one. Throws naming pair, folder and range when there is no
 * file or no row.
 */
export function loadStudyData(
  request: Pick<
    StudyRequest,
    'strategy' | 'params' | 'dataDir' | 'pairs' | 'timeframe' | 'fromMs' | 'toMs' | 'beneath'
  >,
  log: (line: string) => void = () => undefined,
): PairData[] {
  const files = findCandleFiles(request.dataDir, { pairs: request.pairs, log });
  const recorded = readRecorded(request);
  return request.pairs.map((pair) => {
    const file = studyFile(files, pair, request);
    const bars = inRange(barsOf(file, request.timeframe, request.fromMs, request.toMs), request);
    if (bars.timeMs.length === 0) {
      throw new Error(
        `${file.name} has no ${request.timeframe} bars for ${pair} from ` +
          `${told(request.fromMs, 'its start')} to ${told(request.toMs, 'its end')}; choose another range`,
      );
    }
    return {
      pair,
      bars,
      file: file.name,
      fileTimeframe: file.timeframe,
      gaps: gapsIn(bars.timeMs, timeframeMs(request.timeframe)),
      beneath: beneathBars(files, pair, request, log),
      ...(recorded === null ? {} : { recorded: recorded(pair) }),
    };
  });
}

/** The file of decisions that a study repeats; null for every other strategy. */
export function recordedFile({ strategy, params }: Pick<StudyRequest, 'strategy' | 'params'>) {
  const { file } = params;
  return strategy === 'recorded' && typeof file === 'string' ? file : null;
}

function readRecorded(
  request: Pick<StudyRequest, 'strategy' | 'params'>,
): ((pair: Pair) => RecordedDecisions) | null {
  const file = recordedFile(request);
  if (file === null) return null;
  const { decider } = request.params;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Error(`cannot read the decisions ${file}: ${(cause as Error).message}`, { cause });
  }
  return recordedDecisions(text, file, typeof decider === 'string' ? decider : null);
}

/** The finer bars of a pair that were asked for, or null with a line of log when there is no file. */
function beneathBars(
  files: readonly CandleFile[],
  pair: string,
  request: Pick<StudyRequest, 'fromMs' | 'toMs' | 'beneath' | 'timeframe'>,
  log: (line: string) => void,
): CandleColumns | null {
  const { beneath } = request;
  if (beneath === null) return null;
  const file = files.find((f) => f.pair === pair && f.timeframe === beneath);
  if (file !== undefined) return barsOf(file, beneath, request.fromMs, request.toMs);
  log(`no ${beneath} bars of ${pair}: where a bar touches stop and target, the stop counts`);
  return null;
}

function told(timeMs: number | null, otherwise: string): string {
  return timeMs === null ? otherwise : isoTime(timeMs);
}

/** The pair's file of the study's timeframe, or of the longest shorter one. Throws when there is none. */
export function studyFile(
  files: readonly CandleFile[],
  pair: string,
  request: Pick<StudyRequest, 'dataDir' | 'timeframe'>,
): CandleFile {
  for (let k = TIMEFRAMES.indexOf(request.timeframe); k >= 0; k--) {
    const file = files.find((f) => f.pair === pair && f.timeframe === TIMEFRAMES[k]);
    if (file !== undefined) return file;
  }
  const there = files.filter((f) => f.pair === pair).map((f) => f.name);
  throw new Error(
    `no candles for ${pair} at ${request.timeframe} or finer in ${request.dataDir} ` +
      `(${there.length > 0 ? `there are ${there.join(', ')}` : 'no file of that pair'}); ` +
      'choose other pairs, another timeframe or another folder',
  );
}

function barsOf(
  file: CandleFile,
  timeframe: Timeframe,
  fromMs: number | null,
  toMs: number | null,
): CandleColumns {
  const barMs = timeframeMs(timeframe);
  // A bar belongs to the range by its open time, so its finer bars may reach beyond the end.
  const range = {
    ...(fromMs === null ? {} : { fromMs: Math.floor(fromMs / barMs) * barMs }),
    ...(toMs === null ? {} : { toMs: Math.ceil(toMs / barMs) * barMs }),
  };
  const columns = loadCandles(file, range);
  return file.timeframe === timeframe
    ? columns
    : aggregateCandles(columns, file.timeframe, timeframe);
}

function inRange(
  columns: CandleColumns,
  range: { fromMs: number | null; toMs: number | null },
): CandleColumns {
  const start = range.fromMs === null ? 0 : lowerBound(columns.timeMs, range.fromMs);
  const end = range.toMs === null ? columns.timeMs.length : lowerBound(columns.timeMs, range.toMs);
  return start === 0 && end === columns.timeMs.length
    ? columns
    : sliceColumns(columns, start, Math.max(start, end));
}
