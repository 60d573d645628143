/**
 * @file Golden cases of binding: each plan in cases/ is bound to the small model that its `$model` names (cases/models), and what came of
 * it stands beside it in a `.txt` of the same name. `.invalid` says that there are errors. `npx vitest run test/bind -u` rewrites them.
 */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { bindPlan } from "../../compiler/bind/bind.ts";
import type { Binding } from "../../compiler/bind/types.ts";
import { renderDiagnostics } from "../../compiler/diagnostics/render.ts";
import { readPlanFile } from "../../compiler/plan/read.ts";
import { valueOf } from "../support/fixtures.ts";
import { graphFrom, printNodes } from "./dsl.ts";

const folder = "test/bind/cases";
const names = readdirSync(folder).filter((name) => name.endsWith(".plan.json"));

describe("binding", () => {
  test.each(names)("%s", async (name) => {
    const plan = valueOf(await readPlanFile(`${folder}/${name}`));
    const graph = graphFrom(readFileSync(`${folder}/models/${plan.model}.txt`, "utf8"));
    const result = bindPlan(graph, plan);
    const text = [renderDiagnostics(result.diagnostics, { read: (file) => readFileSync(file, "utf8") })];
    if (result.ok) {
      const before = new Set(printNodes(graph).split("\n"));
      const changed = printNodes(result.value.graph).split("\n");
      const marked = changed.map((line) => `${before.has(line) ? " " : "|"} ${line}`.trimEnd());
      text.push(`${result.value.bindings.map(bindingText).join("\n")}\n`, marked.join("\n"));
    }
    await expect(text.filter((part) => part !== "").join("\n")).toMatchFileSnapshot(`cases/${name}.txt`);
    expect(result.ok).toBe(!name.includes(".invalid."));
  });
});

test("every expectation has its case", () => {
  const files = readdirSync(folder).filter((name) => name.endsWith(".txt"));
  expect(files.filter((name) => !names.includes(name.slice(0, -4)))).toEqual([]);
});

function bindingText({ spec, module, value, axis, evidence }: Binding, index: number): string {
  const what = value === null ? evidence : `${value} axis ${axis} (${evidence})`;
  return `${index} ${spec.action} ${spec.origin.pointer} at ${module === "" ? '""' : module}: ${what}`;
}
