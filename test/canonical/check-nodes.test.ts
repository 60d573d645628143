/**
 * @file Nodes that would stop the process inside onnxruntime are refused before they run.
 */
import { expect, test } from "vitest";
import { checkNodes, checkQuotients } from "../../compiler/canonical/passes/check-nodes.ts";
import { foldConstants } from "../../compiler/canonical/passes/fold.ts";
import { tensorFromNumbers } from "../../compiler/graph/tensors.ts";
import type { ElemType } from "../../compiler/graph/types.ts";
import { graph, node, value } from "../support/graphs.ts";

function quotient(op: string, elem: ElemType, dividend: number, divisor: number): readonly string[] {
  const constants = new Map([
    ["a", tensorFromNumbers(elem, [2], [3, dividend])],
    ["b", tensorFromNumbers(elem, [1], [divisor])],
  ]);
  const made = graph({ nodes: [node(op, ["a", "b"], ["y"])], outputs: [value("y", elem, [2])], constants });
  return checkNodes(made).map(({ code, message }) => `${code} ${message}`);
}

test.each(["Div", "Mod"])("%s of the smallest integer by -1 is refused", (op) => {
  const fault = (elem: string): string =>
    `CP2503 the ${op} node y violates the ONNX definition of ${op}: it divides the smallest ${elem} by -1, which overflows ${elem}`;
  expect(quotient(op, "int64", -(2 ** 63), -1)).toEqual([fault("int64")]);
  expect(quotient(op, "int32", -(2 ** 31), -1)).toEqual([fault("int32")]);
});

test.each([
  ["int64", -(2 ** 62), 2],
  ["int64", -7, -1],
  ["int32", -(2 ** 31), 1],
  ["float32", -(2 ** 31), -1],
] as const)("a quotient of %s that exists is let through: %d / %d", (elem, dividend, divisor) => {
  expect(quotient("Div", elem, dividend, divisor)).toEqual([]);
});

test("a quotient of constants that other nodes compute is refused, and not computed", async () => {
  const constants = new Map([
    ["a", tensorFromNumbers("int32", [1], [-(2 ** 30)])],
    ["b", tensorFromNumbers("int32", [1], [1])],
  ]);
  const nodes = [
    node("Add", ["a", "a"], ["smallest"]),
    node("Neg", ["b"], ["minus"]),
    node("Div", ["smallest", "minus"], ["y"]),
  ];
  const made = graph({ nodes, outputs: [value("y", "int32", [1])], constants });
  expect(checkNodes(made)).toEqual([]);
  const folded = await foldConstants(made, { opsets: { "": 18 } });
  expect(folded.nodes.map(({ op }) => op)).toEqual(["Div"]);
  expect(checkQuotients(folded)[0]?.message).toContain("it divides the smallest int32 by -1");
});

test.each([
  [[0, 0, 0], false],
  [[1, 2, 3], false],
  [[-1, 0, 1], false],
  [[2, 0, 1], true],
  [[], true],
])("the order of axes %j: %s", (order, isOrder) => {
  const perm = { kind: "ints", value: order } as const;
  const made = graph({ nodes: [node("Transpose", ["x"], ["y"], { perm })], outputs: [value("y", "float32", null)] });
  const fault = `CP2503 the Transpose node y violates the ONNX definition of Transpose: its perm [${order.join(", ")}] does not name each axis once`;
  expect(checkNodes(made).map(({ code, message }) => `${code} ${message}`)).toEqual(isOrder ? [] : [fault]);
});
