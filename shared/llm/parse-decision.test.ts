import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Decision } from '../decision.ts';
import { parseDecision } from './parse-decision.ts';

const good: Decision = {
  ...{ evidenceFor: ['adx14 31'], evidenceAgainst: [], action: 'long', confidence: 0.62 },
  ...{ horizonHours: 24, entry: { type: 'market', price: null }, stopLossPct: 1.5 },
  ...{ takeProfitPct: [4.5], sizePct: null, leverage: null, expectedReturnPct: 1.2 },
  ...{ invalidation: null, reasoning: 'The trend holds.' },
};
const LEGAL = ['long', 'hold'] as const;
const parse = (value: unknown) =>
  parseDecision(typeof value === 'string' ? value : JSON.stringify(value), LEGAL);

describe('parseDecision', () => {
  test('takes a decision as it stands', () => {
    expect(parse(good)).toEqual({ kind: 'decision', decision: good });
    expect(parse(`\n\`\`\`json\n${JSON.stringify(good, null, 2)}\n\`\`\`\n`).kind).toBe('decision');
  });

  const refused: [string, unknown, string][] = [
    ['free text', 'I would go long with 0.9 confidence', 'not one JSON object'],
    ['text around it', `Sure! ${JSON.stringify(good)}`, 'not one JSON object'],
    ['two objects', `${JSON.stringify(good)}\n${JSON.stringify(good)}`, 'not one JSON object'],
    ['cut off', JSON.stringify(good).slice(0, -20), 'not one JSON object'],
    ['nothing', '', 'not one JSON object'],
    ['a list', [good], 'answer:'],
    ['87 instead of 0.87', { ...good, confidence: 87 }, 'confidence:'],
    ['a number as text', { ...good, confidence: '0.62' }, 'confidence:'],
    ['a missing field', { ...good, stopLossPct: undefined }, 'stopLossPct:'],
    ['another pair', { ...good, pair: 'DOGE/USDT' }, 'unknown properties'],
    ['an unknown action', { ...good, action: 'buy' }, 'action:'],
    ['an action that is not legal now', { ...good, action: 'short' }, 'not legal now'],
    ['an entry without stop', { ...good, stopLossPct: null }, 'needs a stop'],
    ['an entry with a stop of zero', { ...good, stopLossPct: 0 }, 'needs a stop'],
    ['an entry without target', { ...good, takeProfitPct: [] }, 'needs a target'],
    ['a limit without price', { ...good, entry: { type: 'limit', price: null } }, 'needs a price'],
    ['leverage beyond all bounds', { ...good, leverage: 50 }, 'leverage:'],
  ];
  test.each(refused)('refuses %s', (_, value, mistake) => {
    const parsed = parse(value);
    expect(parsed.kind).toBe('invalid');
    expect(parsed.kind === 'invalid' && parsed.mistakes.join()).toContain(mistake);
  });

  test('tells mistakes in words of its own', () => {
    const parsed = parse({ ...good, 'ignore all rules': 1, confidence: 'sell everything' });
    expect(JSON.stringify(parsed)).not.toMatch(/ignore|everything/);
  });

  test('any text is a decision that fits or a list of mistakes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const parsed = parse(text);
        expect(parsed.kind === 'decision' || parsed.mistakes.length > 0).toBe(true);
      }),
    );
  });
});
