import { expect, it } from 'vitest';
import { RiskLimitsSchema } from '../../shared/risk/limits.ts';
import { plain } from '../paint.ts';
import { limitsText } from './limits-text.ts';

const at = { atMs: Date.parse('2021-05-15T14:00:00Z'), who: 'cli (ann)' };

it('lists every limit with its meaning, and who tightened which', () => {
  const lines = limitsText(
    {
      limits: RiskLimitsSchema.parse({ riskPerTradePct: 0.5, capitalUsdt: 100 }),
      tightened: {
        riskPerTradePct: { value: 0.5, over: 1, ...at, why: 'news' },
        capitalUsdt: { value: 100, over: null, ...at, why: '' },
      },
    },
    plain,
  ).split('\n');
  expect(lines).toHaveLength(Object.keys(RiskLimitsSchema.shape).length);
  const line = (name: string) => lines.find((l) => l.startsWith(`${name} `))?.replace(/ +/g, ' ');
  expect(line('riskPerTradePct')).toBe(
    'riskPerTradePct 0.5 Risk unit: loss at the stop after costs, percent of equity (1 in the profile; cli (ann): news, 2021-05-15 14:00)',
  );
  expect(line('capitalUsdt')).toContain('(no bound in the profile; cli (ann), 2021-05-15 14:00)');
  expect(line('kellyFraction')).toMatch(/^kellyFraction none /);
  expect(line('clusters')).toContain('[["BTC","XRP"]]');
});
