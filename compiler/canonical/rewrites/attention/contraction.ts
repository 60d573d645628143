/**
 * @file Products of two values as contractions with named axes, whether written as MatMul or Einsum. Knows no pattern.
 */
import type { CanonicalNode } from "../../../ir/types.ts";
import { dimsOf, isOp, type Lookup } from "../lookup.ts";

/** An operand or result with a label per axis. */
export interface Labelled {
  readonly value: string;
  readonly labels: readonly string[];
}

/** out = sum over `summed` of left * right. Batch labels occur in all three, a free label in one operand and the result. */
export interface Contraction {
  readonly node: CanonicalNode;
  readonly left: Labelled;
  readonly right: Labelled;
  readonly out: Labelled;
  /** In the order of the result. */
  readonly batch: readonly string[];
  readonly summed: string;
  readonly freeLeft: string;
  readonly freeRight: string;
}

/** The contraction that a node is, or `null` if it is none or does not have exactly one summed label and one free label per operand. */
export function contractionOf(lookup: Lookup, node: CanonicalNode | undefined): Contraction | null {
  if (isOp(node, "MatMul")) return fromMatMul(lookup, node);
  return isOp(node, "Einsum") ? fromEinsum(lookup, node) : null;
}

function fromMatMul(lookup: Lookup, node: CanonicalNode): Contraction | null {
  const [left = "", right = ""] = node.inputs;
  const rank = dimsOf(lookup, left).length;
  if (rank < 2 || dimsOf(lookup, right).length !== rank) return null;
  const batch = Array.from({ length: rank - 2 }, (_, i) => `b${i}`);
  return labelled(
    node,
    [
      [...batch, "m", "k"],
      [...batch, "k", "n"],
    ],
    [...batch, "m", "n"],
  );
}

function fromEinsum(lookup: Lookup, node: CanonicalNode): Contraction | null {
  const { equation } = node.attributes;
  const match = equation?.kind === "string" ? /^(\w+),(\w+)->(\w+)$/.exec(equation.value.replaceAll(" ", "")) : null;
  if (match === null || node.inputs.length !== 2) return null;
  const [left = [], right = [], out = []] = match.slice(1).map((term) => [...term]);
  const distinct = [left, right, out].every((labels) => new Set(labels).size === labels.length);
  const ranks = [left, right].every((labels, i) => dimsOf(lookup, node.inputs[i]!).length === labels.length);
  return distinct && ranks ? labelled(node, [left, right], out) : null;
}

function labelled(
  node: CanonicalNode,
  [left, right]: readonly [readonly string[], readonly string[]],
  out: readonly string[],
): Contraction | null {
  const shared = left.filter((l) => right.includes(l));
  const summed = shared.filter((l) => !out.includes(l));
  const freeLeft = left.filter((l) => !right.includes(l));
  const freeRight = right.filter((l) => !left.includes(l));
  if (summed.length !== 1 || freeLeft.length !== 1 || freeRight.length !== 1 || out.length !== shared.length + 1)
    return null;
  if (!out.includes(freeLeft[0]!) || !out.includes(freeRight[0]!)) return null;
  return {
    node,
    left: { value: node.inputs[0]!, labels: left },
    right: { value: node.inputs[1]!, labels: right },
    out: { value: node.outputs[0]!, labels: out },
    batch: out.filter((l) => shared.includes(l)),
    summed: summed[0]!,
    freeLeft: freeLeft[0]!,
    freeRight: freeRight[0]!,
  };
}
