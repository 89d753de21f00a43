import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EntryReviewInput } from '../../shared/risk/entry-input.ts';
import { ENTRY_RULES } from '../../shared/risk/entry-rules.ts';
import { exampleReview, exampleShort } from '../../shared/risk/example-review.ts';
import { OrderPlanSchema } from '../../shared/risk/plan.ts';
import { reviewEntry } from '../../shared/risk/review.ts';
import { hostile, saneInput } from './arbitraries.fixture.ts';
import { assertProperty, RUNS } from './assert-property.fixture.ts';
import { brokenLimits } from './broken-limits.fixture.ts';

describe('an approved plan breaks no limit', () => {
  test('whatever account, market and limits', () => {
    const approved = { buy: 0, sell: 0 };
    assertProperty(
      'whatever account, market and limits',
      fc.property(saneInput, (input) => {
        const { kind, rules, plan } = reviewEntry(input);
        const some = (outcome: string): boolean => rules.some((r) => r.outcome === outcome);
        const told = some('veto') ? 'vetoed' : some('shrink') ? 'resized' : 'approved';
        if (kind !== told || (plan === null) !== (kind === 'vetoed')) {
          throw new Error(`${kind} with ${told} rules`);
        }
        if (plan === null) return;
        approved[plan.side] += 1;
        const broken = brokenLimits(input, plan);
        if (broken.length > 0) throw new Error(`broken: ${broken.join(', ')}`);
      }),
    );
    expect(approved.buy).toBeGreaterThan(RUNS / 50); // or this test would say nothing
    expect(approved.sell).toBeGreaterThan(RUNS / 50);
  });

  test('whatever a decision says, and no decision makes it throw', () => {
    const wide = exampleShort({ limits: { rewardRisk: 0, stopMinAtr: 0 } });
    let approved = 0;
    assertProperty(
      'whatever a decision says, and no decision makes it throw',
      fc.property(hostile, (decision) => {
        const input = { ...wide, decision };
        const verdict = reviewEntry(input);
        expect(verdict.rules.map((r) => r.rule)).toEqual(ENTRY_RULES.map((r) => r.id));
        expect(JSON.parse(JSON.stringify(verdict))).toEqual(verdict); // plain data, no NaN
        if (verdict.plan === null) return;
        approved += 1;
        expect(OrderPlanSchema.safeParse(verdict.plan).success).toBe(true);
        expect(brokenLimits(input, verdict.plan)).toEqual([]);
      }),
    );
    expect(approved).toBeGreaterThan(RUNS / 20);
  });

  test('no text in account, market or instrument makes it throw or pass', () => {
    const bad = fc.constantFrom('', 'NaN', '1e5', '-', '--1', 'Infinity', ' 1', '1,5', '٣');
    const place = fc.constantFrom<(text: string) => EntryReviewInput>(
      (equity) => exampleReview({ account: { equity } }),
      (usedUsdt) => exampleShort({ account: { margin: { usedUsdt, freeUsdt: '10000', levelPct: null } } }), // prettier-ignore
      (freeUsdt) => exampleShort({ account: { margin: { usedUsdt: '0', freeUsdt, levelPct: null } } }), // prettier-ignore
      (marginUsdt) => exampleReview({ account: { reservations: [{ pair: 'ETH/USDT', riskUsdt: '1', notionalUsdt: '1', marginUsdt }] } }), // prettier-ignore
      (peakEquity) => exampleReview({ account: { peakEquity } }),
      (dayStartEquity) => exampleReview({ account: { dayStartEquity } }),
      (weekStartEquity) => exampleReview({ account: { weekStartEquity } }),
      (monthStartEquity) => exampleReview({ account: { monthStartEquity } }),
      (USDT) => exampleReview({ account: { free: { USDT } } }),
      (BTC) => exampleReview({ account: { holdings: { BTC } } }),
      (BTC) => exampleReview({ account: { bags: { BTC } } }),
      (riskUsdt) => exampleReview({ account: { reservations: [{ pair: 'ETH/USDT', riskUsdt, notionalUsdt: '1' }] } }), // prettier-ignore
      (notionalUsdt) => exampleReview({ account: { reservations: [{ pair: 'ETH/USDT', riskUsdt: '1', notionalUsdt }] } }), // prettier-ignore
      (bid) => exampleReview({ market: { bid } }),
      (ask) => exampleReview({ market: { ask } }),
      (BTC) => exampleReview({ market: { usdtPer: { BTC } } }),
      (tick) => exampleReview({ instrument: { tick } }),
      (lot) => exampleReview({ instrument: { lot } }),
      (minQuantity) => exampleReview({ instrument: { minQuantity } }),
      (minCost) => exampleReview({ instrument: { minCost } }),
    );
    assertProperty(
      'no text in account, market or instrument makes it throw or pass',
      fc.property(place, bad, (put, text) => reviewEntry(put(text)).kind === 'vetoed'),
      2000,
    );
  });
});
