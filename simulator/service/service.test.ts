import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { handMarket, START, type Row } from '../market/market.fixture.ts';
import { stateText } from '../state/state.ts';
import { openJournal, type Command, type Journal } from './journal.ts';
import { journalBalances, readJournal } from './read-journal.ts';
import { openService, type Service } from './service.ts';

const PAIR = 'XRP/USDT';
const HOUR = 3_600_000;
const rows: Row[] = Array.from({ length: 40 }, (_, i) => {
  const price = 1 + (i % 7) / 50;
  return [price, price + 0.05, price - 0.05, 1 + ((i + 1) % 7) / 50] as const;
});
const head = { journal: 1 as const, market: 'hand', deposits: { USDT: '1000', XRP: '500' } };

let dir: string;
let open: { journal: Journal; service: Service } | null = null;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'venue-'));
});
afterEach(() => {
  open?.journal.close();
  open = null;
  rmSync(dir, { recursive: true });
});

/** Opens the journal as a restarted process does; what was open before is dropped without a word. */
function start(candles: readonly Row[] = rows): Service {
  open?.journal.close();
  open = null;
  const journal = openJournal(dir, head);
  const service = openService(journal, {
    market: handMarket({ [PAIR]: candles }),
    deposits: head.deposits,
  });
  open = { journal, service };
  return service;
}

const at = (service: Service): number => service.exchange.state.nowMs;
const say = (service: Service, command: Command): void => {
  service.command(command, (exchange) => {
    if (command.do === 'attach') exchange.attach(command.timeframes);
    if (command.do === 'ack') exchange.acknowledge(command.event);
    if (command.do === 'wake') exchange.wake(command.wake);
    if (command.do === 'place') exchange.place(command.request);
  });
  if (command.do === 'ack' || command.do === 'attach') service.run(Infinity);
};

/** One bar of a desk's work: an order now and then, a stop, a wake-up, the acknowledgement. */
function work(service: Service, n: number): void {
  const event = service.exchange.state.event?.number ?? 0;
  const kind = service.exchange.state.event?.kind;
  if (kind === 'bar' && n % 3 === 0) {
    say(service, {
      do: 'place',
      at: at(service),
      request: { pair: PAIR, side: 'buy', type: 'market', quantity: '10', clientId: `b${n}` },
    });
    say(service, {
      do: 'place',
      at: at(service),
      request: {
        pair: PAIR,
        side: 'sell',
        type: 'stop-loss',
        quantity: '10',
        triggerPrice: '0.96',
        clientId: `s${n}`,
      },
    });
    say(service, {
      do: 'wake',
      at: at(service),
      wake: { id: `w${n}`, atMs: at(service) + HOUR * 1.4 },
    });
  }
  say(service, { do: 'ack', at: at(service), event });
}

function wholeSession(restartEvery: number): string {
  let service = start();
  say(service, { do: 'attach', at: at(service), timeframes: ['1h'] });
  for (let n = 0; n < 80; n += 1) {
    if (n % restartEvery === restartEvery - 1) service = start();
    work(service, n);
  }
  return stateText(service.exchange.state);
}

