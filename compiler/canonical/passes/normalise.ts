/**
 * @file One spelling per operator: optional sizes and axes become operands, shapes become explicit. The first step of the canonical graph,
 * node by node, during shape inference.
 */
import { isOpen, type Expr } from "../../expr/expr.ts";
import type { Normalised } from "../../operators/infer.ts";
import { fromEnd, intAttribute } from "../../operators/builder.ts";
import { compactTarget } from "../../operators/targets.ts";
import { evenSizes } from "../../operators/rules/joining.ts";
import { resolveTarget } from "../../operators/rules/movement.ts";
import type { NodeView } from "../../operators/types.ts";
import { int } from "../../graph/attributes.ts";
import { elemCode } from "../../graph/elements.ts";
import type { CanonicalNode, IntegerValue } from "../../ir/types.ts";

type Rewrite = (view: NodeView) => Normalised | null;

/** The node in canonical spelling; unchanged where it already is. */
export function normalise(view: NodeView): Normalised {
  const rewrite = view.node.domain === "" && Object.hasOwn(REWRITES, view.node.op) ? REWRITES[view.node.op]! : null;
  return rewrite?.(view) ?? { node: view.node, operands: new Map() };
}

const REWRITES: Readonly<Record<string, Rewrite>> = {
  Reshape: (view) => {
    const from = view.inputs[0]?.dims;
    const target = view.integers(1)?.elements;
    if (!from || !target) return null;
    const zeroCopies = intAttribute(view, "allowzero", 0) === 0;
    // A chunk may be empty; a 0 must then mean 0.
    const node = {
      ...view.node,
      attributes: { ...view.node.attributes, allowzero: { kind: "int", value: 1 } as const },
    };
    return withOperand(node, 1, compactTarget(resolveTarget(view, from, target, zeroCopies)));
  },
  Expand: (view) => {
    const from = view.inputs[0]?.dims;
    const target = view.integers(1)?.elements;
    if (!from || !target) return null;
    // Only the operand itself knows an extent that depends on data; 1 takes it from there.
    const full = expanded(from, target).map((d) => (isOpen(d) ? 1 : d));
    return withOperand(view.node, 1, full);
  },
  EyeLike: (view) => {
    const elem = view.inputs[0]?.elem;
    if (elem === undefined || view.node.attributes["dtype"]) return null;
    const attributes = { ...view.node.attributes, dtype: int(elemCode(elem)) };
    return { node: { ...view.node, attributes }, operands: new Map() };
  },
  Split: (view) => {
    const shape = view.inputs[0];
    if (!shape || view.node.inputs[1]) return null;
    const axis = fromEnd(intAttribute(view, "axis", 0), shape.dims.length);
    return withOperand(
      withoutAttribute(view.node, "num_outputs"),
      1,
      evenSizes(shape.dims[axis] ?? 1, view.node.outputs.length),
    );
  },
  Squeeze: (view) => {
    const shape = view.inputs[0];
    if (!shape || view.node.inputs[1] || view.node.attributes["axes"]) return null;
    return withOperand(
      view.node,
      1,
      shape.dims.flatMap((d, i) => (d === 1 ? [i] : [])),
    );
  },
};

/** The full result shape of an Expand: an extent of 1, or a missing one, takes the other's. */
function expanded(from: readonly Expr[], target: readonly Expr[]): readonly Expr[] {
  const rank = Math.max(from.length, target.length);
  return Array.from({ length: rank }, (_, i) => {
    const [f, t] = [from[i - rank + from.length] ?? 1, target[i - rank + target.length] ?? 1];
    return t === 1 || t === -1 ? f : f === 1 ? t : f;
  });
}

/**
 * The node with operand `at` replaced by new integers, named after the node's first output; `null` where one depends on data: the node then
 * finds its sizes by itself, as in the file.
 */
function withOperand(node: CanonicalNode, at: number, elements: readonly Expr[]): Normalised | null {
  if (elements.some(isOpen)) return null;
  const name = `${node.outputs[0]}::operand${at}`;
  const inputs = Array.from({ length: Math.max(node.inputs.length, at + 1) }, (_, i) =>
    i === at ? name : (node.inputs[i] ?? ""),
  );
  const value: IntegerValue = { elem: "int64", dims: [elements.length], elements };
  return { node: { ...node, inputs }, operands: new Map([[name, value]]) };
}

function withoutAttribute(node: CanonicalNode, name: string): CanonicalNode {
  const { [name]: _, ...attributes } = node.attributes;
  return { ...node, attributes };
}
