/**
 * @file Measures every committed export, and writes the models section of docs/support.md. A part of `npm run support`.
 */
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { committedExports, type Export } from "../support/exports.ts";
import { fixture } from "../support/fixtures.ts";
import { modelsSection, type Measured } from "./model-page.ts";
import { measureModel } from "./models.ts";
import { tables, writeSection } from "./page.ts";
import { kept } from "./results.ts";

const rowsOf = (source: Export): Promise<Measured["rows"]> =>
  kept(`${source.model}.${source.exporter}`, filesOf(source), () => measureModel(source));

/** The export with its weights, and its samples. */
function filesOf({ file, family, model }: Export): readonly string[] {
  const names = readdirSync(fixture(family)).sort();
  const own = names.filter(
    (name) => name.startsWith(basename(file)) || (name.startsWith(`${model}.`) && name.endsWith(".npz")),
  );
  return own.map((name) => fixture(join(family, name)));
}

test.each(committedExports())("$file", { timeout: 3_600_000 }, async (source) => {
  const rows = await rowsOf(source);
  expect(rows.length).toBeGreaterThan(0);
  expect(JSON.stringify(rows)).not.toContain("WRONG");
});

test("the page", { timeout: 3_600_000 }, async () => {
  const all: Measured[] = [];
  for (const source of committedExports()) all.push({ ...source, rows: await rowsOf(source) });
  writeSection("models", modelsSection(all));
  expect(tables("models").flatMap(({ rows }) => rows)).toHaveLength(all.flatMap(({ rows }) => rows).length);
});
