/**
 * @file `EyeLike`, and `Trilu` of what a model computes, as comparisons of the numbers of rows and columns, which ranks slice like any other value.
 * Triangles of constants stay: they are masks, and are whole. Knows no attention and no plan.
 */
import { add, isOpen, type Expr } from "../../../expr/expr.ts";
import { numberAttribute } from "../../../graph/attributes.ts";
import { tensorFromNumbers } from "../../../graph/tensors.ts";
import type { CanonicalGraph, CanonicalNode } from "../../../ir/types.ts";
import { applyPatches, draft, type Draft, type Patch } from "../draft.ts";
import { dimsOf, elemOf, integersOf, isOp, lookupOf, type Lookup } from "../lookup.ts";
import { triangleOf } from "../triangles.ts";

export function compareDiagonals(graph: CanonicalGraph): CanonicalGraph {
  const lookup = lookupOf(graph);
  return applyPatches(
    graph,
    graph.nodes.flatMap((node) => (isOp(node, "EyeLike") ? eye(lookup, node) : triangle(lookup, node)) ?? []),
  );
}

/** 1 where the column is the row and `k` more. */
function eye(lookup: Lookup, node: CanonicalNode): Patch | null {
  const [output] = node.outputs as readonly [string];
  const [elem, dims] = [elemOf(lookup, output), dimsOf(lookup, output)];
  if (dims.some(isOpen)) return null;
  const d = draft(lookup, node.name, node.scope);
  const [rows, columns] = numbers(d, dims, numberAttribute(node.attributes, "k", 0));
  const same = d.add(
    { op: "Equal", inputs: [rows, columns], shape: { elem: "bool", dims } },
    elem === "bool" ? output : undefined,
  );
  const { dtype } = node.attributes;
  if (elem !== "bool") d.add({ op: "Cast", inputs: [same], attributes: { to: dtype! }, shape: { elem, dims } }, output);
  return d.replace(node);
}

/** The elements of one side of a diagonal; the others are 0. */
function triangle(lookup: Lookup, node: CanonicalNode): Patch | null {
  const [[data = "", diagonal = ""], [output = ""]] = [node.inputs, node.outputs];
  if (!isOp(node, "Trilu") || triangleOf(lookup, data) !== null) return null;
  const [elem, dims] = [elemOf(lookup, output), dimsOf(lookup, output)];
  const k = diagonal === "" ? 0 : integersOf(lookup, diagonal)?.[0];
  if (dims.some(isOpen) || k === undefined || lookup.graph.constants.has(data)) return null;
  const d = draft(lookup, node.name, node.scope);
  const [rows, columns] = numbers(d, dims.slice(-2), k);
  const op = numberAttribute(node.attributes, "upper", 1) === 1 ? "LessOrEqual" : "GreaterOrEqual";
  const kept = d.add({ op, inputs: [rows, columns], shape: { elem: "bool", dims: dims.slice(-2) } });
  const shape = { elem, dims };
  // ONNX Runtime chooses between no booleans.
  if (elem === "bool") d.add({ op: "And", inputs: [data, kept], shape }, output);
  else d.add({ op: "Where", inputs: [kept, data, d.constant(tensorFromNumbers(elem, [], [0]))], shape }, output);
  return d.replace(node);
}

/** Of rows, counted from `k`, as (rows, 1), and of columns, counted from 0, as (columns). */
function numbers(d: Draft, [rows, columns]: readonly Expr[], k: Expr): readonly [string, string] {
  const range = (from: Expr, count: Expr): string => {
    const operands = [from, add(from, count), 1].map((x) => d.integers([x], []));
    return d.add({ op: "Range", inputs: operands, shape: { elem: "int64", dims: [count] } });
  };
  const apart = { op: "Unsqueeze", inputs: [range(k, rows!), d.integers([1])] };
  return [d.add({ ...apart, shape: { elem: "int64", dims: [rows!, 1] } }), range(0, columns!)];
}
