import type { ModelsNow } from '../../activities/deciders/read-models-now.ts';
import { Decimal } from '../../shared/money.ts';
import type { AccountView, PositionView } from '../../shared/snapshot.ts';
import { columns } from '../columns.ts';
import { minute, shown } from '../cycle-line.ts';
import type { Paint } from '../paint.ts';

/** What `npm run desk -- status` tells, and its JSON. Times are ISO 8601 UTC venue times. */
export interface DeskReport {
  desk: string;
  profile: string;
  /** The desk's mode: running, paused, reduced, halted, flattening. */
  state: string;
  until: string | null;
  who: string;
  why: string;
  venueTime: string | null;
  lastBar: string | null;
  missedBars: number;
  cyclesInFlight: string[];
  /** The venue's sockets; `clockSkewMs` is venue less this machine, null where the venue waits for the desk. */
  feed: { connected: boolean; clockSkewMs: number | null; alarms: string[] } | null;
  /** Null on a desk without models. */
  models: ModelsNow | null;
  account: (Pick<AccountView, 'equity' | 'balances'> & { bags: Record<string, string> }) | null;
  positions: PositionView[];
  /** What a person was told at once, within the last week of venue time, newest first. */
  alarms: { at: string; words: string }[];
  replay: { hash: string; from: string; to: string; ended: boolean } | null;
  addresses: { webUi: string; venue: string | null };
}

export function statusText(report: DeskReport, paint: Paint): string {
  const { account, replay } = report;
  const rows = [
    ['state', stateWords(report)],
    ['profile', report.profile],
    ...(replay === null
      ? []
      : [
          [
            'replay',
            `${replay.hash}, ${minute(replay.from)} to ${minute(replay.to)}${replay.ended ? ', at its end' : ''}`,
          ],
        ]),
    ['venue time', report.venueTime === null ? 'not known yet' : minute(report.venueTime)],
    ['last bar', report.lastBar === null ? 'none yet' : minute(report.lastBar)],
    ...(report.missedBars === 0 ? [] : [['missed bars', String(report.missedBars)]]),
    ...feedRows(report),
    ['deciding', report.cyclesInFlight.length === 0 ? 'nothing' : report.cyclesInFlight.join(', ')],
    ...modelRows(report),
    ...(account === null
      ? []
      : [
          ['equity', `${account.equity} USDT`],
          [
            'balances',
            Object.entries(account.balances)
              .map(([asset, amount]) => `${amount} ${asset}`)
              .join(', '),
          ],
          ...(Object.keys(account.bags).length === 0
            ? []
            : [
                [
                  'put aside',
                  Object.entries(account.bags)
                    .map(([asset, amount]) => `${amount} ${asset}`)
                    .join(', '),
                ],
              ]),
        ]),
    ['positions', report.positions.length === 0 ? 'none' : String(report.positions.length)],
  ];
  return [
    paint.bold(report.desk),
    ...columns(rows, '  '),
    ...columns(report.positions.map(positionRow), '    '),
    ...report.alarms.map(({ at, words }) => paint.red(`  ${minute(at)} ${words}`)),
    ...columns(
      [
        ['Web UI', report.addresses.webUi],
        ...(report.addresses.venue === null ? [] : [['venue', report.addresses.venue]]),
      ],
      '  ',
    ),
  ].join('\n');
}

function feedRows({ feed }: DeskReport): string[][] {
  if (feed === null) return [['feed', 'does not answer']];
  const clock = feed.clockSkewMs === null ? '' : `, clock ${shownSkew(feed.clockSkewMs)}`;
  return [
    ['feed', `${feed.connected ? 'connected' : 'not connected'}${clock}`],
    ...feed.alarms.map((alarm) => ['alarm', alarm]),
  ];
}

function modelRows({ models }: DeskReport): string[][] {
  if (models === null) return [];
  const { spentTodayUsd, dayUsd, absent } = models;
  return [
    ['models', `${new Decimal(spentTodayUsd).toFixed(2)} of ${dayUsd} USD spent today`],
    ...absent.map(({ decider, pairs, cause }) => [
      'absent',
      `${decider} for ${pairs.join(', ')}: ${cause}`,
    ]),
  ];
}

function shownSkew(ms: number): string {
  return `${Math.abs(ms)} ms ${ms < 0 ? 'behind' : 'ahead of'} this machine's`;
}

function stateWords({ state, until, who, why }: DeskReport): string {
  const end = until === null ? '' : ` until ${minute(until)}`;
  const by = [who, why].filter((word) => word !== '').join(': ');
  return `${state}${end}${state === 'running' || by === '' ? '' : ` (${by})`}`;
}

function positionRow(position: PositionView): string[] {
  const targets = position.targetPrices.join(', ');
  return [
    position.leverage === undefined
      ? position.pair
      : `${position.pair} ${position.side} ${position.leverage}x`,
    `${position.quantity} at ${new Decimal(position.entryPrice).toSignificantDigits(8).toFixed()}`,
    `stop ${position.stopPrice ?? 'none'}`,
    `target ${targets === '' ? 'none' : targets}`,
    `${position.unrealisedPct < 0 ? '' : '+'}${shown(position.unrealisedPct)} %`,
    `since ${minute(position.openedAt)}`,
  ];
}
