import type { Tried } from '../../shared/backtest/bayesian-search.ts';
import { parseBarStrategy } from '../../shared/strategies/bar-registry.ts';
import { loadStudyData } from './load-study-data.ts';
import { reportHtml } from './report-html.ts';
import { runStudy } from './run-study.ts';
import { runSweep, sharedColumns } from './run-sweep.ts';
import type { InstrumentFor, PairData, StudyRequest, SweepPlan } from './study.ts';
import { codeVersion, studyId } from './study-identity.ts';
import { studyMeasures } from './study-measures.ts';
import type { StudyStore } from './study-store.ts';
import { studySummary } from './study-summary.ts';
import { sweepHtml } from './sweep-html.ts';
import { sweepSummary } from './sweep-summary.ts';
import { nextRound, sweepSpace, type SweepSearch } from './sweep-plan.ts';
import { tradesCsv } from './trades-csv.ts';

export interface BacktestDeps {
  store: StudyStore;
  instrumentFor: InstrumentFor;
  /** Threads of one part of a sweep, 1 or more. */
  threads: number;
  /** Aborts with the activity that asks; undefined outside of one. */
  cancellation: () => AbortSignal | undefined;
  log: (line: string) => void;
}

/** Small results for histories; everything else lies in the study's folder. */
export interface StudyOutcome {
  study: string;
  folder: string;
  trades: number;
  /** One line for people. */
  told: string;
}

export interface SweepOutcome {
  study: string;
  folder: string;
  sets: number;
  done: number;
  told: string;
}

export interface SweepPartRequest {
  study: string;
  request: StudyRequest;
  sets: Record<string, unknown>[];
  from: number;
  to: number;
}

const told = (value: number): string => (Number.isNaN(value) ? 'not known' : value.toFixed(2));

export type BacktestActivities = ReturnType<typeof createBacktestActivities>;

/**
 * The steps of studies. Each is keyed by the study's id and can be repeated: what is stored is returned, what
 * was lost is computed again to the same result.
 */
