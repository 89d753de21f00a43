import { parseArgs, type ParseArgsConfig } from 'node:util';

/** Options whose text may be empty: it is for people to read. */
const MAY_BE_EMPTY = ['why'];

/**
 * `parseArgs` of node:util that also refuses an option with an empty text (a shell variable that was not set)
 * and one that is given twice with different texts. Throws an Error that names the option.
 */
export function readFlags<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  const { tokens = [] } = parseArgs({ ...config, tokens: true });
  const seen = new Map<string, string>();
  for (const token of tokens) {
    if (token.kind !== 'option' || token.value === undefined) continue;
    const { name, value } = token;
    if (value === '' && !MAY_BE_EMPTY.includes(name)) throw new Error(`--${name} has no value`);
    const before = seen.get(name);
    if (before !== undefined && before !== value) {
      throw new Error(`--${name} is given twice, as "${before}" and as "${value}"`);
    }
    seen.set(name, value);
  }
  return parseArgs(config);
}
