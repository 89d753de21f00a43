import type { CallStory, RawCall, SentPrompt } from '../../activities/deciders/read-calls.ts';
import { Decimal } from '../../shared/money.ts';
import { columns } from '../columns.ts';
import type { Paint } from '../paint.ts';

const HEAD = [
  ...['sent (UTC)', 'cycle', 'decider', 'call', 'build', 'prompt', 'came of it', 'latency'],
  ...['in', 'cached', 'out', 'USD', ''],
];
const RIGHT = HEAD.map((_, n) => (n >= 7 && n <= 11 ? 'right' : 'left'));

/** Calls to models, one a line; with `raw` what went over the wire below each. */
export function callsText(calls: readonly RawCall[], raw: boolean, paint: Paint): string {
  if (calls.length === 0) return 'no model was asked';
  const [head = '', ...rows] = columns([HEAD, ...calls.map(cells)], '', RIGHT);
  const known = calls.map((call) => new Decimal(call.costUsd ?? call.reservedUsd));
  const total = Decimal.sum(0, ...known).toFixed(4);
  const lines = calls.map((call, n) => {
    const line = rows[n] ?? '';
    return raw ? `${paint.bold(line)}\n${wireText(call)}\n` : line;
  });
  const sum = `${calls.length} ${calls.length === 1 ? 'call' : 'calls'}, ${total} USD`;
  return [paint.bold(head), ...lines, '', sum].join('\n');
}

/** A call without what went over the wire. */
export function briefCall({ request: _r, headers: _h, response: _s, ...call }: RawCall): CallStory {
  return call;
}

/** What models were sent, word for word. */
export function promptsText(prompts: readonly SentPrompt[], paint: Paint): string {
  return prompts
    .map(({ version, hash, tokens, deciders, system, user }) =>
      [
        paint.dim(`prompt ${version}, ${hash}`),
        paint.dim(`sent to ${deciders.join(', ')}; measures ${tokens} tokens`),
        '',
        ...[paint.bold('--- system'), system, paint.bold('--- user'), user],
      ].join('\n'),
    )
    .join('\n\n');
}

function cells(call: RawCall): string[] {
  const { usage } = call;
  const tokens = (count: number | undefined): string => (count === undefined ? '-' : `${count}`);
  return [
    call.sentAt.replace('T', ' ').replace(/\.\d+Z$|Z$/, ''),
    // `cycle/<desk>/BTC/USDT/<bar>`: the desk is known.
    call.cycle.split('/').slice(-3).join('/').replace(/:00Z$/, ''),
    ...[call.decider, `${call.purpose} ${call.n}`, call.build ?? call.model, call.promptVersion],
    outcome(call),
    call.latencyMs === null ? '-' : `${(call.latencyMs / 1000).toFixed(1)} s`,
    tokens(usage === null ? undefined : usage.input + usage.cacheWrite),
    ...[tokens(usage?.cachedInput), tokens(usage?.output), costWords(call), call.failure ?? ''],
  ];
}

function outcome({ state, source, status }: RawCall): string {
  if (source === 'recorded') return 'kept answer';
  return status === null ? state : `${state} ${status}`;
}

function costWords({ costUsd, reservedUsd, answerUsd, source }: RawCall): string {
  const words = (usd: string): string => new Decimal(usd).toFixed(4);
  if (source === 'recorded') return answerUsd === null ? '0' : `0 (was ${words(answerUsd)})`;
  return costUsd === null ? `at most ${words(reservedUsd)}` : words(costUsd);
}

function wireText({ request, headers, response }: RawCall): string {
  return [
    `request ${JSON.stringify(request, null, 2)}`,
    `headers ${JSON.stringify(headers)}`,
    `response ${response ?? 'none'}`,
  ].join('\n');
}
