import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createDeciderActivities } from '../activities/deciders/activities.ts';
import { createAnswerStore } from '../activities/deciders/answer-store.ts';
import { createCallStore } from '../activities/deciders/call-store.ts';
import { createModelActivities } from '../activities/deciders/model-activities.ts';
import { sendRequest } from '../activities/deciders/send-request.ts';
import { createEvaluationActivities } from '../activities/evaluation/activities.ts';
import { createLedgerActivities } from '../activities/ledger/activities.ts';
import { connectDatabase } from '../activities/ledger/database.ts';
import { createDocumentStore } from '../activities/ledger/documents.ts';
import { createFeedActivities, createMarketActivities } from '../activities/market/activities.ts';
import { createCandleStore } from '../activities/market/candle-store.ts';
import { createOrderActivities, createReviewActivities } from '../activities/orders/activities.ts';
import { instrumentCache } from '../activities/orders/instrument-cache.ts';
import { createRebalanceActivities } from '../activities/orders/rebalance/rebalance-activities.ts';
import { createTurnActivities } from '../activities/orders/sending/turns.ts';
import { queuesOf, workflowIds } from '../shared/names.ts';
import { llmSettingsOf } from '../shared/profile.ts';
import { instrumentFor } from '../simulator/market/instruments.ts';
import { readWorkerConfig } from './config.ts';
import { crashProbe } from './crash-probe.ts';
import { entryMessages } from './entry-messages.ts';
import { feedMessages } from './feed-messages.ts';
import { heartbeating } from './heartbeat.ts';
import { modelWorkers } from './model-workers.ts';
import { openVenue } from './open-venue.ts';
import { workflowBundle } from './workflow-bundle.ts';

/** One process that serves all of a desk's queues. Reads its config, connects, creates, runs, closes. */
const config = readWorkerConfig(process.argv[2]);
const { desk, profile } = config;
const log = (line: string): void => console.error(`${new Date().toISOString()} ${line}`);

Runtime.install({ logger: new DefaultLogger('WARN') });
const bundle = workflowBundle(config.bundleDir);
const pool = connectDatabase({ ...config.database, onError: (e) => log(`database: ${e.message}`) });
const { address, namespace } = config.temporal;
// Server and worker share a machine or its network: compressing costs more than it saves.
const connection = await NativeConnection.connect({ address, grpcCompression: { codec: 'none' } });
const client = new Client({ connection: await Connection.connect({ address }), namespace });

const probe = crashProbe(process.env['TRIPLEGAIN_CRASH_AT']);
const opened = await openVenue(config, pool, log);
const { venue } = opened;
const documents = createDocumentStore(pool);
const candles = createCandleStore(pool);
const isStepped = opened.deadlineClock === null;
const instruments = instrumentCache(venue, profile.pairs, isStepped);
const instrumentOf = async (pair: string, forMs?: number) =>
  opened.withStatus(await instruments.of(pair, forMs));
const queues = queuesOf(desk, profile.venue);

const market = {
  pool,
  desk,
  profile,
  candles,
  documents,
  time: opened.time,
  book: opened.book,
  instrument: instrumentOf,
};
const orders = {
  pool,
  desk,
  profile,
  venue,
  candles,
  documents,
  probe,
  instrument: instrumentOf,
  depth: opened.depth,
  movements: venue.movementsSince,
  deadlineClock: opened.deadlineClock,
};
const { startGuard, wakeForTurn } = entryMessages(client, { desk, queue: queues.cycle });
const turns = createTurnActivities({ pool, wakeForTurn });
const ledger = { pool, desk, profile, venue, documents, probe, instruments: instruments.all };
const shadows = {
  ...{ pool, desk, profile, instruments: instruments.all },
  // The spreads of the local exchange stand for those of quiet hours everywhere.
  fillCosts(pair: string) {
    const { halfSpread, stopSlippage } = instrumentFor(pair, 1);
    return { halfSpread, stopSlippage };
  },
};
const feed = {
  ...market,
  probe,
  // At a venue that stands the fees are read anew for each bar.
  readAhead: (atMs: number) => void instruments.all(atMs).catch(() => undefined),
  messages: feedMessages(client, workflowIds.desk(desk), workflowIds.feed(desk, profile.venue)),
};

const shared = {
  connection,
  namespace,
  shutdownGraceTime: '3s',
  shutdownForceTime: '8s',
  interceptors: { activity: [heartbeating] },
};
const workers = await Promise.all([
  Worker.create({
    ...shared,
    taskQueue: queues.cycle,
    workflowBundle: await bundle,
    activities: {
      ...createLedgerActivities(ledger),
      ...createDeciderActivities({ profile, documents }),
      ...createMarketActivities(market),
      ...createReviewActivities(orders),
      ...createRebalanceActivities(orders),
      ...createEvaluationActivities(shadows),
      ...turns,
    },
    // A killed worker's sticky workflows go to its successor this soon.
    stickyQueueScheduleToStartTimeout: '1s',
    maxCachedWorkflows: 200,
  }),
  Worker.create({
    ...shared,
    taskQueue: queues.orders,
    activities: createOrderActivities({ ...orders, ...turns, startGuard }),
  }),
  Worker.create({
    ...shared,
    taskQueue: queues.market,
    activities: createFeedActivities((run) => opened.runFeed(feed, run)),
  }),
]);
workers.push(
  ...(await modelWorkers(
    desk,
    profile,
    createModelActivities({
      profile,
      documents,
      calls: createCallStore({
        pool,
        desk,
        budget: llmSettingsOf(profile).budget,
        clock: Date.now,
      }),
      send: sendRequest,
      answers: createAnswerStore(config.answersDir),
      keyOf: (name) => process.env[name],
      clock: Date.now,
    }),
    shared,
  )),
);
process.send?.('ready');
await Promise.all(workers.map((worker) => worker.run()));
opened.close();
await pool.end();
await connection.close();
await client.connection.close();
process.exit(0);
