import { LlmSettingsSchema } from '../../shared/llm/settings.ts';
import { Decimal, type DecimalText } from '../../shared/money.ts';
import { isoTime } from '../../shared/timeframe.ts';
import type { Queryable } from '../ledger/database.ts';

/**
 * How a decider has done its work so far: whether it answered, how fast, and for how much. A row for each model and
 * version of the prompt that it has had: what is kept of one says nothing about another.
 */
export interface DeciderReport {
  decider: string;
  /** Null for a strategy. */
  model: string | null;
  /** Null for a strategy. */
  promptVersion: string | null;
  /** Whether it is what the profile has now. */
  isCurrent: boolean;
  answered: number;
  absent: number;
  /** The last absence: bar and cause; null when it never was absent. */
  lastAbsence: { bar: string; pair: string; cause: string } | null;
  /** Calls that were made, repairs and repetitions included. */
  calls: number;
  repairs: number;
  /** Of answered calls over the network; `slow` is the time within which 95 of 100 had come. */
  meanLatencyMs: number | null;
  slowLatencyMs: number | null;
  /** As they were billed, thinking included; of calls whose usage is known. */
  inputTokens: number;
  outputTokens: number;
  /** The builds that answered, in the provider's words. */
  builds: string[];
  /** USD: what its answers cost in all, and what was spent on the decider this UTC day of the wall clock. */
  usd: DecimalText;
  spentTodayUsd: DecimalText;
}

/** What a decider is, as a stored profile has it. */
interface Variant {
  model: string | null;
  promptVersion: string | null;
}

interface Said {
  profile_hash: string | null;
  decider: string;
  answered: string;
  absent: string;
  last_bar: Date | null;
  last_pair: string | null;
  last_cause: string | null;
}

interface Called {
  decider: string;
  model: string;
  version: string;
  calls: string;
  repairs: string;
  mean: number | null;
  slow: number | null;
  input: string | null;
  output: string | null;
  builds: string[] | null;
  usd: string | null;
  today: string | null;
}

/** Every decider of the desk's profile, in its order, then those that it has had before. */
export async function readDeciders(
  db: Queryable,
  desk: string,
  nowMs: number,
): Promise<DeciderReport[]> {
  const now = await variantsNow(db, desk);
  const before = await variantsBefore(db, desk);
  const reports = new Map<string, DeciderReport>();
  const reportOf = (decider: string, variant: Variant): DeciderReport => {
    const key = JSON.stringify([decider, variant.model, variant.promptVersion]);
    const known = reports.get(key);
    if (known !== undefined) return known;
    const of = now.get(decider);
    const isCurrent = of?.model === variant.model && of.promptVersion === variant.promptVersion;
    const fresh = emptyReport(decider, variant, isCurrent);
    reports.set(key, fresh);
    return fresh;
  };
  for (const [decider, variant] of now) reportOf(decider, variant);

  for (const said of await readSaid(db, desk)) {
    // A cycle that is older than the recording of profiles counts for what the decider is now.
    const variants = before.get(said.profile_hash ?? '') ?? now;
    const report = reportOf(
      said.decider,
      variants.get(said.decider) ?? { model: null, promptVersion: null },
    );
    report.answered += Number(said.answered);
    report.absent += Number(said.absent);
    if (said.last_bar !== null) {
      const bar = isoTime(said.last_bar.getTime());
      if (report.lastAbsence === null || bar > report.lastAbsence.bar) {
        const [pair, cause] = [said.last_pair ?? '', said.last_cause ?? ''];
        report.lastAbsence = { bar, pair, cause };
      }
    }
  }
  for (const called of await readCalled(db, desk, nowMs)) {
    const { decider, model, version } = called;
    const report = reportOf(decider, { model, promptVersion: version });
    report.calls = Number(called.calls);
    report.repairs = Number(called.repairs);
    report.meanLatencyMs = called.mean === null ? null : Math.round(called.mean);
    report.slowLatencyMs = called.slow === null ? null : Math.round(called.slow);
    report.inputTokens = Number(called.input ?? 0);
    report.outputTokens = Number(called.output ?? 0);
    report.builds = called.builds ?? [];
    report.usd = new Decimal(called.usd ?? 0).toFixed();
    report.spentTodayUsd = new Decimal(called.today ?? 0).toFixed();
  }
  return [...reports.values()];
}

