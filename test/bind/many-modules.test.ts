/**
 * @file A misspelt module name in a model of very many modules: the error names the modules nearby, in linear time.
 */
import { expect, test } from "vitest";
import { contextOf } from "../../compiler/bind/context.ts";
import { unmatched } from "../../compiler/bind/requests.ts";
import { canonicalModel } from "../../compiler/inspect/model.ts";
import { fixture } from "../support/fixtures.ts";

test("20,000 modules", async () => {
  const model = await canonicalModel(fixture("flux/flux.dynamo18-dynamic.onnx"));
  if (!model.ok) throw new Error("the fixture is not read");
  const blocks = Array.from({ length: 10_000 }, (_, i) => [`blocks.${i}`, `blocks.${i}.attn`]).flat();
  const context = { ...contextOf(model.value), modules: ["", "proj_in", ...blocks, "proj_out.linear"] };
  const begin = performance.now();
  const { message, hint } = unmatched({ pattern: "quite_another", patternSpan: null }, context);
  // Comparing all with all takes longer than that.
  expect(performance.now() - begin).toBeLessThan(1000);
  expect(`${message} ${hint}`).toContain("proj_in");
  // A module without an entry for its parent is among the outermost; one inside another is not.
  expect(`${message} ${hint}`).not.toContain("blocks.0.attn");
  const inside = unmatched({ pattern: "blocks.7.atn_of_another_kind", patternSpan: null }, context);
  expect(`${inside.message} ${inside.hint}`).toContain("blocks.7.attn");
});
