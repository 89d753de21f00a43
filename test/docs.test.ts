import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readArguments } from '../cli/backtest/arguments.ts';
import { parseDeskArguments } from '../cli/desk/arguments.ts';
import { parseStartOptions } from '../cli/start/options.ts';

const ROOT = join(import.meta.dirname, '..');
const pages = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file)),
];
const textOf = (page: string): string => readFileSync(join(ROOT, page), 'utf8');
const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };

/** Words of a command as a shell splits them, comments and where its output goes left out. */
function words(command: string): string[] {
  const bare = command.replace(/\s+(#|>|\|)\s.*$/, '');
  return [...bare.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map((m) => m[1] ?? m[2] ?? m[3] ?? '');
}

const commands = pages.flatMap((page) =>
  textOf(page)
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => /^npm (start|test|run)\b/.test(line))
    .map((command) => ({ page, command })),
);

describe('what the documentation tells to type', () => {
  it.each(commands)('$page: $command', ({ command }) => {
    const [, verb = '', ...rest] = words(command).filter((word) => word !== '--silent');
    const script = verb === 'run' ? (rest.shift() ?? '') : verb;
    expect(Object.keys(scripts)).toContain(script);
    const args = rest[0] === '--' ? rest.slice(1) : rest;
    const isStudy = script === 'desk' && args[0] === 'backtest';
    if (isStudy && args[1] === 'schedule') {
      expect(() => readArguments([...args.slice(2), '--workflow'])).not.toThrow();
    }
    if (script === 'backtest') expect(() => readArguments(args)).not.toThrow();
    if (script === 'desk' && !isStudy) expect(() => parseDeskArguments(args)).not.toThrow();
    if (script === 'start') expect(() => parseStartOptions(args)).not.toThrow();
  });

  it.each(pages)('%s links to what is there', (page) => {
    const links = [...textOf(page).matchAll(/\]\(([^)#]+)[^)]*\)/g)].map((match) => match[1] ?? '');
    const local = links.filter((link) => !/^[a-z]+:/.test(link));
    const missing = local.filter((link) => !existsSync(join(ROOT, dirname(page), link)));
    expect(missing).toEqual([]);
  });
  it.each(pages)('%s links to headings that are there', (page) => {
    const links = [...textOf(page).matchAll(/\]\(([^)#:]*)#([^)]+)\)/g)];
    const missing = links.filter(([, file = '', anchor = '']) => {
      const target = file === '' ? page : join(dirname(page), file);
      return !headingsOf(target).includes(anchor);
    });
    expect(missing.map(([link]) => link)).toEqual([]);
  });
});

/** The anchors of a page's headings, as GitHub makes them. */
function headingsOf(page: string): string[] {
  return [...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
