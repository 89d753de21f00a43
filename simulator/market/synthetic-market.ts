import { newColumns } from '../../shared/candle-columns.ts';
import type { CandleColumns } from '../../shared/candle.ts';
import { baseOf, quoteOf, type Asset, type Pair } from '../../shared/pair.ts';
import { seededRandom } from '../../shared/statistics/seeded-random.ts';
import { timeframeMs, type Timeframe } from '../../shared/timeframe.ts';

const DAY_MS = 86_400_000;
const SUBSTEPS = 4;
/** A calm and rising trend begins this long before the origin: who starts there soon sees something happen. */
const OPENING_MS = DAY_MS / 2;
/** Days generated at a time when the market is asked for more. */
const BLOCK_DAYS = 8;

interface AssetTraits {
  /** Price in USDT at the origin. */
  price: number;
  /** Standard deviation of a quiet day's return. */
  dailyVolatility: number;
  /** How much of the market's move it takes part in. */
  beta: number;
  /** Typical turnover of a day in USDT. */
  turnover: number;
}

const TRAITS: Record<Asset, AssetTraits> = {
  BTC: { price: 60_000, dailyVolatility: 0.014, beta: 1, turnover: 150e6 },
  XRP: { price: 0.6, dailyVolatility: 0.021, beta: 0.9, turnover: 40e6 },
  ETH: { price: 3_000, dailyVolatility: 0.018, beta: 1.1, turnover: 90e6 },
  SOL: { price: 150, dailyVolatility: 0.026, beta: 1.2, turnover: 40e6 },
};
const OTHER: AssetTraits = { price: 10, dailyVolatility: 0.025, beta: 1, turnover: 10e6 };
const CASH = new Set<Asset>(['USDT', 'USD', 'USDC', 'EUR']);

export interface SyntheticMarketOptions {
  /** The same seed gives the same market. */
  seed: number;
  /** Where prices are those of the table (BTC 60,000, XRP 0.6); on the grid of `step`. */
  originMs: number;
  step: Timeframe;
  pairs: readonly Pair[];
  /** Decimals of each pair's price. */
  decimals: Readonly<Record<Pair, number>>;
  /** Days before the origin that have candles. */
  historyDays?: number;
}

export interface SyntheticMarket {
  /** Open time of the first candle. */
  readonly startMs: number;
  /** The candles of `pair`, at least to `toMs`; the same candles however far it was asked for before. */
  candles(pair: Pair, toMs: number): CandleColumns;
}

/**
 * A market made up from a seed, without an end: trends that last for days, ranges, bursts of volatility, fat
 * tails and jumps; pairs without cash agree with the two that have it to within two basis points before
 * rounding. A function of its options and the time alone. Nothing in it is a forecast of any real market.
 */
export function syntheticMarket(options: SyntheticMarketOptions): SyntheticMarket {
  const { seed, step, pairs, originMs } = options;
  const stepMs = timeframeMs(step);
  const startMs = Math.floor((originMs - (options.historyDays ?? 320) * DAY_MS) / stepMs) * stepMs;
  const assets = [...new Set(pairs.flatMap((p) => [baseOf(p), quoteOf(p)]))].filter(
    (asset) => !CASH.has(asset),
  );
  const market = new Mover(seed, 'market', 0.012, stepMs);
  const movers = new Map(
    assets.map((asset) => {
      const traits = TRAITS[asset] ?? OTHER;
      const own = Math.sqrt(Math.max(0.3, 1 - 0.5 * traits.beta ** 2));
      return [asset, new Mover(seed, asset, traits.dailyVolatility * own, stepMs)];
    }),
  );
  const paths = new Map(assets.map((asset) => [asset, new Float64Array(SUBSTEPS + 1)]));
  const outputs = pairs.map((pair) => new Output(pair, seed, options.decimals[pair] ?? 5));
  const untilOrigin = Math.round((originMs - startMs) / stepMs);
  let count = 0;
  /** Log prices before scaling at the origin; known once the history is generated. */
  const offsets = new Map<Asset, number>();

  function generate(): void {
    const logs = new Map(assets.map((asset) => [asset, paths.get(asset) as Float64Array]));
    const marketMoves = market.moves();
    for (const asset of assets) {
      const mover = movers.get(asset) as Mover;
      const path = logs.get(asset) as Float64Array;
      const beta = (TRAITS[asset] ?? OTHER).beta;
      const own = mover.moves();
      path[0] = path[SUBSTEPS] as number;
      for (let i = 0; i < SUBSTEPS; i += 1) {
        path[i + 1] = (path[i] as number) + beta * (marketMoves[i] as number) + (own[i] as number);
      }
    }
    const timeMs = startMs + count * stepMs;
    for (const output of outputs) {
      const level = Math.max(market.level(), (movers.get(baseOf(output.pair)) ?? market).level());
      output.add(timeMs, paths, level, stepMs);
    }
    count += 1;
  }

  const opening = Math.max(0, untilOrigin - Math.round(OPENING_MS / stepMs));
  for (let i = 0; i < untilOrigin; i += 1) {
    if (i === opening) {
      market.rise();
      for (const mover of [market, ...movers.values()]) mover.calm();
    }
    generate();
  }
  for (const asset of assets) {
    const path = paths.get(asset) as Float64Array;
    offsets.set(asset, Math.log((TRAITS[asset] ?? OTHER).price) - (path[SUBSTEPS] as number));
  }
  for (const output of outputs) output.fix(offsets);

  return {
    startMs,
    candles(pair, toMs) {
      const output = outputs.find((o) => o.pair === pair);
      if (output === undefined) throw new Error(`the synthetic market has no pair ${pair}`);
      if (startMs + count * stepMs < toMs) {
        const block = (BLOCK_DAYS * DAY_MS) / stepMs;
        const wanted = Math.ceil((toMs - startMs) / stepMs);
        const end = Math.ceil(wanted / block) * block;
        while (count < end) generate();
      }
      return output.columns();
    },
  };
}

