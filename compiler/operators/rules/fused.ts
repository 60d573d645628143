/**
 * @file Operators of onnxruntime's optimisers that are taken apart when a model is read. Until then these rules give their shapes, and let
 * pass what remains independent where one stays.
 */
import { add, type Expr } from "../../expr/expr.ts";
import { factorList, fromEnd, intAttribute, intsAttribute, ONE } from "../builder.ts";
import type { Axis, FactorMap, NodeView, OperatorRule } from "../types.ts";
import { matMul } from "./contraction.ts";

/**
 * Attention of (B, S, C), projected by weights (C, E) to queries, keys and values of H heads -> (B, S, Ev), and keys and values as
 * (2, B, H, T, D). The batch passes without a mask and without past keys.
 */
export const projected: OperatorRule = {
  types: [{ operand: 0 }],
  factors: (view) => {
    const [input, weights] = view.inputs;
    const [widths, heads] = [widthsOf(view), intAttribute(view, "num_heads", 0)];
    if (input?.dims.length !== 3 || !weights || widths === null || heads === 0) return null;
    const list = factorList();
    const alone = view.inputs.slice(3).every((s) => s === null) && view.node.outputs.length === 1;
    const batch = list.axis(input.dims[0]!, alone ? "free" : "along");
    const whole = (dims: readonly Expr[]): readonly Axis[] => dims.map((d) => list.axis(d, "along"));
    const rest = view.inputs.slice(1).map((s) => s && whole(s.dims));
    const keys = add(view.inputs[4]?.dims[3] ?? 0, input.dims[1]!);
    const rows = whole([input.dims[1]!, widths.at(-1)!]);
    const cache = [...whole([2]), batch, ...whole([heads, keys, widths[0]! / heads])];
    return {
      factors: list.factors,
      inputs: [[batch, ...whole(input.dims.slice(1))], ...rest],
      outputs: [[batch, ...rows], cache].slice(0, view.node.outputs.length),
      sizing: [],
    };
  },
};

function widthsOf(view: NodeView): readonly number[] | null {
  const sizes = intsAttribute(view, "qkv_hidden_sizes");
  if (sizes?.length === 3) return sizes;
  const width = view.inputs[1]?.dims[1];
  return typeof width === "number" && width % 3 === 0 ? [width / 3, width / 3, width / 3] : null;
}

/** Operands of `EmbedLayerNormalization` with an element for each row: ids, segments, mask, positions. */
const PER_ROW: ReadonlySet<number> = new Set([0, 1, 7, 8]);

/**
 * (B, S) ids -> (B, S, C), keys in use as (B), and the sum before the normalisation. Row i is at position i, so rows are whole. Tables,
 * scale and bias must be constants: no plan splits them.
 */
export const embedding: OperatorRule = {
  types: [{ operand: 2 }, { elem: "int32" }, { operand: 2 }],
  factors: (view) => {
    const [ids, , words] = view.inputs;
    if (ids?.dims.length !== 2 || words?.dims.length !== 2) return null;
    const list = factorList();
    const [batch, rows, width] = [
      list.axis(ids.dims[0]!),
      list.axis(ids.dims[1]!, "along"),
      list.axis(words.dims[1]!, "along"),
    ];
    const inputs = view.inputs.map((s, i) =>
      s === null || !PER_ROW.has(i) ? null : s.dims.map((d, axis) => (d === 1 ? ONE : axis === 0 ? batch : rows)),
    );
    const result = [batch, rows, width];
    const outputs = [result, [batch], result].slice(0, view.node.outputs.length);
    return { factors: list.factors, inputs, outputs, sizing: [] };
  },
};

/** A product of floats with quantised weights. The range of all rows determines the scale, so only columns of the weights pass. */
export const dynamicProduct: OperatorRule = {
  types: [{ operand: 0 }],
  factors: (view) => {
    const map = matMul.factors({ ...view, inputs: view.inputs.slice(0, 2) });
    const [left] = map?.inputs ?? [];
    if (!map || !left) return null;
    const columns = (map.inputs[1]?.at(-1) ?? ONE) as { readonly product: readonly number[] };
    const factors = map.factors.map((f, i) => (columns.product.includes(i) ? f : { ...f, kind: "along" as const }));
    return { ...map, factors, inputs: [...map.inputs.slice(0, 2), ...perColumn(view, 2, map)] };
  },
};

/** A product of integers, scaled to floats: operands 2 to 6 are scales, zero points and a bias, in scalars or one for each column of b. */
export const scaledProduct: OperatorRule = {
  types: [{ operand: 2 }],
  factors: (view) => {
    const map = matMul.factors({ ...view, inputs: view.inputs.slice(0, 2) });
    if (!map) return null;
    // A bias must be added once.
    const factors = map.factors.map((f) => (f.kind === "sum" ? { ...f, kind: "along" as const } : f));
    return { ...map, factors, inputs: [...map.inputs.slice(0, 2), ...perColumn(view, 2, map)] };
  },
};

function perColumn(view: NodeView, from: number, map: FactorMap): readonly (readonly Axis[] | null)[] {
  const columns = map.inputs[1]!.at(fromEnd(-1, map.inputs[1]!.length))!;
  return view.inputs.slice(from).map((s) => s && s.dims.map((d) => (d === 1 ? ONE : columns)));
}
