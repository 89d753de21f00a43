import { setTimeout as pause } from 'node:timers/promises';
import type { Fault } from '../../simulator/trouble/faults.ts';
import type { Control } from './fault-session.ts';

/** One kind of trouble that a session goes through, and what it must look like afterwards. */
export interface Trouble {
  /** As the page calls it. */
  name: string;
  /** What the desk does about it, one sentence for the page. */
  answer: string;
  /** Faults for the simulator; each that has a `count` must have struck so often. */
  faults?: readonly Fault[];
  /** They are ordered at this event of the venue's clock; 0, unless told: before the desk trades. */
  from?: number;
  /** What happens to the venue besides; resolves when it is over. */
  meanwhile?: (control: Control) => Promise<void>;
  /** Among those that every `npm test` goes through; the others only `npm run test:faults`. */
  isShort?: true;
  /** What it costs; without it the desk must end as if nothing had been. */
  cost?: string;
}

/** Wall time for which the venue takes no orders. */
const CLOSED_MS = 2_500;

const refused = (error: string): Fault[] => [{ kind: 'error', path: 'AddOrder', error, count: 3 }];

/** The venue is in maintenance from before the first order on, and online again a while later. */
async function maintenance(control: Control): Promise<void> {
  await control.post('/system', { status: 'maintenance' });
  await control.untilEvent(1);
  await pause(CLOSED_MS);
  await control.post('/system', { status: 'online' });
}

