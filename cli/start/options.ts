import { PORT_BASE_RANGE } from '../../infra/home.ts';
import { CALL_MODES, type CallMode } from '../../shared/llm/settings.ts';
import { isDecimalText } from '../../shared/money.ts';
import { isPair, type Asset, type Pair } from '../../shared/pair.ts';
import { readFlags } from '../flags.ts';
import { parseTime } from '../parse-time.ts';

export const USAGE = `npm start [-- options]

Without options: the demo desk, on a synthetic market faster than real time.

  --paper                prices and books of Kraken's public feed, orders to the simulator
  --live                 Kraken itself, with the key pair in KRAKEN_API_KEY and KRAKEN_API_SECRET
  --data DIR             replay candle files <BASE><QUOTE>-<timeframe>[-anything].csv[.gz]
  --from TIME --to TIME  the bars with open time in [from, to); --from alone starts there
  --pairs P[,P]          these pairs of the profile only
  --seed N               the synthetic market's seed
  --speed N              venue seconds per second (demo: 1800; 1 is real time)
  --lockstep             as fast as the desk decides
  --balances A=N[,A=N]   what the simulated account starts with
  --model-calls MODE     live, record or replay-only, instead of the profile's (docs/deciders.md)
  --exit                 stop when the replay has ended
  --json                 print the summary of the replay as JSON on stdout
  --profile FILE         the desk's profile (desks/triplegain.yaml)
  --home DIR             where state lives (TRIPLEGAIN_HOME, else .triplegain)
  --port-base N          first of the ports used (17000)
  --kraken-rest URL --kraken-ws URL --kraken-ws-auth URL
                         where Kraken is, for --paper and --live
  --help                 this text

Times are ISO 8601, UTC where no zone is named.
Exit status: 0 done, 1 failed, 2 wrong usage, 3 ledger and venue differ, 130 interrupted.
`;

/** Wrong usage: exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface StartOptions {
  data: string | null;
  fromMs: number | null;
  toMs: number | null;
  pairs: Pair[] | null;
  seed: number | null;
  /** Venue seconds per second; null for lockstep. */
  speed: number | null;
  balances: Record<Asset, string> | null;
  exit: boolean;
  json: boolean;
  profile: string | null;
  /** Instead of the profile's. */
  modelCalls: CallMode | null;
  home: string | undefined;
  portBase: number | undefined;
  /** Whose prices, and where orders go. */
  venue: 'simulated' | 'paper' | 'live';
  kraken: KrakenAddresses;
}

/** Where Kraken is. */
export interface KrakenAddresses {
  rest: string;
  ws: string;
  wsAuth: string;
}

export const KRAKEN: KrakenAddresses = {
  rest: 'https://api.kraken.com',
  ws: 'wss://ws.kraken.com/v2',
  wsAuth: 'wss://ws-auth.kraken.com/v2',
};

const DEMO_SPEED = 1800;

