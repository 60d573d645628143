/**
 * @file Operators whose result shape is read from the file, and whose axes must be whole except for named ones: convolutions, pooling,
 * and every operator that the table does not know.
 */
import { factorList } from "./builder.ts";
import type { Expr } from "../../expr/expr.ts";
import type { Axis, FactorMap, OperatorRule, Site } from "./types.ts";

/** (N, C, spatial...): only the batch passes; the shape of the result is the declared one. */
export const spatial: OperatorRule = {
  types: [{ operand: 0 }],
  factors: (site) => opaque(site, true),
};

/** Nothing passes. */
export const unknown: OperatorRule = {
  types: ["declared"],
  factors: (site) => opaque(site, false),
};

function opaque(site: Site, batch: boolean): FactorMap | null {
  const results = site.node.outputs.map((_, i) => site.declared(i));
  if (results.some((s) => s === null)) return null;
  const list = factorList();
  const first = list.axis(site.inputs[0]?.dims[0] ?? 1);
  const whole = (dims: readonly Expr[], withBatch: boolean): readonly Axis[] =>
    dims.map((d, i) => (withBatch && i === 0 ? first : list.axis(d, "along")));
  const inputs = site.inputs.map((s, i) => (s === null ? null : whole(s.dims, batch && i === 0)));
  return { factors: list.factors, inputs, outputs: results.map((s) => whole(s!.dims, batch)), sizing: [] };
}
