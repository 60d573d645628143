/**
 * @file Random masks as models make them: what keys a query sees, by padding, positions, segments, activations or a feed, joined by logic or
 * arithmetic, and what becomes of the scores that are hidden. Knows no plan.
 */
import { int, ints } from "../../../compiler/graph/attributes.ts";
import type { ElemType } from "../../../compiler/graph/types.ts";
import type { Network } from "../network.ts";
import { LOWEST } from "../spellings.ts";

export interface Draw {
  /** An integer from 0 to below `count`. */
  readonly below: (count: number) => number;
  readonly of: <T>(...choices: readonly [T, ...T[]]) => T;
  /** True once in `times`. */
  readonly once: (times: number) => boolean;
}

/** Deals the same numbers for the same seed. */
export function drawOf(seed: number): Draw {
  let state = (seed * 2654435761 + 12345) >>> 0;
  const below = (count: number): number => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 3266489917) >>> 0;
    return ((state ^ (state >>> 13)) >>> 0) % count;
  };
  return { below, of: (...choices) => choices[below(choices.length)]!, once: (times) => below(times) === 0 };
}

export const HERE = "block.attn";
export const [HEADS, SIZE] = [4, 3];

/** Inputs by name; each is made at its first use. */
const FEEDS = {
  attention_mask: { elem: "int64", dims: ["batch", "img"] },
  weights_mask: { elem: "float32", dims: ["batch", "img"] },
  segment_ids: { elem: "int64", dims: ["batch", "img"] },
  seen: { elem: "bool", dims: ["batch", 1, "img", "img"] },
  seen_pairs: { elem: "int64", dims: ["batch", "img", "img"] },
  seen_once: { elem: "bool", dims: [1, 1, "img", "img"] },
  seen_all: { elem: "float32", dims: ["img", "img"] },
} as const;

export type Feed = keyof typeof FEEDS;

export interface Around {
  readonly n: Network;
  readonly draw: Draw;
  readonly used: Set<Feed>;
  /** In operators that ONNX Runtime has. */
  readonly plain: boolean;
}

export const add = ({ n }: Around, op: string, ...inputs: readonly string[]): string => n.add(HERE, op, inputs);
const along = ({ n }: Around, op: string, axis: number, ...inputs: readonly string[]): string =>
  n.add(HERE, op, inputs, { attributes: { axis: int(axis) } });
const scalar = ({ n }: Around, value: number, elem: ElemType = "float32"): string => n.numbers([], [value], elem);
const whole = (a: Around, value: number): string => scalar(a, value, "int64");
const TYPES = { float32: 1, int32: 6, int64: 7, bool: 9 } as const;
const cast = ({ n }: Around, x: string, to: keyof typeof TYPES): string =>
  n.add(HERE, "Cast", [x], { attributes: { to: int(TYPES[to]) } });
const unsqueeze = (a: Around, x: string, ...axes: readonly number[]): string =>
  add(a, "Unsqueeze", x, a.n.ints(...axes));
export const extent = (a: Around, axis: number): string =>
  along(a, "Gather", 0, add(a, "Shape", "hidden_states"), whole(a, axis));
const extents = (a: Around, ...dims: readonly (string | number)[]): string =>
  along(a, "Concat", 0, ...dims.map((d) => (typeof d === "number" ? a.n.ints(d) : unsqueeze(a, d, 0))));

function feed(a: Around, name: Feed): string {
  if (!a.used.has(name)) a.n.input(name, FEEDS[name].elem, FEEDS[name].dims);
  a.used.add(name);
  return name;
}

/** A value of 1 or 0, or true or false, as a condition. */
function condition(a: Around, x: string, elem: "int64" | "float32"): string {
  const number = (value: number): string => scalar(a, value, elem);
  return a.draw.of(
    () => cast(a, x, "bool"),
    () => add(a, "Equal", x, number(1)),
    () => add(a, "Not", add(a, "Equal", x, number(0))),
    () => add(a, "Greater", x, number(0)),
    () => add(a, "GreaterOrEqual", x, number(1)),
    () => add(a, "Less", number(0), x),
    () => cast(a, add(a, "Sub", number(1), add(a, "Sub", number(1), x)), "bool"),
    () => add(a, "Not", cast(a, add(a, "Sub", number(1), x), "bool")),
    () => cast(a, cast(a, x, elem === "int64" ? "float32" : "int32"), "bool"),
  )();
}

