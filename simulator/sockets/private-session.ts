import type { Decimal } from '../../shared/money.ts';
import { lateness, LOCKOUT } from '../rest/private-context.ts';
import type { Notice } from '../state/state.ts';
import { textOf, toJson } from '../wire/json.ts';
import { orderExecRow, tradeExecRow, wsTime } from './exec-rows.ts';
import type { Frame, Link, Session, SocketOptions } from './session.ts';
import { TRADING, type TradingCall } from './trading-calls.ts';

const SNAPSHOT_TRADES = 50;

/** What one client of the private socket hears and asks for. */
export function createPrivateSession(context: SocketOptions, link: Link): Session {
  const { service, tokens, faults } = context;
  const { exchange } = service;
  let isOpen = true;
  const subscriptions = new Map<string, { token: string; sequence: number; all: boolean }>();

  function subscribe(params: Frame, request: Frame): void {
    const name = textOf(params['channel']);
    const token = params['token'];
    if (name !== 'executions' && name !== 'balances') {
      link.reply(request, { success: false, error: `Channel not found ${name}` });
      return;
    }
    if (typeof token !== 'string' || !tokens.isValid(token)) {
      link.reply(request, { success: false, error: 'ESession:Invalid session' });
      return;
    }
    if (subscriptions.has(name)) {
      link.reply(request, { success: false, error: 'Already subscribed' });
      return;
    }
    tokens.hold(token);
    subscriptions.set(name, { token, sequence: 0, all: params['order_status'] !== false });
    const snapshot = params['snapshot'] ?? true;
    link.reply(request, {
      success: true,
      result: {
        channel: name,
        snapshot,
        ...(name === 'executions' ? { maxratecount: 180 } : {}),
      },
    });
    if (name === 'balances') {
      if (snapshot !== false) sendBalances();
      return;
    }
    if (params['snap_orders'] !== false || params['snap_trades'] === true) {
      sendExecutions('snapshot', [
        ...(params['snap_orders'] === false ? [] : openRows()),
        ...(params['snap_trades'] === true ? tradeRows() : []),
      ]);
    }
  }

  const openRows = (): unknown[] =>
    exchange.openOrders().map((order) => orderExecRow(order, 'new', order.openMs));

  const tradeRows = (): unknown[] =>
    exchange
      .trades()
      .slice(-SNAPSHOT_TRADES)
      .map((trade) => tradeExecRow(trade, null));

  function sendExecutions(type: 'snapshot' | 'update', data: unknown[]): void {
    const subscription = subscriptions.get('executions');
    if (subscription === undefined) return;
    subscription.sequence += 1;
    link.send(toJson({ channel: 'executions', type, data, sequence: subscription.sequence }));
  }

  const walletRow = (asset: string, balance: Decimal): unknown => ({
    asset,
    asset_class: 'currency',
    balance,
    wallets: [{ type: 'spot', id: 'main', balance }],
  });

  function sendBalances(): void {
    const subscription = subscriptions.get('balances');
    if (subscription === undefined) return;
    subscription.sequence += 1;
    const data = [...exchange.state.balances].map(([asset, balance]) => walletRow(asset, balance));
    link.send(
      toJson({ channel: 'balances', type: 'snapshot', data, sequence: subscription.sequence }),
    );
  }

  function tellOrder(notice: Extract<Notice, { notice: 'order' }>): void {
    const { order, change, atMs } = notice;
    const row = (execType: string): unknown[] => [orderExecRow(order, execType, atMs)];
    if (change === 'new') {
      if (subscriptions.get('executions')?.all === true)
        sendExecutions('update', row('pending_new'));
      sendExecutions('update', row('new'));
    } else if (change === 'ended') {
      sendExecutions('update', row(order.status === 'closed' ? 'filled' : order.status));
    } else if (subscriptions.get('executions')?.all === true) {
      sendExecutions('update', row(change));
    }
  }

  function tellBalance({ entry }: Extract<Notice, { notice: 'balance' }>): void {
    const subscription = subscriptions.get('balances');
    if (subscription === undefined) return;
    subscription.sequence += 1;
    link.send(
      toJson({
        channel: 'balances',
        type: 'update',
        data: [
          {
            ledger_id: entry.id,
            ref_id: entry.refId,
            timestamp: wsTime(entry.atMs),
            type: entry.type,
            category: entry.type,
            asset: entry.asset,
            asset_class: 'currency',
            amount: entry.amount,
            fee: entry.fee,
            balance: entry.balance,
            wallet_type: 'spot',
            wallet_id: 'main',
          },
        ],
        sequence: subscription.sequence,
      }),
    );
  }

  function trade(method: string, call: TradingCall, params: Frame, request: Frame): void {
    const error = refusalOf(method, params);
    const answers = error === null ? call(service, params) : [{ success: false, error }];
    const isDone = error === null;
    if (isDone && faults.strike(['lose-reply'], method) !== null) return link.cut();
    const reply = (): void => {
      for (const answer of answers) link.reply(request, answer);
    };
    const held = isDone ? faults.strike(['hold-reply'], method) : null;
    if (held === null) reply();
    else setTimeout(reply, held.ms).unref();
  }

  /** Why a request is not even looked at, or null. */
  function refusalOf(method: string, params: Frame): string | null {
    if (faults.isLockedOut()) return LOCKOUT;
    if (!tokens.isValid(params['token'])) return 'EAPI:Invalid token';
    const refused = faults.strike(['error'], method);
    if (refused !== null) return refused.error;
    return lateness(context, params['deadline'])?.error ?? null;
  }

  return {
    request(method, params, request) {
      if (method === 'subscribe') subscribe(params, request);
      else if (method === 'unsubscribe') {
        const name = textOf(params['channel']);
        const subscription = subscriptions.get(name);
        if (subscription !== undefined) tokens.release(subscription.token);
        subscriptions.delete(name);
        link.reply(request, { success: subscription !== undefined, result: { channel: name } });
      } else {
        const call = TRADING[method];
        if (call === undefined) return false;
        const delay = faults.strike(['delay'], method);
        if (delay === null) trade(method, call, params, request);
        else setTimeout(() => isOpen && trade(method, call, params, request), delay.ms).unref();
      }
      return true;
    },
    notices(notices) {
      if (subscriptions.size === 0) return;
      for (const notice of notices) {
        if (notice.notice === 'order') tellOrder(notice);
        else if (notice.notice === 'trade') {
          sendExecutions('update', [tradeExecRow(notice.trade, notice.order)]);
        } else if (notice.notice === 'balance') tellBalance(notice);
      }
    },
    isSubscribed: () => subscriptions.size > 0,
    close() {
      isOpen = false;
      for (const { token } of subscriptions.values()) tokens.release(token);
      subscriptions.clear();
    },
  };
}
