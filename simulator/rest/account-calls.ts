import { Decimal } from '../../shared/money.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { assetInfo, FEE_TIERS } from '../market/instruments.ts';
import { instrumentOf, type LedgerEntry } from '../state/state.ts';
import { wire } from '../wire/json.ts';
import { isTrue } from '../wire/order-params.ts';
import { assetsOf, findInstrument, restAsset } from '../wire/symbols.ts';
import { tradeRow } from './order-rows.ts';
import { consolidated, positionRow } from './position-rows.ts';
import { pageOf, within, type Handler } from './private-context.ts';
import { UNKNOWN_PAIR } from './public-calls.ts';

/** Private calls about balances, trades, fees and the key, by name. */
export const ACCOUNT_CALLS: Record<string, Handler> = {
  TradesHistory({ service }, params) {
    const { exchange } = service;
    const trades = exchange
      .trades()
      .filter((trade) => within(trade.atMs, params, exchange))
      .reverse();
    const rows: Record<string, unknown> = {};
    for (const trade of pageOf(trades, params)) {
      const instrument = instrumentOf(exchange, trade.pair);
      rows[trade.id] = tradeRow(trade, instrument, openedBy(exchange, trade.id));
    }
    return { result: { trades: rows, count: trades.length } };
  },

  QueryTrades({ service }, params) {
    const { exchange } = service;
    const rows: Record<string, unknown> = {};
    for (const id of (params['txid'] ?? '').split(',')) {
      const trade = exchange.state.trades.get(id);
      if (trade === undefined) return { error: 'EQuery:Unknown trade' };
      rows[id] = tradeRow(trade, instrumentOf(exchange, trade.pair), openedBy(exchange, id));
    }
    return { result: rows };
  },

  Balance({ service }) {
    const result: Record<string, string> = {};
    for (const [asset, balance] of balances(service.exchange)) {
      result[restAsset(asset)] = balance.toFixed(10);
    }
    return { result };
  },

  BalanceEx({ service }) {
    const { exchange } = service;
    const result: Record<string, unknown> = {};
    for (const [asset, balance] of balances(exchange)) {
      result[restAsset(asset)] = {
        balance: balance.toFixed(10),
        hold_trade: exchange.held(asset).toFixed(10),
      };
    }
    return { result };
  },

  TradeVolume({ service }, params) {
    const { exchange } = service;
    const names = params['pair']?.split(',') ?? [];
    const found = names.map((name) => findInstrument(exchange.instruments, name));
    if (found.some((i) => i === null)) return UNKNOWN_PAIR;
    const rows = (column: 1 | 2): Record<string, unknown> =>
      Object.fromEntries(found.map((i) => [i?.restName ?? '', feeRow(column)]));
    return {
      result: { currency: 'ZUSD', volume: '0.0000', fees: rows(1), fees_maker: rows(2) },
    };
  },

  TradeBalance({ service }) {
    const account = service.exchange.margin();
    const text = (value: Decimal): string => value.toFixed(4);
    return {
      result: {
        eb: text(account.balance),
        tb: text(account.balance),
        m: text(account.used),
        n: text(account.unrealised),
        c: text(account.cost),
        v: text(account.value),
        e: text(account.equity),
        mf: text(account.free),
        ...(account.level === null ? {} : { ml: account.level.toFixed(2) }),
        uv: '0.0000',
      },
    };
  },

  OpenPositions({ service }, params) {
    const { exchange } = service;
    const withValues = isTrue(params['docalcs']);
    const rows = [...exchange.state.positions.values()].map((position): [string, object] => [
      position.id,
      positionRow(exchange, position, withValues),
    ]);
    if (params['consolidation'] !== 'market') return { result: Object.fromEntries(rows) };
    return { result: consolidated(exchange) };
  },

  GetWebSocketsToken: ({ tokens }) => ({ result: { token: tokens.issue(), expires: 900 } }),

  GetApiKeyInfo: ({ key }) => ({
    result: {
      api_key_name: 'simulator',
      api_key: key,
      nonce: '0',
      nonce_window: '0',
      permissions: [
        'query-funds',
        'query-open-trades',
        'query-closed-trades',
        'modify-trades',
        'close-trades',
        'query-ledger',
        'create-ws-token',
      ],
      iban: '',
      valid_until: '0',
      query_from: '0',
      query_to: '0',
      created_time: '0',
      modified_time: '0',
      ip_allowlist: [],
      last_used: '0',
    },
  }),

  Ledgers({ service }, params) {
    const { exchange } = service;
    const wanted = params['asset']?.split(',');
    const type = params['type'] ?? 'all';
    const entries = exchange.state.ledger
      .filter((e) => wanted === undefined || wanted.some((w) => namesAsset(w, e.asset)))
      .filter((e) => type === 'all' || e.type === type)
      .filter((e) => within(e.atMs, params, exchange))
      .reverse();
    return {
      result: { ledger: rowsOf(pageOf(entries, params)), count: entries.length },
    };
  },

  QueryLedgers({ service }, params) {
    const ids = (params['id'] ?? '').split(',');
    const entries = service.exchange.state.ledger.filter((e) => ids.includes(e.id));
    return entries.length === 0 ? { error: 'EQuery:Unknown ledger' } : { result: rowsOf(entries) };
  },
};

/** The position that a trade opened, or null. */
function openedBy(
  { state }: Exchange,
  id: string,
): { state: 'open' | 'closed'; closed: Decimal } | null {
  const open = state.positions.get(id);
  if (open !== undefined) return { state: 'open', closed: open.closed };
  const over = state.closedPositions.get(id);
  return over === undefined ? null : { state: 'closed', closed: over.closed };
}

function balances(exchange: Exchange): [string, Decimal][] {
  const known = assetsOf(exchange.instruments);
  const all = new Set([...known, ...exchange.state.balances.keys()]);
  return [...all].sort().map((a) => [a, exchange.state.balances.get(a) ?? new Decimal(0)]);
}

function feeRow(column: 1 | 2): unknown {
  const rates = FEE_TIERS.map((tier) => tier[column]);
  const next = FEE_TIERS[1];
  return {
    fee: (rates[0] ?? 0).toFixed(4),
    minfee: (rates.at(-1) ?? 0).toFixed(4),
    maxfee: (rates[0] ?? 0).toFixed(4),
    nextfee: (next?.[column] ?? 0).toFixed(4),
    nextvolume: (next?.[0] ?? 0).toFixed(4),
    tiervolume: '0.0000',
  };
}

const namesAsset = (name: string, asset: string): boolean => {
  const info = assetInfo(asset);
  return name === 'all' || [asset, info.restName, info.altname].includes(name);
};

function rowsOf(entries: readonly LedgerEntry[]): Record<string, unknown> {
  return Object.fromEntries(
    entries.map((e) => {
      const { decimals } = assetInfo(e.asset);
      return [
        e.id,
        {
          refid: e.refId,
          time: wire(e.atMs / 1000, 4),
          type: e.type,
          subtype: '',
          aclass: 'currency',
          asset: restAsset(e.asset),
          amount: e.amount.toFixed(decimals),
          fee: e.fee.toFixed(decimals),
          balance: e.balance.toFixed(decimals),
        },
      ];
    }),
  );
}