/** (B, S) of keys, as (B, 1, 1, S), or of rows, as (B, 1, S, 1). */
const ofKeys = (a: Around, x: string): string =>
  a.draw.of(
    () => unsqueeze(a, x, 1, 2),
    () => unsqueeze(a, unsqueeze(a, x, 1), 1),
    () => add(a, "Reshape", x, extents(a, extent(a, 0), 1, 1, extent(a, 1))),
    () => add(a, "Expand", unsqueeze(a, x, 1, 2), extents(a, extent(a, 0), 1, extent(a, 1), extent(a, 1))),
  )();
const ofRows = (a: Around, x: string): string => unsqueeze(a, x, 1, 3);

const padding = (a: Around): string => condition(a, feed(a, "attention_mask"), "int64");
const floatPadding = (a: Around): string => condition(a, feed(a, "weights_mask"), "float32");
/** Tokens whose channels have a positive sum, (B, S). */
const active = (a: Around): string => {
  const sum = a.n.add(HERE, "ReduceSum", ["hidden_states", a.n.ints(-1)], { attributes: { keepdims: int(0) } });
  return add(a, "Greater", sum, scalar(a, 0));
};
/** Positions along axis 1: (S). */
const positions = (a: Around): string => {
  const rows = extent(a, 1);
  return a.draw.of(
    () => add(a, "Range", whole(a, 0), rows, whole(a, 1)),
    () => add(a, "Range", whole(a, 1), add(a, "Add", rows, whole(a, 1)), whole(a, 1)),
    () => {
      const ones = add(a, "Expand", whole(a, 1), extents(a, rows));
      return add(a, "Sub", add(a, "CumSum", ones, whole(a, 0)), whole(a, 1));
    },
    () => add(a, "Range", add(a, "Sub", rows, whole(a, 1)), whole(a, -1), whole(a, -1)),
  )();
};
const pair = (a: Around, x: string): readonly [string, string] => {
  const from = a.draw.below(2);
  return from === 0 ? [unsqueeze(a, x, 1), unsqueeze(a, x, 0)] : [unsqueeze(a, x, 0, 1, 3), unsqueeze(a, x, 0, 1, 2)];
};
const square = (a: Around): string => extents(a, extent(a, 1), extent(a, 1));

