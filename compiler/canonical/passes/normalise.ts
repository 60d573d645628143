/**
 * @file One spelling per operator: sizes and axes that ONNX lets a file leave out become operands, shapes become explicit. The first
 * step of the canonical graph, node by node, while shapes are inferred.
 */
import { add, floorDiv, min, mul, sub, type Expr } from "../../expr/expr.ts";
import type { Normalised } from "../../operators/infer.ts";
import { fromEnd, intAttribute } from "../../operators/builder.ts";
import { compactTarget } from "../../operators/targets.ts";
import { resolveTarget } from "../../operators/rules/movement.ts";
import type { Site } from "../../operators/types.ts";
import type { CanonicalNode, IntegerValue } from "../../ir/types.ts";

type Rewrite = (site: Site) => Normalised | null;

/** The node in canonical spelling; as it is where nothing needs to change. */
export function normalise(site: Site): Normalised {
  const rewrite = site.node.domain === "" && Object.hasOwn(REWRITES, site.node.op) ? REWRITES[site.node.op]! : null;
  return rewrite?.(site) ?? { node: site.node, operands: new Map() };
}

const REWRITES: Readonly<Record<string, Rewrite>> = {
  Reshape: (site) => {
    const from = site.inputs[0]?.dims;
    const target = site.integers(1)?.elements;
    if (!from || !target) return null;
    const zeroCopies = intAttribute(site, "allowzero", 0) === 0;
    // A chunk may be empty, and then a 0 must mean 0.
    const node = {
      ...site.node,
      attributes: { ...site.node.attributes, allowzero: { kind: "int", value: 1 } as const },
    };
    return withOperand(node, 1, compactTarget(resolveTarget(site, from, target, zeroCopies)));
  },
  Expand: (site) => {
    const from = site.inputs[0]?.dims;
    const target = site.integers(1)?.elements;
    return from && target ? withOperand(site.node, 1, expanded(from, target)) : null;
  },
  Split: (site) => {
    const shape = site.inputs[0];
    if (!shape || site.node.inputs[1]) return null;
    const axis = fromEnd(intAttribute(site, "axis", 0), shape.dims.length);
    return withOperand(
      withoutAttribute(site.node, "num_outputs"),
      1,
      evenSizes(shape.dims[axis] ?? 1, site.node.outputs.length),
    );
  },
  Squeeze: (site) => {
    const shape = site.inputs[0];
    if (!shape || site.node.inputs[1] || site.node.attributes["axes"]) return null;
    return withOperand(
      site.node,
      1,
      shape.dims.flatMap((d, i) => (d === 1 ? [i] : [])),
    );
  },
};

/** The full result shape of an Expand: an extent of 1, or one left out, takes the other's. */
function expanded(from: readonly Expr[], target: readonly Expr[]): readonly Expr[] {
  const rank = Math.max(from.length, target.length);
  return Array.from({ length: rank }, (_, i) => {
    const [f, t] = [from[i - rank + from.length] ?? 1, target[i - rank + target.length] ?? 1];
    return t === 1 || t === -1 ? f : f === 1 ? t : f;
  });
}

/** ONNX splits evenly, with a smaller last part. */
function evenSizes(extent: Expr, parts: number): readonly Expr[] {
  const size = floorDiv(add(extent, parts - 1), parts);
  return Array.from({ length: parts }, (_, i) =>
    i < parts - 1 ? min(size, extent) : sub(extent, mul(parts - 1, size)),
  );
}

/** The node with operand `at` replaced by integers of its own, named after the node's first output. */
function withOperand(node: CanonicalNode, at: number, elements: readonly Expr[]): Normalised {
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
