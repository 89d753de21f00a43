import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { isDecimalText } from '../shared/money.ts';
import { isPair, type Asset } from '../shared/pair.ts';
import type { Pace } from '../simulator/control/driver.ts';
import { journaledTimeframe } from '../simulator/service/journal.ts';
import { KRAKEN_REST, KRAKEN_WS, openKrakenRelay } from '../simulator/feed/kraken-relay.ts';
import { createCandleMarket } from '../simulator/market/market-source.ts';
import { createRecordedMarket } from '../simulator/feed/recorded-source.ts';
import { createRecorder, readRecording } from '../simulator/feed/recording.ts';
import { readScenario, type Scenario } from '../simulator/trouble/scenario.ts';
import { createSyntheticSource } from '../simulator/market/synthetic-source.ts';
import { startSimulator, type SimulatorOptions } from '../simulator/start-simulator.ts';
import { readFlags } from './flags.ts';
import { onStopSignals } from './interruption.ts';
import { parseTime } from './parse-time.ts';

const USAGE = `usage: npm run simulator -- --data DIR | --seed N | --recording FILE | --paper [options]

  --data DIR          prices from the candle files of a folder
  --seed N            prices from a synthetic market; the same N gives the same market
  --recording FILE    prices from a recorded session: orders meet its books
  --paper             prices from Kraken's public feed, at real time: orders meet its real books
  --feed-rest URL     where the feed is (default ${KRAKEN_REST})
  --feed-ws URL       (default ${KRAKEN_WS})
  --feed-depth N      levels of the books: 10, 25, 100 (default), 500 or 1000
  --record FILE       with --paper: writes down what the feed says
  --from T, --to T    range, ISO 8601; --to is not included
  --pairs A/B[,C/D]   pairs to trade (default: all of the folder; BTC/USDT,XRP/USDT,XRP/BTC)
  --speed N           venue seconds per second (default 1, real time)
  --lockstep          as fast as the attached desk acknowledges
  --wait-for-desk     the clock stands until a desk has attached
  --scenario FILE     trouble by script: what goes wrong at which venue time (YAML)
  --port-base N       rest N+3, ws N+4, wsAuth N+5, control N+6 (default 18000; 0: any free ports)
  --balances LIST     what the account starts with (default USDT=1000,XRP=500)
  --journal DIR       where the exchange remembers (default: a new temporary folder)
  --key K --secret S  API key pair (default: made once per journal)
  --json              print one JSON document when ready
`;

class UsageError extends Error {}

