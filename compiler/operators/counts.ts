/**
 * @file Lengths that data decide: how many elements of a mask are true, for masks that feeds determine by themselves. Follows a feed through copies,
 * reshapes, parts of its rows, casts and comparisons with a number, so that all masks of the same content have one length. Knows no plan.
 */
import { add, mul, sub, symbolsOf, type Expr } from "../expr/expr.ts";
import { numbersOf } from "../graph/tensors.ts";
import type { ElemType, Tensor } from "../graph/types.ts";
import type { CanonicalNode, Count, Length, ValueShape } from "../ir/types.ts";
import { fromEnd } from "./builder.ts";

/** Elements of a feed: as they are, or 1 or 0 by a test that each passes or does not. */
interface Elements extends Pick<Count, "input" | "from" | "to"> {
  readonly test: (Pick<Count, "compare" | "than"> & { readonly passes: boolean }) | null;
  /** Rounded by a cast, which keeps which are negative, zero and positive. */
  readonly rounded: boolean;
}

/** What is known of the values before a node. */
export interface Known {
  readonly shapes: ReadonlyMap<string, ValueShape>;
  readonly constants: ReadonlyMap<string, Tensor>;
}

export interface Counts {
  /** The extent of a `NonZero`'s result; `null` where its operand is not determined by one feed. */
  readonly foundBy: (node: CanonicalNode) => Expr | null;
  /** Takes up the results of a node; their shapes are known by now. */
  readonly follow: (node: CanonicalNode) => void;
  /** Those that were asked for. */
  readonly lengths: () => readonly Length[];
}

export function countsOf(
  inputs: readonly { readonly name: string; readonly shape: ValueShape }[],
  known: Known,
): Counts {
  const elements = new Map<string, Elements>(
    inputs.map(({ name, shape: { elem, dims } }) => [
      name,
      { input: name, from: 0, to: mul(1, ...dims), test: elem === "bool" ? IS_TRUE : null, rounded: false },
    ]),
  );
  const taken = new Set(inputs.flatMap(({ shape }) => shape.dims.flatMap(symbolsOf)));
  const made = new Map<string, Length>();
  const lengthOf = (count: Count): string => {
    const key = JSON.stringify(count);
    const name = made.get(key)?.name ?? freshName(`${count.input}.count`, taken);
    taken.add(name);
    made.set(key, { name, sources: [], count });
    return name;
  };
  return {
    foundBy: ({ op, domain, inputs: [mask = ""] }) => {
      const found = op === "NonZero" && domain === "" ? elements.get(mask) : undefined;
      if (found === undefined) return null;
      const { input, from, to } = found;
      const { compare, than, passes } = found.test ?? IS_TRUE;
      const length = lengthOf({ input, from, to, compare, than });
      return passes ? length : sub(sub(to, from), length);
    },
    follow: (node) => {
      const [output] = node.outputs;
      const found = node.domain === "" && output !== undefined ? FOLLOWED[node.op]?.(node, known, elements) : null;
      if (found) elements.set(output!, found);
    },
    lengths: () => [...made.values()],
  };
}

function freshName(preferred: string, taken: ReadonlySet<string>): string {
  let name = preferred;
  for (let i = 2; taken.has(name); i++) name = `${preferred}${i}`;
  return name;
}

const IS_TRUE = { compare: "!=", than: 0, passes: true } as const;

type Follow = (node: CanonicalNode, known: Known, elements: ReadonlyMap<string, Elements>) => Elements | null;

/** All elements, in the same order. */
const same: Follow = ({ inputs: [value = ""] }, _, elements) => elements.get(value) ?? null;