/** Conditions that broadcast to (B, H, S, S). */
const CONDITIONS: readonly ((a: Around) => string)[] = [
  (a) => ofKeys(a, padding(a)),
  (a) => ofKeys(a, floatPadding(a)),
  (a) => ofRows(a, padding(a)),
  (a) => {
    const x = padding(a);
    return add(a, "And", ofKeys(a, x), ofRows(a, x));
  },
  (a) => ofKeys(a, active(a)),
  (a) => ofRows(a, active(a)),
  // Packed sequences.
  (a) => {
    const x = feed(a, "segment_ids");
    return add(a, "Equal", ofRows(a, x), ofKeys(a, x));
  },
  (a) => {
    const x = feed(a, "segment_ids");
    return unsqueeze(a, add(a, "Equal", unsqueeze(a, x, 2), unsqueeze(a, x, 1)), 1);
  },
  // Causal, windows, both.
  (a) => {
    const [rows, keys] = pair(a, positions(a));
    return add(a, a.draw.of("LessOrEqual", "Less", "GreaterOrEqual"), keys, rows);
  },
  (a) => {
    const [rows, keys] = pair(a, positions(a));
    return add(a, "LessOrEqual", add(a, "Abs", add(a, "Sub", rows, keys)), whole(a, a.draw.of(1, 2, 4)));
  },
  (a) => {
    const [rows, keys] = pair(a, positions(a));
    const near = add(a, "Greater", keys, add(a, "Sub", rows, whole(a, a.draw.of(2, 5))));
    return add(a, "And", near, add(a, "LessOrEqual", keys, rows));
  },
  // A prefix, of a number of keys or of what the feed pads.
  (a) => add(a, "Less", unsqueeze(a, positions(a), 0), whole(a, a.draw.of(1, 4))),
  (a) => {
    const count = a.n.add(HERE, "ReduceSum", [feed(a, "attention_mask"), a.n.ints(1)], {
      attributes: { keepdims: int(1) },
    });
    return ofKeys(a, add(a, "Less", unsqueeze(a, positions(a), 0), count));
  },
  (a) => {
    const ones = add(a, "Expand", a.n.numbers([1], [1]), square(a));
    const k = a.draw.of(-2, -1, 0, 1, 3);
    const lower = a.n.add(HERE, "Trilu", [ones, whole(a, k)], { attributes: { upper: int(a.draw.below(2)) } });
    return a.draw.of(
      () => cast(a, lower, "bool"),
      () => add(a, "Greater", lower, scalar(a, 0)),
      () => add(a, "Equal", lower, scalar(a, 0)),
    )();
  },
  (a) => {
    const zeros = a.n.add(HERE, "ConstantOfShape", [square(a)]);
    const eye = a.n.add(HERE, "EyeLike", [zeros], { attributes: { dtype: int(1), k: int(a.draw.of(0, 0, 1, -2)) } });
    return add(a, "Equal", eye, scalar(a, 0));
  },
  (a) => feed(a, "seen"),
  (a) => feed(a, "seen_once"),
  (a) => unsqueeze(a, condition(a, feed(a, "seen_pairs"), "int64"), 1),
  (a) => condition(a, feed(a, "seen_all"), "float32"),
];

/** ONNX Runtime does not choose between booleans: `plain` spells it out. */
const chosen = (a: Around, c: string, x: string, y: string): string =>
  a.plain ? add(a, "Or", add(a, "And", c, x), add(a, "And", add(a, "Not", c), y)) : add(a, "Where", c, x, y);

const BOTH: readonly ((a: Around, x: string, y: string) => string)[] = [
  (a, x, y) => add(a, "And", x, y),
  (a, x, y) => add(a, "Or", x, y),
  (a, x, y) => add(a, "Xor", x, y),
  (a, x, y) => add(a, "And", x, add(a, "Not", y)),
  (a, x, y) => chosen(a, x, y, scalar(a, 0, "bool")),
  (a, x, y) => chosen(a, y, scalar(a, 1, "bool"), x),
  (a, x, y) => cast(a, add(a, "Mul", cast(a, x, "float32"), cast(a, y, "float32")), "bool"),
  (a, x, y) => cast(a, add(a, "Max", cast(a, x, "float32"), cast(a, y, "float32")), "bool"),
  (a, x, y) => add(a, "Equal", add(a, "Min", cast(a, x, "int32"), cast(a, y, "int32")), scalar(a, 1, "int32")),
];

function conditionOf(a: Around): string {
  let x = a.draw.of(...(CONDITIONS as [(a: Around) => string]))(a);
  for (let more = a.draw.below(3); more > 0; more--) {
    const y = a.draw.of(...(CONDITIONS as [(a: Around) => string]))(a);
    x = a.draw.of(...(BOTH as [(a: Around, x: string, y: string) => string]))(a, x, y);
  }
  return a.draw.once(6) ? add(a, "Not", x) : x;
}