export function createBacktestActivities({
  store,
  instrumentFor,
  threads,
  cancellation,
  log,
}: BacktestDeps) {
  const code = codeVersion();
  let loaded: { key: string; data: PairData[] } | null = null;

  /** The bars of a request; those of the last one are kept, since the parts of a sweep share them. */
  function dataOf(request: StudyRequest): PairData[] {
    const { dataDir, pairs, timeframe, fromMs, toMs } = request;
    const recorded = request.strategy === 'recorded' ? request.params : null;
    const key = JSON.stringify([dataDir, pairs, timeframe, fromMs, toMs, recorded]);
    if (loaded?.key !== key) {
      const data = loadStudyData(request, log);
      loaded = { key, data: data.map((d) => ({ ...d, bars: sharedColumns(d.bars) })) };
    }
    return loaded.data;
  }

  return {
    /** The study's id: hash of data, code and everything asked for. Throws when a file is missing. */
    async identifyStudy(request: StudyRequest, sweep: SweepPlan | null): Promise<string> {
      return studyId(request, sweep, code);
    },

    /** Runs one backtest and writes its report, unless that is there already. */
    async runBacktest(study: string, request: StudyRequest): Promise<StudyOutcome> {
      const stored = store.readJson(study, 'outcome.json') as StudyOutcome | null; // written below
      if (stored !== null) return { ...stored, folder: store.folder(study) };
      const choice = parseBarStrategy(request.strategy, request.params);
      const data = dataOf(request);
      const run = runStudy(request, choice, data, instrumentFor);
      const summary = studySummary(request, choice, data, run);
      const first = data[0]!;
      const { takerFee } = instrumentFor(first.pair, first.bars.close[0]!).instrument;
      const measures = studyMeasures(run, data, takerFee);
      store.write(study, 'trades.csv', tradesCsv(run.log, data));
      store.write(study, 'summary.json', JSON.stringify({ ...summary, measures }, null, 2));
      store.write(study, 'report.html', reportHtml({ summary, measures, run, data }));
      const verdicts = measures?.comparisons.map((c) => c.verdict).join('; ') ?? 'fills only';
      const outcome: StudyOutcome = {
        study,
        folder: store.folder(study),
        trades: summary.trades,
        told: `${summary.trades} trades, net ${JSON.stringify(summary.netPnl)}; ${verdicts}`,
      };
      store.write(study, 'outcome.json', JSON.stringify(outcome));
      return outcome;
    },

    /** Runs the sets [`from`, `to`) of a sweep and stores them; returns how many are done. */
    async runSweepPart({ study, request, sets, from, to }: SweepPartRequest): Promise<number> {
      const stored = store.readPart(study, from);
      if (stored !== null && stored.to === to) return to - from;
      const choices = sets.map((params) => parseBarStrategy(request.strategy, params));
      const signal = cancellation();
      const run = await runSweep(request, choices, dataOf(request), instrumentFor, {
        threads,
        ...(signal === undefined ? {} : { signal }),
      });
      const rows = run.rows.flatMap((row) => (row === null ? [] : [row]));
      // A part that was cancelled half-way is not stored: parts are whole or missing.
      if (rows.length < sets.length) return 0;
      const { returns, dayMs } = run;
      store.writePart(study, { from, to, rows, returns, dayMs });
      return to - from;
    },

    /**
     * The sets of a search's next round, after the stored parts of `partSize` sets before `from`; the same ones
     * when asked again.
     */
    async proposeSets(
      study: string,
      request: StudyRequest,
      search: SweepSearch,
      from: number,
      partSize: number,
    ): Promise<Record<string, unknown>[]> {
      const space = sweepSpace(request.strategy, search.base, search.axes);
      const roundAt = (at: number): number[] | null =>
        store.readJson(study, `round-${at}.json`) as number[] | null; // written below
      let numbers = roundAt(from);
      if (numbers === null) {
        const tried: Tried[] = [];
        for (let at = 0; at < from; at += partSize) {
          const rows = store.readPart(study, at)?.rows ?? [];
          roundAt(at)?.forEach((number, k) =>
            tried.push({ number, value: rows[k]?.sharpe ?? NaN }),
          );
        }
        numbers = nextRound(space, search, tried);
        store.write(study, `round-${from}.json`, JSON.stringify(numbers));
      }
      return numbers.map((number) => space.choiceAt(number).parameters);
    },

    /** Puts the stored parts together: what a sweep shows, and how far it can be believed. */
    async finishSweep(
      study: string,
      request: StudyRequest,
      sweep: SweepPlan,
      partSize: number,
    ): Promise<SweepOutcome> {
      const total = sweep.search?.samples ?? sweep.sets.length;
      const rows = Array.from({ length: total }, () => null) as (null | object)[];
      const returns: Float64Array[] = Array.from({ length: total }, () => new Float64Array(0));
      let dayMs: number[] = [];
      for (let from = 0; from < total; from += partSize) {
        const part = store.readPart(study, from);
        if (part === null) continue;
        dayMs = part.dayMs;
        part.rows.forEach((row, k) => {
          rows[from + k] = row;
          returns[from + k] = part.returns[k]!;
        });
      }
      const run = {
        rows: rows as Parameters<typeof sweepSummary>[1]['rows'], // rows of parts, or null
        returns,
        dayMs,
        elapsedMs: 0,
        threads,
      };
      const summary = sweepSummary(request, run, sweep.walkForward);
      store.write(study, 'sweep.json', JSON.stringify(summary, null, 2));
      store.write(study, 'report.html', sweepHtml(summary));
      const { best, overfitting } = summary;
      return {
        study,
        folder: store.folder(study),
        sets: total,
        done: summary.done,
        told:
          best === null
            ? `${summary.done} of ${total} sets, none with a ratio`
            : `${summary.done} of ${total} sets; best Sharpe ${best.sharpe.toFixed(2)}, above luck with probability ` +
              `${best.deflatedSharpe.toFixed(2)}; overfitting ${told(overfitting.probability)}; ${summary.verdict}`,
      };
    },
  };
}
