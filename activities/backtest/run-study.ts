import { performance } from 'node:perf_hooks';
import { runEmaCross } from '../../shared/backtest/ema-cross.ts';
import { runEngine } from '../../shared/backtest/engine.ts';
import type { EngineResult } from '../../shared/backtest/engine-types.ts';
import type { PairCosts } from '../../shared/backtest/exit-finder.ts';
import { runBanded } from '../../shared/backtest/banded-run.ts';
import { DeskGate } from '../../shared/backtest/desk-gate.ts';
import { equalShare } from '../../shared/backtest/equal-share.ts';
import { fixedQuantity } from '../../shared/backtest/fixed-quantity.ts';
import { TradeLog } from '../../shared/backtest/trade-log.ts';
import { EntrySettingsSchema } from '../../shared/entry.ts';
import { quoteOf, type Asset, type Pair } from '../../shared/pair.ts';
import { RiskLimitsSchema } from '../../shared/risk/limits.ts';
import type { BarStrategyFactory } from '../../shared/strategies/bar-strategy.ts';
import { RecordedBars } from '../../shared/strategies/recorded-bars.ts';
import {
  barStrategyFactory,
  type BarStrategyChoice,
} from '../../shared/strategies/bar-registry.ts';
import { timeframeMs } from '../../shared/timeframe.ts';
import type { InstrumentFor, PairData, StudyInstrument, StudyRequest } from './study.ts';
import { watchedSeries } from './watched-series.ts';

export interface StudyRun {
  log: TradeLog;
  /** Null with fills only: there is no account. */
  engine: EngineResult | null;
  /** The risk engine of the run; null where there was none. */
  desk: DeskGate | null;
  numeraire: Asset;
  /** What the account started with; empty with fills only. */
  startBalances: Record<Asset, number>;
  /** Wall time of the run itself, loading not included. */
  elapsedMs: number;
}

/** Runs the strategy over the loaded bars. Pure but for the stop-watch. */
export function runStudy(
  request: StudyRequest,
  choice: BarStrategyChoice,
  data: readonly PairData[],
  instrumentFor: InstrumentFor,
): StudyRun {
  const started = performance.now();
  const numeraire = numeraireOf(request.pairs);
  if (request.fillsOnly) {
    const log = runFillsOnly(request, choice, data);
    const elapsedMs = performance.now() - started;
    return { log, engine: null, desk: null, numeraire, startBalances: {}, elapsedMs };
  }
  const barMs = timeframeMs(request.timeframe);
  const facts = data.map((d) => instrumentFor(d.pair, d.bars.close[0]!));
  const startBalances = request.balances ?? usualBalances(request.pairs, numeraire);
  const account = {
    pairs: request.pairs,
    bars: data.map((d) => d.bars),
    barMs,
    costs: facts.map(pairCosts),
    numeraire,
    balances: startBalances,
  };
  if (choice.name === 'banded-thirds') {
    const instruments = facts.map((f) => f.instrument);
    const engine = runBanded({ ...account, instruments, parameters: choice.parameters });
    const elapsedMs = performance.now() - started;
    return { log: engine.log, engine, desk: null, numeraire, startBalances, elapsedMs };
  }
  const { costs } = account;
  const gate = request.limits === 'desk' ? deskGate(request, facts) : equalShare(costs, facts);
  const engine = runEngine({
    ...account,
    beneath: data.map((d) => d.beneath),
    strategy: strategyOf(choice, data, barMs),
    gate,
    ...(request.exits === undefined
      ? {}
      : {
          exits: {
            settings: request.exits,
            timeframe: request.timeframe,
            ticks: facts.map((f) => f.instrument.tick),
            watched: watchedSeries(data, request.timeframe),
          },
        }),
    gapBars: request.gapBars,
    warmupBars: choice.parameters.warmupBars,
    targetRests: 'short',
  });
  const desk = gate instanceof DeskGate ? gate : null;
  const elapsedMs = performance.now() - started;
  return { log: engine.log, engine, desk, numeraire, startBalances, elapsedMs };
}

