/**
 * @file The models section of docs/support.md: every committed export under its plan, scheme by scheme, at every length that it takes.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bindPlan } from "../../compiler/bind/bind.ts";
import { canonicalise } from "../../compiler/canonical/canonicalise.ts";
import { readPlanFile } from "../../compiler/plan/read.ts";
import { shard } from "../../compiler/shard/shard.ts";
import { simulate } from "../../compiler/simulate/simulate.ts";
import { committedExports, fits, sampleFile, type Export } from "../support/exports.ts";
import { fixtureModel, fixtureTensors, valueOf } from "../support/fixtures.ts";
import { codesOf } from "./cell.ts";
import { schemeName, type Scheme } from "./schemes.ts";
import { number } from "./support-page.ts";

const schemes: readonly Scheme[] = [
  { ring: 1, ulysses: 2, rotate: "allgather" },
  { ring: 1, ulysses: 4, rotate: "allgather" },
  { ring: 2, ulysses: 1, rotate: "allgather" },
  { ring: 4, ulysses: 1, rotate: "allgather" },
  { ring: 2, ulysses: 1, rotate: "alltoall" },
  { ring: 4, ulysses: 1, rotate: "alltoall" },
  { ring: 2, ulysses: 2, rotate: "allgather" },
  { ring: 2, ulysses: 2, rotate: "alltoall" },
];
const plans = fileURLToPath(new URL("../../plans", import.meta.url));

export async function modelsSection(): Promise<string> {
  const rows: string[] = [];
  for (const source of committedExports()) rows.push(...(await rowsOf(source)));
  const names = schemes.map(schemeName);
  return [
    `| model | exporter | lengths | ${names.join(" | ")} |`,
    `|---|---|---|${names.map(() => "---|").join("")}`,
    ...rows,
    "",
  ].join("\n");
}

async function rowsOf(source: Export): Promise<readonly string[]> {
  const model = await fixtureModel(source.file);
  const canonical = valueOf(await canonicalise(model));
  const bound = bindPlan(canonical, valueOf(await readPlanFile(join(plans, `${source.family}.plan.json`))));
  const rows: string[] = [];
  for (const size of source.sizes) {
    const feeds = await fixtureTensors(sampleFile(source, size, "inputs"));
    const cells: string[] = [];
    for (const { ring, ulysses, rotate } of schemes) {
      const mesh = { ring_degree: ring, ulysses_degree: ulysses };
      const graph = bound.ok ? shard(bound.value, { mesh, rotate_method: rotate, convert_to_fp32: true }) : bound;
      const report = graph.ok && fits(model, feeds) ? await simulate(graph.value, feeds) : graph;
      if (!fits(model, feeds)) cells.push("static, other lengths");
      else if (!report.ok) cells.push(codesOf(report.diagnostics).join(", "));
      else if ("wrong" in report.value)
        cells.push(report.value.wrong === null ? number(Math.max(...report.value.differences.values())) : "WRONG");
    }
    if (cells.some((cell) => cell !== "static, other lengths"))
      rows.push(`| ${source.model} | ${source.exporter} | ${size} | ${cells.join(" | ")} |`);
  }
  return rows;
}
