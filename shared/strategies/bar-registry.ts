import { BREAKOUT_HORIZON_HOURS } from './breakout.ts';
import { TREND_HORIZON_HOURS } from './trend.ts';
import { z } from 'zod';
import { BREAKOUT_PARAMETERS, BreakoutState } from '../indicators/breakout-state.ts';
import { TREND_PARAMETERS, TrendState } from '../indicators/trend-state.ts';
import type { BarStrategyFactory } from './bar-strategy.ts';
import { BuyAndHoldBars } from './buy-and-hold-bars.ts';
import { DirectionBars, type DirectionState } from './direction-bars.ts';
import { DonchianEnsembleBars } from './donchian-ensemble-bars.ts';
import { EmaCrossBars } from './ema-cross-bars.ts';
import { EXIT_PARAMETERS } from './exits.ts';
import { QuorumBars } from './quorum-bars.ts';
import { RandomEntryBars } from './random-entry-bars.ts';
import { SQUEEZE_PARAMETERS, SqueezeBars } from './squeeze-bars.ts';

const bars = z.int().min(1).max(100_000);
const percent = z.number().min(0).max(100);

const exits = {
  stopAtr: z.number().positive().max(50).default(EXIT_PARAMETERS.stopAtr),
  targetStops: z.number().positive().max(100).default(EXIT_PARAMETERS.targetStops),
  netRewardRisk: z.number().min(0).max(50).default(EXIT_PARAMETERS.netRewardRisk),
  roundTripCostPct: percent.default(EXIT_PARAMETERS.roundTripCostPct),
};

/** Parameters that every run takes, beside those of its strategy; only `--fills-only` reads them. */
const fills = {
  feePct: percent.default(0.26).describe('fee of each side, per cent of the notional'),
  quantity: z.number().positive().default(1).describe('base bought at each entry'),
  reference: z
    .enum(['fill', 'close', 'signal'])
    .default('fill')
    .describe('what stop and target are measured from: the fill, or the close of the signal bar'),
  warmupBars: z.int().min(0).default(0).describe('signals count from this bar index on'),
};

const trend = {
  fast: bars.default(TREND_PARAMETERS.fast),
  slow: bars.default(TREND_PARAMETERS.slow),
  adxPeriod: bars.default(TREND_PARAMETERS.adxPeriod),
  adxEnter: percent.default(TREND_PARAMETERS.adxEnter),
  adxExit: percent.default(TREND_PARAMETERS.adxExit),
};
const shorts = {
  shorts: z.boolean().default(false).describe('sells short on margin when the state is down'),
};

const breakout = {
  enter: bars.default(BREAKOUT_PARAMETERS.enter),
  exit: bars.default(BREAKOUT_PARAMETERS.exit),
};

/** The strategies of the backtest with their parameters; defaults were fixed before any result was seen. */
export const BAR_STRATEGIES = {
  'ema-cross': z.strictObject({
    fast: bars.default(12),
    slow: bars.default(26),
    stopPct: percent.default(2),
    targetPct: z.number().min(0).max(10_000).default(4),
    ...fills,
  }),
  trend: z.strictObject({ ...trend, ...shorts, ...exits, ...fills }),
  breakout: z.strictObject({ ...breakout, ...shorts, ...exits, ...fills }),
  'trend-breakout': z.strictObject({
    ...trend,
    ...breakout,
    closeQuorum: z
      .union([z.literal(1), z.literal(2)])
      .default(1)
      .describe('how many must say that their state is over'),
    ...exits,
    ...fills,
  }),
  'donchian-ensemble': z.strictObject({
    lookbackDays: z
      .array(z.number().positive())
      .min(1)
      .default([5, 10, 20, 30, 60, 90, 150, 250, 360]),
    share: z.number().positive().max(1).default(0.5),
    ...exits,
    stopAtr: z.number().min(0).max(50).default(0).describe('0: trailing stops only'),
    ...fills,
  }),
  squeeze: z.strictObject({
    rankBars: bars.default(SQUEEZE_PARAMETERS.rankBars),
    rankBelow: z.number().min(0).max(1).default(SQUEEZE_PARAMETERS.rankBelow),
    volumeRatio: z.number().min(0).default(SQUEEZE_PARAMETERS.volumeRatio),
    ...exits,
    ...fills,
  }),
  recorded: z.strictObject({
    file: z.string().min(1).describe('lines of JSON, as npm run desk -- decisions prints them'),
    decider: z.string().nullable().default(null).describe('null for the only one in the file'),
    ...fills,
  }),
  'buy-and-hold': z.strictObject({ ...fills }),
  'banded-thirds': z.strictObject({
    bandPct: z.number().positive().max(50).default(5).describe('points of percent'),
    to: z.enum(['edge', 'half-way']).default('edge').describe('where a share is brought'),
    leastHours: z.number().min(0).default(24).describe('time between two passes'),
    ...fills,
  }),
  'random-entry': z.strictObject({
    chance: z.number().min(0).max(1).default(0.02),
    seed: z.int().default(1),
    ...exits,
    ...fills,
  }),
} as const;