/** The log returns of one asset or of the market as a whole: regime, volatility, tails, jumps. */
class Mover {
  private readonly random: () => number;
  private readonly gauss: () => number;
  private readonly dailyVolatility: number;
  private readonly dt: number;
  private readonly result = new Float64Array(SUBSTEPS);
  private slow = 0;
  private fast = 0;
  private drift = 0;
  private center = 0;
  private isRange = true;
  private left = 0;
  private position = 0;

  constructor(seed: number, name: string, dailyVolatility: number, stepMs: number) {
    this.random = generator(seed, name);
    this.gauss = normal(this.random);
    this.dailyVolatility = dailyVolatility;
    this.dt = stepMs / DAY_MS;
  }

  /** Volatility now, as a multiple of a quiet day's. */
  level(): number {
    return Math.exp(this.slow + this.fast);
  }

  /** The moves of one candle's parts. */
  moves(): Float64Array {
    const { dt } = this;
    this.left -= dt;
    if (this.left <= 0) this.changeRegime();
    // Two half-lives, of about four days and six hours, make the clusters.
    this.slow += -this.slow * dt * 0.17 + 0.28 * Math.sqrt(dt) * this.gauss();
    this.fast += -this.fast * dt * 2.8 + 0.9 * Math.sqrt(dt) * this.gauss();
    const volatility = Math.min(4, Math.exp(this.slow + this.fast));
    const part = dt / SUBSTEPS;
    const sigma = this.dailyVolatility * volatility * Math.sqrt(part);
    for (let i = 0; i < SUBSTEPS; i += 1) {
      let noise = this.gauss();
      if (this.random() < 0.04) noise *= 2.6;
      let move = this.drift * part + sigma * noise;
      if (this.isRange) move += (this.center - this.position) * part * 1.2;
      if (this.random() < 0.25 * part) {
        move += this.gauss() * this.dailyVolatility * 1.2;
        this.fast += 0.7;
      }
      this.position += move;
      this.result[i] = move;
    }
    return this.result;
  }

  /** Begins a rising trend of some days. */
  rise(): void {
    this.isRange = false;
    this.drift = this.dailyVolatility * (1 + 0.5 * this.random());
    this.left = 3 + 4 * this.random();
  }

  /** Ends a burst of volatility. */
  calm(): void {
    this.slow = Math.min(this.slow, -0.35);
    this.fast = Math.min(this.fast, -0.2);
  }

  private changeRegime(): void {
    const draw = this.random();
    // The farther from where it began, the likelier the way back: prices stay plausible for ever.
    const up = Math.min(0.9, Math.max(0.1, 0.58 - this.position * 0.9));
    this.isRange = draw < 0.25;
    this.center = this.position;
    const strength = this.dailyVolatility * (0.6 + 0.9 * this.random());
    const rises = this.random() < up;
    this.drift = this.isRange ? 0 : rises ? strength : -strength;
    this.left = this.isRange ? 0.3 + 0.9 * this.random() : 0.8 + 2.4 * this.random();
  }
}

