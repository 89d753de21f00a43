/** Colours for a terminal; each returns its text as it is where colours are not wanted. */
export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  green(text: string): string;
  red(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

const CODES = {
  bold: [1, 22],
  dim: [2, 22],
  green: [32, 39],
  red: [31, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

/** Colours only on a terminal, and none under NO_COLOR (https://no-color.org) or TERM=dumb. */
export function paintFor(
  stream: { isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): Paint {
  const noColor = env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '';
  const isOn = stream.isTTY === true && !noColor && env['TERM'] !== 'dumb';
  const paint =
    ([on, off]: number[]) =>
    (text: string) =>
      isOn && text !== '' ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  return {
    bold: paint(CODES.bold),
    dim: paint(CODES.dim),
    green: paint(CODES.green),
    red: paint(CODES.red),
    yellow: paint(CODES.yellow),
    cyan: paint(CODES.cyan),
  };
}

export const plain: Paint = paintFor({}, {});
