import type { CycleName } from '../../activities/ledger/records/read-cycles.ts';
import { isDecimalText, type DecimalText } from '../../shared/money.ts';
import { isPair, type Asset } from '../../shared/pair.ts';
import type { DeskChoice } from '../desk-address.ts';
import { readFlags } from '../flags.ts';
import { parseSpan, parseTime } from '../parse-time.ts';

export const USAGE = `npm run desk -- <command> [options]

  status                  what the desk does, holds and is worth
  pause [--for 4h | --until TIME] [--why TEXT]
                          decide nothing, until that venue time or until somebody resumes
  resume [--why TEXT]     decide again
  halt [--why TEXT]       pause, and cancel entries that are not filled yet
  flatten [--why TEXT]    close every position, and say when it is done
  limits                  the limits that hold, and what was tightened since the start
  set-limits NAME=VALUE ... [--why TEXT]
                          tighten limits of the running desk; none can be loosened
  set-champion DECIDER [--why TEXT]
                          follow another decider, where the profile decides by champion
  release-bag all | ASSET=AMOUNT ... [--why TEXT]
                          give what was put aside of profit back to the desk
  cycles [--limit N]      the latest decisions, newest first (20)
  why CYCLE               how one decision came about; CYCLE is its id, "PAIR BAR", or "last"
  replay CYCLE [--ask A,B]
                          decide a recorded cycle again from what was stored; exit status 1 when anything comes out
                          otherwise. --ask puts its snapshot to these deciders or models too
  prompt CYCLE            what the models of a cycle were sent, word for word
  calls [CYCLE] [--decider ID] [--limit N] [--raw]
                          calls to models with latency, tokens and cost, newest first (20), or all of a cycle;
                          --raw adds request, headers and response
  deciders                who answered, who was absent and why, what models cost
  decisions [--decider ID]
                          what the deciders have said, one line of JSON each, for backtests; "consensus" is the desk
  arena [--check]         standings of all deciders and baselines on accounts of their own; --check makes the
                          accounts anew from cycles and candles, exit status 1 when they come out otherwise
  backtest ...            schedules of studies: schedule, schedules, pause, resume, run, delete
  reconcile               hold the ledger against the venue; exit status 3 when they differ
  help                    this text

  --json                  one JSON document on stdout
  --home DIR              the folder that holds the desk (TRIPLEGAIN_HOME, else .triplegain)
  --profile FILE          the desk of this profile
  --replay HASH           the desk of this replay
  --desk ID               the desk with this id
  --port-base N           taken as npm start takes it; a running desk is found without

Spans are like 90s, 30m, 4h, 2d; times are ISO 8601, UTC where no zone is named.
Exit status: 0 done, 1 failed, 2 wrong usage, 3 ledger and venue differ, 130 interrupted.
`;

/** Wrong usage: exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export type DeskCommand =
  | { kind: 'help' }
  | { kind: 'status' }
  | { kind: 'pause'; until: PauseEnd; why: string }
  | { kind: 'resume'; why: string }
  | { kind: 'halt'; why: string }
  | { kind: 'flatten'; why: string }
  | { kind: 'limits' }
  | { kind: 'set-limits'; change: Record<string, number>; why: string }
  | { kind: 'set-champion'; decider: string; why: string }
  | { kind: 'release-bag'; amounts: Record<Asset, DecimalText> | 'all'; why: string }
  | { kind: 'cycles'; limit: number }
  | { kind: 'why'; cycle: CycleName }
  | { kind: 'replay'; cycle: CycleName; ask: string[] }
  | { kind: 'prompt'; cycle: CycleName }
  | { kind: 'calls'; cycle: CycleName | null; decider?: string; limit: number; raw: boolean }
  | { kind: 'deciders' }
  | { kind: 'decisions'; decider: string | null }
  | { kind: 'arena'; check: boolean }
  | { kind: 'reconcile' };

/** `span` counts from the venue time at which the command is given. */
export type PauseEnd = { kind: 'open' } | { kind: 'at'; ms: number } | { kind: 'span'; ms: number };

export interface DeskArguments {
  command: DeskCommand;
  choice: DeskChoice;
  home: string | undefined;
  json: boolean;
}

