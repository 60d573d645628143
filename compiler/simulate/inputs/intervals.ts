/**
 * @file Bounds of the values of a graph, from bounds of its inputs: enough for indices, logarithms and roots. An operator that is not listed
 * gives no bounds, and no bounds are no reason to refuse anything. Knows no ranks.
 */
import { evaluate, symbolsOf, withinLimits, type Expr } from "../../expr/expr.ts";
import { sizeOf } from "../../graph/elements.ts";
import { numbersOf } from "../../graph/tensors.ts";
import type { Tensor } from "../../graph/types.ts";
import { CP, type CanonicalGraph, type CanonicalNode } from "../../ir/types.ts";
import type { Lengths } from "../positions.ts";

/** Both ends are possible. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

export type Intervals = ReadonlyMap<string, Interval>;

/** A node with the number of elements of its operands and results. */
interface At {
  readonly node: CanonicalNode;
  /** Elements of an operand for each of the result: as many as a sum adds. */
  readonly terms: number;
}

type Bounds = (operands: readonly (Interval | undefined)[], at: At) => Interval | undefined;

/** Of every value whose bounds are known, where the inputs have these. */
export function intervalsOf(graph: CanonicalGraph, lengths: Lengths, inputs: Intervals): Intervals {
  const known = new Map<string, Interval>([...constantBounds(graph), ...inputs]);
  for (const [name, { elements }] of graph.integers) {
    const numbers = elements.map((element) => numberOf(element, lengths));
    if (numbers.length > 0 && numbers.every((n) => n !== null)) known.set(name, hull(numbers));
  }
  for (const node of graph.nodes) {
    const bounds = boundsOf(node);
    if (bounds === undefined) continue;
    const operands = node.inputs.map((name) => known.get(name));
    const [from, to] = [node.inputs[0] ?? "", node.outputs[0] ?? ""].map((name) => sizeIn(graph, name, lengths));
    const result = bounds(operands, { node, terms: Math.max(1, from! / Math.max(1, to!)) });
    if (result === undefined || Number.isNaN(result.low) || Number.isNaN(result.high)) continue;
    for (const name of node.outputs) if (name !== "") known.set(name, result);
  }
  return known;
}

function boundsOf({ domain, op }: CanonicalNode): Bounds | undefined {
  if (domain === CP) return op === "Shard" || op === "Gather" ? first : undefined;
  return domain === "" && Object.hasOwn(BOUNDS, op) ? BOUNDS[op] : undefined;
}

const first: Bounds = ([a]) => a;
const joined: Bounds = (all) => {
  const known = all.filter((x) => x !== undefined);
  return known.length < all.length || known.length === 0
    ? undefined
    : hull(known.flatMap(({ low, high }) => [low, high]));
};
/** Of a monotonous function. */
const through =
  (f: (x: number) => number): Bounds =>
  ([a]) =>
    a && hull([f(a.low), f(a.high)]);
const within =
  (low: number, high: number): Bounds =>
  () => ({ low, high });
/** Of an operation whose extremes are at the ends of its operands. */
const ends =
  (f: (x: number, y: number) => number): Bounds =>
  ([a, b]) =>
    a && b && hull([f(a.low, b.low), f(a.low, b.high), f(a.high, b.low), f(a.high, b.high)]);
const withZero: Bounds = ([a]) => a && hull([a.low, a.high, 0]);
const summed: Bounds = ([a], { terms }) => a && hull([a.low, a.high, a.low * terms, a.high * terms]);
const squared: Bounds = ([a]) => a && hull([a.low * a.low, a.high * a.high, ...(a.low < 0 && a.high > 0 ? [0] : [])]);

const same = [
  "Identity",
  "Reshape",
  "Transpose",
  "Unsqueeze",
  "Squeeze",
  "Expand",
  "Slice",
  "Split",
  "Flatten",
  "Tile",
];
const picking = ["Gather", "GatherElements", "GatherND", "ReduceMax", "ReduceMin", "ReduceMean", "MaxPool", "TopK"];
const logical = [
  "Equal",
  "Greater",
  "GreaterOrEqual",
  "Less",
  "LessOrEqual",
  "Not",
  "And",
  "Or",
  "Xor",
  "IsNaN",
  "IsInf",
];

