import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SweepRow } from './run-sweep.ts';

/** A finished part of a sweep: sets [`from`, `to`). */
export interface SweepPart {
  from: number;
  to: number;
  rows: SweepRow[];
  /** A row of daily returns per set. */
  returns: Float64Array[];
  /** Starts of the days that the rows are of. */
  dayMs: number[];
}

export type StudyStore = ReturnType<typeof createStudyStore>;

/**
 * Results of studies as files below `dir`, one folder per study id. A file is written beside and renamed, so
 * it is there as a whole or not at all; written again it has the same content. Workers on several machines
 * share the folder.
 */
export function createStudyStore(dir: string) {
  const pathOf = (study: string, name: string): string => join(dir, study, name);

  function write(study: string, name: string, content: string | Uint8Array): void {
    mkdirSync(join(dir, study), { recursive: true });
    const path = pathOf(study, name);
    const draft = `${path}.${process.pid}.draft`;
    writeFileSync(draft, content);
    renameSync(draft, path);
  }

  function read(study: string, name: string): Buffer | null {
    try {
      return readFileSync(pathOf(study, name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }

  return {
    folder: (study: string): string => join(dir, study),
    write,

    readJson(study: string, name: string): unknown {
      const text = read(study, name);
      return text === null ? null : JSON.parse(text.toString());
    },

    writePart(study: string, part: SweepPart): void {
      const days = part.returns[0]?.length ?? 0;
      const all = new Float64Array(part.returns.length * days);
      part.returns.forEach((row, k) => all.set(row, k * days));
      write(study, `part-${part.from}.returns`, new Uint8Array(all.buffer));
      // Last, because its presence says that the part is whole.
      const { from, to, rows, dayMs } = part;
      write(study, `part-${from}.json`, JSON.stringify({ from, to, days, dayMs, rows }));
    },

    readPart(study: string, from: number): SweepPart | null {
      const head = this.readJson(study, `part-${from}.json`) as
        (Omit<SweepPart, 'returns'> & { days: number }) | null; // written by writePart
      const bytes = read(study, `part-${from}.returns`);
      if (head === null || bytes === null) return null;
      const all = new Float64Array(
        bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
      );
      const { days, ...part } = head;
      // JSON has no NaN: a ratio that was not known comes back as null.
      const rows = part.rows.map((row) => ({ ...row, sharpe: row.sharpe ?? NaN }));
      const returns = rows.map((_, k) => all.subarray(k * days, (k + 1) * days));
      return { ...part, rows, returns };
    },
  };
}
