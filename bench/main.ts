const BENCHES = ['backtest', 'book', 'cycle', 'deciders'];

/** `npm run bench -- NAME [options]`: runs bench/NAME.ts, which prints what it measured. */
const [name, ...args] = process.argv.slice(2);
if (name === undefined || !BENCHES.includes(name)) {
  console.error(`npm run bench -- NAME, where NAME is one of ${BENCHES.join(', ')}`);
  process.exitCode = 2;
} else {
  const bench = (await import(`./${name}.ts`)) as { run(args: readonly string[]): Promise<void> };
  await bench.run(args);
}
