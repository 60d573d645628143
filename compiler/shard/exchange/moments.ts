/**
 * @file Normalisation along a split axis: each rank computes the mean and the squared deviations of its elements, an all-gather distributes both, and
 * each rank combines them in rank order. Deviations are from the rank's own mean, and corrected by that of all: as exact as a first pass for the
 * mean and a second one for the deviations from it, in one exchange in place of two.
 */
import { equal, floorDiv, mul, type Expr } from "../../expr/expr.ts";
import { elemCode } from "../../graph/elements.ts";
import { int } from "../../graph/attributes.ts";
import { tensorFromNumbers } from "../../graph/tensors.ts";
import type { Attributes, ElemType } from "../../graph/types.ts";
import { rankAt } from "../../../program/mesh.ts";
import type { CanonicalNode, ValueShape } from "../../ir/types.ts";
import type { MomentsExchange } from "../../operators/types.ts";
import { neverEmpty } from "../knowledge.ts";
import { extentOf, localExtent, shardOf, type Split } from "../layout.ts";
import { declare, localDimsOf, shapeOf, splitRanks, type State } from "../state.ts";
import type { AxisShard, Origin } from "../types.ts";
import { addCollective, addConcat, addLocal, addReshape, elemOf, integers, takeNode } from "../writer.ts";

/** Adds the steps; false, with nothing added, where a rank might have no elements. */
export function normaliseBy(
  state: State,
  node: CanonicalNode,
  shape: ValueShape,
  exchange: MomentsExchange,
  split: Split,
  origin: Origin,
): boolean {
  const [value] = node.inputs as readonly [string];
  const [name] = node.outputs as readonly [string];
  const ranks = splitRanks(state);
  if (state.over !== "sequence" || !neverEmpty(state, ranks, split.segments)) return false;
  const by = state.origins.get(value) ?? origin;
  const shard = shardOf(exchange.axis, split, state.over);
  if (ranks === 1) takeNode(state, node, origin);
  else addNormalised(state, node, exchange, shard, origin);
  declare(state, name, shape, [shard], name, by);
  return true;
}

/** Writes values of the exchange, of one type, under names that begin alike. */
interface Draft {
  readonly state: State;
  readonly origin: Origin;
  readonly name: string;
  readonly elem: ElemType;
}

type Operands = readonly string[];

function make(d: Draft, what: string, op: string, inputs: Operands, dims: readonly Expr[], attributes?: Attributes) {
  const outputs = [{ name: `${d.name}::${what}`, dims, elem: d.elem }];
  return addLocal(d.state, d.origin, { op, inputs, outputs, ...(attributes === undefined ? {} : { attributes }) })[0]!;
}

function addNormalised(
  state: State,
  node: CanonicalNode,
  { groups, epsilon }: MomentsExchange,
  shard: AxisShard,
  origin: Origin,
): void {
  const [value, scale, bias] = node.inputs as readonly [string, string, string];
  const [name] = node.outputs as readonly [string];
  const [elem, dims] = [elemOf(state, value), localDimsOf(state, value)];
  // Sums of squares leave the range of 16 bits.
  const d: Draft = { state, origin, name, elem: elem === "float64" ? elem : "float32" };
  const [batch, channels] = dims as readonly [Expr, Expr];
  const places = mul(...dims.slice(2));
  const grouped = [batch, groups, floorDiv(channels, groups), places];
  const wide = addReshape(state, origin, value, `${name}::grouped`, grouped);
  const x = cast(d, wide, "wide", grouped);
  const one = [batch, groups, 1, 1];
  const mean = reduce(d, "own-mean", "ReduceMean", x, one);
  const centred = make(d, "centred", "Sub", [x, mean], grouped);
  const squares = reduce(d, "own-squares", "ReduceSumSquare", centred, one);
  const all = combine(d, mean, squares, { value, shard, groups }, one);
  const inverse = make(d, "inverse", "Reciprocal", [deviation(d, all.variance, epsilon, one)], one);
  // By channel, or by group as older operator sets have it.
  const isByGroup = equal(shapeOf(state, scale).dims[0]!, groups);
  const width = isByGroup ? 1 : floorDiv(channels, groups);
  const by = (operand: string, what: string): string => {
    const apart = [groups, width, 1];
    return cast(d, addReshape(state, origin, operand, `${name}::${what}`, apart), `${what}.wide`, apart);
  };
  const each = [batch, groups, width, 1];
  const factor = make(d, "factor", "Mul", [inverse, by(scale, "scale")], each);
  const moved = make(d, "own-shift", "Mul", [make(d, "off", "Sub", [mean, all.mean], one), factor], each);
  const shift = make(d, "shift", "Add", [moved, by(bias, "bias")], each);
  const scaled = make(d, "scaled", "Mul", [centred, factor], grouped);
  const shifted = make(d, "shifted", "Add", [scaled, shift], grouped);
  const result = elem === d.elem ? shifted : castTo(d, shifted, "narrow", grouped, elem);
  addReshape(state, origin, result, name, dims);
}

