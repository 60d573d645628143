/**
 * @file Integer chains as expressions: the results of `Shape` and the arithmetic after it, in named lengths. Knows which operators such
 * chains consist of, not what their results are used for.
 */
import { add, atMost, equal, floorDiv, max, min, mod, mul, sub, type Expr } from "../expr/expr.ts";
import { numbersOf } from "../graph/tensors.ts";
import { fromEnd } from "./builder.ts";
import { evenSizes } from "./rules/joining.ts";
import type { NodeView } from "./types.ts";
import type { IntegerValue } from "../ir/types.ts";

/** Integers while a graph is read; booleans count as 0 and 1. Any rank up to 1. */
export interface KnownIntegers {
  readonly elem: IntegerValue["elem"] | "bool";
  readonly dims: readonly number[];
  readonly elements: readonly Expr[];
}

/** A node view whose operands may be integers of a chain. */
export interface ChainView extends Omit<NodeView, "integers"> {
  readonly integers: (operand: number) => KnownIntegers | null;
}

type Evaluate = (view: ChainView) => KnownIntegers | null;

/** The results of a node if all are lists of known lengths, else `null`. An element may be an extent that depends on data: see `isSound`. */
export function evaluateIntegers(view: ChainView): readonly KnownIntegers[] | null {
  const { domain, op } = view.node;
  if (domain !== "" || (op !== "Split" && !Object.hasOwn(CHAIN, op))) return null;
  const results = op === "Split" ? pieces(view) : [CHAIN[op]!(view)];
  return results?.every((one) => one !== null) ? results : null;
}

/** Runs of a list, as ONNX Runtime's optimisers take several lengths from one shape. */
function pieces(view: ChainView): readonly KnownIntegers[] | null {
  const value = view.integers(0);
  const stated = view.integers(1)?.elements;
  const count = view.node.outputs.length;
  if (value?.dims.length !== 1 || (view.node.inputs[1] && stated === undefined)) return null;
  const sizes = stated ?? evenSizes(value.elements.length, count);
  if (sizes.length !== count || !sizes.every((size) => typeof size === "number")) return null;
  const ends = sizes.map((_, i) => sizes.slice(0, i + 1).reduce((a, b) => a + b, 0));
  return ends.map((end, i) => vector(value.elements.slice(end - sizes[i]!, end), value.elem));
}

const CHAIN: Readonly<Record<string, Evaluate>> = {
  Shape: shape,
  Size: (view) => {
    const dims = view.inputs[0]?.dims;
    return dims === undefined ? null : scalar(mul(1, ...dims));
  },
  Identity: (view) => view.integers(0),
  Cast: cast,
  Add: binary(add),
  Sub: binary(sub),
  Mul: binary((a, b) => mul(a, b)),
  Div: binary(divide),
  Mod: binary((a, b) => (b === 0 ? null : mod(a, b))),
  Min: binary(min),
  Max: binary(max),
  Equal: binary(same, "bool"),
  Neg: (view) => map(view.integers(0), (x) => mul(-1, x)),
  Not: (view) => map(view.integers(0), (x) => sub(1, x)),
  Where: where,
  Concat: concat,
  Gather: gather,
  Slice: slice,
  Squeeze: (view) => reshaped(view.integers(0), []),
  Unsqueeze: (view) => {
    const value = view.integers(0);
    return value?.dims.length === 0 ? reshaped(value, [1]) : null;
  },
  Reshape: (view) => {
    const target = view.integers(1);
    return target === null || target.elements.length > 1
      ? null
      : reshaped(view.integers(0), target.elements.length ? null : []);
  },
  ReduceProd: (view) => {
    const value = view.integers(0);
    return value === null
      ? null
      : { elem: value.elem, dims: keeps(view) ? [1] : [], elements: [mul(1, ...value.elements)] };
  },
  ConstantOfShape: fill,
  Expand: (view) => {
    const value = view.integers(0);
    const count = view.integers(1)?.elements;
    if (value?.elements.length !== 1 || count?.length !== 1 || !isSmallCount(count[0])) return null;
    return vector(
      Array.from({ length: count[0] }, () => value.elements[0]!),
      value.elem,
    );
  },
};

function shape(view: ChainView): KnownIntegers | null {
  const dims = view.inputs[0]?.dims;
  if (dims === undefined) return null;
  const { start, end } = view.node.attributes;
  const from = start?.kind === "int" ? fromEnd(start.value, dims.length) : 0;
  const to = end?.kind === "int" ? fromEnd(end.value, dims.length) : dims.length;
  return vector(dims.slice(from, to));
}

function cast(view: ChainView): KnownIntegers | null {
  const to = view.node.attributes["to"];
  const value = view.integers(0);
  const elem =
    to?.kind === "int" ? { 7: "int64" as const, 6: "int32" as const, 9: "bool" as const }[to.value] : undefined;
  if (value === null || elem === undefined || (elem === "bool" && value.elem !== "bool")) return null;
  return { ...value, elem };
}

/** Applies `f` to two operands of equal length or with one element broadcast; `null` from `f` means not known. */
function binary(f: (a: Expr, b: Expr) => Expr | null, elem?: KnownIntegers["elem"]): Evaluate {
  return (view) => {
    const [a, b] = [view.integers(0), view.integers(1)];
    if (a === null || b === null || view.node.inputs.length !== 2) return null;
    const length = Math.max(a.elements.length, b.elements.length);
    const elements: Expr[] = [];
    for (let i = 0; i < length; i++) {
      const [x, y] = [pick(a, i, length), pick(b, i, length)];
      const result = x === undefined || y === undefined ? null : f(x, y);
      if (result === null) return null;
      elements.push(result);
    }
    return {
      elem: elem ?? a.elem,
      dims: a.dims.length >= b.dims.length ? dimsOf(a, length) : dimsOf(b, length),
      elements,
    };
  };
}