export type BarStrategyName = keyof typeof BAR_STRATEGIES;
export const BAR_STRATEGY_NAMES = Object.keys(BAR_STRATEGIES) as BarStrategyName[];
/** Those that answer prices of a pair: the others move a whole account, or repeat what was said. */
export const SIGNAL_STRATEGY_NAMES = BAR_STRATEGY_NAMES.filter(
  (name) => name !== 'banded-thirds' && name !== 'recorded',
);

export type FillParameters = z.infer<z.ZodObject<typeof fills>>;

export type BarStrategyChoice = {
  [N in BarStrategyName]: { name: N; parameters: z.output<(typeof BAR_STRATEGIES)[N]> };
}[BarStrategyName];

/**
 * The strategy of that name with its parameters checked and completed. Throws an Error that says which
 * names or parameters there are.
 */
export function parseBarStrategy(name: string, parameters: unknown): BarStrategyChoice {
  if (!isBarStrategyName(name)) {
    throw new Error(`unknown strategy "${name}"; there are ${BAR_STRATEGY_NAMES.join(', ')}`);
  }
  const schema = BAR_STRATEGIES[name];
  const parsed = schema.safeParse(parameters);
  if (!parsed.success) {
    const told = parsed.error.issues.map((i) => `${i.path.join('.') || 'params'}: ${i.message}`);
    throw new Error(
      `parameters of ${name}: ${told.join('; ')}; it takes ${Object.keys(schema.shape).join(', ')}`,
    );
  }
  return { name, parameters: parsed.data } as BarStrategyChoice; // schema and name belong together
}

function isBarStrategyName(name: string): name is BarStrategyName {
  return Object.hasOwn(BAR_STRATEGIES, name);
}

/** Makers of that strategy for bars of `barMs`. */
export function barStrategyFactory(choice: BarStrategyChoice, barMs: number): BarStrategyFactory {
  switch (choice.name) {
    case 'ema-cross': {
      const { fast, slow, stopPct, targetPct } = choice.parameters;
      return () => new EmaCrossBars(fast, slow, stopPct, targetPct);
    }
    case 'trend': {
      const p = choice.parameters;
      return () => new DirectionBars(new TrendState(p), p, p.shorts, TREND_HORIZON_HOURS);
    }
    case 'breakout': {
      const p = choice.parameters;
      return () => new DirectionBars(new BreakoutState(p), p, p.shorts, BREAKOUT_HORIZON_HOURS);
    }
    case 'trend-breakout': {
      const p = choice.parameters;
      const following = (state: DirectionState): DirectionBars =>
        new DirectionBars(state, p, false);
      return () =>
        new QuorumBars(
          following(new TrendState(p)),
          following(new BreakoutState(p)),
          p.closeQuorum,
        );
    }
    case 'donchian-ensemble': {
      const p = choice.parameters;
      const inBars = p.lookbackDays.map((days) =>
        Math.max(1, Math.round((days * 86_400_000) / barMs)),
      );
      return () => new DonchianEnsembleBars(inBars, p.share, p.stopAtr > 0 ? p : null);
    }
    case 'squeeze':
      return () => new SqueezeBars(choice.parameters, choice.parameters);
    case 'buy-and-hold':
      return () => new BuyAndHoldBars();
    case 'random-entry': {
      const p = choice.parameters;
      return (pair) => new RandomEntryBars(p.chance, p.seed + pair * 7919, p);
    }
    case 'recorded':
      throw new Error('recorded decisions are read from their file first: see RecordedBars');
    case 'banded-thirds':
      throw new Error('banded-thirds moves a whole account: it says nothing of a single pair');
    default:
      return choice satisfies never;
  }
}