function emptyReport(decider: string, variant: Variant, isCurrent: boolean): DeciderReport {
  return {
    ...{ decider, model: variant.model, promptVersion: variant.promptVersion, isCurrent },
    ...{ answered: 0, absent: 0, lastAbsence: null, calls: 0, repairs: 0 },
    ...{ meanLatencyMs: null, slowLatencyMs: null, inputTokens: 0, outputTokens: 0 },
    ...{ builds: [], usd: '0', spentTodayUsd: '0' },
  };
}

interface StoredProfile {
  deciders?: { id: string; provider: string; model?: string; prompt?: string }[];
  llm?: { prompt?: string };
}

async function variantsNow(db: Queryable, desk: string): Promise<Map<string, Variant>> {
  const { rows } = await db.query<{ profile: StoredProfile }>(
    `select profile from desk where desk = $1`,
    [desk],
  );
  return variantsOf(rows[0]?.profile ?? {});
}

/** By the hash of the profile. */
async function variantsBefore(
  db: Queryable,
  desk: string,
): Promise<Map<string, Map<string, Variant>>> {
  const { rows } = await db.query<{ hash: string; body: StoredProfile }>(
    `select hash, body from document
      where hash in (select distinct profile_hash from cycle where desk = $1)`,
    [desk],
  );
  return new Map(rows.map(({ hash, body }) => [hash, variantsOf(body)]));
}

function variantsOf({ deciders = [], llm }: StoredProfile): Map<string, Variant> {
  const version = llm?.prompt ?? LlmSettingsSchema.parse({}).prompt;
  return new Map(
    deciders.map(({ id, provider, model, prompt }): [string, Variant] => [
      id,
      provider === 'strategy'
        ? { model: null, promptVersion: null }
        : { model: model ?? null, promptVersion: prompt ?? version },
    ]),
  );
}

async function readSaid(db: Queryable, desk: string): Promise<Said[]> {
  const { rows } = await db.query<Said>(
    `with said as (
       select c.profile_hash, d.decider, c.bar, c.pair, d.answer->>'kind' as kind, d.answer->>'cause' as cause
         from decision d join cycle c on c.id = d.cycle where c.desk = $1),
     last as (
       select distinct on (profile_hash, decider) * from said where kind = 'absent'
        order by profile_hash, decider, bar desc, pair)
     select s.profile_hash, s.decider, count(*) filter (where s.kind = 'answered') as answered,
            count(*) filter (where s.kind = 'absent') as absent,
            max(l.bar) as last_bar, max(l.pair) as last_pair, max(l.cause) as last_cause
       from said s left join last l
            on l.profile_hash is not distinct from s.profile_hash and l.decider = s.decider
      group by s.profile_hash, s.decider order by s.decider`,
    [desk],
  );
  return rows;
}

async function readCalled(db: Queryable, desk: string, nowMs: number): Promise<Called[]> {
  const today = new Date(nowMs);
  today.setUTCHours(0, 0, 0, 0);
  const tokens = (...names: string[]): string =>
    names.map((name) => `coalesce((l.usage->>'${name}')::numeric, 0)`).join(' + ');
  const { rows } = await db.query<Called>(
    `select l.decider, l.model, p.version, count(*) as calls,
            count(*) filter (where l.purpose = 'repair') as repairs,
            avg(l.latency_ms) filter (where l.source = 'live' and l.state = 'answered')::float8 as mean,
            percentile_cont(0.95) within group (order by l.latency_ms)
              filter (where l.source = 'live' and l.state = 'answered') as slow,
            sum(${tokens('input', 'cachedInput', 'cacheWrite')}) as input,
            sum(${tokens('output')}) as output,
            array_agg(distinct l.build order by l.build) filter (where l.build is not null) as builds,
            sum(coalesce(l.answer_usd, l.cost_usd, l.reserved_usd)) as usd,
            sum(coalesce(l.cost_usd, l.reserved_usd)) filter (where l.sent_at >= $2) as today
       from llm_call l join prompt p on p.hash = l.prompt
      where l.desk = $1 group by l.decider, l.model, p.version
      order by l.decider, min(l.id) desc`,
    [desk, today],
  );
  return rows;
}
