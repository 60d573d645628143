/**
 * @file Single nodes as links of a chain: a view of the operand, or the operand times a number. Knows which operators these are, not the
 * purpose of chains.
 */
import type { CanonicalNode } from "../../../ir/types.ts";
import { elemCode } from "../../../graph/elements.ts";
import { numberAttribute } from "../../../graph/attributes.ts";
import { dimsOf, elemOf, scalarOf, type Lookup } from "../lookup.ts";
import { expand, permute, regroup, sameExtents, type View } from "./views.ts";

/** `node` makes its result from `source`, as a view of it times `scale`. */
export interface Link {
  readonly node: CanonicalNode;
  readonly source: string;
  readonly result: string;
  readonly scale: number;
  /** The result as a view, given the source as a view; `null` where factors cannot follow. */
  readonly push: (view: View) => View | null;
}

type Push = (lookup: Lookup, node: CanonicalNode, view: View) => View | null;

const toResult: Push = (lookup, node, view) => regroup(view, dimsOf(lookup, node.outputs[0]!));
const toExpanded: Push = (lookup, node, view) =>
  expand(view, dimsOf(lookup, node.outputs[0]!), `repeat by ${node.name}`);

const VIEWS: Readonly<Record<string, Push>> = {
  Transpose: (lookup, node, view) => permute(view, permutationOf(lookup, node)),
  Reshape: toResult,
  Flatten: toResult,
  Squeeze: toResult,
  Unsqueeze: toResult,
  Identity: toResult,
  Cast: toResult,
  Expand: toExpanded,
  Tile: toExpanded,
  Concat: toExpanded,
};

/** The link that makes `value`, or `null`. */
export function linkAbove(lookup: Lookup, value: string): Link | null {
  const node = lookup.producer(value);
  if (node === undefined || node.domain !== "" || node.outputs.length !== 1) return null;
  return viewLink(lookup, node) ?? scaleLink(lookup, node);
}

function viewLink(lookup: Lookup, node: CanonicalNode): Link | null {
  const [source] = node.inputs;
  const push = Object.hasOwn(VIEWS, node.op) ? VIEWS[node.op] : undefined;
  if (source === undefined || push === undefined || !lookup.graph.shapes.has(source)) return null;
  // A cast keeps the elements only if the type stays the same; a Concat repeats only if all its operands are one value.
  if (node.op === "Cast" && numberAttribute(node.attributes, "to", 0) !== elemCode(elemOf(lookup, source))) return null;
  if (node.op === "Concat" && node.inputs.some((i) => i !== source)) return null;
  return { node, source, result: node.outputs[0]!, scale: 1, push: (view) => push(lookup, node, view) };
}

/** Mul by, or Div by, a constant of one element that does not change the shape. */
function scaleLink(lookup: Lookup, node: CanonicalNode): Link | null {
  const result = node.outputs[0]!;
  const [a = "", b = ""] = node.inputs;
  if (node.op !== "Mul" && node.op !== "Div") return null;
  const sides: readonly (readonly [string, string])[] =
    node.op === "Mul"
      ? [
          [a, b],
          [b, a],
        ]
      : [[a, b]];
  for (const [source, factor] of sides) {
    const number = scalarOf(lookup, factor);
    if (number === null || lookup.graph.constants.has(source)) continue;
    if (!sameExtents(dimsOf(lookup, source), dimsOf(lookup, result))) continue;
    return { node, source, result, scale: node.op === "Mul" ? number : 1 / number, push: (view) => view };
  }
  return null;
}

export function permutationOf(lookup: Lookup, node: CanonicalNode): readonly number[] {
  const { perm } = node.attributes;
  return perm?.kind === "ints" ? perm.value : dimsOf(lookup, node.inputs[0]!).map((_, i, all) => all.length - 1 - i);
}

/**
 * The chain of links that ends in `value`, nearest first. With `inside`, it stays within the module of the reader `inside` and stops at
 * values that must stay: going past them would bypass a boundary.
 */
export function chainAbove(lookup: Lookup, value: string, inside: CanonicalNode | null): readonly Link[] {
  const chain: Link[] = [];
  for (let link = linkAbove(lookup, value); link !== null; link = linkAbove(lookup, link.source)) {
    if (inside !== null && (link.node.scope !== inside.scope || lookup.isKept(link.result))) break;
    chain.push(link);
  }
  return chain;
}

/** The end of a chain as a view of its start; `chain` is nearest first. */
export function pushAll(view: View, chain: readonly Link[]): View | null {
  return chain.toReversed().reduce<View | null>((v, link) => (v === null ? null : link.push(v)), view);
}