/** Every kind of trouble that the simulator can make for a desk. */
export const TROUBLES: readonly Trouble[] = [
  {
    name: 'the answer to an order is lost (3 times)',
    isShort: true,
    answer: 'looks the order up by its client id and adopts it',
    faults: [{ kind: 'lose-reply', path: 'AddOrder', count: 3 }],
  },
  {
    name: 'the answer to an order comes after the time-out',
    answer: 'a time-out is no rejection: looks the order up and adopts it',
    faults: [{ kind: 'hold-reply', path: 'AddOrder', ms: 12_000, count: 1 }],
  },
  {
    name: 'orders wait at the venue, 300 ms (5 times)',
    answer: 'waits',
    faults: [{ kind: 'delay', path: 'AddOrder', ms: 300, count: 5 }],
  },
  {
    name: 'orders answered by status 502 (3 times)',
    isShort: true,
    answer: 'looks the order up; sends it again under the same id once the venue knows of none',
    faults: [{ kind: 'status', path: 'AddOrder', status: 502, count: 3 }],
  },
  {
    name: 'orders answered by status 429 (3 times)',
    answer: 'as 502, more slowly each time',
    faults: [{ kind: 'status', path: 'AddOrder', status: 429, count: 3 }],
  },
  {
    name: '`EService:Unavailable` (3 times)',
    answer: 'may have been executed: looks the order up, then sends it again under the same id',
    faults: refused('EService:Unavailable'),
  },
  {
    name: '`EGeneral:Internal error` (3 times)',
    answer: 'as `EService:Unavailable`',
    faults: refused('EGeneral:Internal error'),
  },
  {
    name: '`EGeneral:Temporary lockout` (3 times)',
    answer: 'waits and sends again under the same id',
    faults: refused('EGeneral:Temporary lockout'),
  },
  {
    name: '`EOrder:Rate limit exceeded` (3 times)',
    answer: 'waits and sends again under the same id',
    faults: refused('EOrder:Rate limit exceeded'),
  },
  {
    name: '`EAPI:Invalid nonce` (3 times)',
    answer: 'sends again with a later nonce under the same id',
    faults: refused('EAPI:Invalid nonce'),
  },
  {
    name: 'any call fails with status 500 (10 times)',
    answer: 'reads again; an order as under 502',
    faults: [{ kind: 'status', path: '*', status: 500, count: 10 }],
    from: 2,
  },
  {
    name: 'the exchange dies after writing an order down, before it answers',
    isShort: true,
    answer: 'looks the order up at the restarted exchange and adopts it',
    faults: [{ kind: 'crash-after-journal', count: 1 }],
  },
  {
    name: 'executions come twice (10 times)',
    answer: 'books each once, by its execution id',
    faults: [{ kind: 'duplicate', channel: 'executions', count: 10 }],
  },
  {
    name: 'executions come out of order (5 times)',
    answer: 'sees the gap in their numbers and reads the history again',
    faults: [{ kind: 'reorder', channel: 'executions', count: 5 }],
  },
  {
    name: 'executions get lost (3 times)',
    isShort: true,
    answer: 'sees the gap in their numbers and reads the history again',
    faults: [{ kind: 'silence', channel: 'executions', count: 3 }],
  },
  {
    name: 'the private socket breaks in place of an execution (3 times)',
    isShort: true,
    answer: 'connects again, subscribes first and reads the history after',
    faults: [{ kind: 'cut', channel: 'executions', count: 3 }],
  },
  {
    name: 'candles come twice (10 times)',
    answer: 'takes the later of the two',
    faults: [{ kind: 'duplicate', channel: 'ohlc', count: 10 }],
  },
  {
    name: 'candles come out of order (5 times)',
    answer: 'keeps the newest of each bar',
    faults: [{ kind: 'reorder', channel: 'ohlc', count: 5 }],
  },
  {
    name: 'candles get lost (5 times)',
    isShort: true,
    answer: 'reads the bar that is missing from the venue',
    faults: [{ kind: 'silence', channel: 'ohlc', count: 5 }],
  },
  {
    name: 'the public socket breaks in place of a candle (3 times)',
    answer: 'connects again and reads the bars that it missed',
    faults: [{ kind: 'cut', channel: 'ohlc', count: 3 }],
  },
  {
    name: 'both sockets are cut at once',
    answer: 'connects again and reads what it missed: fills, orders, bars',
    async meanwhile(control) {
      for (const event of [2, 5, 8]) {
        await control.untilEvent(event);
        await control.post('/cut', { socket: 'both' });
      }
    },
  },
  {
    name: 'executions come late, 400 ms (5 times)',
    answer: 'waits until the socket has echoed what was sent before the clock stood',
    faults: [{ kind: 'lag', channel: 'executions', ms: 400, count: 5 }],
  },
  {
    name: 'both sockets are refused for 1.5 s while orders fill',
    isShort: true,
    answer: 'tries again; books the fills that it missed from the history',
    faults: [{ kind: 'offline', socket: 'both', ms: 1_500 }],
    from: 3,
  },
  {
    name: 'the account is locked out for 2 s',
    answer: 'waits and sends again under the same id',
    faults: [{ kind: 'lockout', ms: 2_000 }],
    from: 1,
  },
  {
    name: "the venue's clock jumps an hour forward",
    answer: 'decides on the time that messages carry; nothing changes',
    faults: [{ kind: 'clock-jump', ms: 3_600_000 }],
    from: 3,
  },
  {
    name: "the venue's clock jumps an hour back",
    answer: 'the same',
    faults: [{ kind: 'clock-jump', ms: -3_600_000 }],
    from: 3,
  },
  {
    name: 'maintenance while orders are due',
    answer: 'holds them back until the venue takes orders again',
    meanwhile: maintenance,
  },
  {
    name: '`EService:Market in cancel_only mode` (2 times)',
    answer: 'an answer, not a doubt: these entries are refused and not sent again',
    faults: [
      { kind: 'error', path: 'AddOrder', error: 'EService:Market in cancel_only mode', count: 2 },
    ],
    cost: 'two entries less',
  },
  {
    name: 'stops fill in part first (6 times)',
    answer: 'goes on guarding what is left',
    meanwhile: (control) => control.post('/partial-fills', { share: 0.4, count: 6 }),
    cost: 'exits that take several bars',
  },
];
