/**
 * @file What the unsplit graph itself asks of its lengths: extents that an operator takes as one, and Reshapes that must come out even. For
 * choosing lengths only: a model whose equations are missed here fails when it runs.
 */
import { equal, evaluate, mod, mul, add, symbolsOf, withinLimits, type Expr } from "../../expr/expr.ts";
import type { CanonicalGraph } from "../../ir/types.ts";
import { factorsOf } from "../../operators/factors.ts";
import { viewOf } from "../../operators/infer.ts";
import { resolveTarget } from "../../operators/rules/movement.ts";
import type { Axis, Factor, NodeView } from "../../operators/types.ts";
import type { Lengths } from "../positions.ts";

export interface LengthEquation {
  readonly left: Expr;
  readonly right: Expr;
}

/** Each once, in the order of the nodes; without those that hold for all lengths and those that depend on data. */
export function equationsOf(graph: CanonicalGraph): readonly LengthEquation[] {
  const known = new Set(graph.lengths.map(({ name }) => name));
  const { shapes, integers, constants } = graph;
  const found = new Map<string, LengthEquation>();
  for (const node of graph.nodes) {
    const view = viewOf(node, { shapes, integers, constants, declared: () => null });
    for (const equation of withinLimits(() => [...ofFactors(view), ...ofReshape(view)]) ?? []) {
      const symbols = [...symbolsOf(equation.left), ...symbolsOf(equation.right)];
      if (symbols.length === 0 || symbols.some((name) => !known.has(name))) continue;
      found.set(JSON.stringify([equation.left, equation.right]), equation);
    }
  }
  return [...found.values()];
}

/** An operand's extent is the product of the factors of its axis, or their sum. */
function ofFactors(view: NodeView): readonly LengthEquation[] {
  const map = factorsOf(view);
  if (map === null) return [];
  return map.inputs.flatMap((axes, operand) =>
    (axes ?? []).flatMap((axis, i) => {
      const [left, right] = [view.inputs[operand]!.dims[i]!, extentOf(axis, map.factors)];
      return left === 1 || right === 1 || equal(left, right) ? [] : [{ left, right }];
    }),
  );
}

function extentOf(axis: Axis, factors: readonly Factor[]): Expr {
  if ("joined" in axis) return add(0, ...axis.joined.map((i) => factors[i]!.size));
  return mul(1, ...axis.product.map((i) => factors[i]!.size));
}

/** As many elements before as after; with an open extent, the others divide the number of elements. */
function ofReshape(view: NodeView): readonly LengthEquation[] {
  const [from, target] = [view.inputs[0]?.dims, view.node.op === "Reshape" ? view.integers(1)?.elements : undefined];
  if (from === undefined || target === undefined) return [];
  const total = mul(1, ...from);
  const copied = target.map((d, i) => (d === 0 ? (from[i] ?? 0) : d));
  const rest = mul(1, ...copied.filter((d) => d !== -1));
  if (target.includes(-1)) return rest === 0 ? [] : [{ left: mod(total, rest), right: 0 }];
  const after = mul(1, ...resolveTarget(view, from, target, true));
  return equal(total, after) ? [] : [{ left: total, right: after }];
}

/** Whether no value of the graph would be empty. */
export function fillsAll({ shapes, lengths: named }: CanonicalGraph, lengths: Lengths): boolean {
  const known = new Set(named.map(({ name }) => name));
  return [...shapes.values()].every(({ dims }) =>
    dims.every((dim) => {
      if (typeof dim === "number" || symbolsOf(dim).some((name) => !known.has(name))) return true;
      return (withinLimits(() => evaluate(dim, lengths)) ?? 1) >= 1;
    }),
  );
}
