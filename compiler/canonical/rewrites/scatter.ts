/**
 * @file Chains of ScatterND that assign slices until the first value is overwritten (rotary embeddings written as `out[..., 0::2] = a;
 * out[..., 1::2] = b`) become a Concat, with an Unsqueeze and a Reshape where the slices interleave. An assignment of one stretch becomes a
 * Concat with the rest of the first value.
 */
import { add, atMost, equal, mul, sub, type Expr } from "../../expr/expr.ts";
import { int } from "../../graph/attributes.ts";
import type { CanonicalGraph, CanonicalNode } from "../../ir/types.ts";
import { assignmentOf, type Assignment } from "./assignments.ts";
import { addSteps } from "./views/arrange.ts";
import { applyPatches, draft, type Draft, type Patch } from "./draft.ts";
import { chainAbove, permutationOf, pushAll } from "./views/links.ts";
import { dimsOf, elemOf, isOp, lookupOf, type Lookup } from "./lookup.ts";
import { extentsOf, flat, sameExtents, sameFactors, viewOf, type View } from "./views/views.ts";

/** Writes that one value is looked up through: rotary embeddings have two. */
const MOST = 64;

export function replaceScatters(graph: CanonicalGraph): CanonicalGraph {
  const lookup = lookupOf(graph);
  return applyPatches(
    graph,
    graph.nodes.flatMap((node) => replace(lookup, node) ?? []),
  );
}

function replace(lookup: Lookup, node: CanonicalNode): Patch | null {
  const assigned = coveringAssignments(lookup, node);
  if (assigned === null) return joinedToRest(lookup, node);
  const [output] = node.outputs as readonly [string];
  const d = draft(lookup, node.name, node.scope);
  if (assigned.length === 1) {
    d.add(
      {
        op: "Identity",
        inputs: [assigned[0]!.updates],
        shape: { elem: elemOf(lookup, output), dims: dimsOf(lookup, output) },
      },
      output,
    );
  } else {
    addJoined(lookup, d, assigned, node);
  }
  return d.replace(node);
}

/** One stretch is assigned and the rest of the first value stays: `x[:, :, 8:] = y`. */
function joinedToRest(lookup: Lookup, node: CanonicalNode): Patch | null {
  const assignment = assignmentOf(lookup, node);
  const [[data = ""], [output]] = [node.inputs, node.outputs as readonly [string]];
  const [elem, dims] = [elemOf(lookup, output), dimsOf(lookup, output)];
  const extent = assignment && dims[assignment.axis];
  if (assignment === null || extent === undefined || extent === null || assignment.step !== 1) return null;
  const { axis, start, count, updates } = assignment;
  const end = add(start, count);
  if (!sameExtents(dimsOf(lookup, updates), dims.toSpliced(axis, 1, count))) return null;
  const d = draft(lookup, node.name, node.scope);
  const rest = (from: Expr, to: Expr): readonly string[] => {
    if (equal(from, to)) return [];
    const range = [[from], [to], [axis]].map((x) => d.integers(x));
    const shape = { elem, dims: dims.toSpliced(axis, 1, sub(to, from)) };
    return [d.add({ op: "Slice", inputs: [data, ...range], shape })];
  };
  const inputs = [...rest(0, start), updates, ...rest(end, extent)];
  d.add({ op: "Concat", inputs, attributes: { axis: int(axis) }, shape: { elem, dims } }, output);
  return d.replace(node);
}

/** The assignments that together write every position, in order of their start; `null` where a part of the first value remains. */
function coveringAssignments(lookup: Lookup, node: CanonicalNode): readonly Assignment[] | null {
  const assigned: Assignment[] = [];
  for (let at: CanonicalNode | null = node; at !== null; at = scatterBefore(lookup, at)) {
    const assignment = assignmentOf(lookup, at);
    if (assignment === null || (assigned[0] && assignment.axis !== assigned[0].axis)) return null;
    assigned.push(assignment);
    const dims = dimsOf(lookup, at.outputs[0]!);
    // Extents under different names are equal only if the model runs; ScatterND itself requires that.
    if (!sameExtents(dimsOf(lookup, assignment.updates), dims.toSpliced(assignment.axis, 1, assignment.count)))
      return null;
    const extent = dims[assignment.axis];
    if (extent === undefined || assigned.length > MOST) return null;
    if (atMost(extent, add(...assigned.map(({ count }) => count)))) break;
  }
  // Starts whose order is not known are in the order of the writes: `isConsecutive` refuses them if it is the wrong one.
  const sorted = assigned.toSorted((a, b) => (equal(a.start, b.start) ? 0 : atMost(a.start, b.start) ? -1 : 1));
  const extent = dimsOf(lookup, node.outputs[0]!)[sorted[0]?.axis ?? 0] ?? 0;
  return isInterleaved(sorted, extent) || isConsecutive(sorted, extent) ? sorted : null;
}

