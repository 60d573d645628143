/**
 * @file The attention section of docs/support.md from measurements: a table for each grouping of heads. Measures nothing.
 */
import { schemeName, schemes } from "../attention/schemes.ts";
import { groupings, type MaskCells } from "./attention.ts";

/** `byMask` in the order of the rows. */
export function attentionSection(byMask: ReadonlyMap<string, MaskCells>): string {
  const names = schemes.map(schemeName);
  return Object.keys(groupings)
    .map((grouping) => {
      const rows = [...byMask].map(
        ([mask, cells]) => `| ${[mask, ...names.map((name) => cells[grouping]?.[name])].join(" | ")} |`,
      );
      return [
        `### ${grouping}`,
        "",
        `| mask | ${names.join(" | ")} |`,
        `|---|${names.map(() => "---|").join("")}`,
        ...rows,
        "",
      ].join("\n");
    })
    .join("\n");
}
