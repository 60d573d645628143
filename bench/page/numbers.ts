/**
 * @file Measured numbers as text. Knows no result.
 */

/** Bytes as whole MiB; `-` where they are unknown. */
export function mebibytes(bytes: number | null): string {
  return bytes === null ? "-" : (bytes / 2 ** 20).toFixed(0);
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** `0.94`; `-` where it is unknown. */
export function ratioText(ratio: number | null): string {
  return ratio === null ? "-" : ratio.toFixed(2);
}

/** A table in Markdown; the first column is text, the others are numbers. */
export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |\n`;
  const rule = header.map((_, i) => (i === 0 ? "---" : "---:"));
  return [header, rule, ...rows].map(line).join("");
}
