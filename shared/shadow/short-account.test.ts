import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Decision } from '../decision.ts';
import { GuardSettingsSchema } from '../guard/settings.ts';
import { seededCandles } from '../indicators/seeded-candles.fixture.ts';
import { close, free, lent, long, PLAIN, quiet, rows, run, termsOf, type Row } from './shadow-run.fixture.ts'; // prettier-ignore
import type { ShadowTerms } from './shadow-types.ts';

/** One pair on margin, twice levered, no spread; limits as `PLAIN` and `change`. */
const onMargin = (change: object = {}, guard: object = {}): ShadowTerms => ({
  ...free(change),
  margin: { leverage: 2 },
  instruments: [lent('BTC/USDT')],
  guard: GuardSettingsSchema.parse({ targetSlippagePct: 0, ...guard }),
});
const short = (change: Partial<Decision> = {}): Decision =>
  long({ action: 'short', stopLossPct: 2, takeProfitPct: [4, 8], ...change });

describe('a short of a shadow account', () => {
  const cases: { name: string; bars: Row[]; exit: [kind: string, price: number] }[] = [
    // Sold at 100; stop at 102, half at 96, half at 92: mean 94.
    { name: 'both rungs in one bar', bars: [quiet, [100, 101, 91, 95]], exit: ['target', 94] },
    // Half at 96, the rest at the stop: (96 + 102) / 2 = 99.
    {
      name: 'a rung, later the stop',
      bars: [quiet, [100, 101, 95, 100], [100, 103, 99, 102]],
      exit: ['stop', 99],
    },
    { name: 'rung and stop in one bar', bars: [quiet, [100, 103, 95, 100]], exit: ['stop', 102] },
    { name: 'a gap above the stop', bars: [quiet, [105, 106, 104, 105]], exit: ['stop', 105] },
  ];
  it.each(cases)('is left as the guard leaves it: $name', ({ bars, exit }) => {
    const market = [rows([quiet, ...bars])];
    const { trades } = run(onMargin(), market, 0, (_, i) => (i === 0 ? short() : null));
    expect(trades.map((t) => [t.side, t.exit])).toEqual([['sell', exit[0]]]);
    expect(trades[0]!.exitPrice).toBeCloseTo(exit[1], 9);
    expect(trades[0]!.grossPnl).toBeCloseTo((100 - exit[1]) * trades[0]!.quantity, 9);
  });

  it.each([
    // A low of 97 is 1.5 R: from the next bar on the stop lies at the entry.
    [
      'break-even',
      { breakEven: { afterR: 1.5 } },
      {},
      [
        [100, 101, 97, 98],
        [98, 101, 97, 99],
      ],
      ['stop', 100, 2],
    ],
    ['time', { timeStopHours: 2 }, {}, [quiet, quiet, quiet], ['time', 100, 3]],
    [
      'invalidation',
      {},
      { invalidation: { series: 'close', comparator: 'above', level: 100.2, timeframe: '1h' } },
      [[100, 101, 99.5, 100.5], quiet],
      ['invalidated', 100, 2],
    ],
  ] as [string, object, Partial<Decision>, Row[], [string, number, number]][])(
    'leaves by %s, the mirror image of a long',
    (_name, guard, change, later, [exit, price, bar]) => {
      const market = [rows([quiet, ...later])];
      const { trades } = run(onMargin({}, guard), market, 0, (_, i) =>
        i === 0 ? short(change) : null,
      );
      expect(trades.map((t) => [t.exit, t.exitPrice, t.exitBarMs])).toEqual([
        [exit, price, market[0]!.timeMs[bar]],
      ]);
    },
  );

  it('brings its stop nearer for a decider that would hold with a nearer one', () => {
    const market = [rows([quiet, quiet, [100, 101.1, 99, 100]])];
    const hold = long({ action: 'hold', stopLossPct: 1 });
    const { trades } = run(onMargin(), market, 0, (_, i) => (i === 0 ? short() : hold));
    expect(trades.map((t) => [t.exit, t.exitPrice])).toEqual([['stop', 101]]);
  });

  it('leaves at the next open when the decider says close', () => {
    const market = [rows([quiet, quiet, [99, 100, 98, 99]])];
    const { trades } = run(onMargin(), market, 0, (_, i) => (i === 0 ? short() : close()));
    expect(trades.map((t) => [t.exit, t.exitPrice])).toEqual([['signal', 99]]);
  });

  it('pays interest at its open and every four hours', () => {
    const market = [rows(Array.from({ length: 11 }, () => quiet))];
    const { shadow } = run(onMargin(), market, 0, (_, i) => (i === 0 ? short() : null));
    // Open since bar 1, bar 10 has closed, 10 hours: 0.02 + 2 x 0.01 % of what it sold, and its fee of 0.4 %.
    const { pairs, totals } = shadow.saved();
    const worth = pairs['BTC/USDT']!.position!.quantity * 100;
    expect(totals.interest).toBeCloseTo(worth * 0.0004, 9);
    expect(shadow.account.equity).toBeCloseTo(1000 - worth * 0.0044, 9);
  });

  it('pays for what is still owed alone once a rung is bought back', () => {
    const fall: Row = [100, 100.5, 95.9, 100];
    const market = [rows([quiet, quiet, fall, ...Array.from({ length: 6 }, () => quiet)])];
    const { shadow } = run(onMargin(), market, 0, (_, i) => (i === 0 ? short() : null));
    const { pairs, totals } = shadow.saved();
    const { position } = pairs['BTC/USDT']!;
    // 0.02 % of all at the open; half was left when the rollovers at hours 4 and 8 came due.
    const worth = position!.bought * 100;
    expect(position!.quantity).toBeCloseTo(position!.bought / 2, 3);
    expect(totals.interest).toBeCloseTo(worth * 0.0002 + position!.quantity * 100 * 0.0002, 9);
  });

  it('is vetoed without margin, and where nothing is lent', () => {
    const market = [rows([quiet, quiet, quiet])];
    const { margin: _, ...spot } = onMargin();
    for (const terms of [spot, { ...onMargin(), instruments: free().instruments }]) {
      const { shadow } = run(terms, market, 0, () => short());
      expect(shadow.saved().totals.vetoes).toEqual({ 'legal-action': 2 });
    }
  });

  it('settles in the quote of its pair, of which something must be free', () => {
    const terms = (balances: Record<string, string>): ShadowTerms => ({
      ...termsOf(['BTC/USDT', 'XRP/BTC'], PLAIN),
      ...{ margin: { leverage: 2 }, instruments: ['BTC/USDT', 'XRP/BTC'].map(lent), balances },
    });
    const market = [rows([quiet, quiet, quiet]), rows([quiet, quiet, quiet])];
    const of = (balances: Record<string, string>) =>
      run(terms(balances), market, 0, (p, i) => (p === 1 && i === 0 ? short() : null)).shadow;
    expect(of({ USDT: '1000' }).saved().totals.vetoes).toEqual({ 'free-balance': 1 });
    expect(of({ USDT: '1000', BTC: '1' }).sideOn(1)).toBe('short');
  });

  it('holds margin: further ones find what is left', () => {
    const pairs = ['BTC/USDT', 'XRP/USDT'];
    const terms: ShadowTerms = {
      ...termsOf(pairs, {
        ...PLAIN,
        clusters: [],
        marginLevelPct: 1000,
        volatilityTargetPct: null,
      }),
      ...{ margin: { leverage: 2 }, instruments: pairs.map(lent) },
      costs: pairs.map(() => ({ halfSpread: 0, stopSlippage: 0 })),
    };
    const market = [rows([quiet, quiet, quiet]), rows([quiet, quiet, quiet])];
    // 1000 / 10 = 100 of margin bear 200 of value, of which the first takes all and the second finds none.
    const { shadow } = run(terms, market, 0, (_, i) => (i === 0 ? short() : null));
    expect(shadow.saved().pairs['BTC/USDT']!.position!.quantity).toBeCloseTo(2, 2);
    expect(shadow.saved().totals.vetoes).toEqual({ 'margin-level': 1 });
  });

  it('is closed when the venue would call for more margin', () => {
    const terms = {
      ...onMargin({ liquidationStops: 1, llmSpendPerDayUsd: 1000, riskPerTradePct: 10 }),
      instruments: [{ ...lent('BTC/USDT'), marginCallPct: 470 }],
    };
    // Answers cost 40 a bar. Of 960 the cap of 40 % are sold and bind 192, called at 4.7 x 192 = 902.4. After its
    // fee of 0.4 % and interest 958.4 are left, then 918.4, then 878.4.
    const market = [rows([quiet, quiet, quiet, quiet, quiet])];
    const { trades } = run(terms, market, 0, (_, i) => (i === 0 ? short() : null), 40);
    expect(trades.map((t) => [t.exit, t.exitBarMs])).toEqual([
      ['margin-call', market[0]!.timeMs[4]],
    ]);
  });

  it('keeps every unit: what it has is what it started with, and won, less fees and interest', () => {
    const action = fc.constantFrom('long', 'short', 'close', 'hold', 'limit');
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.array(action, { minLength: 60, maxLength: 60 }),
        (seed, actions) => {
          const market = [seededCandles(61, seed)];
          const terms: ShadowTerms = {
            ...termsOf(['BTC/USDT'], { ...PLAIN, cooldownMinutes: 0 }),
            ...{ margin: { leverage: 3 }, instruments: [lent('BTC/USDT')] },
          };
          const { shadow, trades } = run(terms, market, 0, (_, i) => {
            const price = market[0]!.close[i]! * 1.002;
            switch (actions[i]) {
              case 'long':
                return long({ takeProfitPct: [1, 3] });
              case 'short':
                return short({ takeProfitPct: [1, 3] });
              case 'limit':
                return short({ entry: { type: 'limit', price } });
              case 'close':
                return close();
              default:
                return null;
            }
          });
          const { totals, pairs } = shadow.saved();
          const open = pairs['BTC/USDT']!.position;
          const won = trades.reduce((sum, trade) => sum + trade.grossPnl - trade.fees, 0);
          const sign = open?.short === undefined ? 1 : -1;
          const costs = open === null ? 0 : open.fees + (open.short ? open.short.running + open.short.settled : 0); // prettier-ignore
          const worth = open === null ? 0 : open.quantity * market[0]!.close[60]!;
          const result = open === null ? 0 : open.proceeds + worth - open.bought * open.entryPrice;
          expect(shadow.account.equity).toBeCloseTo(1000 + won + sign * result - costs, 6);
          const paid = trades.reduce((sum, trade) => sum + trade.fees, costs);
          expect(totals.fees).toBeCloseTo(paid, 6);
        },
      ),
      { numRuns: 60 },
    );
  });
});
