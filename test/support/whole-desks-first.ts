import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that run whole desks for up to a minute and more, most of it in other processes. */
const LONG = [
  'test/kill/short.test.ts',
  'test/kraken/real-time.test.ts',
  'test/faults/faults.test.ts',
  'test/backtest/lockstep.test.ts',
  'test/llm/injection-desk.test.ts',
];

/** Begins the longest files first, so that none of them is left over at the end with a core to itself. */
export class WholeDesksFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = LONG.findIndex((name) => moduleId.endsWith(name));
      return at < 0 ? LONG.length : at;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}
