import { whyKeyUnfit } from '../../../shared/kraken/key-permissions.ts';
import type { Tier } from '../../../shared/kraken/rate-limits.ts';
import * as messages from '../../../shared/kraken/rest-messages.ts';
import { assetOf } from '../../../shared/kraken/symbols.ts';
import type { Asset } from '../../../shared/pair.ts';
import type { Venue, VenueBalance } from '../../../shared/venue.ts';
import { VenueError } from '../../../shared/venue.ts';
import { createHttpClient } from './http.ts';
import { knownOrders } from './known-orders.ts';
import { limitedRest } from './limited-rest.ts';
import type { MarketCalls } from './market-calls.ts';
import { marketCalls } from './market-calls.ts';
import type { NonceSource } from './nonces.ts';
import { processNonces } from './nonces.ts';
import type { OrderCalls } from './order-calls.ts';
import { orderCalls } from './order-calls.ts';
import type { OrderReads } from './order-reads.ts';
import { orderReads } from './order-reads.ts';
import { createKrakenRest } from './rest.ts';

export interface KrakenVenueOptions {
  /** Origin of the REST API, e.g. `https://api.kraken.com`. */
  rest: string;
  key: string;
  secret: string;
  /** Default: nonces of this process alone. Processes that share a key share `fileNonces`. */
  nonces?: NonceSource;
  /** Wall milliseconds until a call counts as unanswered; default 10 s. */
  fetchTimeoutMs?: number;
  /**
   * Whether calls wait for room in Kraken's counters. Default: on over https; off over plain http, where only
   * an exchange on this machine listens, which has no counters unless a scenario sets them.
   */
  rateLimits?: 'on' | 'off';
  /** The account's verification tier, which sets its limits; default the lowest. */
  tier?: Tier;
  log?: (message: string) => void;
  /** Wall clock, Unix milliseconds: nonces and limits, never the market. */
  wallMs?: () => number;
}

/** Kraken's account beyond what every venue offers. */
export interface KrakenVenue
  extends
    Venue,
    Pick<OrderCalls, 'placeBatch' | 'cancelAll' | 'cancelAllAfter'>,
    Pick<OrderReads, 'ordersByVenueId'>,
    Pick<MarketCalls, 'clockSkew'> {
  /** A token for the private socket; use it within 15 minutes. */
  webSocketToken(): Promise<string>;
  /**
   * Where real money is at stake, throws a `VenueError` of kind `person` when the key can withdraw or lacks
   * a right it needs; the message says which.
   */
  assertKeyPermissions(mode: { live: boolean }): Promise<void>;
  close(): void;
}

/** A Kraken spot and margin account over REST. */
export function createKrakenVenue(options: KrakenVenueOptions): KrakenVenue {
  const wallMs = options.wallMs ?? Date.now;
  const log = options.log ?? (() => {});
  const plain = createKrakenRest({
    http: createHttpClient(options.rest),
    key: options.key,
    secret: options.secret,
    nonces: options.nonces ?? processNonces('0', wallMs),
    timeoutMs: options.fetchTimeoutMs ?? 10_000,
    wallMs,
  });
  const limits = options.rateLimits ?? (options.rest.startsWith('https:') ? 'on' : 'off');
  const rest = limits === 'off' ? plain : limitedRest(plain, options.tier ?? 'starter', wallMs);
  const known = knownOrders();
  const market = marketCalls(rest, wallMs, log);
  const reads = orderReads(rest, known, log);
  const orders = orderCalls(rest, known, reads, wallMs);

  return {
    name: 'kraken',
    ...market,
    ...reads,
    ...orders,

    balances: async () => {
      const result = messages.ExtendedBalances;
      const rows = await rest.private({ name: 'BalanceEx', result, call: 'read' });
      const balances: Record<Asset, VenueBalance> = {};
      for (const [name, row] of Object.entries(rows)) {
        balances[assetOf(name)] = { total: row.balance, held: row.hold_trade ?? '0' };
      }
      return balances;
    },

    webSocketToken: async () => {
      const result = messages.WebSocketToken;
      const answer = await rest.private({ name: 'GetWebSocketsToken', result, call: 'read' });
      return answer.token;
    },

    assertKeyPermissions: async ({ live }) => {
      if (!live) return;
      const result = messages.ApiKeyInfo;
      const { permissions } = await rest.private({ name: 'GetApiKeyInfo', result, call: 'read' });
      const why = whyKeyUnfit(permissions);
      if (why !== null) {
        throw new VenueError('person', `the kraken API key must not trade: ${why}`);
      }
    },

    close: () => rest.close(),
  };
}
