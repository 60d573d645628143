/**
 * @file docs/published-plans.md agrees with the inputs: it has a row for every plan on every export, and the rows of some plans are what the
 * compiler says today.
 */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { cases, sources } from "./inputs.ts";
import { cellsOf, namesOf, publishedPage } from "./page.ts";
import { rowOf } from "./row.ts";

const page = readFileSync(publishedPage, "utf8");
const section = (project: string): string => page.split(`\n## ${project}\n`)[1]?.split("\n## ")[0] ?? "";
const rowsOf = (project: string): readonly (readonly string[])[] =>
  section(project)
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) =>
      line
        .slice(1, -1)
        .split("|")
        .map((cell) => cell.trim()),
    );

test.each(sources())("$project: a row for every plan on every export, with its file, version and remark", (source) => {
  const own = cases().filter((one) => one.source.project === source.project);
  expect(rowsOf(source.project).map((cells) => cells.slice(0, 2))).toEqual(own.map(namesOf));
  const said = section(source.project);
  expect(said).toContain(source.version === "by file" ? "the commit of each file" : source.version);
  for (const { file, remark, commit } of source.plans)
    for (const part of [file, remark ?? "", commit ?? ""]) expect(said).toContain(part);
  for (const { class: name, reason } of source.absent)
    expect(said).toContain(`\`${name}\` is not compared: ${reason}.`);
});

/** The known case, a refusal, slices, and fewer bytes than the shipped plan sends. */
const again: readonly (readonly [project: string, file: string])[] = [
  ["diffusers", "published/ltx2-timesteps.dynamo18-dynamic.onnx"],
  ["vLLM-Omni", "fixtures/helios/helios.dynamo18-dynamic.onnx"],
  ["vLLM-Omni", "foreign/sd3.dynamo18-dynamic.onnx"],
  ["cache-dit", "fixtures/ltx/ltx.dynamo18-dynamic.onnx"],
];

test.each(again)("the row of %s on %s", async (project, file) => {
  const own = cases().filter((one) => one.source.project === project);
  const at = own.findIndex((one) => one.file === file);
  expect(rowsOf(project)[at]).toEqual(cellsOf(await rowOf(own[at]!, false)));
});
