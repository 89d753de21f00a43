import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { fileNonces } from '../../activities/orders/kraken/nonces.ts';
import { createKrakenVenue } from '../../activities/orders/kraken/venue.ts';
import type { Home } from '../../infra/home.ts';
import type { Profile } from '../../shared/profile.ts';
import { VenueError } from '../../shared/venue.ts';
import type { KrakenAddresses } from './options.ts';

/** The most that a micro-live desk may put at stake. */
const MICRO_LIVE_USDT = 100;

/** Gates that desks have passed, by profile: `gates.json` in the home, written by the promotion. */
const GatesSchema = z.record(
  z.string(),
  z.partialRecord(
    z.enum(['micro-live', 'live']),
    z.strictObject({ passedAt: z.iso.datetime(), by: z.string(), evidence: z.string() }),
  ),
);

export interface LiveAccess {
  /** The profile as it may trade: a micro-live desk with its capital capped. */
  profile: Profile;
  nonceFile: string;
  /** The key pair, for the environment of the process that trades and of no other. */
  keys: { KRAKEN_API_KEY: string; KRAKEN_API_SECRET: string };
}

/**
 * Everything that must be so before a desk trades real money; throws with what is not, and what to do. Asks
 * Kraken what the key may do: it must not withdraw, and lack nothing that is needed. The secret is in no
 * message.
 */
export async function admitLive(
  home: Home,
  profile: Profile,
  kraken: KrakenAddresses,
  env: NodeJS.ProcessEnv,
): Promise<LiveAccess> {
  const { mode } = profile;
  if (mode !== 'micro-live' && mode !== 'live') {
    throw new Error(
      `desk ${profile.name} is a ${mode ?? 'paper'} desk: --live needs "mode: micro-live" or "mode: live" in its profile`,
    );
  }
  const gate = readGates(home)[profile.name]?.[mode];
  if (gate === undefined) {
    throw new Error(
      `desk ${profile.name} has not passed the gate to ${mode}: no evidence for it in ${gatesFile(home)}. ` +
        'Let it trade on paper first: npm start -- --paper',
    );
  }
  const { KRAKEN_API_KEY: key = '', KRAKEN_API_SECRET: secret = '' } = env;
  const missing = [
    ...(key === '' ? ['KRAKEN_API_KEY'] : []),
    ...(secret === '' ? ['KRAKEN_API_SECRET'] : []),
  ];
  if (missing.length > 0) {
    throw new Error(`--live needs a Kraken API key: ${missing.join(' and ')} not set`);
  }
  const nonceFile = nonceFileOf(home, key);
  const venue = createKrakenVenue({
    rest: kraken.rest,
    ...{ key, secret, nonces: fileNonces(nonceFile) },
  });
  try {
    await venue.assertKeyPermissions({ live: true });
  } catch (error) {
    if (!(error instanceof VenueError) || error.kind !== 'retry') throw error;
    throw new Error(
      `${error.message}\nKraken does not answer: look to the connection and start again, or name another address by --kraken-rest`,
      { cause: error },
    );
  } finally {
    venue.close();
  }
  return {
    profile: mode === 'micro-live' ? capped(profile) : profile,
    nonceFile,
    keys: { KRAKEN_API_KEY: key, KRAKEN_API_SECRET: secret },
  };
}

/** One sequence of nonces for each key, whatever desk or process uses it. The key itself is not in the name. */
function nonceFileOf(home: Home, key: string): string {
  mkdirSync(home.path('nonces'), { recursive: true });
  const name = createHash('sha256').update(key).digest('hex').slice(0, 16);
  return home.path('nonces', name);
}

function capped(profile: Profile): Profile {
  const { capitalUsdt } = profile.risk;
  const most = Math.min(capitalUsdt ?? MICRO_LIVE_USDT, MICRO_LIVE_USDT);
  return { ...profile, risk: { ...profile.risk, capitalUsdt: most } };
}

function gatesFile(home: Home): string {
  return home.path('gates.json');
}

function readGates(home: Home): z.infer<typeof GatesSchema> {
  const file = gatesFile(home);
  if (!existsSync(file)) return {};
  try {
    return GatesSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new Error(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