function options(args: string[]) {
  try {
    return readFlags({
      args,
      options: {
        data: { type: 'string' },
        seed: { type: 'string' },
        paper: { type: 'boolean', default: false },
        'feed-rest': { type: 'string', default: KRAKEN_REST },
        'feed-ws': { type: 'string', default: KRAKEN_WS },
        'feed-depth': { type: 'string', default: '100' },
        record: { type: 'string' },
        recording: { type: 'string' },
        from: { type: 'string' },
        to: { type: 'string' },
        pairs: { type: 'string' },
        speed: { type: 'string' },
        lockstep: { type: 'boolean', default: false },
        'wait-for-desk': { type: 'boolean', default: false },
        'port-base': { type: 'string', default: '18000' },
        scenario: { type: 'string' },
        balances: { type: 'string', default: 'USDT=1000,XRP=500' },
        journal: { type: 'string' },
        key: { type: 'string' },
        secret: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
type Flags = ReturnType<typeof options>;

function timeOf(name: string, text: string | undefined): { [key: string]: number } {
  if (text === undefined) return {};
  const ms = parseTime(text);
  if (ms === null) {
    throw new UsageError(`--${name} ${text} is not a time like 2021-05-15 or 2021-05-15T13:00Z`);
  }
  return { [`${name}Ms`]: ms };
}

function paceOf(flags: Flags): Pace {
  if (flags.lockstep && flags.speed !== undefined) {
    throw new UsageError('--lockstep and --speed exclude each other');
  }
  if (flags.lockstep) return 'lockstep';
  const speed = Number(flags.speed ?? '1');
  if (!(speed > 0) || !Number.isFinite(speed))
    throw new UsageError(`--speed ${flags.speed} is not a positive number`);
  return speed;
}

function depositsOf(text: string): Record<Asset, string> {
  const deposits: Record<Asset, string> = {};
  for (const part of text.split(',').filter((p) => p !== '')) {
    const [asset = '', amount] = part.split('=');
    if (asset in deposits) throw new UsageError(`--balances: ${asset} is named twice`);
    if (!/^[A-Z0-9]{2,10}$/.test(asset) || !isDecimalText(amount) || amount.startsWith('-')) {
      throw new UsageError(`--balances: "${part}" is not ASSET=AMOUNT, e.g. USDT=1000`);
    }
    deposits[asset] = amount;
  }
  return deposits;
}

async function simulatorOptions(flags: Flags): Promise<SimulatorOptions> {
  const pairs = flags.pairs?.split(',');
  const wrong = pairs?.find((pair) => !isPair(pair));
  if (wrong !== undefined) throw new UsageError(`--pairs: "${wrong}" is not like BTC/USDT`);
  const twice = pairs?.find((pair, i) => pairs.indexOf(pair) !== i);
  if (twice !== undefined) throw new UsageError(`--pairs: ${twice} is named twice`);
  const range = { ...timeOf('from', flags.from), ...timeOf('to', flags.to) };
  if (range['fromMs'] !== undefined && (range['toMs'] ?? Infinity) <= range['fromMs']) {
    throw new UsageError(`--to ${flags.to} is not after --from ${flags.from}`);
  }
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  const sources = [
    flags.data !== undefined,
    flags.seed !== undefined,
    flags.recording !== undefined,
    flags.paper,
  ];
  if (sources.filter((isNamed) => isNamed).length !== 1) {
    throw new UsageError('name one of --data DIR, --seed N, --recording FILE and --paper');
  }
  if ((flags.key === undefined) !== (flags.secret === undefined)) {
    throw new UsageError('--key and --secret go together');
  }
  const base = Number(flags['port-base']);
  if (!Number.isInteger(base) || base < 0 || base > 65_000) {
    throw new UsageError(`--port-base ${flags['port-base']} is not a port`);
  }
  const port = (offset: number): number => (base === 0 ? 0 : base + offset);
  const chosen = { ...range, ...(pairs === undefined ? {} : { pairs }) };
  const deposits = depositsOf(flags.balances);
  const pace = paceOf(flags);
  return {
    ...(await marketOf(flags, chosen, log)),
    deposits,
    pace,
    waitForDesk: flags['wait-for-desk'],
    ...(flags.scenario === undefined ? {} : { scenario: scenarioIn(resolve(flags.scenario)) }),
    journalDir: resolve(flags.journal ?? mkdtempSync(join(tmpdir(), 'triplegain-simulator-'))),
    ports: { rest: port(3), ws: port(4), wsAuth: port(5), control: port(6) },
    ...(flags.key === undefined || flags.secret === undefined
      ? {}
      : { keys: { key: flags.key, secret: flags.secret } }),
  };
}

const scenarioIn =
  (file: string) =>
  (startMs: number, nowMs: number): Scenario =>
    readScenario(file, startMs, nowMs);

/** Where a synthetic market begins unless told: a fixed time, so that a seed alone names it. */
const SYNTHETIC_FROM_MS = Date.UTC(2026, 0, 1);
/** Up to this speed the synthetic market moves by the minute, beyond by five. */
const FINE_SPEED = 20;

async function marketOf(
  flags: Flags,
  chosen: { pairs?: string[]; fromMs?: number; toMs?: number },
  log: (line: string) => void,
): Promise<Pick<SimulatorOptions, 'market' | 'marketName'>> {
  if (flags.paper) return paperMarket(flags, chosen, log);
  if (flags.record !== undefined) throw new UsageError('--record goes with --paper');
  if (flags.recording !== undefined) return recordedMarket(resolve(flags.recording), chosen);
  if (flags.data !== undefined) {
    const dir = resolve(flags.data);
    return { market: createCandleMarket(dir, { ...chosen, log }), marketName: dir };
  }
  const seed = Number(flags.seed);
  if (!Number.isSafeInteger(seed)) throw new UsageError(`--seed ${flags.seed} is not an integer`);
  const pace = paceOf(flags);
  // A journal goes on as it was begun, at whatever speed.
  const journaled = flags.journal === undefined ? null : journaledTimeframe(resolve(flags.journal));
  const step = journaled ?? (pace !== 'lockstep' && pace <= FINE_SPEED ? '1m' : '5m');
  const market = createSyntheticSource({ fromMs: SYNTHETIC_FROM_MS, ...chosen, seed, step });
  return { market, marketName: `seed ${seed}` };
}

const PAPER_PAIRS = ['BTC/USDT', 'XRP/USDT', 'XRP/BTC'];
const DEPTHS = [10, 25, 100, 500, 1000] as const;

async function paperMarket(
  flags: Flags,
  chosen: { pairs?: string[]; fromMs?: number; toMs?: number },
  log: (line: string) => void,
): Promise<Pick<SimulatorOptions, 'market' | 'marketName'>> {
  const stepped = [chosen.fromMs, chosen.toMs, flags.speed].some((flag) => flag !== undefined);
  if (stepped || flags.lockstep || flags['wait-for-desk']) {
    throw new UsageError(
      '--paper runs at real time from now on: --from, --to, --speed, --lockstep and ' +
        '--wait-for-desk do not go with it',
    );
  }
  const depth = DEPTHS.find((each) => String(each) === flags['feed-depth']);
  if (depth === undefined) {
    throw new UsageError(`--feed-depth ${flags['feed-depth']} is not one of ${DEPTHS.join(', ')}`);
  }
  const recorder = flags.record === undefined ? null : createRecorder(resolve(flags.record));
  const market = await openKrakenRelay({
    ...(recorder === null ? {} : { recorder }),
    pairs: chosen.pairs ?? PAPER_PAIRS,
    rest: flags['feed-rest'],
    ws: flags['feed-ws'],
    depth,
    log,
  });
  return { market, marketName: 'paper' };
}

function recordedMarket(
  file: string,
  chosen: { pairs?: string[]; fromMs?: number; toMs?: number },
): Pick<SimulatorOptions, 'market' | 'marketName'> {
  if (chosen.fromMs !== undefined || chosen.toMs !== undefined) {
    throw new UsageError('a recording is played as a whole: --from and --to do not go with it');
  }
  const { pairs } = chosen;
  const options = { file: basename(file), ...(pairs === undefined ? {} : { pairs }) };
  return { market: createRecordedMarket(readRecording(file), options), marketName: file };
}

async function main(): Promise<void> {
  const flags = options(process.argv.slice(2));
  if (flags.help) {
    process.stdout.write(USAGE);
    return;
  }
  const wanted = await simulatorOptions(flags);
  const { rest, ws, wsAuth, control, key, secret, close } = await startSimulator(wanted);
  const addresses = { rest, ws, wsAuth, control, key, secret };
  if (flags.json) process.stdout.write(`${JSON.stringify(addresses)}\n`);
  else {
    const lines = Object.entries(addresses).map(([name, value]) => `  ${name.padEnd(8)} ${value}`);
    process.stdout.write(
      `the exchange is open (journal in ${wanted.journalDir})\n${lines.join('\n')}\n`,
    );
  }
  stop = () => void close().finally(() => process.exit(130));
}

// Until it is open nothing has to be closed.
let stop = (): void => process.exit(130);
onStopSignals(() => stop());

main().catch((error: unknown) => {
  const isUsage = error instanceof UsageError;
  process.stderr.write(`${(error as Error).message}\n${isUsage ? `\n${USAGE}` : ''}`);
  process.exit(isUsage ? 2 : 1);
});
