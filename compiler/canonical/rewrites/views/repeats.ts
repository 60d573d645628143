/**
 * @file Gathers whose written indices repeat every row of an axis in turn, 0, 0, 1, 1 and so on, as exporters write an enlargement to the nearest
 * row, become views. Knows no attention and no plan.
 */
import { mul, type Expr } from "../../../expr/expr.ts";
import { numberAttribute } from "../../../graph/attributes.ts";
import { numbersOf } from "../../../graph/tensors.ts";
import type { CanonicalGraph, CanonicalNode } from "../../../ir/types.ts";
import { fromEnd } from "../../../operators/builder.ts";
import { applyPatches, draft, type Patch } from "../draft.ts";
import { dimsOf, elemOf, integersOf, isOp, lookupOf, type Lookup } from "../lookup.ts";

export function repeatRows(graph: CanonicalGraph): CanonicalGraph {
  const lookup = lookupOf(graph);
  return applyPatches(
    graph,
    graph.nodes.flatMap((node) => repeated(lookup, node) ?? []),
  );
}

function repeated(lookup: Lookup, node: CanonicalNode): Patch | null {
  const [data = ""] = node.inputs;
  // A look-up in a table of weights says what it is.
  if (lookup.graph.constants.has(data)) return null;
  const times = isOp(node, "GatherND")
    ? byPosition(lookup, node)
    : isOp(node, "Gather")
      ? byNumber(lookup, node)
      : null;
  if (times === null || times.every((count) => count === 1)) return null;
  return written(lookup, node, times);
}

/** How often each row of every axis of the data is read; `null` for any other reading. */
type Times = readonly number[] | null;

/** One index for each of the first axes, each along an axis of its own. */
function byPosition(lookup: Lookup, node: CanonicalNode): Times {
  const [data = "", indices = ""] = node.inputs;
  const tensor = lookup.graph.constants.get(indices);
  const numbers = tensor && numbersOf(tensor);
  if (!tensor || !numbers || numberAttribute(node.attributes, "batch_dims", 0) !== 0) return null;
  const places = tensor.dims.slice(0, -1);
  const from = dimsOf(lookup, data);
  if (tensor.dims.at(-1) !== places.length) return null;
  const times = places.map((extent, axis) => timesOf(extent, from[axis]!));
  const weights = places.map((_, axis) => places.slice(axis + 1).reduce((a, b) => a * b, 1));
  const isInTurn = numbers.every((index, at) => {
    const axis = at % places.length;
    const place = Math.floor(Math.floor(at / places.length) / weights[axis]!) % places[axis]!;
    return index === Math.floor(place / times[axis]!);
  });
  return isInTurn ? from.map((_, axis) => times[axis] ?? 1) : null;
}

/** One index along one axis. */
function byNumber(lookup: Lookup, node: CanonicalNode): Times {
  const [data = "", indices = ""] = node.inputs;
  const numbers = integersOf(lookup, indices);
  if (numbers === null || dimsOf(lookup, indices).length !== 1) return null;
  const from = dimsOf(lookup, data);
  const axis = fromEnd(numberAttribute(node.attributes, "axis", 0), from.length);
  const times = timesOf(numbers.length, from[axis]!);
  return numbers.every((index, at) => index === Math.floor(at / times))
    ? from.map((_, i) => (i === axis ? times : 1))
    : null;
}

/** How many places each of the rows gets; NaN where that is no whole number, which no index equals. */
function timesOf(places: number, rows: Expr): number {
  const times = typeof rows === "number" ? places / rows : NaN;
  return Number.isInteger(times) ? times : NaN;
}

/** Every row gets an axis of its own, is expanded along it, and joined to the others. */
function written(lookup: Lookup, node: CanonicalNode, times: readonly number[]): Patch {
  const [[data = ""], [output]] = [node.inputs, node.outputs as readonly [string]];
  const [elem, from] = [elemOf(lookup, data), dimsOf(lookup, data)];
  const apart = (count: (times: number) => Expr): readonly Expr[] =>
    from.flatMap((extent, axis) => (times[axis] === 1 ? [extent] : [extent, count(times[axis]!)]));
  const d = draft(lookup, node.name, node.scope);
  const add = (op: string, input: string, dims: readonly Expr[], name?: string): string =>
    d.add({ op, inputs: [input, d.integers(dims)], shape: { elem, dims } }, name);
  const single = add(
    "Reshape",
    data,
    apart(() => 1),
  );
  const many = add(
    "Expand",
    single,
    apart((count) => count),
  );
  add(
    "Reshape",
    many,
    from.map((extent, axis) => mul(extent, times[axis]!)),
    output,
  );
  return d.replace(node);
}
