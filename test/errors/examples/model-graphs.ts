/**
 * @file Examples of errors in a model's graph, and of graphs without a canonical form. Codes CP2200-2999.
 */
import { create } from "@bufbuild/protobuf";
import { AttributeProtoSchema } from "onnx-buf";
import { tensorFromInts } from "../../../compiler/graph/tensors.ts";
import type { Example, Examples } from "../example.ts";
import { edited, model, protoNode } from "../models.ts";
import { graph, node, value } from "../../support/graphs.ts";

function broken(means: string, given: string, make: () => void): Example {
  return { means, given, make, command: "onnx-cp inspect model.onnx" };
}

const x = value("x", "float32", ["n", 4]);
const y = value("y", "float32", null);

export const modelGraphs: Examples = {
  CP2200: broken(
    "Inputs and outputs are tensors; sequences and optional values cannot be split.",
    "an input that is a sequence",
    () =>
      edited((graph) => {
        graph.input[0]!.type = {
          $typeName: "onnx.TypeProto",
          denotation: "",
          value: { case: "sequenceType", value: { $typeName: "onnx.TypeProto.Sequence" } },
        };
      }),
  ),
  CP2201: broken("Every input must have a type.", "an input without a type", () =>
    edited((graph) => {
      delete graph.input[0]!.type;
    }),
  ),
  CP2202: broken("A model without outputs computes nothing.", "a graph without outputs", () =>
    model(graph({ inputs: [x] })),
  ),
  CP2203: broken("Each value of a graph has exactly one producer.", "two nodes that both produce y", () =>
    edited((graph) => graph.node.push(protoNode({ name: "again", opType: "Neg", input: ["x"], output: ["y"] }))),
  ),
  CP2204: broken("A node reads a value that nothing produces.", "a node that reads `gone`", () =>
    model(graph({ inputs: [x], outputs: [y], nodes: [node("Add", ["x", "gone"], ["y"])] })),
  ),
  CP2205: broken("A value depends on itself, so the nodes have no order.", "a = x + b, b = -a", () =>
    model(
      graph({
        inputs: [x],
        outputs: [y],
        nodes: [node("Add", ["x", "b"], ["a"]), node("Neg", ["a"], ["b"]), node("Relu", ["a"], ["y"])],
      }),
    ),
  ),
  CP2206: broken(
    "An attribute has a kind that no supported operator takes.",
    "a Relu that refers to an attribute of a function",
    () =>
      edited((graph) =>
        graph.node[0]!.attribute.push(create(AttributeProtoSchema, { name: "alpha", refAttrName: "a" })),
      ),
  ),
  CP2207: broken("A Constant node has neither a tensor nor numbers.", "a Constant node without attributes", () =>
    edited((graph) => graph.node.push(protoNode({ name: "empty", opType: "Constant", output: ["c"] }))),
  ),
  CP2208: broken("Outputs are identified by their names.", "a graph that lists its output y twice", () =>
    edited((graph) => graph.output.push(graph.output[0]!)),
  ),
  CP2501: broken(
    "Propagation needs the rank of every value. Here neither the export nor shape inference gives the rank of a result.",
    "a model with the custom operator `acme.Swish`, whose result has no declared shape",
    () =>
      model(
        graph({
          inputs: [x],
          outputs: [y],
          nodes: [{ ...node("Swish", ["x"], ["z"]), domain: "acme" }, node("Relu", ["z"], ["y"])],
        }),
        (proto) => proto.opsetImport.push({ ...proto.opsetImport[0]!, domain: "acme", version: 1n }),
      ),
  ),
  CP2550: broken(
    "Splits are of tensors. A list of tensors between nodes, as some exporters write for lists of Python, is none.",
    "a model that splits a tensor into a sequence, from which it takes the first",
    () =>
      model(
        graph({
          inputs: [x],
          outputs: [y],
          nodes: [node("SplitToSequence", ["x"], ["parts"]), node("SequenceAt", ["parts", "first"], ["y"])],
          constants: new Map([["first", tensorFromInts([0])]]),
        }),
      ),
  ),
  CP2502: {
    means: "Lengths are exact integers, and these are larger than any tensor could have.",
    files: { "a.plan.json": '{ "": { "x": { "split_dim": 0 } } }\n' },
    given: "a model of y = x repeated 2^40 times, and the result repeated 2^40 times again",
    make: () =>
      model(
        graph({
          inputs: [value("x", "float32", ["n"])],
          outputs: [y],
          nodes: [node("Tile", ["x", "often"], ["z"]), node("Tile", ["z", "often"], ["y"])],
          constants: new Map([["often", tensorFromInts([2 ** 40])]]),
        }),
      ),
    command: "onnx-cp check a.plan.json --model model.onnx --ulysses-degree 2",
  },
  CP2503: broken(
    "A node has the wrong number of operands for its operator, or the wrong attributes.",
    "an Add of one operand",
    () =>
      edited((graph) => {
        graph.node[0]!.opType = "Add";
      }),
  ),
  CP2504: broken(
    "The domain cp is reserved for operators that this compiler inserts; in a model it reads only the markers.",
    "a model with the operator cp::Gather",
    () =>
      model(graph({ inputs: [x], outputs: [y], nodes: [{ ...node("Gather", ["x"], ["y"]), domain: "cp" }] }), (proto) =>
        proto.opsetImport.push({ ...proto.opsetImport[0]!, domain: "cp", version: 1n }),
      ),
  ),
  CP2510: broken(
    "The export tool of this package places markers at module boundaries. One of them lacks a required attribute.",
    "a cp::Boundary node whose kind is neither input nor output",
    () =>
      model(
        graph({
          inputs: [x],
          outputs: [y],
          nodes: [
            {
              ...node("Boundary", ["x"], ["m"], {
                module: { kind: "string", value: "proj_out" },
                kind: { kind: "string", value: "inside" },
                param: { kind: "string", value: "hidden_states" },
              }),
              domain: "cp",
            },
            node("Relu", ["m"], ["y"]),
          ],
        }),
        (proto) => proto.opsetImport.push({ ...proto.opsetImport[0]!, domain: "cp", version: 1n }),
      ),
  ),
  CP2548: broken(
    "The export fixed a dynamic length to the number of its example, so the model runs for one value of it only. Exporters do so where the code of a model computes " +
      "with sizes as Python numbers.",
    "x of shape (n, 4), reshaped to (3, 2, 2)",
    () =>
      model(
        graph({
          inputs: [x],
          outputs: [value("y", "float32", [3, 2, 2])],
          nodes: [node("Reshape", ["x", "sizes"], ["y"])],
          constants: new Map([["sizes", tensorFromInts([3, 2, 2])]]),
        }),
      ),
  ),
  CP2520: broken(
    "A Softmax between two matrix products resembles attention, but is treated as attention only if its meaning is certain. Otherwise the node " +
      "is kept, which is exact while its operands are whole.",
    "softmax(q k^T) v where the softmax runs over an axis other than the keys",
    () =>
      model(
        graph({
          inputs: ["q", "k", "v"].map((name) => value(name, "float32", [1, 2, 8, 4])),
          outputs: [value("y", "float32", [1, 2, 8, 4])],
          nodes: [
            node("Transpose", ["k"], ["kt"], { perm: { kind: "ints", value: [0, 1, 3, 2] } }),
            node("MatMul", ["q", "kt"], ["s"]),
            node("Softmax", ["s"], ["p"], { axis: { kind: "int", value: 2 } }),
            node("MatMul", ["p", "v"], ["y"]),
          ],
        }),
      ),
  ),
};