const OPTIONS = {
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
  home: { type: 'string' },
  profile: { type: 'string' },
  replay: { type: 'string' },
  desk: { type: 'string' },
  'port-base': { type: 'string' },
  until: { type: 'string' },
  for: { type: 'string' },
  why: { type: 'string' },
  limit: { type: 'string' },
  ask: { type: 'string' },
  decider: { type: 'string' },
  check: { type: 'boolean' },
  raw: { type: 'boolean' },
} as const;

/** Options that belong to some commands only. */
const OWN_OPTIONS: Record<
  'until' | 'for' | 'why' | 'limit' | 'ask' | 'decider' | 'check' | 'raw',
  readonly string[]
> = {
  until: ['pause'],
  for: ['pause'],
  why: [
    'pause',
    'resume',
    'halt',
    'flatten',
    'set-limits',
    'set-champion',
    'release-bag',
    'prompt',
    'calls',
  ],
  limit: ['cycles', 'calls'],
  ask: ['replay'],
  decider: ['decisions', 'calls'],
  raw: ['calls'],
  check: ['arena'],
};

/** Commands that take words behind their name; all others take none. */
const TAKE_WORDS: readonly string[] = [
  ...['why', 'replay', 'set-limits', 'set-champion', 'release-bag', 'prompt', 'calls'],
];

/** Reads the command line behind `npm run desk --`. Throws `UsageError` on whatever it does not know. */
export function parseDeskArguments(argv: readonly string[]): DeskArguments {
  const { values, positionals } = parsed(argv);
  const [name, ...words] = positionals;
  const portBase = values['port-base'];
  if (portBase !== undefined && !/^\d+$/.test(portBase)) {
    throw new UsageError(`--port-base ${portBase}: not a whole number`);
  }
  if (values.help || name === 'help') {
    return { command: { kind: 'help' }, choice: {}, home: values.home, json: values.json };
  }
  if (name === undefined) throw new UsageError('a command is missing');
  for (const option of Object.keys(OWN_OPTIONS) as (keyof typeof OWN_OPTIONS)[]) {
    if (values[option] !== undefined && !OWN_OPTIONS[option].includes(name)) {
      throw new UsageError(`--${option} does not go with ${name}`);
    }
  }
  const command = readCommand(name, words, values);
  if (words.length > 0 && !TAKE_WORDS.includes(name)) {
    throw new UsageError(`${name} takes no "${words.join(' ')}"`);
  }
  const { desk, replay, profile, home, json } = values;
  return { command, choice: { desk, replay, profile }, home, json };
}

type Values = ReturnType<typeof parsed>['values'];

function parsed(argv: readonly string[]) {
  try {
    return readFlags({ args: [...argv], options: OPTIONS, allowPositionals: true, strict: true });
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause });
  }
}

function readCommand(name: string, words: readonly string[], values: Values): DeskCommand {
  switch (name) {
    case 'status':
    case 'limits':
    case 'reconcile':
      return { kind: name };
    case 'arena':
      return { kind: name, check: values.check ?? false };
    case 'set-limits':
      return { kind: name, change: readLimits(words), why: values.why ?? '' };
    case 'release-bag':
      return { kind: name, amounts: readAmounts(words), why: values.why ?? '' };
    case 'set-champion': {
      const [decider, ...more] = words;
      if (decider === undefined || more.length > 0) {
        throw new UsageError('set-champion needs the id of one decider');
      }
      return { kind: name, decider, why: values.why ?? '' };
    }
    case 'pause':
      return { kind: 'pause', until: pauseEnd(values), why: values.why ?? '' };
    case 'resume':
    case 'halt':
    case 'flatten':
      return { kind: name, why: values.why ?? '' };
    case 'cycles':
      return { kind: 'cycles', limit: readLimit(values.limit) };
    case 'why':
      return { kind: 'why', cycle: readCycleName(name, words) };
    case 'replay':
      return { kind: 'replay', cycle: readCycleName(name, words), ask: readNames(values.ask) };
    case 'prompt':
      return { kind: 'prompt', cycle: readCycleName(name, words) };
    case 'calls': {
      const cycle = words.length === 0 ? null : readCycleName(name, words);
      // All of one cycle are few; of the desk they are many.
      const limit = cycle !== null && values.limit === undefined ? 10_000 : readLimit(values.limit);
      const of = { kind: 'calls', cycle, limit, raw: values.raw ?? false } as const;
      return values.decider === undefined ? of : { ...of, decider: values.decider };
    }
    case 'deciders':
      return { kind: 'deciders' };
    case 'decisions':
      return { kind: 'decisions', decider: values.decider ?? null };
    default:
      throw new UsageError(`there is no command "${name}"`);
  }
}

