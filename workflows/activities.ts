import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { DeciderActivities } from '../activities/deciders/activities.ts';
import type { ModelActivities } from '../activities/deciders/model-activities.ts';
import type { EvaluationActivities } from '../activities/evaluation/activities.ts';
import type { LedgerActivities } from '../activities/ledger/activities.ts';
import type { FeedActivities, MarketActivities } from '../activities/market/activities.ts';
import type { OrderActivities, ReviewActivities } from '../activities/orders/activities.ts';
import type { RebalanceActivities } from '../activities/orders/rebalance/rebalance-activities.ts';
import type { TurnActivities } from '../activities/orders/sending/turns.ts';
import type { ModelAsk } from '../shared/llm/model-asks.ts';

/**
 * The time budget of everything a workflow calls, in one place. A lost worker is noticed by the
 * heartbeat (every activity beats twice a second) or, for local steps, by the workflow task's limit.
 */
const untilItWorks = {
  initialInterval: '200ms',
  maximumInterval: '5s',
  backoffCoefficient: 2,
} as const;

type Local = DeciderActivities &
  LedgerActivities &
  MarketActivities &
  RebalanceActivities &
  ReviewActivities &
  TurnActivities;

/** Short steps on database and venue control, safe to repeat: retried until they work. */
export const localStep = {
  startToCloseTimeout: '20s',
  localRetryThreshold: '1m',
  retry: untilItWorks,
} as const;
export const local = proxyLocalActivities<Local>(localStep);

/** What trading does not wait for: tried twice, and made up for at the next bar. */
export const { advanceShadows } = proxyLocalActivities<EvaluationActivities>({
  startToCloseTimeout: '20s',
  localRetryThreshold: '1m',
  retry: { ...untilItWorks, maximumAttempts: 2 },
});

/** Sends that must happen once: one attempt, and whatever is not a definite answer goes to `settling`. */
export const sendingOn = (
  taskQueue: string,
  summary: string,
): Pick<OrderActivities, 'placeEntry' | 'placeLeg' | 'placeReduction'> =>
  proxyActivities<OrderActivities>({
    taskQueue,
    startToCloseTimeout: '15s',
    heartbeatTimeout: '3s',
    // Given up without waiting for it, where a fill may be without a stop only so long.
    cancellationType: 'TRY_CANCEL',
    summary,
    retry: { maximumAttempts: 1 },
  });

/** Steps at the venue that may be repeated, and are until the venue has answered. */
export const settlingOn = (
  taskQueue: string,
): Pick<
  OrderActivities,
  | 'settleEntry'
  | 'cancelEntry'
  | 'settleLeg'
  | 'settleReduction'
  | 'amendOrder'
  | 'cancelOrder'
  | 'reconcile'
> =>
  proxyActivities<OrderActivities>({
    taskQueue,
    startToCloseTimeout: '20s',
    heartbeatTimeout: '3s',
    cancellationType: 'TRY_CANCEL',
    retry: untilItWorks,
  });

/**
 * Asking one model, on its provider's queue. At real time the decision deadline ends it, queueing and
 * retries included; in stepped time the market waits, and only the calls keep their own limits. How
 * often is tried, the activity decides: a lost process must not count as a try.
 */
export const askingOn = (ask: ModelAsk, isRealTime: boolean): ModelActivities =>
  proxyActivities<ModelActivities>({
    taskQueue: ask.queue,
    ...(isRealTime ? { scheduleToCloseTimeout: ask.deadlineMs } : {}),
    startToCloseTimeout: ask.attemptMs,
    heartbeatTimeout: '3s',
    // Called off without waiting for it: a model that hangs holds nobody up.
    cancellationType: 'TRY_CANCEL',
    summary: ask.summary,
    retry: { initialInterval: '1s', maximumInterval: '20s', backoffCoefficient: 2 },
  });

/** The venue's socket: one activity that lives as long as the connection does. */
export const feedOn = (taskQueue: string): FeedActivities =>
  proxyActivities<FeedActivities>({
    taskQueue,
    startToCloseTimeout: '24h',
    heartbeatTimeout: '10s',
    summary: 'prices and executions',
    retry: { initialInterval: '200ms', maximumInterval: '5s' },
  });
