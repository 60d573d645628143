/**
 * @file Chains of integers that start at a shape: a list that a Split takes apart, as ONNX Runtime's optimisers write several reads of one shape.
 */
import { expect, test } from "vitest";
import { int } from "../../compiler/graph/attributes.ts";
import { pattern } from "../canonical/rewrites/build.ts";

test("the runs of a split list are known, with stated sizes and with equal ones", () => {
  const p = pattern();
  const x = p.input("x", ["B", "S", 6]);
  const axis = { attributes: { axis: int(0) } };
  const [pair = "", width = ""] = p.nodes("Split", [p.node("Shape", [x]), p.ints(2, 1)], { outputs: 2 });
  const [batch = "", rows = ""] = p.nodes("Split", [pair], { outputs: 2 });
  const target = p.node(
    "Concat",
    [rows, p.node("Unsqueeze", [p.node("Squeeze", [batch, p.ints(0)]), p.ints(0)]), width],
    axis,
  );
  const graph = p.build(p.node("Reshape", [x, target]));
  expect(graph.shapes.get(graph.outputs[0]!)?.dims).toEqual(["S", "B", 6]);
  expect(graph.nodes.map(({ op }) => op)).toEqual(["Reshape"]);
});
