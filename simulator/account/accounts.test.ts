import { describe, expect, it } from 'vitest';
import { next, open, PAIR, place } from '../exchange/exchange.fixture.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { START, type Row } from '../market/market.fixture.ts';
import type { OrderRequest } from '../state/order.ts';

describe('accounts', () => {
  const calm: Row = [1, 1, 1, 1];
  const refusal = (exchange: Exchange, request: Partial<OrderRequest>): string => {
    const placed = exchange.place({
      pair: PAIR,
      side: 'buy',
      type: 'market',
      quantity: '10',
      ...request,
    });
    return 'error' in placed ? placed.error : 'accepted';
  };

  it('moves both assets and takes the fee where the order says', () => {
    const exchange = open([calm, calm], { USDT: '100', XRP: '100' });
    exchange.run(START);
    place(exchange, { quantity: '10' });
    // cost 10 * 1.001 = 10.01, fee 0.4 % = 0.04004
    expect(exchange.state.balances.get('USDT')?.toFixed()).toBe('89.94996');
    expect(exchange.state.balances.get('XRP')?.toFixed()).toBe('110');
    place(exchange, { quantity: '10', feeIn: 'base' });
    // fee 0.4 % of 10 XRP
    expect(exchange.state.balances.get('XRP')?.toFixed()).toBe('119.96');
    expect(exchange.state.balances.get('USDT')?.toFixed()).toBe('79.93996');
  });

  it('holds what a resting order may need until it is over', () => {
    const exchange = open([calm, calm], { USDT: '100', XRP: '100' });
    exchange.run(START);
    const stop = place(exchange, {
      type: 'stop-loss',
      side: 'sell',
      triggerPrice: '0.9',
      quantity: '95',
    });
    expect(refusal(exchange, { side: 'sell', quantity: '10' })).toBe('EOrder:Insufficient funds');
    exchange.cancel(stop);
    expect(refusal(exchange, { side: 'sell', quantity: '10' })).toBe('accepted');
    // 90 * 0.9 * 1.004 = 81.324 held
    place(exchange, { type: 'limit', limitPrice: '0.9', quantity: '90' });
    expect(exchange.held('USDT').toFixed()).toBe('81.324');
  });

  it.each<[string, Partial<OrderRequest>, string]>([
    ['unknown pair', { pair: 'ETH/USDT' }, 'EQuery:Unknown asset pair'],
    ['below the minimum', { quantity: '1' }, 'EGeneral:Invalid arguments:volume minimum not met'],
    ['off the tick', { type: 'limit', limitPrice: '0.999999' }, 'EOrder:Tick size check failed'],
    ['more than there is', { quantity: '2000' }, 'EOrder:Insufficient funds'],
    [
      'post-only that would take',
      { type: 'limit', limitPrice: '1.1', postOnly: true },
      'EOrder:Post only order',
    ],
    ['a limit order without price', { type: 'limit' }, 'EGeneral:Invalid arguments:price'],
    ['a client id too long', { clientId: 'x'.repeat(19) }, 'EGeneral:Invalid arguments:cl_ord_id'],
  ])('refuses %s', (_, request, error) => {
    const exchange = open([calm, calm]);
    exchange.run(START);
    expect(refusal(exchange, request)).toBe(error);
    expect(exchange.state.orders.size).toBe(0);
  });

  it('refuses a client order id a second time, open or closed', () => {
    const exchange = open([calm, calm]);
    exchange.run(START);
    place(exchange, { clientId: 'once' });
    place(exchange, { clientId: 'rests', type: 'limit', limitPrice: '0.5' });
    for (const clientId of ['once', 'rests']) {
      expect(refusal(exchange, { clientId })).toBe(
        'EOrder:Invalid arguments:cl_ord_id already in use',
      );
    }
  });

  it('fills what the balance pays for and cancels the rest', () => {
    // bought at the bar's close with all the money, but the next open is 1.5
    const exchange = open([calm, null, [1.5, 1.5, 1.5, 1.5]], { USDT: '100' });
    exchange.attach(['1h']);
    next(exchange);
    const order = place(exchange, { quantity: '99' });
    next(exchange);
    // 100 / (1.5015 * 1.004) = 66.33464...
    expect(order.filled.toFixed(2)).toBe('66.33');
    expect(order).toMatchObject({ status: 'canceled', reason: 'Insufficient funds' });
    expect(exchange.state.balances.get('USDT')?.gte(0)).toBe(true);
  });

  it('amends price and quantity in place, and cancels at what is filled', () => {
    const exchange = open([calm, calm], { USDT: '100', XRP: '100' });
    exchange.run(START);
    const order = place(exchange, {
      type: 'stop-loss',
      side: 'sell',
      triggerPrice: '0.9',
      quantity: '50',
    });
    expect(exchange.amend(order, { quantity: '101' })).toEqual({
      error: 'EOrder:Insufficient funds',
    });
    expect(exchange.amend(order, { quantity: '100', triggerPrice: '0.95' })).toBeNull();
    expect([order.quantity.toFixed(), order.triggerPrice?.toFixed()]).toEqual(['100', '0.95']);
    expect(exchange.amend(order, { triggerPrice: '0.95' })).toEqual({ error: 'EOrder:No change' });
    expect(exchange.amend(order, { quantity: '0' })).toBeNull();
    expect(order.status).toBe('canceled');
    expect(exchange.amend(order, { quantity: '5' })).toEqual({ error: 'EOrder:Unknown order' });
  });
});