/** Growing columns of one pair. Until the origin is reached they hold logarithms, prices afterwards. */
class Output {
  readonly pair: Pair;
  private readonly scale: number;
  private readonly random: () => number;
  private readonly base: Asset;
  private readonly quote: Asset;
  private capacity = 0;
  private length = 0;
  private offset: number | null = null;
  private basis = 0;
  private all: CandleColumns = newColumns(0);

  constructor(pair: Pair, seed: number, decimals: number) {
    this.pair = pair;
    this.scale = 10 ** decimals;
    this.random = generator(seed, pair);
    this.base = baseOf(pair);
    this.quote = quoteOf(pair);
  }

  add(
    timeMs: number,
    paths: ReadonlyMap<Asset, Float64Array>,
    level: number,
    stepMs: number,
  ): void {
    const base = paths.get(this.base);
    const quote = paths.get(this.quote);
    const at = (i: number): number => (base?.[i] ?? 0) - (quote?.[i] ?? 0);
    const open = at(0) + this.basis;
    // Crosses stray by up to two basis points from what the cash pairs say.
    this.basis = quote === undefined ? 0 : (this.random() - 0.5) * 0.0004;
    const close = at(SUBSTEPS) + this.basis;
    let high = Math.max(open, close);
    let low = Math.min(open, close);
    for (let i = 1; i < SUBSTEPS; i += 1) {
      high = Math.max(high, at(i));
      low = Math.min(low, at(i));
    }
    // Within its parts the price strays a little farther than their ends.
    const wick = (high - low) * 0.15;
    high += wick * this.random();
    low -= wick * this.random();
    const turnover = (TRAITS[this.base] ?? OTHER).turnover * (quote === undefined ? 1 : 0.1);
    const move = Math.abs(close - open) / (0.02 * Math.sqrt(stepMs / DAY_MS));
    const share = (stepMs / DAY_MS) * (0.3 + 0.5 * this.random() + 0.35 * move) * Math.sqrt(level);
    const volume = (turnover * share) / (TRAITS[this.base] ?? OTHER).price;
    this.put(timeMs, open, high, low, close, Math.round(volume * 1e4) / 1e4);
  }

  private put(
    timeMs: number,
    open: number,
    high: number,
    low: number,
    close: number,
    volume: number,
  ): void {
    if (this.length === this.capacity) this.grow();
    const i = this.length;
    this.all.timeMs[i] = timeMs;
    this.all.open[i] = this.price(open);
    this.all.high[i] = this.price(high);
    this.all.low[i] = this.price(low);
    this.all.close[i] = this.price(close);
    this.all.volume[i] = volume;
    this.length += 1;
  }

  private price(log: number): number {
    if (this.offset === null) return log;
    return Math.max(1, Math.round(Math.exp(log + this.offset) * this.scale)) / this.scale;
  }

  /** Scales the history so that it ends at the prices of the table. */
  fix(offsets: ReadonlyMap<Asset, number>): void {
    this.offset = (offsets.get(this.base) ?? 0) - (offsets.get(this.quote) ?? 0);
    for (const key of ['open', 'high', 'low', 'close'] as const) {
      const values = this.all[key];
      for (let i = 0; i < this.length; i += 1) values[i] = this.price(values[i] as number);
    }
  }

  private grow(): void {
    this.capacity = Math.max(65_536, this.capacity * 2);
    const next = newColumns(this.capacity);
    for (const key of KEYS) next[key].set(this.all[key]);
    this.all = next;
  }

  columns(): CandleColumns {
    const { all, length } = this;
    return {
      timeMs: all.timeMs.subarray(0, length),
      open: all.open.subarray(0, length),
      high: all.high.subarray(0, length),
      low: all.low.subarray(0, length),
      close: all.close.subarray(0, length),
      volume: all.volume.subarray(0, length),
    };
  }
}

const KEYS = ['timeMs', 'open', 'high', 'low', 'close', 'volume'] as const;

/** Numbers in [0, 1) from a seed and a name. */
function generator(seed: number, name: string): () => number {
  let state = Math.imul(seed | 0, 0x9e3779b1) ^ 0x85ebca6b;
  for (let i = 0; i < name.length; i += 1) {
    state = Math.imul(state ^ name.charCodeAt(i), 0x01000193);
    state = (state << 13) | (state >>> 19);
  }
  return seededRandom(state);
}

/** Standard normal numbers, both of each Box-Muller pair. */
function normal(random: () => number): () => number {
  let spare: number | null = null;
  return () => {
    if (spare !== null) {
      const value = spare;
      spare = null;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}