const BOUNDS: Readonly<Record<string, Bounds>> = {
  ...Object.fromEntries([...same, ...picking].map((op) => [op, first])),
  ...Object.fromEntries([...logical, "Sigmoid", "HardSigmoid", "Softmax"].map((op) => [op, within(0, 1)])),
  ...Object.fromEntries(["Tanh", "Sin", "Cos", "Erf", "Sign", "Softsign"].map((op) => [op, within(-1, 1)])),
  // A Cast to whole numbers cuts off.
  Cast: first,
  Concat: joined,
  Where: ([, a, b]) => joined([a, b], NOWHERE),
  Max: joined,
  Min: joined,
  Clip: ([a, low, high], { node }) => {
    const [least, most] = [low?.low ?? -Infinity, high?.high ?? Infinity];
    if (a === undefined && (node.inputs.length < 3 || low === undefined || high === undefined)) return undefined;
    return { low: Math.min(most, Math.max(a?.low ?? least, least)), high: Math.min(most, a?.high ?? most) };
  },
  Pad: withZero,
  Trilu: withZero,
  AveragePool: withZero,
  Add: ends((x, y) => x + y),
  Sub: ends((x, y) => x - y),
  Mul: ([a, b], at) => (at.node.inputs[0] === at.node.inputs[1] ? squared([a], at) : ends((x, y) => x * y)([a, b], at)),
  Div: ([a, b], at) => (b && b.low <= 0 && b.high >= 0 ? undefined : ends((x, y) => x / y)([a, b], at)),
  Mod: ([, b]) => (b && b.low > 0 ? { low: 0, high: b.high - 1 } : undefined),
  Pow: ([a, b], at) => (b?.low === 2 && b.high === 2 ? squared([a], at) : undefined),
  Neg: through((x) => -x),
  Abs: ([a]) =>
    a && { low: a.low > 0 ? a.low : a.high < 0 ? -a.high : 0, high: Math.max(Math.abs(a.low), Math.abs(a.high)) },
  Relu: through((x) => Math.max(0, x)),
  Exp: through(Math.exp),
  Sqrt: ([a]) => a && { low: Math.sqrt(Math.max(0, a.low)), high: Math.sqrt(Math.max(0, a.high)) },
  Log: ([a]) => (a && a.low > 0 ? { low: Math.log(a.low), high: Math.log(a.high) } : undefined),
  Softplus: through((x) => Math.log1p(Math.exp(Math.min(x, 700)))),
  Floor: through(Math.floor),
  Ceil: through(Math.ceil),
  Round: through(Math.round),
  ReduceSum: summed,
  ReduceL1: ([a]) => a && { low: 0, high: Infinity },
  ReduceL2: () => ({ low: 0, high: Infinity }),
  ReduceSumSquare: () => ({ low: 0, high: Infinity }),
};

const NOWHERE: At = {
  node: { name: "", op: "", domain: "", inputs: [], outputs: [], attributes: {}, scope: "" },
  terms: 1,
};

function hull(numbers: readonly number[]): Interval {
  return { low: Math.min(...numbers), high: Math.max(...numbers) };
}

/** Constants of at most so many elements. Weights are of no interest. */
const SMALL = 4096;

const bounded = new WeakMap<Tensor, Interval | "none">();

function constantBounds({ constants }: CanonicalGraph): readonly (readonly [string, Interval])[] {
  return [...constants].flatMap(([name, tensor]) => {
    const bounds = bounded.get(tensor) ?? (sizeOf(tensor.dims) > SMALL ? "none" : boundsIn(tensor));
    bounded.set(tensor, bounds);
    return bounds === "none" ? [] : [[name, bounds] as const];
  });
}

function boundsIn(tensor: Tensor): Interval | "none" {
  const numbers = numbersOf(tensor);
  return numbers === null || numbers.length === 0 || numbers.some(Number.isNaN) ? "none" : hull(numbers);
}

function sizeIn({ shapes }: CanonicalGraph, name: string, lengths: Lengths): number {
  const dims = shapes.get(name)?.dims ?? [];
  return dims.reduce<number>((size, dim) => size * (numberOf(dim, lengths) ?? 1), 1);
}

/** `null` for what depends on data. */
export function numberOf(dim: Expr, lengths: Lengths): number | null {
  if (typeof dim === "number") return dim;
  if (!symbolsOf(dim).every((name) => Object.hasOwn(lengths, name))) return null;
  return withinLimits(() => evaluate(dim, lengths));
}