const OPTIONS = {
  data: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  pairs: { type: 'string' },
  seed: { type: 'string' },
  speed: { type: 'string' },
  lockstep: { type: 'boolean', default: false },
  balances: { type: 'string' },
  exit: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  profile: { type: 'string' },
  'model-calls': { type: 'string' },
  home: { type: 'string' },
  'port-base': { type: 'string' },
  paper: { type: 'boolean', default: false },
  live: { type: 'boolean', default: false },
  'kraken-rest': { type: 'string' },
  'kraken-ws': { type: 'string' },
  'kraken-ws-auth': { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

/** Reads the command line of `npm start`; `help` asks for the usage text. Throws `UsageError`. */
export function parseStartOptions(argv: readonly string[]): StartOptions | 'help' {
  const { values } = parsed(argv);
  if (values.help) return 'help';
  const fromMs = time('--from', values.from);
  const toMs = time('--to', values.to);
  if (fromMs !== null && toMs !== null && toMs <= fromMs) {
    throw new UsageError(`--to ${values.to} is not after --from ${values.from}`);
  }
  if (toMs !== null && fromMs === null) throw new UsageError('--to needs --from');
  if (values.data !== undefined && fromMs === null) {
    throw new UsageError('--data needs --from (and --to, to end): what is before it is history');
  }
  if (values.data !== undefined && values.seed !== undefined) {
    throw new UsageError('--data and --seed exclude each other: prices come from one of them');
  }
  if (values.exit && toMs === null)
    throw new UsageError('--exit needs --to: without it nothing ends');
  if (values.lockstep && values.speed !== undefined) {
    throw new UsageError('--lockstep and --speed exclude each other');
  }
  checkVenue(values);
  const speed = values.speed === undefined ? DEMO_SPEED : positive('--speed', values.speed);
  return {
    data: values.data ?? null,
    fromMs,
    toMs,
    pairs: values.pairs === undefined ? null : pairList(values.pairs),
    seed: values.seed === undefined ? null : whole('--seed', values.seed),
    speed: values.lockstep ? null : speed,
    balances: values.balances === undefined ? null : balanceList(values.balances),
    exit: values.exit,
    json: values.json,
    profile: values.profile ?? null,
    modelCalls: callMode(values['model-calls']),
    home: values.home,
    portBase: values['port-base'] === undefined ? undefined : portBase(values['port-base']),
    venue: values.live ? 'live' : values.paper ? 'paper' : 'simulated',
    kraken: {
      rest: values['kraken-rest'] ?? KRAKEN.rest,
      ws: values['kraken-ws'] ?? KRAKEN.ws,
      wsAuth: values['kraken-ws-auth'] ?? KRAKEN.wsAuth,
    },
  };
}

/** Options of a market that is made up or past, which `--paper` and `--live` have none of. */
const SIMULATED_ONLY = ['data', 'from', 'to', 'seed', 'speed', 'lockstep', 'exit'] as const;

function checkVenue(values: ReturnType<typeof parsed>['values']): void {
  if (values.paper && values.live) {
    throw new UsageError('--paper and --live exclude each other: orders go to one place');
  }
  const mode = values.live ? '--live' : '--paper';
  const isReal = values.paper || values.live;
  const wrong = SIMULATED_ONLY.find((name) => values[name] !== undefined && values[name] !== false);
  if (isReal && wrong !== undefined) {
    throw new UsageError(`--${wrong} does not go with ${mode}: its market is the present one`);
  }
  if (values.live && values.balances !== undefined) {
    throw new UsageError('--balances does not go with --live: the account has what it has');
  }
  const address = (['kraken-rest', 'kraken-ws', 'kraken-ws-auth'] as const).find(
    (name) => values[name] !== undefined,
  );
  if (!isReal && address !== undefined) {
    throw new UsageError(`--${address} goes with --paper or --live only`);
  }
}

function parsed(argv: readonly string[]) {
  try {
    return readFlags({ args: [...argv], options: OPTIONS, strict: true, allowPositionals: false });
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

function callMode(text: string | undefined): CallMode | null {
  const mode = CALL_MODES.find((known) => known === text) ?? null;
  if (text !== undefined && mode === null) {
    throw new UsageError(`--model-calls ${text} is not one of ${CALL_MODES.join(', ')}`);
  }
  return mode;
}

function time(flag: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const ms = parseTime(text);
  if (ms === null)
    throw new UsageError(`${flag} ${text} is not a time like 2021-05-15 or 2021-05-15T13:00Z`);
  return ms;
}

function whole(flag: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0)
    throw new UsageError(`${flag} ${text} is not a whole number`);
  return value;
}

function portBase(text: string): number {
  const base = whole('--port-base', text);
  const { from, to } = PORT_BASE_RANGE;
  if (base < from || base > to) {
    throw new UsageError(`--port-base ${text} is not a whole number from ${from} to ${to}`);
  }
  return base;
}

function positive(flag: string, text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value))
    throw new UsageError(`${flag} ${text} is not a number above 0`);
  return value;
}

function pairList(text: string): Pair[] {
  const pairs = text.split(',').map((p) => p.trim().toUpperCase());
  const wrong = pairs.find((p) => !isPair(p));
  if (wrong !== undefined) throw new UsageError(`--pairs: "${wrong}" is not a pair like BTC/USDT`);
  return pairs;
}

function balanceList(text: string): Record<Asset, string> {
  const seen = new Set<string>();
  return Object.fromEntries(
    text.split(',').map((part) => {
      const [asset, amount] = part.split('=').map((s) => s.trim());
      if (
        asset === undefined ||
        !/^[A-Z0-9]{2,10}$/.test(asset) ||
        !isDecimalText(amount) ||
        amount.startsWith('-')
      ) {
        throw new UsageError(`--balances: "${part}" is not like USDT=1000`);
      }
      if (seen.has(asset)) throw new UsageError(`--balances: ${asset} is named twice`);
      seen.add(asset);
      return [asset, amount];
    }),
  );
}
