/**
 * @file The factor map of `RotaryEmbedding`: pairs within a head are turned, every token by angles of its own.
 */
import type { Expr } from "../../expr/expr.ts";
import { factorList, ONE } from "./builder.ts";
import type { Axis, FactorMap, OperatorRule, Site } from "./types.ts";

/**
 * x (B, H, S, D) or (B, S, H * D), cos and sin (B, S, R / 2), or tables (positions, R / 2) that positions (B, S) index -> as x.
 */
export const rotary: OperatorRule = { type: { operand: 0 }, factors: rotaryFactors };

function rotaryFactors(site: Site): FactorMap | null {
  const [x, cos, sin, positions] = site.inputs;
  if (!x || !cos || !sin || x.dims.length < 3) return null;
  const list = factorList();
  const last = x.dims.length - 1;
  const input = x.dims.map((d, i) => list.axis(d, i === last ? "along" : "free"));
  const tokens = [input[0]!, input.at(-2)!];
  const perToken = (dims: readonly Expr[]): readonly Axis[] =>
    dims.map((d, i) => (d === 1 ? ONE : (tokens[i] ?? list.axis(d, "along"))));
  const table = (dims: readonly Expr[]): readonly Axis[] =>
    positions ? dims.map((d) => list.axis(d, "along")) : perToken(dims);
  return {
    factors: list.factors,
    inputs: [input, table(cos.dims), table(sin.dims), positions ? perToken(positions.dims) : null],
    outputs: [input],
    sizing: [],
  };
}
