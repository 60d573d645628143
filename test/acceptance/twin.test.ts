/**
 * @file A plan shipped in both spellings, JSON and TypeScript, compiles to the same program.
 */
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { compileStages } from "../../compiler/compile.ts";
import type { ContextParallelConfig } from "../../compiler/plan/types.ts";
import { fixture, texts } from "../support/fixtures.ts";

const twins = readdirSync("plans").filter((name) => name.endsWith(".plan.ts"));

test("there is one", () => expect(twins).toEqual(["flux.plan.ts"]));

/** The program without places in the plan file, and the pieces that go with it. */
async function lowered(plan: string, parallel: ContextParallelConfig): Promise<unknown> {
  const { stages, diagnostics } = await compileStages({
    model: fixture("flux/flux.dynamo18-dynamic.onnx"),
    plan: `plans/${plan}`,
    parallel,
  });
  if (stages.lowered === undefined) throw new Error(texts(diagnostics).join("\n"));
  const { program, models } = stages.lowered;
  const pieces = [...models].map(([name, bytes]) => [name, createHash("sha256").update(bytes).digest("hex")]);
  return { pieces, program: JSON.parse(JSON.stringify(program), withoutSpan) as unknown };
}

function withoutSpan(_: string, value: unknown): unknown {
  return typeof value === "object" && value !== null && "file" in value && "start" in value ? null : value;
}

test.each(twins)("%s", async (name) => {
  const parallel: ContextParallelConfig = { ring_degree: 2, ulysses_degree: 2, rotate_method: "alltoall" };
  const json = await lowered(name.replace(/ts$/, "json"), parallel);
  expect(await lowered(name, parallel)).toEqual(json);
});
