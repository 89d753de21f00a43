import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { PAIR, place } from '../exchange/exchange.fixture.ts';
import { createExchange } from '../exchange/exchange.ts';
import { openJournal } from '../service/journal.ts';
import { openService } from '../service/service.ts';
import { stateText } from '../state/state.ts';
import { toJson, WireNumber } from '../wire/json.ts';
import { createRecordedMarket } from './recorded-source.ts';
import { BEGIN, tape } from './recording.fixture.ts';
import { createRecorder, parseRecording, readRecording } from './recording.ts';

const dir = mkdtempSync(join(tmpdir(), 'recorded-'));
afterAll(() => rmSync(dir, { recursive: true }));

const session = tape(PAIR, { bids: [['0.50000', '100']], asks: [['0.50100', '50']] })
  .trade(1_000, 'sell', '0.50000', '60')
  .book(1_000, { bids: [['0.50000', '40']] })
  .trade(20_000, 'sell', '0.50000', '45')
  .book(20_000, { bids: [['0.49900', '500']], asks: [['0.50100', '20']] })
  .trade(70_000, 'sell', '0.50000', '3');

describe('a recorded session', () => {
  it('is read from a file, gzipped or not, and begins with its first book', () => {
    const plain = join(dir, 'session.jsonl');
    writeFileSync(plain, session.text());
    writeFileSync(`${plain}.gz`, gzipSync(session.text()));
    for (const file of [plain, `${plain}.gz`]) {
      const market = createRecordedMarket(readRecording(file));
      expect(market.pairs).toEqual([PAIR]);
      expect(market.fromMs).toBe(BEGIN);
      expect(market.toMs).toBe(BEGIN + 120_000);
    }
  });

  it('ends before a last line that is torn', () => {
    const torn = parseRecording(Buffer.from(session.text().slice(0, -20)), 'torn');
    expect(torn.message(4)).not.toBe(null);
    expect(torn.message(5)).toBe(null);
  });

  it('what a recorder wrote reads back message for message', () => {
    const recording = session.recording();
    const file = join(dir, 'written.jsonl');
    const recorder = createRecorder(file);
    recorder.begin(recording.depth, recording.instruments);
    for (let i = 0; ; i += 1) {
      const message = recording.message(i);
      if (message === null) break;
      recorder.write(message.text, message.atMs);
    }
    recorder.close();
    const back = readRecording(file);
    expect([back.message(0), back.message(5)]).toEqual([
      recording.message(0),
      recording.message(5),
    ]);
    expect(back.message(6)).toBe(null);
  });

  it.each([
    ['no head', '{"at":1,"message":{}}\n', /not a recording/],
    ['a line cut off', session.text().replace('}]}}\n', '\n'), /line 2 is not/],
    ['no book', session.text().split('\n')[0] ?? '', /before it has a book of XRP\/USDT/],
  ])('says what is wrong: %s', (_, text, message) => {
    expect(() => createRecordedMarket(parseRecording(Buffer.from(text), 'session'))).toThrow(
      message,
    );
  });

  it('a session killed at any moment ends like an undisturbed one', () => {
    const play = (name: string, stops: readonly number[]): string => {
      const head = { journal: 1 as const, market: 'tape', deposits: { USDT: '100', XRP: '100' } };
      const open = () => {
        const journal = openJournal(join(dir, name), head);
        const market = createRecordedMarket(session.recording());
        return { journal, service: openService(journal, { market, deposits: head.deposits }) };
      };
      let { journal, service } = open();
      const order = (clientId: string, quantity: string): void => {
        const request = { pair: PAIR, side: 'buy' as const, quantity, clientId };
        const limit = { ...request, type: 'limit' as const, limitPrice: '0.50000' };
        service.command({ do: 'place', at: service.exchange.state.nowMs, request: limit }, (e) =>
          e.place(limit),
        );
      };
      order('one', '10');
      for (const stop of [...stops, 15_000, 120_000].sort((a, b) => a - b)) {
        service.run(BEGIN + stop);
        if (stop === 15_000) order('two', '5');
        if (!stops.includes(stop)) continue;
        journal.close();
        ({ journal, service } = open());
      }
      const text = stateText(service.exchange.state);
      journal.close();
      return text;
    };
    const undisturbed = play('whole', []);
    expect(play('killed', [500, 1_000, 17_000, 20_000, 65_000])).toBe(undisturbed);
    // 40 of 60 + 45 were behind 100: 5 for the first; 3 more at 70 s
    const last = JSON.parse(undisturbed) as { trades: { $m: unknown[] } };
    expect(last.trades.$m).toHaveLength(2);
  });
});

/** Kraken's own messages, captured; they lie beside the repository and are left out when they do not. */
const captured = join(
  process.env['TRIPLEGAIN_SAMPLE_DATA'] ?? join(import.meta.dirname, '../../../shared/data'),
  'kraken-fixtures/pythonkrakensdk__ws_book_recording_BTCUSD.json',
);

describe.skipIf(!existsSync(captured))('the captured book of BTC/USD', () => {
  it('plays with every checksum right, and an order walks through it', () => {
    const keep = (_: string, value: unknown, context?: { source: string }): unknown =>
      typeof value === 'number' && context !== undefined ? new WireNumber(context.source) : value;
    const { init, updates } = JSON.parse(readFileSync(captured, 'utf8'), keep) as {
      init: unknown;
      updates: { data: { timestamp: string }[] }[];
    };
    const at = (message: { data: { timestamp?: string }[] }): number =>
      Date.parse(message.data[0]?.timestamp ?? '');
    const first = at(updates[0] as { data: { timestamp: string }[] });
    const lines = [
      '{"recording":1,"depth":10,"instruments":[{"pair":"BTC/USD","priceDecimals":1,"lotDecimals":8}]}',
      `{"at":${first},"message":${toJson(init)}}`,
      ...updates.map((message) => `{"at":${at(message)},"message":${toJson(message)}}`),
    ];
    const recording = parseRecording(Buffer.from(lines.join('\n')), 'captured');
    const exchange = createExchange({
      market: createRecordedMarket(recording),
      deposits: { USD: '1000000' },
    });
    let wrong = 0;
    const watch = (): void => {
      for (const notice of exchange.take().notices) {
        if (notice.notice === 'feed' && notice.tick.tick === 'mismatch') wrong += 1;
      }
    };
    const order = place(exchange, { pair: 'BTC/USD', quantity: '10' });
    exchange.run(Infinity);
    watch();
    expect(wrong).toBe(0);
    expect(exchange.state.feedTaken).toBe(updates.length);
    expect(order.status).toBe('closed');
    expect(order.trades.length).toBeGreaterThan(1);
  });
});
