import { Decimal } from '../../shared/money.ts';
import type { ReplayStep } from '../../shared/replay/replay-cycle.ts';
import { columns } from '../columns.ts';
import type { Paint } from '../paint.ts';
import type { AskedAnswer } from './ask-deciders.ts';
import type { ReplayAnswer } from './replay.ts';
import { answerLines } from './why-text.ts';

/** A replay as text for a terminal: one line a step, and every field that differs below it. */
export function replayText(replay: ReplayAnswer, paint: Paint): string {
  const colour: Record<ReplayStep['result'], (text: string) => string> = {
    identical: (text) => text,
    none: paint.dim,
    unknown: paint.yellow,
    different: paint.red,
  };
  const lines = columns(
    replay.steps.map(({ step, result, note }) => [step, result, note]),
    '  ',
  );
  return [
    `${paint.bold(replay.cycle)}  ${replay.identical ? 'identical' : paint.red('not identical')}`,
    ...replay.steps.flatMap(({ result, differences }, n) => [
      colour[result](lines[n] ?? ''),
      ...differences.flatMap(({ path, recorded, replayed }) => [
        `    ${path === '' ? 'all of it' : path}`,
        `      recorded  ${shown(recorded)}`,
        `      replayed  ${shown(replayed)}`,
      ]),
    ]),
    ...(replay.asked.length === 0 ? [] : ['', paint.bold('Asked beside it')]),
    ...replay.asked.flatMap((asked) => [
      ...answerLines(asked.answer),
      paint.dim(`    ${asked.model}, ${costWords(asked)}`),
    ]),
  ].join('\n');
}

function costWords({ costUsd, isRecorded }: AskedAnswer): string {
  if (isRecorded) return 'from an earlier call, at no cost';
  return `${new Decimal(costUsd).toSignificantDigits(3).toFixed()} USD`;
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