const FOLLOWED: Readonly<Record<string, Follow>> = {
  Identity: same,
  Reshape: same,
  Flatten: same,
  Squeeze: same,
  Unsqueeze: same,
  Cast: (node, known, elements) => {
    const [from, to] = [node.inputs[0]!, node.outputs[0]!].map((name) => known.shapes.get(name)?.elem);
    const value = same(node, known, elements);
    if (value === null || from === undefined || to === undefined) return null;
    if (value.test !== null) return value;
    if (to === "bool") return { ...value, test: IS_TRUE };
    if (from === to || (WIDER[from] ?? []).includes(to)) return value;
    return from.includes("int") && to.includes("float") ? { ...value, rounded: true } : null;
  },
  Not: (node, known, elements) => {
    const value = same(node, known, elements);
    return value?.test ? { ...value, test: { ...value.test, passes: !value.test.passes } } : null;
  },
  Equal: compared("!=", "!=", false),
  Less: compared("<", ">", true),
  LessOrEqual: compared("<=", ">=", true),
  Greater: compared(">", "<", true),
  GreaterOrEqual: compared(">=", "<=", true),
  Gather: (node, known, elements) => {
    const [row, ...others] = numbersIn(known, node.inputs[1]);
    const axis = node.attributes["axis"];
    if (row === undefined || others.length > 0) return null;
    return rowsOf(node, known, elements, axis?.kind === "int" ? axis.value : 0, row);
  },
  Slice: ({ inputs, ...node }, known, elements) => {
    const [starts, axes, steps] = [
      numbersIn(known, inputs[1]),
      numbersIn(known, inputs[3]),
      numbersIn(known, inputs[4]),
    ];
    const isPlain = starts.length === 1 && (!inputs[3] || axes.length === 1) && (!inputs[4] || steps[0] === 1);
    return isPlain ? rowsOf({ ...node, inputs }, known, elements, axes[0] ?? 0, starts[0]!) : null;
  },
};

/** Types that hold every number of a type. */
const WIDER: Readonly<Partial<Record<ElemType, readonly ElemType[]>>> = {
  uint8: ["int16", "uint16", "int32", "uint32", "int64", "uint64", "float16", "float32", "float64"],
  int8: ["int16", "int32", "int64", "float16", "float32", "float64"],
  int32: ["int64", "float64"],
  float16: ["float32", "float64"],
  float32: ["float64"],
};

/** Every type of a feed holds such numbers and its neighbours, or is exact between them. */
const LARGEST = 2 ** 52;

/** A comparison with one number; `turned`: with the number on the left. */
function compared(compare: Count["compare"], turned: Count["compare"], passes: boolean): Follow {
  return ({ inputs: [left = "", right = ""] }, known, elements) => {
    const value = elements.get(left) ?? elements.get(right);
    const isLeft = elements.has(left);
    const [than, ...others] = numbersIn(known, isLeft ? right : left);
    if (value === undefined || than === undefined || others.length > 0 || !(Math.abs(than) < LARGEST)) return null;
    const test = { compare: isLeft ? compare : turned, than, passes };
    if (value.test === null) return value.rounded && than !== 0 ? null : { ...value, test };
    const [one, zero] = [1, 0].map((x) => holds(x, test) === passes);
    return one === zero ? null : { ...value, test: { ...value.test, passes: value.test.passes === one } };
  };
}

function holds(x: number, { compare, than }: Pick<Count, "compare" | "than">): boolean {
  return { "!=": x !== than, "<": x < than, "<=": x <= than, ">": x > than, ">=": x >= than }[compare];
}

/** The rows of the result, from row `start` on; only along an axis before which all others have one row, so that they lie together. */
function rowsOf(
  { inputs: [value = ""], outputs: [output = ""] }: CanonicalNode,
  { shapes }: Known,
  elements: ReadonlyMap<string, Elements>,
  axis: number,
  start: number,
): Elements | null {
  const [whole, dims, result] = [elements.get(value), shapes.get(value)?.dims, shapes.get(output)?.dims];
  if (whole === undefined || dims === undefined || result === undefined) return null;
  const at = fromEnd(axis, dims.length);
  const extent = dims[at];
  if (extent === undefined || dims.slice(0, at).some((d) => d !== 1) || (start < 0 && typeof extent !== "number"))
    return null;
  const first = start < 0 ? Math.max(0, Number(extent) + start) : start;
  const from = add(whole.from, mul(first, ...dims.slice(at + 1)));
  return { ...whole, from, to: add(from, mul(1, ...result)) };
}

/** The elements of a constant of few numbers; none of others. */
function numbersIn({ constants }: Known, name: string | undefined): readonly number[] {
  const tensor = constants.get(name ?? "");
  const isFew = tensor !== undefined && tensor.dims.every((d) => d === 1);
  return isFew ? (numbersOf(tensor) ?? []) : [];
}
