import { ENTRY_RULES } from './entry-rules.ts';
import { exampleReview, exampleShort } from './example-review.ts';
import { RiskLimitsSchema } from './limits.ts';
import { LEG_EXAMPLES, exampleLeg } from './rebalance-examples.ts';
import { REBALANCE_RULES } from './rebalance-rules.ts';
import { REDUCTION_RULE, reviewEntry, reviewRebalance, reviewReduction } from './review.ts';
import type { EntryRule } from './rule.ts';
import { SHORT_EXAMPLES } from './short-examples.ts';
import { RULE_EXAMPLES, type RuleExample } from './rule-examples.ts';
import type { RuleOutcome, Shown } from './verdict.ts';

/** docs/risk.md: the specification of the risk engine, made from the table of rules and run through it. */
export function riskSpecification(): string {
  const plan = reviewEntry(exampleReview()).plan;
  const short = reviewEntry(exampleShort()).plan;
  return (
    [
      '# Risk specification',
      'This page is generated from `shared/risk` by its tests (`npm test -- shared/risk -u` writes it), examples included: what it says is what runs.',
      '## How an entry is judged',
      'The engine is a pure function of the decision, the desk, the account, the market, the instrument and the limits. It asks every rule of the table below in this order, also after a veto, and lists for each what it saw and what it allows. A rule passes, shrinks the size, vetoes, or does not apply. One veto is enough. `risk-per-trade` sets the quantity; every rule after it can only make it smaller; what is left is rounded down to the lot. Nothing that a decision says raises a limit: its size and leverage are wishes that can only shrink, and a value that is missing, not a number or absurd is a veto of the rule that reads it.',
      'An approved or resized verdict carries an order plan of the type `Approved<OrderPlan>`, which only this engine can make. Orders are sent only from what is stored under the id of a verdict.',
      'Rounding goes against the desk’s wish: quantity down to the lot, the stop up to the tick, targets down to the tick (of a short the other way round), reserved amounts up.',
      'Costs in all rules: the fee of the entry (maker for a limit below the ask, of a short above the bid, else taker), the taker fee of the exit, half of the spread at the exit, and `slippageBps` for each fill that takes liquidity; of a short also the interest on what it borrows, at the open and every 4 hours of its horizon.',
      '## Shorts',
      'A desk whose profile has `margin` may sell short where the venue lends the base; longs stay on spot. Whatever sells first borrows, so `side: sell` in an entry plan and a leverage above 1 mean the same. A short settles in the quote of its pair: of that it holds back what its stop can lose (`reserve`), and of the free margin its value over leverage (`marginUsdt`). It is the mirror image of a long: the stop above the ask, targets below the entry. Rates of interest, leverages and the level of a margin call come from the venue; where one is missing, `readable` vetoes.',
      '## The example',
      `Each example below is this review with one change: a long on BTC/USDT with 10,000 USDT; bid and ask 100; fee 0.5 % a side, no slippage; stop 2 %, target 8 %; lot and tick 0.01. One BTC costs 100 + 0.5 = 100.50, and the stop brings 98 - 0.49 = 97.51, so 2.99 are at risk. The plan: ${plan?.quantity ?? ''} BTC, stop at ${plan?.stopPrice ?? ''}, ${plan?.riskUsdt ?? ''} USDT at risk.`,
      `Examples of a short are this one on margin with one change: leverage 2, a margin call at 80 %, interest 0.02 % at the open and at each rollover, a horizon of 8 hours. One BTC brings 100 - 0.5 = 99.50, the stop takes 102 + 0.51 = 102.51 and the interest 3 x 0.02 = 0.06, so 3.07 are at risk. The plan: ${short?.quantity ?? ''} BTC, stop at ${short?.stopPrice ?? ''}, ${short?.riskUsdt ?? ''} USDT at risk, ${short?.marginUsdt ?? ''} USDT of margin.`,
      '## Rules of an entry',
      ...ENTRY_RULES.flatMap((rule, n) => ruleSection(rule, n + 1)),
      '## The rule of a reduction',
      ...reductionSection(),
      '## Rules of a rebalancing',
      'Each leg of a rebalancing is judged on its own, right before it is sent, against the account as it then is. Rules that bear the name of an entry’s rule are the same. Each example is this review with one change: of 10,000 USDT in all, 50 BTC at 100 and 5,000 USDT, 10 BTC are sold.',
      legList(),
      '## What is read in a live review',
      LIVE_INPUTS,
      '## Limits',
      'Values of TripleGain; a profile may choose others under `risk:`. A running desk takes changes that tighten only (`npm run desk -- set-limits`): they hold until the profile names another value for that limit.',
      limitList(),
      '',
    ]
      .join('\n\n')
      .trimEnd() + '\n'
  );
}