function pick(value: KnownIntegers, i: number, length: number): Expr | undefined {
  return value.elements.length === length
    ? value.elements[i]
    : value.elements.length === 1
      ? value.elements[0]
      : undefined;
}

/** ONNX divides integers towards zero; equal to the floor where neither side is negative. */
function divide(a: Expr, b: Expr): Expr | null {
  if (typeof a === "number" && typeof b === "number") return b === 0 ? null : Math.trunc(a / b);
  return atMost(0, a) && atMost(1, b) ? floorDiv(a, b) : exactly(a, b);
}

function exactly(a: Expr, b: Expr): Expr | null {
  const quotient = b === 0 ? null : floorDiv(a, b);
  return quotient !== null && equal(mul(quotient, b), a) ? quotient : null;
}

/** 1, 0, or unknown. Lengths are at least 0, so none equals a negative number. */
function same(a: Expr, b: Expr): Expr | null {
  if (equal(a, b)) return 1;
  const apart = atMost(add(a, 1), b) || atMost(add(b, 1), a);
  return apart ? 0 : null;
}

function where(view: ChainView): KnownIntegers | null {
  const [condition, yes, no] = [0, 1, 2].map((i) => view.integers(i));
  if (!condition || !yes || !no) return null;
  const length = Math.max(condition.elements.length, yes.elements.length, no.elements.length);
  const elements: Expr[] = [];
  for (let i = 0; i < length; i++) {
    const [c, y, n] = [pick(condition, i, length), pick(yes, i, length), pick(no, i, length)];
    const chosen = c === 1 ? y : c === 0 ? n : undefined;
    if (chosen === undefined) return null;
    elements.push(chosen);
  }
  const widest = [condition, yes, no].find((v) => v.elements.length === length && v.dims.length === 1) ?? yes;
  return { elem: yes.elem, dims: dimsOf(widest, length), elements };
}

function concat(view: ChainView): KnownIntegers | null {
  const sources = view.node.inputs.map((_, i) => view.integers(i));
  if (sources.some((p) => p?.dims.length !== 1)) return null;
  return vector(
    sources.flatMap((p) => p!.elements),
    sources[0]!.elem,
  );
}

function gather(view: ChainView): KnownIntegers | null {
  const [data, indices] = [view.integers(0), view.integers(1)];
  if (data?.dims.length !== 1 || indices === null) return null;
  const elements = indices.elements.map((i) =>
    typeof i === "number" ? data.elements[fromEnd(i, data.elements.length)] : undefined,
  );
  if (elements.some((e) => e === undefined)) return null;
  return { elem: data.elem, dims: indices.dims, elements: elements as Expr[] };
}

function slice(view: ChainView): KnownIntegers | null {
  const data = view.integers(0);
  const [start, end] = [view.integers(1)?.elements[0], view.integers(2)?.elements[0]];
  const step = view.node.inputs[4] ? view.integers(4)?.elements[0] : 1;
  if (data?.dims.length !== 1 || typeof start !== "number" || typeof end !== "number" || typeof step !== "number")
    return null;
  if (step === 1) return vector(data.elements.slice(start, end), data.elem);
  const reversed = step === -1 && start === -1 && end < -data.elements.length;
  return reversed ? vector([...data.elements].reverse(), data.elem) : null;
}

function fill(view: ChainView): KnownIntegers | null {
  const count = view.integers(0);
  const value = view.node.attributes["value"];
  const filled = value?.kind === "tensor" && value.value.elem === "int64" ? numbersOf(value.value)?.[0] : undefined;
  if (count?.elements.length !== 1 || !isSmallCount(count.elements[0]) || filled === undefined) return null;
  return vector(Array.from({ length: count.elements[0] }, () => filled));
}

/** Longer tensors are data, not sizes. */
function isSmallCount(count: Expr | undefined): count is number {
  return typeof count === "number" && count >= 0 && count <= 1024;
}

function map(value: KnownIntegers | null, f: (x: Expr) => Expr): KnownIntegers | null {
  return value === null ? null : { ...value, elements: value.elements.map(f) };
}

/** The same elements as a scalar (`[]`), or as a vector (`null`). */
function reshaped(value: KnownIntegers | null, dims: readonly number[] | null): KnownIntegers | null {
  if (value === null) return null;
  const target = dims ?? [value.elements.length];
  return target.length === 0 && value.elements.length !== 1 ? null : { ...value, dims: target };
}

function vector(elements: readonly Expr[], elem: KnownIntegers["elem"] = "int64"): KnownIntegers {
  return { elem, dims: [elements.length], elements };
}

function scalar(element: Expr): KnownIntegers {
  return { elem: "int64", dims: [], elements: [element] };
}

function dimsOf(value: KnownIntegers, length: number): readonly number[] {
  return value.dims.length === 0 && length === 1 ? [] : [length];
}

function keeps(view: ChainView): boolean {
  const attribute = view.node.attributes["keepdims"];
  return attribute?.kind !== "int" || attribute.value === 1;
}

/**
 * Whether a program can compute all elements. An extent that depends on data it cannot, but what is taken from such a list, as the first
 * extents of a shape, it can.
 */
export function isSound({ elements }: KnownIntegers): boolean {
  return elements.every((expr) => typeof expr === "number" || !JSON.stringify(expr).includes('"?'));
}
