import { describe, expect, test } from 'vitest';
import { ENTRY_RULES } from './entry-rules.ts';
import { exampleReview, exampleShort } from './example-review.ts';
import { reviewEntry } from './review.ts';
import { RULE_EXAMPLES } from './rule-examples.ts';
import { SHORT_EXAMPLES } from './short-examples.ts';
import { riskSpecification } from './specification.ts';

describe('worked examples', () => {
  test('there is one for every rule, in the order of the table', () => {
    const ids = ENTRY_RULES.map((r) => r.id);
    const shorts = SHORT_EXAMPLES.map((e) => e.rule);
    const ofShortsAlone = ['margin-level', 'liquidation'];
    expect(RULE_EXAMPLES.map((e) => e.rule)).toEqual(ids.filter((id) => !ofShortsAlone.includes(id))); // prettier-ignore
    expect(shorts).toEqual(ids.filter((id) => shorts.includes(id)));
    expect(shorts).toEqual(expect.arrayContaining(ofShortsAlone));
  });

  const all = [
    ...RULE_EXAMPLES.map((example) => ({ ...example, side: 'long', review: exampleReview })),
    ...SHORT_EXAMPLES.map((example) => ({ ...example, side: 'short', review: exampleShort })),
  ];
  test.each(all)('$side $rule: $words', ({ review, ...example }) => {
    const { rules, plan } = reviewEntry(review(example.change));
    const told = rules.find((r) => r.rule === example.rule);
    expect(told?.outcome).toBe(example.outcome);
    expect(told?.observed).toBe(example.observed);
    expect(plan?.quantity ?? null).toBe(example.quantity);
    // each example shows one rule: no other one vetoes, except where nothing can be read or sized
    const others = rules.filter((r) => r.rule !== example.rule && r.outcome === 'veto');
    expect(others).toEqual([]);
    const rule = ENTRY_RULES.find((r) => r.id === example.rule);
    if (example.outcome !== 'pass') expect(rule?.can).toContain(example.outcome);
  });
});

test('docs/risk.md is what the table says (vitest -u writes it)', async () => {
  await expect(riskSpecification()).toMatchFileSnapshot('../../docs/risk.md');
});