/** Scores (B, H, S, S), with some of them hidden. */
const HIDE: readonly ((a: Around, seen: string, scores: string, fill: number) => string)[] = [
  (a, seen, s, fill) => add(a, "Add", s, add(a, "Where", seen, scalar(a, 0), scalar(a, fill))),
  (a, seen, s, fill) => add(a, "Where", seen, s, scalar(a, fill)),
  (a, seen, s, fill) => add(a, "Where", add(a, "Not", seen), scalar(a, fill), s),
  (a, seen, s, fill) => {
    const inverted = add(a, "Sub", scalar(a, 1), cast(a, seen, "float32"));
    return add(a, "Add", s, add(a, "Mul", inverted, scalar(a, Math.max(fill, LOWEST))));
  },
  (a, seen, s, fill) =>
    add(a, "Add", s, add(a, "Mul", cast(a, add(a, "Not", seen), "float32"), scalar(a, Math.max(fill, LOWEST)))),
  (a, seen, s, fill) => {
    const inverted = add(a, "Sub", scalar(a, 1), cast(a, seen, "float32"));
    return add(a, "Add", s, add(a, "Where", cast(a, inverted, "bool"), scalar(a, fill), inverted));
  },
  (a, seen, s) => add(a, "Add", s, add(a, "Log", cast(a, seen, "float32"))),
  (a, seen, s, fill) => {
    const hidden = cast(a, add(a, "Equal", cast(a, seen, "float32"), scalar(a, 0)), "float32");
    return add(a, "Add", add(a, "Mul", hidden, scalar(a, Math.max(fill, LOWEST))), s);
  },
  // The scores multiplied, and a bias.
  (a, seen, s) => {
    const number = cast(a, seen, "float32");
    return add(a, "Sub", add(a, "Mul", s, number), add(a, "Mul", scalar(a, 1e4), add(a, "Sub", scalar(a, 1), number)));
  },
  (a, seen, s, fill) => {
    const inverted = add(a, "Sub", scalar(a, 1), cast(a, seen, "float32"));
    return add(a, "Sub", s, add(a, "Mul", scalar(a, -Math.max(fill, LOWEST)), inverted));
  },
  // Kept between bounds, as Hugging Face does against overflow.
  (a, seen, s, fill) =>
    add(a, "Max", add(a, "Add", s, add(a, "Where", seen, scalar(a, 0), scalar(a, fill))), scalar(a, LOWEST)),
];

/** The diagonal, which keeps every row from being hidden. */
function withOwn(a: Around, seen: string): string {
  const rows = add(a, "Range", whole(a, 0), extent(a, 1), whole(a, 1));
  return add(a, "Or", seen, add(a, "Equal", unsqueeze(a, rows, 1), unsqueeze(a, rows, 0)));
}

export function masked(a: Around, scores: string): string {
  let result = scores;
  for (let more = a.draw.of(1, 1, 1, 2); more > 0; more--) {
    const found = conditionOf(a);
    const seen = a.draw.once(2) ? withOwn(a, found) : found;
    result = a.draw.of(...(HIDE as [(typeof HIDE)[number]]))(a, seen, result, a.draw.of(-Infinity, LOWEST, -1e9, -1e4));
    if (a.draw.once(6)) result = add(a, "Add", result, bias(a));
  }
  return result;
}

/** A bias of each head by distance, (H, S, S). */
function bias(a: Around): string {
  const rows = add(a, "Range", whole(a, 0), extent(a, 1), whole(a, 1));
  const steps = cast(a, add(a, "Sub", unsqueeze(a, rows, 0), unsqueeze(a, rows, 1)), "float32");
  return add(a, "Mul", steps, a.n.numbers([HEADS, 1, 1], [0.5, 0.25, 0.125, 0.0625]));
}

/** A mask as a value for the operator `Attention`: a condition, or a bias. */
export function maskValue(a: Around, kind: "float" | "any" = "any"): string {
  const found = conditionOf(a);
  const seen = a.draw.once(2) ? withOwn(a, found) : found;
  const heads = kind === "float" ? HEADS : a.draw.of(1, HEADS);
  const full = extents(a, extent(a, 0), heads, extent(a, 1), extent(a, 1));
  const wide = add(a, "Expand", seen, full);
  return kind === "any" && a.draw.once(2)
    ? wide
    : add(a, "Where", wide, scalar(a, 0), scalar(a, a.draw.of(-Infinity, LOWEST, -1e4)));
}

export const perm = (...axes: readonly number[]) => ({ attributes: { perm: ints(axes) } });