describe('the journal', () => {
  it('brings a killed exchange back exactly as it was, open event and all', () => {
    const service = start();
    say(service, { do: 'attach', at: at(service), timeframes: ['1h'] });
    for (let n = 0; n < 30; n += 1) work(service, n);
    const before = stateText(service.exchange.state);
    expect(service.exchange.trades().length).toBeGreaterThan(5);
    expect(stateText(start().exchange.state)).toBe(before);
  });

  it('a session killed again and again ends like an undisturbed one', () => {
    const undisturbed = wholeSession(Infinity);
    const fills = readJournal(dir).fills;
    expect(fills.length).toBeGreaterThan(10);
    for (const every of [1, 2, 5]) {
      rmSync(dir, { recursive: true });
      expect(wholeSession(every)).toBe(undisturbed);
      expect(readJournal(dir).fills).toEqual(fills);
    }
  });

  it('cuts a torn last line off and goes on', () => {
    const service = start();
    say(service, { do: 'attach', at: at(service), timeframes: ['1h'] });
    for (let n = 0; n < 10; n += 1) work(service, n);
    const before = stateText(service.exchange.state);
    appendFileSync(join(dir, 'journal.jsonl'), '{"do":"ack","at":17');
    expect(stateText(start().exchange.state)).toBe(before);
  });

  it('writes down again what a crash tore from the end', () => {
    const service = start();
    say(service, { do: 'attach', at: at(service), timeframes: ['1h'] });
    for (let n = 0; n < 4; n += 1) work(service, n);
    const path = join(dir, 'journal.jsonl');
    const whole = readFileSync(path, 'utf8');
    const before = stateText(service.exchange.state);
    // the facts of the last command are lost, the command itself is not
    const cut = whole.lastIndexOf('{"do":"ack"');
    truncateSync(path, whole.indexOf('\n', cut) + 1);
    const again = start();
    again.run(Infinity);
    expect(stateText(again.exchange.state)).toBe(before);
    expect(readFileSync(path, 'utf8')).toBe(whole);
  });

  it('goes on from a checkpoint without the records before it', () => {
    const service = start();
    say(service, { do: 'attach', at: at(service), timeframes: ['1h'] });
    for (let n = 0; n < 10; n += 1) work(service, n);
    open?.journal.saveCheckpoint(service.exchange.save());
    for (let n = 10; n < 14; n += 1) work(service, n);
    const before = stateText(service.exchange.state);
    const again = start();
    expect(open?.journal.records.length).toBeLessThan(30);
    expect(stateText(again.exchange.state)).toBe(before);
  });

  it('finds the clock where somebody last saw it', () => {
    const service = start();
    service.run(START + 10 * 60_000);
    expect(at(start())).toBe(START + 10 * 60_000);
  });

  it('says what to do when it is about another account, or the candles changed', () => {
    const service = start();
    say(service, { do: 'attach', at: at(service), timeframes: ['1h'] });
    for (let n = 0; n < 5; n += 1) work(service, n);
    expect(() =>
      start(rows.map((r) => r && [r[0] + 0.01, r[1] + 0.01, r[2] + 0.01, r[3] + 0.01])),
    ).toThrow(/does not fit the market.*--journal/);
    expect(() => openJournal(dir, { ...head, deposits: {} })).toThrow(/another market or account/);
  });

  it('names the file when a line before the end is damaged', () => {
    const service = start();
    say(service, { do: 'attach', at: at(service), timeframes: ['1h'] });
    const path = join(dir, 'journal.jsonl');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"do":"attach"', '"do":attach'));
    expect(() => start()).toThrow(/journal.jsonl is damaged .* lines after its checkpoint/);
  });

  it('names the file when it does not begin as a journal', () => {
    writeFileSync(join(dir, 'journal.jsonl'), '{"garbage\n');
    expect(() => start()).toThrow(/journal.jsonl does not begin as a journal does.*--journal/);
  });

  it('does without a checkpoint that is damaged', () => {
    const service = start();
    say(service, { do: 'attach', at: at(service), timeframes: ['1h'] });
    for (let n = 0; n < 5; n += 1) work(service, n);
    const before = stateText(service.exchange.state);
    open?.journal.saveCheckpoint(service.exchange.save());
    const path = join(dir, 'checkpoint.json');
    writeFileSync(path, readFileSync(path, 'utf8').slice(0, 100));
    expect(stateText(start().exchange.state)).toBe(before);
  });

  it('remembers the highest nonce', () => {
    start();
    open?.journal.raiseNonce(1_616_492_376_594_000_123n);
    start();
    expect(open?.journal.nonceFloor()).toBe(1_616_492_376_594_000_123n);
  });

  it('adds up to the balances when it is read by itself', () => {
    const service = start();
    say(service, { do: 'attach', at: at(service), timeframes: ['1h'] });
    for (let n = 0; n < 60; n += 1) work(service, n);
    const balances = [...service.exchange.state.balances].sort(([a], [b]) => a.localeCompare(b));
    expect(journalBalances(readJournal(dir))).toEqual(
      Object.fromEntries(balances.map(([asset, b]) => [asset, b.toFixed()])),
    );
    expect(readJournal(dir).fills[0]).toMatchObject({
      pair: PAIR,
      side: 'buy',
      clientOrderId: 'b0',
      feeAsset: 'USDT',
    });
    expect(Date.parse(readJournal(dir).fills[0]?.at ?? '')).toBeGreaterThanOrEqual(START);
  });

  it('tells nobody before it is written', () => {
    const service = start();
    const seen: number[] = [];
    service.onNotices(() => seen.push(readJournal(dir).orders.length));
    say(service, {
      do: 'place',
      at: at(service),
      request: { pair: PAIR, side: 'buy', type: 'limit', limitPrice: '0.5', quantity: '10' },
    });
    expect(seen.at(-1)).toBe(1);
  });
});
