import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Asset } from '../shared/pair.ts';
import { isoTime } from '../shared/timeframe.ts';
import { createControlServer } from './control/control-server.ts';
import { createDriver, type Pace } from './control/driver.ts';
import { measureTiming } from './control/timing.ts';
import type { MarketSource } from './market/market-source.ts';
import { createRestServer } from './rest/rest-server.ts';
import { openJournal } from './service/journal.ts';
import { openService, type Service } from './service/service.ts';
import { createSocketServer } from './sockets/socket-server.ts';
import { createFaults } from './trouble/faults.ts';
import type { Scenario } from './trouble/scenario.ts';
import { createTroublemaker } from './trouble/trouble.ts';
import { keysIn, type KeyPair } from './wire/keys.ts';
import { createTokens } from './wire/tokens.ts';

export interface SimulatorOptions {
  market: MarketSource;
  /** Names the market in the journal, e.g. its data folder or seed. */
  marketName: string;
  deposits: Readonly<Record<Asset, string>>;
  pace: Pace;
  /** The clock stands until a desk has attached. */
  waitForDesk?: boolean;
  journalDir: string;
  /** Ports of rest, ws, wsAuth and control; 0 lets the system choose. */
  ports?: { rest: number; ws: number; wsAuth: number; control: number };
  keys?: KeyPair;
  /** Trouble by script, given where the market starts and where its clock stands. */
  scenario?: (startMs: number, nowMs: number) => Scenario;
}

export interface Simulator {
  rest: string;
  ws: string;
  wsAuth: string;
  control: string;
  key: string;
  secret: string;
  service: Service;
  /** Stops listening and closes the journal. */
  close(): Promise<void>;
}

/**
 * Starts the local exchange: REST, two WebSockets and control on 127.0.0.1, over the journal in `journalDir`.
 * A journal that is there already is gone on with. Throws when a port is taken or the journal does not fit.
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { market } = options;
  const isLive = market.books?.isLive === true;
  const range = `${isoTime(market.fromMs)}..${market.toMs === null ? '' : isoTime(market.toMs)}`;
  const name = `${options.marketName} ${market.pairs.join(',')}`;
  const journal = openJournal(
    options.journalDir,
    {
      journal: 1,
      // A live market has no range: it is gone on with at any time.
      market: isLive ? name : `${name} ${market.baseTimeframe} ${range}`,
      deposits: { ...options.deposits },
    },
    { endsInDelta: isLive },
  );
  const faults = createFaults();
  const service = openService(journal, {
    market,
    deposits: options.deposits,
    onJournaled(command) {
      if (command.do !== 'place') return;
      if (faults.strike(['crash-after-journal']) !== null) process.kill(process.pid, 'SIGKILL');
    },
  });
  const scenario = options.scenario?.(market.fromMs, service.exchange.state.nowMs);
  const keys = options.keys ?? keysIn(options.journalDir);
  const tokens = createTokens();
  const driver = createDriver(service, {
    pace: options.pace,
    waitForDesk: options.waitForDesk ?? false,
    isLive,
  });
  // The wall's clock may be set back; what has arrived is not to wait for it.
  market.books?.onArrival(() => service.run(Math.max(Date.now(), market.books?.nextMs() ?? 0)));
  const context = {
    service,
    tokens,
    faults,
    key: keys.key,
    honoursDeadlines: isLive || options.pace === 1,
  };
  const rest = createRestServer({ ...context, keys, journal });
  const timing = measureTiming(service);
  const publicSocket = createSocketServer(context, 'public');
  const privateSocket = createSocketServer(context, 'private');
  const drop = (which: 'public' | 'private' | 'both'): void => {
    if (which !== 'private') publicSocket.drop();
    if (which !== 'public') privateSocket.drop();
  };
  faults.onOffline(() => {
    for (const socket of ['public', 'private'] as const) if (faults.isOffline(socket)) drop(socket);
  });
  const trouble = createTroublemaker({ service, faults, drop });
  if (scenario !== undefined) {
    service.stopFor({
      nextMs: () => scenario.nextMs(),
      act: (nowMs) => scenario.due(nowMs).forEach((each) => trouble.make(each)),
    });
  }
  const control = createControlServer({
    service,
    driver,
    trouble,
    timing,
    journalDir: options.journalDir,
  });
  const ports = options.ports ?? { rest: 0, ws: 0, wsAuth: 0, control: 0 };
  const close = async (): Promise<void> => {
    market.books?.close();
    driver.stop();
    publicSocket.close();
    privateSocket.close();
    await Promise.all([closeServer(rest), closeServer(control)]);
    journal.close();
  };
  try {
    const [restPort, wsPort, wsAuthPort, controlPort] = await Promise.all([
      listen(rest, ports.rest, 'REST'),
      listen(publicSocket.server, ports.ws, 'the public WebSocket'),
      listen(privateSocket.server, ports.wsAuth, 'the private WebSocket'),
      listen(control, ports.control, 'control'),
    ]);
    return {
      rest: `http://127.0.0.1:${restPort}`,
      ws: `ws://127.0.0.1:${wsPort}/v2`,
      wsAuth: `ws://127.0.0.1:${wsAuthPort}/v2`,
      control: `http://127.0.0.1:${controlPort}`,
      ...keys,
      service,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function listen(server: Server, port: number, name: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'another program listens there' : error.message;
      reject(
        new Error(
          `the simulator cannot listen on 127.0.0.1:${port} for ${name}: ${why}; ` +
            'stop it, or choose other ports with --port-base N',
          { cause: error },
        ),
      );
    });
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.closeAllConnections();
    server.close(() => resolve());
  });
}
