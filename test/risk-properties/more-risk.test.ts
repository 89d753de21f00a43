import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EntryReviewInput } from '../../shared/risk/entry-input.ts';
import { RiskLimitsSchema, tightenLimits, type RiskLimits } from '../../shared/risk/limits.ts';
import { reviewEntry } from '../../shared/risk/review.ts';
import { cents, number, PAIRS, saneInput } from './arbitraries.fixture.ts';
import { assertProperty, RUNS } from './assert-property.fixture.ts';

function quantityOf(input: EntryReviewInput): number {
  return Number(reviewEntry(input).plan?.quantity ?? 0);
}

describe('more risk never gets more', () => {
  const position = fc.record({
    pair: fc.constantFrom(...PAIRS, 'SOL/USDT'),
    side: fc.constantFrom('buy' as const, 'sell' as const),
    riskUsdt: cents(-50, 300),
    notionalUsdt: cents(0, 3000),
  });
  const worse: fc.Arbitrary<(input: EntryReviewInput) => EntryReviewInput> = fc.oneof(
    position.map((p) => (input: EntryReviewInput) => ({
      ...input,
      account: { ...input.account, positions: [...input.account.positions, p] },
    })),
    fc
      .record({ position, marginUsdt: cents(0, 3000) })
      .map(({ position: p, marginUsdt }) => (input: EntryReviewInput) => ({
        ...input,
        account: {
          ...input.account,
          reservations: [...input.account.reservations, { ...p, marginUsdt }],
        },
      })),
    cents(0, 5000).map((more) => (input: EntryReviewInput) => {
      const { usedUsdt, freeUsdt } = input.account.margin!;
      const margin = {
        usedUsdt: (Number(usedUsdt) + Number(more)).toFixed(2),
        freeUsdt: (Number(freeUsdt) - Number(more)).toFixed(2),
        levelPct: null,
      };
      const levelPct = input.account.margin!.levelPct;
      return { ...input, account: { ...input.account, margin: { ...margin, levelPct } } };
    }),
    fc.double({ min: 0, max: 1, noNaN: true }).map((more) => (input: EntryReviewInput) => {
      const { open, rollover } = input.instrument.marginRatePct!;
      const marginRatePct = { open: open + more, rollover: rollover + more };
      return { ...input, instrument: { ...input.instrument, marginRatePct } };
    }),
    fc.constantFrom(...PAIRS).map((pair) => (input: EntryReviewInput) => ({
      ...input,
      account: { ...input.account, restingEntries: [pair] },
    })),
    fc.double({ min: 0, max: 50, noNaN: true }).map((more) => (input: EntryReviewInput) => {
      const holdings = Object.fromEntries(
        Object.entries(input.account.holdings).map(([a, n]) => [a, (Number(n) + more).toFixed(6)]),
      );
      return { ...input, account: { ...input.account, holdings } };
    }),
    fc.double({ min: 0, max: 1, noNaN: true }).map((part) => (input: EntryReviewInput) => {
      const free = Object.fromEntries(
        Object.entries(input.account.free).map(([a, n]) => [a, (Number(n) * part).toFixed(8)]),
      );
      return { ...input, account: { ...input.account, free } };
    }),
    fc.integer({ min: 1, max: 9 }).map((more) => (input: EntryReviewInput) => ({
      ...input,
      desk: { ...input.desk, lossStreak: input.desk.lossStreak + more, tradesToday: 3 + more },
    })),
    cents(0, 2000).map((more) => (input: EntryReviewInput) => ({
      ...input,
      account: {
        ...input.account,
        peakEquity: (Number(input.account.peakEquity) + Number(more)).toFixed(2),
      },
    })),
  );

  test('adding exposure, losses or wear never makes a veto pass or a plan larger', () => {
    assertProperty(
      'adding exposure, losses or wear never makes a veto pass or a plan larger',
      fc.property(saneInput, worse, (input, worsen) => {
        const calm = { ...input, desk: { ...input.desk, tradesToday: 3 } };
        return quantityOf(worsen(calm)) <= quantityOf(calm);
      }),
    );
  });

  test('a longer horizon never gets a short more', () => {
    assertProperty(
      'a longer horizon never gets a short more',
      fc.property(saneInput, fc.double({ min: 0, max: 500, noNaN: true }), (input, more) => {
        const { decision } = input;
        const longer = { ...decision, horizonHours: (decision.horizonHours ?? 0) + more };
        return quantityOf({ ...input, decision: longer }) <= quantityOf(input);
      }),
    );
  });

  test('without margin in the profile every short is vetoed, and every long as it was', () => {
    assertProperty(
      'without margin in the profile every short is vetoed, and every long as it was',
      fc.property(saneInput, (input) => {
        const spot = reviewEntry({ ...input, margin: null });
        if (input.decision.action === 'short') return spot.kind === 'vetoed';
        return JSON.stringify(spot.plan) === JSON.stringify(reviewEntry(input).plan);
      }),
    );
  });

  test('tightening a limit never makes a veto pass or a plan larger', () => {
    const change = fc.oneof(
      ...Object.keys(RiskLimitsSchema.shape)
        .filter((name) => name !== 'clusters')
        .map((name) => fc.tuple(fc.constant(name), fc.constantFrom(0.1, 0.5, 0.9, 1.1, 1.5, 3))),
    );
    let tightened = 0;
    assertProperty(
      'tightening a limit never makes a veto pass or a plan larger',
      fc.property(saneInput, change, (input, [name, factor]) => {
        const present = input.limits[name as keyof RiskLimits];
        const wanted = Math.round(Number(present ?? 1000) * factor * 100) / 100;
        const answer = tightenLimits(input.limits, { [name]: wanted });
        if (answer.kind === 'refused') return true;
        tightened += 1;
        return quantityOf({ ...input, limits: answer.limits }) <= quantityOf(input);
      }),
    );
    expect(tightened).toBeGreaterThan(RUNS / 10);
  });

  test('no wish of a decision gets more than a decision without wishes', () => {
    const wish = fc.oneof(number, fc.double({ min: 0, max: 100, noNaN: true }), fc.constant(null));
    assertProperty(
      'no wish of a decision gets more than a decision without wishes',
      fc.property(saneInput, wish, wish, (input, sizePct, leverage) => {
        const decision = { ...input.decision, sizePct: null, leverage: null };
        const most = quantityOf({ ...input, decision });
        return quantityOf({ ...input, decision: { ...decision, sizePct, leverage } }) <= most;
      }),
    );
  });
});
