/**
 * @file docs/support.md as sections between markers, each replaced on its own. Knows no cell.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const supportPage = fileURLToPath(new URL("../../docs/support.md", import.meta.url));

export type Section = "attention" | "models";

const FRAME = `# Support

Both tables are measured: \`npm run support\` writes them. A cell is the largest absolute difference to the unsplit model, over every value of
the graph (simulator) and over the outputs of a run on worker threads; \`CP....\` is the code of the error that refuses the cell.

## Models

Every committed export under the plan of its family, by simulator. Static exports have the lengths that they were made with.

<!-- models -->
<!-- /models -->

## Attention

Cells are \`simulator / run\`. Columns: query heads on key/value heads; lengths that the ranks divide or not; batch. CP4013: a Ulysses degree
above the number of key/value heads, which no distribution of heads can serve; a ring can.

<!-- attention -->
<!-- /attention -->
`;

/** `3e-7`; 0 where nothing differs. */
export function number(value: number): string {
  return value === 0 ? "0" : value.toExponential(0).replace("e+0", "");
}

export function readSection(section: Section): string {
  const page = existsSync(supportPage) ? readFileSync(supportPage, "utf8") : FRAME;
  return page.split(`<!-- ${section} -->\n`)[1]?.split(`<!-- /${section} -->`)[0] ?? "";
}

export function writeSection(section: Section, text: string): void {
  const page = existsSync(supportPage) ? readFileSync(supportPage, "utf8") : FRAME;
  const [before = "", rest = ""] = page.split(`<!-- ${section} -->`);
  const after = rest.split(`<!-- /${section} -->`)[1] ?? "";
  writeFileSync(supportPage, `${before}<!-- ${section} -->\n${text}<!-- /${section} -->${after}`);
}
