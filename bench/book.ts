import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bookReader } from '../shared/kraken/book.ts';
import { parseJson } from '../shared/kraken/json.ts';
import { BookMessage } from '../shared/kraken/socket-messages.ts';
import { generatedBookSession } from './book-session.ts';

interface Session {
  name: string;
  pair: string;
  priceDecimals: number;
  quantityDecimals: number;
  depth: number;
  /** A snapshot, then updates, as they came over the socket. */
  messages: string[];
}

export interface BookBench {
  session: string;
  messages: number;
  bytes: number;
  /** Million messages per second: median, least and most of the rounds. */
  jsonParse: Rate;
  book: Rate;
  /** The book's median rate as a share of bare JSON.parse's over the same bytes. */
  ratio: number;
}

interface Rate {
  median: number;
  least: number;
  most: number;
}

const ROUNDS = 9;
const MESSAGES_PER_ROUND = 200_000;

/**
 * Book updates per second through parse, checksum and apply, next to a loop that only does JSON.parse over
 * the same bytes. `--json` prints one JSON document.
 */
export function run(args: readonly string[]): Promise<void> {
  const result = bench(capturedSession() ?? generatedBookSession(5000));
  if (args.includes('--json')) {
    process.stdout.write(`${JSON.stringify(result)}\n`);
  } else {
    const line = (name: string, rate: Rate): string =>
      `${name.padEnd(28)} ${rate.median.toFixed(3)} M/s  (${rate.least.toFixed(3)} to ` +
      `${rate.most.toFixed(3)})\n`;
    process.stdout.write(
      `${result.session}: ${result.messages} messages, ${result.bytes} bytes\n` +
        line('JSON.parse alone', result.jsonParse) +
        line('parse, checksum and apply', result.book) +
        `ratio ${result.ratio.toFixed(2)}\n`,
    );
  }
  return Promise.resolve();
}

function bench(session: Session): BookBench {
  const { messages, pair, priceDecimals, quantityDecimals, depth } = session;
  const times = Math.ceil(MESSAGES_PER_ROUND / messages.length);
  const total = times * messages.length;
  let applied = 0;
  const reader = bookReader({
    books: [{ pair, priceDecimals, quantityDecimals }],
    depth,
    onOutcome: (_, outcome) => {
      if (outcome === 'applied') applied += 1;
    },
  });
  let parsed = 0;
  const parseAll = (): void => {
    for (const text of messages) {
      if (JSON.parse(text) !== null) parsed += 1;
    }
  };
  const applyAll = (): void => {
    for (const text of messages) reader.read(text);
  };
  applyAll();
  if (applied !== messages.length) {
    throw new Error(`${messages.length - applied} checksums of ${session.name} do not match`);
  }
  const timed = (work: () => void): number => {
    const start = performance.now();
    for (let time = 0; time < times; time++) work();
    return total / (performance.now() - start) / 1000;
  };
  timed(parseAll);
  timed(applyAll);
  const rates = Array.from({ length: ROUNDS }, () => [timed(parseAll), timed(applyAll)] as const);
  if (parsed === 0) throw new Error('nothing was parsed');
  const jsonParse = rateOf(rates.map(([rate]) => rate));
  const book = rateOf(rates.map(([, rate]) => rate));
  return {
    session: session.name,
    messages: messages.length,
    bytes: messages.reduce((sum, text) => sum + text.length, 0),
    jsonParse,
    book,
    ratio: book.median / jsonParse.median,
  };
}

function rateOf(rates: number[]): Rate {
  const sorted = rates.toSorted((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? NaN;
  return {
    median: at(sorted.length >> 1),
    least: at(0),
    most: at(sorted.length - 1),
  };
}

const CAPTURED = 'kraken-fixtures/pythonkrakensdk__ws_book_recording_BTCUSD.json';

/** The session captured from Kraken, when sample data is at hand. */
function capturedSession(): Session | null {
  const folder =
    process.env['TRIPLEGAIN_SAMPLE_DATA'] ?? join(import.meta.dirname, '../../shared/data');
  const file = join(folder, CAPTURED);
  if (!existsSync(file)) return null;
  const recorded = parseJson(readFileSync(file, 'utf8')) as { init: unknown; updates: unknown[] };
  return {
    name: 'captured BTC/USD',
    pair: 'BTC/USD',
    priceDecimals: 1,
    quantityDecimals: 8,
    depth: 10,
    messages: [recorded.init, ...recorded.updates].map(wireText),
  };
}

/** The message as the socket carried it: compact, every number with its digits. */
function wireText(message: unknown): string {
  return JSON.stringify(BookMessage.encode(BookMessage.parse(message)));
}
