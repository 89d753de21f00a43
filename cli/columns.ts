/** Rows as aligned columns, two spaces apart; the last column keeps its length. Text without colours. */
export function columns(
  rows: readonly (readonly string[])[],
  indent = '',
  align: readonly ('left' | 'right')[] = [],
): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  }
  return rows.map((row) =>
    (
      indent +
      row
        .map((cell, i) => {
          if (align[i] === 'right') return cell.padStart(widths[i] ?? 0);
          return i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0);
        })
        .join('  ')
    ).trimEnd(),
  );
}
