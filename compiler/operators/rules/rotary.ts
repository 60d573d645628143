/**
 * @file Rotary embedding as one operator, in the spelling of ai.onnx and of com.microsoft: (B, S, H * D) or (B, H, S, D), rotated by tables
 * of cosines and sines at each position.
 */
import { factorList, ONE, type FactorList } from "../builder.ts";
import type { ValueShape } from "../../ir/types.ts";
import type { Axis, OperatorRule } from "../types.ts";

/** Operands 1 and 2 are the tables, operand 3 the positions. */
export const rotary: OperatorRule = turned(1, 3);

/** Operand 1 are the positions, operands 2 and 3 the tables. */
export const microsoftRotary: OperatorRule = turned(2, 1);

function turned(table: number, positions: number): OperatorRule {
  return {
    types: [{ operand: 0 }],
    factors: (view) => {
      const x = view.inputs[0];
      if (!x) return null;
      const list = factorList();
      const sequence = x.dims.length - 2;
      const at = view.inputs[positions] ?? null;
      // A single position is the start that all rows count from: each row then depends on its index.
      const counted = at !== null && at.dims.length < 2;
      const kindOf = (i: number): "free" | "along" =>
        i === x.dims.length - 1 || (i === sequence && counted) ? "along" : "free";
      const axes = x.dims.map((d, i) => list.axis(d, kindOf(i)));
      const rows: readonly Axis[] = [axes[0]!, axes[sequence]!];
      const inputs = view.inputs.map((s, i) => {
        if (s === null) return null;
        if (i === 0) return axes;
        if (i === positions) return counted ? s.dims.map(() => ONE) : shared(s, rows, list);
        return i === table || i === table + 1 ? shared(s, s.dims.length === 3 ? rows : [], list) : null;
      });
      return { factors: list.factors, inputs, outputs: [axes], sizing: [] };
    },
  };
}

/** The leading axes of a value are `lead`, unless they are 1; the others must be whole. */
function shared(shape: ValueShape, lead: readonly Axis[], list: FactorList): readonly Axis[] {
  return shape.dims.map((d, i) => (d === 1 ? ONE : (lead[i] ?? list.axis(d, "along"))));
}
