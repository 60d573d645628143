/**
 * @file The attention sites of real exports: each exporter's spelling is recognised, and no Transpose stays between (B, S, H, D) and the
 * attention.
 */
import { expect, test } from "vitest";
import { explainAttention } from "../../../compiler/canonical/rewrites/attention/attention.ts";
import { show } from "../../../compiler/expr/expr.ts";
import { fixtureModel, valueOf } from "../../support/fixtures.ts";
import { count } from "./check.ts";
import { canonicalise } from "../../support/stages.ts";

test.each([
  ["dynamo18-dynamic", "1, img + txt, 4, 8"],
  ["dynamo18-dynamic.marked", "1, img + txt, 4, 8"],
  ["dynamo18-static", "1, 136, 4, 8"],
  ["dynamo23-dynamic", "1, img + txt, 4, 8"],
  ["torchscript18-static", "1, 136, 4, 8"],
  ["torchscript18-static.marked", "1, 136, 4, 8"],
])("flux as %s", async (name, extents) => {
  const graph = valueOf(await canonicalise(await fixtureModel(`flux/flux.${name}.onnx`)));
  const sites = graph.nodes.filter((n) => n.op === "Attention");
  expect(sites.map((n) => [n.domain, n.scope])).toEqual(
    ["transformer_blocks.0", "transformer_blocks.1", "single_transformer_blocks.0", "single_transformer_blocks.1"].map(
      (block) => ["cp", `${block}.attn`],
    ),
  );
  for (const { inputs, attributes } of sites) {
    expect(inputs.map((i) => graph.shapes.get(i)!.dims.map(show).join(", "))).toEqual([extents, extents, extents]);
    const { scale } = attributes;
    expect(scale?.kind === "float" ? scale.value : null).toBeCloseTo(8 ** -0.5, 6);
  }
  expect(count(graph, "Softmax")).toBe(0);
  expect(count(graph, "Transpose")).toBe(0);
  expect(explainAttention(graph)).toEqual([]);
});
