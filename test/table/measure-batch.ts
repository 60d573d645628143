/**
 * @file Measures every committed export that has a batch of 2, and writes the batch section of docs/support.md. A part of
 * `npm run support`.
 */
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { committedExports, type Export } from "../support/exports.ts";
import { fixture } from "../support/fixtures.ts";
import { batchSection, type Measured } from "./model-page.ts";
import { measureBatch } from "./models.ts";
import { tables, writeSection } from "./page.ts";
import { kept } from "./results.ts";

const rowsOf = (source: Export): Promise<Measured["rows"]> =>
  kept(`batch.${source.model}.${source.exporter}`, filesOf(source), () => measureBatch(source));

function filesOf({ file, family, model }: Export): readonly string[] {
  const names = readdirSync(fixture(family)).sort();
  const own = names.filter(
    (name) => name.startsWith(basename(file)) || (name.startsWith(`${model}.`) && name.endsWith(".npz")),
  );
  return own.map((name) => fixture(join(family, name)));
}

test("the page", { timeout: 3_600_000 }, async () => {
  const all: Measured[] = [];
  for (const source of committedExports()) all.push({ ...source, rows: await rowsOf(source) });
  expect(JSON.stringify(all)).not.toContain("WRONG");
  writeSection("batch", batchSection(all));
  expect(tables("batch").flatMap(({ rows }) => rows)).toHaveLength(all.flatMap(({ rows }) => rows).length);
});