function isInterleaved(assigned: readonly Assignment[], extent: Expr): boolean {
  const size = assigned.length;
  return assigned.every((p, i) => p.start === i && p.step === size && equal(mul(p.count, size), extent));
}

function isConsecutive(assigned: readonly Assignment[], extent: Expr): boolean {
  let end: Expr = 0;
  const follows = assigned.every(({ start, step, count }) => {
    const fits = step === 1 && equal(start, end);
    end = add(end, count);
    return fits;
  });
  return follows && equal(end, extent);
}

/** The ScatterND whose result the data of another is, through views that undo each other. */
function scatterBefore(lookup: Lookup, node: CanonicalNode): CanonicalNode | null {
  const data = node.inputs[0]!;
  const before = lookup.producer(plainSource(lookup, data, node, (p) => isOp(p, "ScatterND")));
  return isOp(before, "ScatterND") ? before : null;
}

/** The farthest value that holds the same elements in the same order and shape, if `wanted` accepts its producer; else the value itself. */
function plainSource(
  lookup: Lookup,
  value: string,
  reader: CanonicalNode,
  wanted: (producer: CanonicalNode | undefined) => boolean,
): string {
  const chain = chainAbove(lookup, value, reader);
  for (let length = chain.length; length > 0; length--) {
    const links = chain.slice(0, length);
    const source = links.at(-1)!.source;
    if (links.some((l) => l.scale !== 1) || !wanted(lookup.producer(source))) continue;
    const view = pushAll(viewOf(dimsOf(lookup, source)), links);
    if (view !== null && isPlain(view)) return source;
  }
  return value;
}

function isPlain({ base, axes }: View): boolean {
  return sameFactors(flat(base), flat(axes)) && sameExtents(extentsOf(base), extentsOf(axes));
}

/** Where all updates come from Transposes by one permutation, they are joined before it: the Transpose then often cancels. */
function addJoined(lookup: Lookup, d: Draft, assigned: readonly Assignment[], node: CanonicalNode): void {
  const [output] = node.outputs as readonly [string];
  const elem = elemOf(lookup, output);
  const plain = assigned.map((p) => plainSource(lookup, p.updates, node, () => true));
  const common = commonTranspose(lookup, plain, node);
  const dims = dimsOf(lookup, output);
  const perm = common?.perm ?? dims.map((_, i) => i);
  const axis = perm[assigned[0]!.axis]!;
  const natural = perm.map((_, i) => dims[perm.indexOf(i)]!);
  const values = common?.sources ?? plain;
  const last = common === null ? output : undefined;
  const joined = isInterleaved(assigned, dims[assigned[0]!.axis] ?? 0)
    ? interleave(lookup, d, values, axis, natural, last)
    : d.add({ op: "Concat", inputs: values, attributes: { axis: int(axis) }, shape: { elem, dims: natural } }, last);
  if (common !== null) addSteps(d, joined, elem, [{ kind: "transpose", perm, dims }], output);
}

function interleave(
  lookup: Lookup,
  d: Draft,
  values: readonly string[],
  axis: number,
  dims: readonly Expr[],
  output?: string,
): string {
  const elem = elemOf(lookup, values[0]!);
  const at = axis + 1;
  const apart = values.map((value) => {
    const own = dimsOf(lookup, value);
    return d.add({
      op: "Unsqueeze",
      inputs: [value, d.integers([at])],
      shape: { elem, dims: own.toSpliced(at, 0, 1) },
    });
  });
  const shape = { elem, dims: dimsOf(lookup, values[0]!).toSpliced(at, 0, values.length) };
  const joined = d.add({ op: "Concat", inputs: apart, attributes: { axis: int(at) }, shape });
  return addSteps(d, joined, elem, [{ kind: "reshape", dims }], output);
}

function commonTranspose(
  lookup: Lookup,
  values: readonly string[],
  reader: CanonicalNode,
): { readonly sources: readonly string[]; readonly perm: readonly number[] } | null {
  const nodes = values.map((v) => lookup.producer(v));
  const inside = nodes.every((n) => isOp(n, "Transpose") && n.scope === reader.scope && !lookup.isKept(n.outputs[0]!));
  if (!inside) return null;
  const [perm = [], ...others] = nodes.map((n) => permutationOf(lookup, n!));
  return others.every((p) => p.join() === perm.join()) ? { sources: nodes.map((n) => n!.inputs[0]!), perm } : null;
}
