/**
 * @file An attention, or a part of one, with the element type and extents of its operands where it runs. Knows no form of emission.
 */
import { invariant } from "../diagnostics/diagnose.ts";
import type { Expr } from "../expr/expr.ts";
import { ints } from "../graph/attributes.ts";
import type { Attributes, ElemType } from "../graph/types.ts";
import type { Attending, AttentionOperation, AttentionPartOperation } from "../ir/cp.ts";
import type { ValueShape } from "../ir/types.ts";

export type Shapes = ReadonlyMap<string, ValueShape>;

export interface Site extends Attending {
  readonly maskIsBoolean: boolean;
  /** As many as the mask has axes, counted from the right as those of (B, H, Sq, Sk); empty where there is no mask. */
  readonly maskDims: readonly Expr[];
  readonly elem: ElemType;
  readonly heads: Expr;
  readonly keyHeads: Expr;
  readonly size: Expr;
  readonly valueSize: Expr;
}

/** (B, S, H, D) to (B, H, S, D) and back. */
export const SWAP: Attributes = { perm: ints([0, 2, 1, 3]) };

/** `shapes` holds the extents where the node runs; a number of heads that differs between ranks is an expression there. */
export function siteOf(operation: AttentionOperation | AttentionPartOperation, shapes: Shapes): Site {
  const { node, q, k, v, mask } = operation;
  const shapeOf = (name: string): ValueShape => {
    const shape = shapes.get(name);
    invariant(shape !== undefined, `no shape for ${name}, read by ${node.name}`);
    return shape;
  };
  const extent = (name: string, axis: number): Expr => {
    const { dims } = shapeOf(name);
    invariant(dims.length === 4, `${name}, read by the attention ${node.name}, has rank ${dims.length}, not 4`);
    return dims[axis]!;
  };
  return {
    ...operation,
    maskIsBoolean: mask !== null && shapeOf(mask).elem === "bool",
    maskDims: mask === null ? [] : shapeOf(mask).dims,
    elem: shapeOf(q).elem,
    heads: extent(q, 2),
    keyHeads: extent(k, 2),
    size: extent(q, 3),
    valueSize: extent(v, 3),
  };
}
