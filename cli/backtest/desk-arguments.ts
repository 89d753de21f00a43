import type { StudyRequest } from '../../activities/backtest/study.ts';
import { ExitSettingsSchema, type ExitSettings } from '../../shared/backtest/exit-settings.ts';
import { MarginSettingsSchema, type MarginSettings } from '../../shared/margin.ts';
import { baseOf, quoteOf, type Asset, type Pair } from '../../shared/pair.ts';
import type { BarStrategyName } from '../../shared/strategies/bar-registry.ts';
import { loadProfile } from '../load-profile.ts';
import { asUsage, readCount, readObject, UsageError } from './read-flags.ts';

/** Flags that say how a desk enters and leaves. */
export interface DeskFlags {
  profile?: string;
  limits: string;
  entry?: string;
  'entry-minutes'?: string;
  exits?: string;
  margin?: string;
  'fills-only': boolean;
}

type DeskRequest = Pick<
  StudyRequest,
  'limits' | 'risk' | 'margin' | 'entry' | 'entryMinutes' | 'exits' | 'balances'
>;

/** What a study has of a desk: the profile's, and what flags say otherwise. Throws UsageError naming the flag. */
export function readDesk(
  flags: DeskFlags,
  strategy: BarStrategyName,
  pairs: readonly Pair[],
): DeskRequest {
  const { limits } = flags;
  if (limits !== 'desk' && limits !== 'none') {
    throw new UsageError(`--limits ${limits}: there are desk and none`);
  }
  for (const flag of ['profile', 'exits', 'margin'] as const) {
    if (flags[flag] === undefined) continue;
    if (flags['fills-only']) throw new UsageError(`--${flag}: --fills-only knows no desk`);
    if (strategy === 'banded-thirds') {
      throw new UsageError(`--${flag}: banded-thirds holds and has no entries and exits`);
    }
  }
  if (flags.profile !== undefined && limits === 'none') {
    throw new UsageError('--profile brings the limits of its desk: leave --limits none away');
  }
  if (flags.margin !== undefined && limits === 'none') {
    throw new UsageError(
      '--margin goes with --limits desk; without it shorts borrow what they need',
    );
  }
  const desk = flags.profile === undefined ? null : asUsage(() => loadProfile(flags.profile!));
  const exits =
    flags.exits === undefined ? desk?.guard : exitSettings(readObject('--exits', flags.exits));
  if (exits?.timeStopHours === 'horizon' && strategy !== 'recorded') {
    throw new UsageError(
      `a time stop at the horizon goes with recorded decisions: ${strategy} names none; say hours by --exits`,
    );
  }
  const margin = flags.margin === undefined ? desk?.margin : marginSettings(flags.margin);
  return {
    limits,
    ...readEntry(flags, desk?.entry ?? null),
    ...(desk === null ? {} : { risk: desk.risk }),
    ...(margin === undefined ? {} : { margin }),
    ...(exits === undefined ? {} : { exits: ExitSettingsSchema.strip().parse(exits) }),
    balances: desk === null ? null : balancesOf(desk.balances, pairs),
  };
}

function readEntry(
  flags: DeskFlags,
  desk: { type: 'market' | 'post-only'; expireAfterMinutes: number } | null,
): Pick<DeskRequest, 'entry' | 'entryMinutes'> {
  const type = flags.entry ?? desk?.type ?? 'market';
  if (type !== 'market' && type !== 'post-only') {
    throw new UsageError(`--entry ${type}: there are market and post-only`);
  }
  if (type === 'post-only' && flags.limits !== 'desk') {
    throw new UsageError('--entry post-only goes with --limits desk, which says what rests');
  }
  const text = flags['entry-minutes'];
  if (text === undefined) {
    return desk === null ? { entry: type } : { entry: type, entryMinutes: desk.expireAfterMinutes };
  }
  if (type === 'market') {
    throw new UsageError('--entry-minutes goes with --entry post-only: nothing else waits');
  }
  return { entry: type, entryMinutes: readCount('--entry-minutes', text, 1) };
}

/** What the desk starts with of the assets that are traded: nothing else could be valued. */
function balancesOf(balances: Record<Asset, string>, pairs: readonly Pair[]) {
  const traded = new Set(pairs.flatMap((pair) => [baseOf(pair), quoteOf(pair)]));
  const kept = Object.entries(balances).filter(([asset]) => traded.has(asset));
  return Object.fromEntries(kept.map(([asset, amount]) => [asset, Number(amount)]));
}

function marginSettings(text: string): MarginSettings {
  const parsed = MarginSettingsSchema.safeParse({ leverage: Number(text) });
  if (parsed.success) return parsed.data;
  throw new UsageError(`--margin ${text}: not a whole leverage from 2 to 10`);
}

function exitSettings(given: Record<string, unknown>): ExitSettings {
  const parsed = ExitSettingsSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const told = parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
  const names = Object.keys(ExitSettingsSchema.shape).join(', ');
  throw new UsageError(`--exits: ${told.join('; ').trim()}; it takes ${names}`);
}