function strategyOf(
  choice: BarStrategyChoice,
  data: readonly PairData[],
  barMs: number,
): BarStrategyFactory {
  if (choice.name !== 'recorded') return barStrategyFactory(choice, barMs);
  return (pair) => new RecordedBars(data[pair]!.recorded?.byBar ?? new Map());
}

function deskGate(request: StudyRequest, facts: readonly StudyInstrument[]): DeskGate {
  return new DeskGate({
    limits: request.risk ?? RiskLimitsSchema.parse({}),
    instruments: facts.map((f) => f.instrument),
    halfSpread: facts.map((f) => f.halfSpread),
    confidence: request.confidence,
    entry: EntrySettingsSchema.parse({
      type: request.entry ?? 'market',
      expireAfterMinutes: request.entryMinutes,
    }),
    margin: request.margin ?? null,
  });
}

function pairCosts({ instrument, halfSpread, stopSlippage }: StudyInstrument): PairCosts {
  return {
    takerFee: instrument.takerFee,
    makerFee: instrument.makerFee,
    halfSpread,
    stopSlippage,
    priceScale: 10 ** instrument.priceDecimals,
    lot: Number(instrument.lot),
    marginRatePct: instrument.marginRatePct ?? null,
  };
}

/** Each pair by itself, one series, fixed quantity, one fee, no spread: what engines are compared by. */
function runFillsOnly(
  request: StudyRequest,
  choice: BarStrategyChoice,
  data: readonly PairData[],
): TradeLog {
  const { feePct, quantity, warmupBars } = choice.parameters;
  const reference = choice.parameters.reference === 'fill' ? 'fill' : 'close';
  const log = new TradeLog(1 << 12);
  const barMs = timeframeMs(request.timeframe);
  data.forEach(({ pair, bars }, index) => {
    if (choice.name === 'ema-cross') {
      runEmaCross(bars, { ...choice.parameters, reference }, log, index);
      return;
    }
    const fee = feePct / 100;
    const costs: PairCosts = {
      takerFee: fee,
      makerFee: fee,
      halfSpread: 0,
      stopSlippage: 0,
      priceScale: 0,
      lot: 1e-8,
    };
    const quote = quoteOf(pair);
    const result = runEngine({
      pairs: [pair],
      bars: [bars],
      barMs,
      strategy: () => strategyOf(choice, data, barMs)(index),
      costs: [costs],
      numeraire: quote,
      balances: { [quote]: 1e8 },
      gate: fixedQuantity(quantity, reference),
      gapBars: Infinity,
      warmupBars,
      targetRests: true,
    });
    appendTrades(log, result.log, index);
  });
  return log;
}

function appendTrades(into: TradeLog, from: TradeLog, pair: number): void {
  for (let k = 0; k < from.count; k++) {
    into.add(
      pair,
      from.side[k] === 1 ? 1 : -1,
      from.reason[k]!,
      from.entryBar[k]!,
      from.exitBar[k]!,
      from.entryPrice[k]!,
      from.exitPrice[k]!,
      from.quantity[k]!,
      from.fees[k]!,
      from.risk[k]!,
    );
  }
}

/** What equity is told in: USDT where a pair has it, otherwise the quote of the first pair. */
export function numeraireOf(pairs: readonly Pair[]): Asset {
  return pairs.some((p) => quoteOf(p) === 'USDT') ? 'USDT' : quoteOf(pairs[0]!);
}

/** 1,000 of the numeraire, and 500 XRP where a pair prices XRP in it: the balances that a desk starts with. */
export function usualBalances(pairs: readonly Pair[], numeraire: Asset): Record<Asset, number> {
  const balances: Record<Asset, number> = { [numeraire]: 1000 };
  if (pairs.includes(`XRP/${numeraire}`)) balances.XRP = 500;
  return balances;
}
