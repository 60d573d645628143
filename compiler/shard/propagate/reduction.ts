/**
 * @file A reduction along a split axis, where the results of the ranks can be combined exactly: each rank reduces its rows, an all-gather
 * distributes the results, and all ranks combine them in rank order, so that the whole result is the same everywhere. The rule says what
 * the combination is.
 */
import { outputShapes } from "../../operators/infer.ts";
import type { FactorKind, FactorMap, NodeView } from "../../operators/types.ts";
import { elemCode } from "../../graph/elements.ts";
import type { CanonicalNode, ValueShape } from "../../ir/types.ts";
import { RANK, type Expr } from "../../expr/expr.ts";
import { alignOperand } from "./alignment.ts";
import { extentOf, localExtent, shardOf, WHOLE, type Split } from "../layout.ts";
import { localOperands } from "./local-operands.ts";
import { declare, splitRanks, type State } from "../state.ts";
import { addLocal, elemOf, integers, addCollective } from "../writer.ts";
import type { Demand } from "./unify.ts";
import type { Origin } from "../types.ts";
import { neverEmpty } from "../knowledge.ts";

/**
 * Combines the results of two ranks, for floats and integers alike. A mean is a sum of weighted means, a norm the root of the sum of the squared
 * norms.
 */
const COMBINE: Readonly<Partial<Record<FactorKind, "Add" | "Max" | "Min">>> = {
  sum: "Add",
  mean: "Add",
  norm: "Add",
  max: "Max",
  min: "Min",
};

/** Reductions of integers are rounded, so that those of the ranks do not determine them. */
const OF_FLOATS: ReadonlySet<FactorKind> = new Set(["mean", "norm"]);

/**
 * The split factor if it is the only one, its reduction can be combined, and no rank is without rows; else `null`. All operands that have
 * it must be split: a split stream against a whole weight means that the plan names the wrong axis.
 */
export function reducedFactor(
  state: State,
  map: FactorMap,
  splits: ReadonlyMap<number, Split>,
  demands: readonly Demand[],
): number | null {
  const [factor, ...others] = splits.keys();
  if (factor === undefined || others.length > 0 || COMBINE[map.factors[factor]!.kind] === undefined) return null;
  // The batch is not exchanged inside the model, nor are the heads of products.
  if (state.over !== "sequence") return null;
  if (OF_FLOATS.has(map.factors[factor]!.kind) && !elemOf(state, demands[0]!.value).includes("float")) return null;
  const has = (axes: FactorMap["inputs"][number]): boolean =>
    axes?.some((a) => "product" in a && a.product.includes(factor)) ?? false;
  if (map.inputs.some((axes, operand) => has(axes) && !demands.some((d) => d.operand === operand))) return null;
  // A rank may have any of the rows: together, the ranks have each once.
  return neverEmpty(state, splitRanks(state), splits.get(factor)!.segments) ? factor : null;
}

/** Adds the local reduction, the all-gather and the combination; false if an operand cannot be aligned. */
export function allReduce(
  state: State,
  node: CanonicalNode,
  view: NodeView,
  map: FactorMap,
  splits: ReadonlyMap<number, Split>,
  factor: number,
  origin: Origin,
): boolean {
  const aligned = node.inputs.map((name, i) => alignOperand(state, node, i, name, map, splits));
  const shapes = outputShapes(view);
  const output = node.outputs[0]!;
  if (aligned.some((name) => name === null) || shapes === null || node.outputs.length !== 1) return false;
  const local = localOperands(state, { ...node, inputs: aligned as string[] }, map, shapes, [WHOLE]);
  const shape = shapes[0]!;
  const [own] = addLocal(state, origin, {
    op: local.op,
    domain: local.domain,
    inputs: local.inputs,
    attributes: local.attributes,
    outputs: [{ name: `${output}::own`, dims: shape.dims, elem: shape.elem }],
  });
  const { kind } = map.factors[factor]!;
  const sent = kind === "mean" ? weighted(state, own!, shape, splits.get(factor)!, origin) : own!;
  const received = gatherResults(state, sent, shape, origin);
  const whole =
    kind === "norm"
      ? norm(state, received, output, shape, origin)
      : combined(state, COMBINE[kind]!, received, output, shape, origin);
  declare(state, whole, shape, WHOLE, output, origin);
  return true;
}

/** Combines the results of all ranks in rank order, pairwise: the same on every rank. With one rank it is the result. */
function combined(
  state: State,
  op: string,
  results: readonly string[],
  name: string,
  { elem, dims }: ValueShape,
  origin: Origin,
): string {
  const [first, ...others] = results as readonly [string, ...string[]];
  const last = others.length - 1;
  const add = (inputs: readonly string[], name: string, op: string): string =>
    addLocal(state, origin, { op, inputs, outputs: [{ name: name, dims, elem }] })[0]!;
  if (last < 0) return add([first], name, "Identity");
  return others.reduce((sum, result, i) => add([sum, result], i === last ? name : `${name}::upto${i + 1}`, op), first);
}

/** The norm of the norms of all ranks. */
function norm(state: State, norms: readonly string[], name: string, shape: ValueShape, origin: Origin): string {
  const add = (op: string, inputs: readonly string[], name: string): string =>
    addLocal(state, origin, { op, inputs, outputs: [{ name, dims: shape.dims }] })[0]!;
  if (norms.length === 1) return add("Identity", norms, name);
  const squares = norms.map((own, i) => add("Mul", [own, own], `${name}::square${i}`));
  return add("Sqrt", [combined(state, "Add", squares, `${name}::squares`, shape, origin)], name);
}

/** A rank's mean times its share of the rows. */
function weighted(state: State, mean: string, { elem, dims }: ValueShape, split: Split, origin: Origin): string {
  const to = { to: { kind: "int", value: elemCode(elem) } as const };
  const count = (name: string, rows: Expr): string => {
    const operand = integers(state, `${mean}::${name}`, [rows]);
    return addLocal(state, origin, {
      op: "Cast",
      inputs: [operand],
      outputs: [{ name: `${mean}::${name}.float`, dims: [1], elem }],
      attributes: to,
    })[0]!;
  };
  const own = count("rows", localExtent(shardOf(0, split, state.over), state.options.mesh, RANK));
  const all = count("all-rows", extentOf(split));
  const [share] = addLocal(state, origin, {
    op: "Div",
    inputs: [own, all],
    outputs: [{ name: `${mean}::share`, dims: [1], elem }],
  });
  // A scalar mean times a share of one element has one axis too many: the share becomes a scalar as well.
  const axes = integers(state, `${mean}::axes`, [0]);
  const [scalar] = addLocal(state, origin, {
    op: "Squeeze",
    inputs: [share!, axes],
    outputs: [{ name: `${mean}::share.scalar`, dims: [], elem }],
  });
  return addLocal(state, origin, {
    op: "Mul",
    inputs: [mean, scalar!],
    outputs: [{ name: `${mean}::weighted`, dims, elem }],
  })[0]!;
}

function gatherResults(state: State, value: string, { elem, dims }: ValueShape, origin: Origin): readonly string[] {
  const [received] = addCollective(
    state,
    { name: `${value}::all-reduce`, collective: "all-gather", group: state.over, purpose: "all-reduce", origin },
    [{ send: [value], receive: (rank) => `${value}::from${rank}`, elem, dims: () => dims }],
  );
  return received!;
}
