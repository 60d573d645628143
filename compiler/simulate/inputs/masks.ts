/**
 * @file Which inputs are masks, by what the graph does with them: compared, negated, taken as a condition, or subtracted from 1. Knows no
 * names.
 */
import { numbersOf } from "../../graph/tensors.ts";
import { indexOf, type GraphIndex, type Reader } from "../../ir/graph-index.ts";
import { CP, type CanonicalGraph } from "../../ir/types.ts";
import { isFloatElem } from "../../ir/rounding.ts";

/** Operators behind which a value is the same numbers. */
const SAME: ReadonlySet<string> = new Set([
  "Identity",
  "Cast",
  "Reshape",
  "Transpose",
  "Unsqueeze",
  "Squeeze",
  "Expand",
  "Slice",
  "Flatten",
  "Concat",
]);
const COMPARES: ReadonlySet<string> = new Set([
  "Greater",
  "GreaterOrEqual",
  "Less",
  "LessOrEqual",
  "Equal",
  "Not",
  "NonZero",
]);

/** What the graph does with an input's numbers: `index` if one is ever an index, whatever else it is. */
export type Role = "mask" | "index" | "number";

export function roleOf(graph: CanonicalGraph, input: string): Role {
  const elem = graph.shapes.get(input)?.elem;
  if (elem === "bool") return "mask";
  const index = indexOf(graph);
  const seen = new Set([input]);
  let found: Role = "number";
  for (const value of seen) {
    for (const reader of index.readers(value)) {
      const { node, operand } = reader;
      if (operand === 1 && /^(Gather|Scatter)/.test(node.op) && node.domain !== CP) return "index";
      if (masks(reader, graph, index)) found = "mask";
      if (passes(reader)) for (const output of node.outputs) seen.add(output);
    }
  }
  return found;
}

function passes({ node, operand }: Reader): boolean {
  if (node.op === "Concat" && node.domain === "") return true;
  if (operand > 0) return false;
  return SAME.has(node.op) || node.op === "Gather" || (node.domain === CP && node.op === "Shard");
}

function masks({ node, operand }: Reader, graph: CanonicalGraph, index: GraphIndex): boolean {
  const [output = ""] = node.outputs;
  // Comparing a floating number with a bound says nothing: a timestep may be compared.
  const isFloat = isFloatElem(graph.shapes.get(node.inputs[operand] ?? "")?.elem);
  if (COMPARES.has(node.op)) return !isFloat || index.readers(output).some(({ node: { op } }) => op === "Where");
  if (node.op === "Where") return operand === 0;
  if (node.op === "Cast") return graph.shapes.get(output)?.elem === "bool";
  return node.op === "Sub" && operand === 1 && isOne(graph, node.inputs[0] ?? "");
}

function isOne({ constants, integers }: CanonicalGraph, name: string): boolean {
  const tensor = constants.get(name);
  const numbers = integers.get(name)?.elements ?? (tensor === undefined ? null : numbersOf(tensor));
  return numbers !== null && numbers.length > 0 && numbers.every((x) => x === 1);
}