function pauseEnd({ until, for: span }: Values): PauseEnd {
  if (until !== undefined && span !== undefined) {
    throw new UsageError('--until and --for say the same thing: give one');
  }
  if (until !== undefined) {
    const ms = parseTime(until);
    if (ms === null) throw new UsageError(`--until ${until}: not a time like 2021-05-15T12:00Z`);
    return { kind: 'at', ms };
  }
  if (span !== undefined) {
    const ms = parseSpan(span);
    if (ms === null) throw new UsageError(`--for ${span}: not a span like 30m, 4h or 2d`);
    return { kind: 'span', ms };
  }
  return { kind: 'open' };
}

/** `gpt, claude` */
function readNames(text: string | undefined): string[] {
  if (text === undefined) return [];
  const names = text.split(',').map((name) => name.trim());
  if (names.some((name) => name === '')) throw new UsageError(`--ask ${text}: a name is missing`);
  return names;
}

function readLimit(text: string | undefined): number {
  if (text === undefined) return 20;
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1) {
    throw new UsageError(`--limit ${text}: not a whole number from 1`);
  }
  return limit;
}

/** Words like `stopPct=1.5`. */
function readLimits(words: readonly string[]): Record<string, number> {
  if (words.length === 0) throw new UsageError('set-limits needs limits, like stopPct=1.5');
  return Object.fromEntries(
    words.map((word): [string, number] => {
      const [, name, text] = /^([a-zA-Z]+)=(.+)$/.exec(word) ?? [];
      const value = Number(text);
      if (name === undefined || text === undefined || !Number.isFinite(value)) {
        throw new UsageError(`set-limits "${word}": not a limit and a number, like stopPct=1.5`);
      }
      if (words.filter((other) => other.startsWith(`${name}=`)).length > 1) {
        throw new UsageError(`set-limits: ${name} is named twice`);
      }
      return [name, value];
    }),
  );
}

/** `all`, or words like `BTC=0.01`. */
function readAmounts(words: readonly string[]): Record<Asset, DecimalText> | 'all' {
  if (words.length === 0) throw new UsageError('release-bag needs amounts, like BTC=0.01, or all');
  if (words.length === 1 && words[0] === 'all') return 'all';
  return Object.fromEntries(
    words.map((word): [Asset, DecimalText] => {
      const [, asset, amount] = /^([A-Za-z0-9]+)=(.+)$/.exec(word) ?? [];
      if (asset === undefined || !isDecimalText(amount)) {
        throw new UsageError(`release-bag "${word}": not an asset and an amount, like BTC=0.01`);
      }
      return [asset.toUpperCase(), amount];
    }),
  );
}

/** A workflow id, `BTC/USDT 2021-05-15T13:00`, the same with a slash between, or `last`. */
function readCycleName(command: string, words: readonly string[]): CycleName {
  const text = words.join(' ').trim();
  if (text === '') {
    throw new UsageError(`${command} needs a cycle: its id, "PAIR BAR", or last`);
  }
  if (text === 'last') return { kind: 'last' };
  if (text.startsWith('cycle/')) return { kind: 'id', id: text };
  const match = /^([^/\s]+\/[^/\s]+)[/\s]+(.+)$/.exec(text);
  const pair = match?.[1]?.toUpperCase() ?? '';
  const barMs = parseTime(match?.[2] ?? '');
  if (!isPair(pair) || barMs === null) {
    throw new UsageError(
      `${command} "${text}": not a cycle's id, a pair and bar like "BTC/USDT 2021-05-15T13:00", or last`,
    );
  }
  return { kind: 'bar', pair, barMs };
}