/** The square root of a variance and what keeps it from 0. */
function deviation(d: Draft, variance: string, epsilon: number, dims: readonly Expr[]): string {
  const value = { kind: "tensor", value: tensorFromNumbers(d.elem, [1], [epsilon]) } as const;
  const one = integers(d.state, `${d.name}::epsilon.shape`, [1]);
  const added = make(d, "epsilon", "ConstantOfShape", [one], [1], { value });
  return make(d, "deviation", "Sqrt", [make(d, "variance.raised", "Add", [variance, added], dims)], dims);
}

/** Over the elements of a group, which stay as axes of extent 1. */
function reduce(d: Draft, what: string, op: string, x: string, dims: readonly Expr[], axes = [2, 3]): string {
  const operand = integers(d.state, `${d.name}::${what}.axes`, axes);
  return make(d, what, op, [x, operand], dims, { keepdims: int(1) });
}

function cast(d: Draft, value: string, what: string, dims: readonly Expr[]): string {
  return elemOf(d.state, value) === d.elem ? value : castTo(d, value, what, dims, d.elem);
}

function castTo(d: Draft, value: string, what: string, dims: readonly Expr[], elem: ElemType): string {
  return make({ ...d, elem }, what, "Cast", [value], dims, { to: int(elemCode(elem)) });
}

interface Rows {
  readonly value: string;
  readonly shard: AxisShard;
  readonly groups: Expr;
}

/** Mean and variance of all elements, from those of each rank: n_i elements with mean m_i and squared deviations s_i. */
function combine(
  d: Draft,
  mean: string,
  squares: string,
  rows: Rows,
  one: readonly Expr[],
): { readonly mean: string; readonly variance: string } {
  const { state, origin, name } = d;
  const send = (value: string, what: string) => {
    return { send: [value], receive: (at: number) => `${name}::${what}${at}`, elem: d.elem, dims: () => one };
  };
  const step = {
    name: `${name}::moments`,
    collective: "all-gather",
    group: state.over,
    purpose: "all-reduce",
  } as const;
  const [means, sums] = addCollective(state, { ...step, origin }, [send(mean, "mean"), send(squares, "squares")]);
  const ranks = [...one.slice(0, 3), splitRanks(state)];
  const m = addConcat(state, origin, means!, 3, `${name}::means`, ranks);
  const s = addConcat(state, origin, sums!, 3, `${name}::squares`, ranks);
  const shares = sharesOf(d, rows);
  const whole = reduce(d, "mean", "ReduceSum", make(d, "parts", "Mul", [m, shares.weights], ranks), one, [3]);
  const off = make(d, "offsets", "Sub", [m, whole], ranks);
  const squared = make(d, "offsets.squared", "Mul", [off, off], ranks);
  const apart = make(d, "between", "Mul", [squared, shares.weights], ranks);
  const within = make(d, "within", "Div", [s, shares.count], ranks);
  const terms = make(d, "variances", "Add", [within, apart], ranks);
  return { mean: whole, variance: reduce(d, "variance", "ReduceSum", terms, one, [3]) };
}

/** What share of the elements of a group each rank holds, and how many there are: counted as integers. */
function sharesOf(d: Draft, { shard, value, groups }: Rows): { readonly weights: string; readonly count: string } {
  const { state, name } = d;
  const { mesh } = state.options;
  const whole = shapeOf(state, value).dims;
  const ranks = splitRanks(state);
  const held = Array.from({ length: ranks }, (_, at) => localExtent(shard, mesh, rankAt(state.over, at, 0, mesh)));
  const float = (what: string, elements: readonly Expr[]): string =>
    castTo(d, integers(state, `${name}::${what}`, elements), `${what}.float`, [elements.length], d.elem);
  const weights = make(d, "weights", "Div", [float("rows", held), float("all-rows", [extentOf(shard)])], [ranks]);
  return { weights, count: float("elements", [mul(floorDiv(whole[1]!, groups), ...whole.slice(2))]) };
}
