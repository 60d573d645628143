/**
 * @file Golden cases of binding; `test/support/cases.ts` describes their format. Most refer to a shared model. A line that binding has
 * changed or added starts with `|`.
 */
import { describe, expect, test } from "vitest";
import { printBound } from "../../compiler/bind/print.ts";
import type { Result } from "../../compiler/diagnostics/types.ts";
import { printGraph } from "../../compiler/ir/print.ts";
import { casesIn, ranCase, type Case } from "../support/cases.ts";
import { bindPlan } from "../support/stages.ts";

const folder = "test/bind/cases";

async function bound({ graph, plan }: Case): Promise<Result<string>> {
  const result = bindPlan(graph, plan);
  if (!result.ok) return result;
  const before = new Set(printGraph(graph).split("\n"));
  const lines = printBound(result.value).split("\n");
  const marked = lines.map((line) => `${before.has(line) || line.startsWith("#") ? " " : "|"} ${line}`.trimEnd());
  return { ...result, value: marked.join("\n") };
}

describe("binding", () => {
  test.each(casesIn(folder))("%s", async (name) => {
    const { file, text, ok, isInvalid } = await ranCase(folder, name, bound);
    await expect(text).toMatchFileSnapshot(file);
    expect(ok).toBe(!isInvalid);
  });
});