function ruleSection(rule: EntryRule, n: number): string[] {
  const limits = RiskLimitsSchema.parse({});
  const limit = rule.limit(limits, null);
  const examples = RULE_EXAMPLES.filter((example) => example.rule === rule.id);
  const shorts = SHORT_EXAMPLES.filter((example) => example.rule === rule.id);
  const facts = [
    `- Reads: ${rule.needs}`,
    `- Can: pass, ${rule.can.join(', ')}`,
    `- Limit: ${limit === null ? limitInWords(rule) : `${text(limit)} (${rule.unit})`}`,
    ...examples.map((example) => `- Example: ${exampleText(example, exampleReview)}`),
    ...shorts.map((example) => `- Example of a short: ${exampleText(example, exampleShort)}`),
  ];
  return [`### ${n}. \`${rule.id}\``, rule.meaning, facts.join('\n')];
}

/** For limits that come from decision, account or instrument, or that are not set. */
function limitInWords(rule: EntryRule): string {
  switch (rule.id) {
    case 'size-wish':
      return `what the decision asks for (${rule.unit})`;
    case 'capital':
      return `none where the profile sets none (${rule.unit})`;
    case 'free-balance':
      return `what is free (${rule.unit})`;
    default:
      return `that of the venue (${rule.unit})`;
  }
}

function exampleText(example: RuleExample, of: typeof exampleReview): string {
  const verdict = reviewEntry(of(example.change));
  const found = verdict.rules.find((r) => r.rule === example.rule);
  const size = verdict.plan === null ? '' : `, ${verdict.plan.quantity} BTC`;
  return `${example.words}: ${example.reckoning}. → **${found?.outcome ?? ''}**${size}${noteText(found)}`;
}

function reductionSection(): string[] {
  const verdict = reviewReduction({
    pair: 'BTC/USDT',
    side: 'sell',
    order: 'market',
    price: null,
    timeInForce: 'ioc',
    quantity: '4',
    held: '5',
    inExitOrders: '2',
  });
  const found = verdict.rules[0];
  const facts = [
    `- Reads: ${REDUCTION_RULE.needs}`,
    `- Can: pass, ${REDUCTION_RULE.can.join(', ')}`,
    `- Example: 4 are to be sold, 5 are held and 2 of them are in exit orders: 5 - 2 = 3. → **${found?.outcome ?? ''}**, ${verdict.plan?.quantity ?? 'nothing'} BTC${noteText(found)}`,
  ];
  return [`### \`${REDUCTION_RULE.id}\``, REDUCTION_RULE.meaning, facts.join('\n')];
}

/** What the rules of a live review are given, where the name does not tell it. */
const LIVE_INPUTS = [
  '- `freshness`: bars of the decided timeframe must include the last close that there was; those of other timeframes of the snapshot are late from the first close that they lack; the price of each asset that is held or traded is late like the bars it comes from.',
  '- `spread`, `depth`: the book of the venue at the time of the review; depth is the value that its side shows within 1 % of the best price.',
  '- `volatility`, `volatility-target`: the last 720 bars: ATR 14 over its own mean, and the deviation of the log returns scaled to a year.',
  '- `kelly`: the desk’s closed trades, each in multiples of the risk that its verdict took, as far as the entry was filled.',
  '- `llm-spend`: what calls of the venue day have cost; a call without an answer counts as much as it can cost.',
  '- `trades-per-day`: positions opened since 00:00 UTC of venue time whose entry was filled or is on its way.',
  '- `reconciled`: the desk’s latest comparison of ledger and venue.',
].join('\n');

function legList(): string {
  const limits = RiskLimitsSchema.parse({});
  return REBALANCE_RULES.map((rule) => {
    const example = LEG_EXAMPLES.find((each) => each.rule === rule.id);
    if (example === undefined) return `- \`${rule.id}\`: as for an entry.`;
    const { rules, plan } = reviewRebalance(exampleLeg(example.change));
    const found = rules.find((each) => each.rule === rule.id);
    const limit = rule.limit(limits, null);
    const bound = limit === null ? '' : ` Limit: ${text(limit)} (${rule.unit}).`;
    const size = plan === null ? '' : `, ${plan.quantity} BTC`;
    return `- \`${rule.id}\`: ${rule.meaning} Reads: ${rule.needs}.${bound} Example: ${example.words}: ${example.reckoning}. → **${found?.outcome ?? ''}**${size}${noteText(found)}`;
  }).join('\n');
}

function noteText(found: RuleOutcome | undefined): string {
  return found === undefined || found.note === '' ? '' : ` (“${found.note}”)`;
}

function limitList(): string {
  const values: Record<string, unknown> = RiskLimitsSchema.parse({});
  return Object.entries(RiskLimitsSchema.shape)
    .map(([name, schema]) => {
      const words = schema.description ?? '';
      return `- \`${name}\`: ${text(values[name] as Shown)}. ${words}`;
    })
    .join('\n');
}

function text(value: Shown | unknown[]): string {
  if (value === null) return 'none';
  return Array.isArray(value) ? JSON.stringify(value) : String(value);
}
