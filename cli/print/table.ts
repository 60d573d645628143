/**
 * @file Text tables: columns padded to their widest cell. Knows nothing of their content.
 */

/** Rows under a header, columns two spaces apart; ends in a line feed. Columns in `right` are right-aligned. */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string {
  const all = [header, ...rows];
  const widths = header.map((_, i) => Math.max(...all.map((row) => row[i]?.length ?? 0)));
  const pad = (cell: string, i: number): string =>
    right.includes(i) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0);
  return all.map((row) => `${row.map(pad).join("  ").trimEnd()}\n`).join("");
}

/** A number for display: three significant digits, `0`, `inf`. */
export function short(value: number): string {
  if (value === 0) return "0";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "nan";
  const size = Math.abs(value);
  return size >= 0.001 && size < 100_000 ? String(Number(value.toPrecision(3))) : value.toExponential(1);
}
