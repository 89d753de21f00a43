import { Decimal } from '../../shared/money.ts';
import type { Asset } from '../../shared/pair.ts';
import { assetInfo, takerTick } from '../market/instruments.ts';
import { venueId } from '../state/ids.ts';
import { isDormant, remaining, type Order } from '../state/order.ts';
import { instrumentOf, openOrders, standingPrice, type Core } from '../state/state.ts';

const ZERO = new Decimal(0);

export const balanceOf = (core: Core, asset: Asset): Decimal =>
  core.state.balances.get(asset) ?? ZERO;

/** What an open order keeps from being spent elsewhere. */
export function holdOf(core: Core, order: Order): { asset: Asset; amount: Decimal } {
  const instrument = instrumentOf(core, order.pair);
  const left = remaining(order);
  const { taker, maker } = core.fees;
  const rate = order.postOnly ? maker : Decimal.max(taker, maker);
  if (order.side === 'sell') {
    const share = order.feeIn === 'base' ? rate.plus(1) : new Decimal(1);
    return { asset: instrument.base, amount: roundUp(left.mul(share), instrument.base) };
  }
  const share = order.feeIn === 'quote' ? rate.plus(1) : new Decimal(1);
  const cost = left.mul(worstPrice(core, order)).mul(share);
  return { asset: instrument.quote, amount: roundUp(cost, instrument.quote) };
}

/** The price a buy has to be able to pay. */
function worstPrice(core: Core, order: Order): Decimal {
  if (order.limitPrice !== null) return order.limitPrice;
  const instrument = instrumentOf(core, order.pair);
  const costs = isDormant(order)
    ? 1 + instrument.halfSpread + instrument.stopSlippage
    : 1 + instrument.halfSpread;
  const price = isDormant(order)
    ? (order.triggerPrice ?? ZERO).toNumber()
    : standingPrice(core, order.pair);
  return takerTick(price * costs, 'buy', instrument);
}

/** The part of a balance that open orders hold. */
export function heldOf(core: Core, asset: Asset): Decimal {
  let held = ZERO;
  for (const order of openOrders(core.state)) {
    if (order.leverage !== null || order.type === 'settle-position') continue;
    const hold = holdOf(core, order);
    if (hold.asset === asset) held = held.plus(hold.amount);
  }
  return held;
}

export const freeOf = (core: Core, asset: Asset): Decimal =>
  balanceOf(core, asset).minus(heldOf(core, asset));

/** An amount on the decimals that the venue books of its asset. */
export function roundAmount(amount: Decimal, asset: Asset): Decimal {
  return amount.toDecimalPlaces(assetInfo(asset).decimals, Decimal.ROUND_HALF_UP);
}

function roundUp(amount: Decimal, asset: Asset): Decimal {
  return amount.toDecimalPlaces(assetInfo(asset).decimals, Decimal.ROUND_UP);
}

/** Moves a balance by `amount` less `fee` and says so; returns the id of the ledger entry. */
export function moveBalance(
  core: Core,
  entry: { refId: string; type: string; asset: Asset; amount: Decimal; fee: Decimal },
): string {
  const balance = balanceOf(core, entry.asset).plus(entry.amount).minus(entry.fee);
  core.state.balances.set(entry.asset, balance);
  // A position pays again and again under its own id.
  const often = entry.type === 'trade' || entry.type === 'margin' ? '' : ` ${core.state.nowMs}`;
  const id = venueId('L', `${entry.refId} ${entry.asset} ${entry.type}${often}`);
  const row = { id, ...entry, balance, atMs: core.state.nowMs };
  core.state.ledger.push(row);
  core.notice({ notice: 'balance', entry: row });
  return id;
}
