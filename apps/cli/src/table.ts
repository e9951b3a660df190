const gap = '  ';

/**
 * Lines of a table: the first row is the head, the first column the names of the rows, left-aligned; all others are
 * right-aligned. Columns that do not fit into `width` characters follow in a table below, with the names again.
 */
export function table(rows: readonly (readonly string[])[], width: number): string[] {
  const widths = columnWidths(rows);
  const blocks: number[][] = [[]];
  for (let column = 1; column < widths.length; column++) {
    const block = blocks.at(-1)!;
    if (block.length > 0 && widthOf([0, ...block, column], widths) > width) blocks.push([column]);
    else block.push(column);
  }
  return blocks.flatMap((block, i) => [
    ...(i > 0 ? [''] : []),
    ...rows.map((row) =>
      [row[0]!.padEnd(widths[0]!), ...block.map((column) => row[column]!.padStart(widths[column]!))].join(
        gap,
      ),
    ),
  ]);
}

/** Lines of a table whose columns are all left-aligned. */
export function listing(rows: readonly (readonly string[])[]): string[] {
  const widths = columnWidths(rows);
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join(gap)
      .trimEnd(),
  );
}

function columnWidths(rows: readonly (readonly string[])[]): number[] {
  return rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
}

function widthOf(columns: readonly number[], widths: readonly number[]): number {
  return columns.reduce((total, column) => total + widths[column]! + gap.length, -gap.length);
}
