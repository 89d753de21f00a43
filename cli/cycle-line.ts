import type { CycleStory } from '../activities/ledger/records/read-cycles.ts';
import type { DeciderAnswer } from '../shared/decision.ts';
import { Decimal, isDecimalText, type DecimalText } from '../shared/money.ts';
import type { RuleOutcome } from '../shared/risk/verdict.ts';
import type { Paint } from './paint.ts';

type Told = Pick<
  CycleStory,
  'pair' | 'bar' | 'action' | 'outcome' | 'confidence' | 'answers' | 'verdict'
>;

/**
 * One cycle in one line: bar, pair, who said what, what came of it. For example
 * `2021-05-15 13:00  BTC/USDT  breakout hold · hold hold · trend long 0.62  → hold`.
 */
export function cycleLine(cycle: Told, paint: Paint): string {
  const said = cycle.answers.map((answer) => saidBy(answer, paint)).join(paint.dim(' · '));
  return [
    paint.dim(minute(cycle.bar)),
    paint.bold(cycle.pair.padEnd(8)),
    said,
    `${paint.dim('→')} ${actionWord(cycle.action, paint)}`,
    endOf(cycle, paint),
  ]
    .filter((part) => part !== '')
    .join('  ');
}

/** `equity 1012.34 USDT (+1.23 %)  BTC 0.0100 · USDT 512.34`: the change is against `start`. */
export function equityLine(
  account: {
    at: string;
    equity: DecimalText;
    start: DecimalText;
    balances: Record<string, DecimalText>;
  },
  paint: Paint,
): string {
  const change = new Decimal(account.start).isZero()
    ? new Decimal(0)
    : new Decimal(account.equity).div(account.start).minus(1).mul(100);
  const word = `${change.isNegative() ? '' : '+'}${change.toFixed(2)} %`;
  const held = Object.entries(account.balances)
    .filter(([, amount]) => !new Decimal(amount).isZero())
    .map(([asset, amount]) => `${asset} ${shortAmount(amount)}`)
    .join(' · ');
  const colour = change.isNegative() ? paint.red : paint.green;
  return (
    `${paint.dim(minute(account.at))}  equity ${paint.bold(new Decimal(account.equity).toFixed(2))} USDT ` +
    `(${colour(word)})  ${paint.dim(held)}`
  );
}

/** The addresses to open, one a line, names aligned. */
export function addressBlock(
  addresses: readonly { name: string; address: string }[],
  paint: Paint,
): string {
  const width = Math.max(0, ...addresses.map(({ name }) => name.length));
  return addresses
    .map(({ name, address }) => `  ${name.padEnd(width)}  ${paint.cyan(address)}`)
    .join('\n');
}

/** A verdict's reason in a few words: `reward-risk (1.4 < 2)`. */
export function ruleWords({ rule, observed, limit }: RuleOutcome): string {
  if (observed === null && limit === null) return rule;
  if (limit === null) return `${rule} (${shown(observed)})`;
  const [seen, allowed] = [amount(observed), amount(limit)];
  if (seen !== null && allowed !== null) {
    const sign = seen.lt(allowed) ? '<' : seen.gt(allowed) ? '>' : '=';
    return `${rule} (${shown(observed)} ${sign} ${shown(limit)})`;
  }
  return `${rule} (${shown(observed)}, allowed ${shown(limit)})`;
}

/** A rule's value in as many digits as a reader needs; decimal text counts as a number. */
export function shown(value: number | string | null): string {
  if (value === null) return 'nothing';
  const number = amount(value);
  if (number === null || number.isInteger()) return String(value);
  return number.abs().gte(1000) ? number.toFixed(0) : number.toSignificantDigits(4).toFixed();
}

function amount(value: number | string | null): Decimal | null {
  return typeof value === 'number' || isDecimalText(value) ? new Decimal(value) : null;
}

/** `2021-05-15 13:00` of an ISO time. */
export function minute(iso: string): string {
  return iso.slice(0, 16).replace('T', ' ');
}

function saidBy(answer: DeciderAnswer, paint: Paint): string {
  if (answer.kind === 'absent') return `${answer.decider} ${paint.yellow('absent')}`;
  const { action, confidence } = answer.decision;
  const sure = action === 'hold' ? '' : ` ${confidence.toFixed(2)}`;
  return `${answer.decider} ${actionWord(action, paint)}${sure}`;
}

function actionWord(action: string, paint: Paint): string {
  switch (action) {
    case 'long':
      return paint.green(action);
    case 'short':
    case 'close':
      return paint.red(action);
    default:
      return paint.dim(action);
  }
}

function endOf({ outcome, verdict }: Told, paint: Paint): string {
  switch (outcome) {
    case 'held':
      return '';
    case 'vetoed': {
      const vetoes = (verdict?.rules ?? []).filter((rule) => rule.outcome === 'veto');
      return `${paint.yellow('vetoed')} ${vetoes.map(ruleWords).join(', ')}`.trimEnd();
    }
    case 'ordered':
      return `${paint.green('ordered')}${planWords(verdict?.plan)}`;
    case 'refused':
      return paint.red('refused by the venue');
    default:
      return paint.yellow(outcome);
  }
}

function planWords(plan: unknown): string {
  if (typeof plan !== 'object' || plan === null) return '';
  const { side, quantity, stopPrice } = plan as Record<string, unknown>;
  if (typeof quantity !== 'string') return '';
  const stop = typeof stopPrice === 'string' ? `, stop ${stopPrice}` : '';
  return ` ${typeof side === 'string' ? `${side} ` : ''}${quantity}${stop}`;
}

/** Six significant digits, without the zeros after them. */
function shortAmount(amount: DecimalText): string {
  return new Decimal(amount).toSignificantDigits(6).toFixed();
}
