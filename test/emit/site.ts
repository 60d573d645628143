/**
 * @file One attention as a graph, with its operands and its difference from plain loops. Not a test itself.
 */
import { expect } from "vitest";
import { emitGraph } from "../../compiler/emit/emit.ts";
import type { CanonicalGraph, ValueShape } from "../../compiler/ir/types.ts";
import type { Expr } from "../../compiler/expr/expr.ts";
import { float, int } from "../../compiler/graph/attributes.ts";
import { FILL_AT, ZERO_HIDDEN } from "../../compiler/ir/types.ts";
import { evaluateGraph } from "../../ort/evaluate.ts";
import { numbersIn } from "../../ort/tensors.ts";
import type { OrtElem, OrtTensor, OrtTensors } from "../../ort/types.ts";
import { attentionReference } from "../support/attention.ts";
import type { AttentionInputs } from "../support/attention.ts";
import { canonical, canonicalNode, random, shape } from "../support/graphs.ts";

export interface Case {
  /** B, Sq, Sk */
  readonly sizes?: readonly [number, number, number];
  /** H, Hk */
  readonly heads?: readonly [number, number];
  /** Heads as the shapes say them; numbers by default. */
  readonly said?: readonly [Expr, Expr];
  /** D, Dv */
  readonly width?: readonly [number, number];
  readonly mask?: OrtTensor;
  /** Extents of the mask as the shapes say them; unknown by default. */
  readonly maskSaid?: readonly Expr[];
  readonly softcap?: number;
  readonly fill?: number;
  readonly fillAt?: number;
  readonly zeroHidden?: number;
  /** Changes the operands before they are used. */
  readonly edit?: (inputs: { readonly q: OrtTensor; readonly k: OrtTensor; readonly v: OrtTensor }) => void;
  readonly causal?: boolean;
  readonly nanToZero?: boolean;
  readonly elem?: OrtElem;
  readonly opset?: number;
  readonly scale?: number;
}

interface Made {
  readonly graph: CanonicalGraph;
  readonly inputs: AttentionInputs;
}

export function attention(options: Case): Made {
  const { sizes: [b, sq, sk] = [2, 5, 7], heads: [h, hk] = [4, 4], width: [d, dv] = [8, 8] } = options;
  const { elem = "float32", mask, maskSaid, said = [h, hk], opset = 18 } = options;
  const operands = {
    q: random(1, [b, sq, h, d], elem),
    k: random(2, [b, sk, hk, d], elem),
    v: random(3, [b, sk, hk, dv], elem),
  };
  options.edit?.(operands);
  const extents = maskSaid ?? mask?.dims.map((_, i) => `m${i}`) ?? [];
  const shapes: Record<string, ValueShape> = {
    q: shape(elem, "B", "Sq", said[0], d),
    k: shape(elem, "B", "Sk", said[1], d),
    v: shape(elem, "B", "Sk", said[1], dv),
    ...(mask === undefined ? {} : { mask: shape(mask.elem, ...extents) }),
  };
  const { scale = 0.3, softcap = 0, causal = false, nanToZero = false } = options;
  const { fill = -Infinity, fillAt = FILL_AT.score, zeroHidden = ZERO_HIDDEN.never } = options;
  const site = canonicalNode("Attention", ["q", "k", "v", ...(mask === undefined ? [] : ["mask"])], ["y"], {
    domain: "cp",
    attributes: {
      scale: float(scale),
      softcap: float(softcap),
      causal: int(causal ? 1 : 0),
      nan_to_zero: int(nanToZero ? 1 : 0),
      fill: float(fill),
      fill_at: int(fillAt),
      zero_hidden: int(zeroHidden),
    },
  });
  const made = { y: shape(elem, "B", "Sq", said[0], dv) };
  const graph = canonical({ inputs: shapes, outputs: ["y"], nodes: [site], shapes: made, opset });
  const meaning = { scale, softcap, causal, nanToZero, fill, fillAt, zeroHidden };
  return { graph, inputs: { ...operands, ...(mask === undefined ? {} : { mask }), ...meaning } };
}

/** Largest difference from the loops; infinite where one is NaN or infinite and the other is not. */
export async function difference(options: Case): Promise<number> {
  const { graph, inputs } = attention(options);
  const { q, k, v, mask } = inputs;
  const emitted = emitGraph(graph);
  const feeds: OrtTensors = { q, k, v, ...(mask === undefined ? {} : { mask }) };
  const { y } = await evaluateGraph(emitted.graph, feeds, { opsets: emitted.opsets });
  expect(y?.dims).toEqual([q.dims[0], q.dims[1], q.dims[2], v.dims[3]]);
  const [ours, theirs] = [numbersIn(y!), attentionReference(inputs)];
  expect(ours.length).toBe(theirs.length);
  return theirs.reduce((worst, number, i) => {
    const own = ours[i]!;
    if (Number.isFinite(number) && Number.isFinite(own)) return Math.max(worst, Math.abs(number - own));
    return Object.is(number, own) ? worst : Infinity;
  }, 0);
}
