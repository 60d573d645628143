/**
 * @file docs/support.md as sections between markers, each replaced separately. Knows no cell.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const supportPage = fileURLToPath(new URL("../../docs/support.md", import.meta.url));

export type Section = "attention" | "models" | "batch";

/** `3e-7`; 0 where nothing differs. */
export function number(value: number): string {
  return value === 0 ? "0" : value.toExponential(0).replace("e+0", "");
}

/** A table of the page, under its own heading. */
export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Lines that are not of the table. */
  readonly rest: readonly string[];
}

/** What the page has. */
export function tables(section: Section): readonly Table[] {
  const page = readFileSync(supportPage, "utf8");
  const own = page.split(`<!-- ${section} -->\n`)[1]?.split(`<!-- /${section} -->`)[0] ?? "";
  return own
    .split(/^### /m)
    .slice(1)
    .map((text) => {
      const [title = "", ...lines] = text.split("\n");
      const cells = lines.filter((line) => line.startsWith("| ")).map((line) => line.split("|").slice(1, -1));
      const [head = [], ...rows] = cells.map((row) => row.map((cell) => cell.trim()));
      return { title, head, rows, rest: lines.filter((line) => line !== "" && !line.startsWith("|")) };
    });
}

/** The text around the markers is kept. */
export function writeSection(section: Section, text: string): void {
  const page = readFileSync(supportPage, "utf8");
  const [before, rest = ""] = page.split(`<!-- ${section} -->`);
  const [, after] = rest.split(`<!-- /${section} -->`);
  if (after === undefined) throw new Error(`${supportPage} has no section ${section}`);
  writeFileSync(supportPage, `${before}<!-- ${section} -->\n${text}<!-- /${section} -->${after}`);
}
