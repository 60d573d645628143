/**
 * @file Attention behind a random mask, as a model with its feeds. Knows no plan.
 */
import { int } from "../../../compiler/graph/attributes.ts";
import { writeModel } from "../../../compiler/graph/write.ts";
import type { OrtTensor, OrtTensors } from "../../../ort/types.ts";
import { ortTensor } from "../../../ort/tensors.ts";
import { random } from "../../support/graphs.ts";
import { network } from "../network.ts";
import {
  add,
  drawOf,
  type Draw,
  extent,
  HEADS,
  HERE,
  masked,
  maskValue,
  perm,
  SIZE,
  type Around,
  type Feed,
} from "./grammar.ts";

export const SIZES: Readonly<Record<string, number>> = { batch: 2, img: 13 };

export interface Drawn {
  readonly model: Uint8Array;
  readonly feeds: OrtTensors;
  readonly used: readonly Feed[];
}

export function drawn(seed: number, plain = false): Drawn {
  const n = network();
  const a: Around = { n, draw: drawOf(seed), used: new Set(), plain };
  n.input("hidden_states", "float32", ["batch", "img", HEADS * SIZE]);
  const form = a.draw.of("single", "single", "flat", "operator");
  const operands = ["q", "k", "v"].map(() => {
    const rows = add(a, "MatMul", "hidden_states", n.weights(HEADS * SIZE, HEADS * SIZE));
    const apart = add(a, "Reshape", rows, n.ints(0, 0, HEADS, SIZE));
    return n.add(HERE, "Transpose", [apart], perm(0, 2, 1, 3));
  });
  const attended = FORMS[form](a, operands as [string, string, string]);
  const turned = n.add(HERE, "Transpose", [attended], perm(0, 2, 1, 3));
  const merged = add(a, "Reshape", turned, n.ints(0, 0, HEADS * SIZE));
  n.output("sample", n.add("proj_out", "Mul", [merged, n.numbers([], [2])]), ["batch", "img", HEADS * SIZE]);
  const used = [...a.used];
  return { model: writeModel(n.graph(), { opsets: { "": 23 } }), feeds: feedsOf(seed, used), used };
}

type Form = (a: Around, operands: readonly [string, string, string]) => string;

const FORMS = {
  single: (a, [q, k, v]) => {
    const scores = add(a, "MatMul", q, a.n.add(HERE, "Transpose", [k], perm(0, 1, 3, 2)));
    return add(a, "MatMul", a.n.add(HERE, "Softmax", [masked(a, scores)], { attributes: { axis: int(-1) } }), v);
  },
  /** Batch and heads as one axis, as `torch.bmm` takes them, apart while they are masked. */
  flat: (a, operands) => {
    const [batch, rows] = [lengthOf(a, 0), lengthOf(a, 1)];
    const [heads, size, both] = [a.n.ints(HEADS), a.n.ints(SIZE), a.n.ints(-1)];
    const [q, k, v] = operands.map((x) => add(a, "Reshape", x, shapeOf(a, both, rows, size))) as [
      string,
      string,
      string,
    ];
    const product = add(a, "MatMul", q, a.n.add(HERE, "Transpose", [k], perm(0, 2, 1)));
    const whole = shapeOf(a, both, rows, rows);
    const merged = a.draw.once(2)
      ? add(a, "Reshape", masked(a, add(a, "Reshape", product, shapeOf(a, batch, heads, rows, rows))), whole)
      : add(a, "Add", product, add(a, "Reshape", maskValue(a, "float"), whole));
    const weights = a.n.add(HERE, "Softmax", [merged], { attributes: { axis: int(-1) } });
    return add(a, "Reshape", add(a, "MatMul", weights, v), shapeOf(a, batch, heads, rows, size));
  },
  operator: (a, operands) => a.n.add(HERE, "Attention", [...operands, maskValue(a)]),
} as const satisfies Readonly<Record<string, Form>>;

const lengthOf = (a: Around, axis: number): string => add(a, "Unsqueeze", extent(a, axis), a.n.ints(0));
const shapeOf = (a: Around, ...dims: readonly string[]): string =>
  a.n.add(HERE, "Concat", dims, { attributes: { axis: int(0) } });

function feedsOf(seed: number, used: readonly Feed[]): OrtTensors {
  const [batch, img] = [SIZES["batch"]!, SIZES["img"]!];
  const draw = drawOf(seed + 1);
  const bits = (count: number): number[] => Array.from({ length: count }, () => Number(!draw.once(3)));
  const pairs = (elem: "bool" | "int64" | "float32", dims: readonly number[]): OrtTensor =>
    ortTensor(elem, dims, bits(dims.reduce((x, y) => x * y, 1)));
  const all: Readonly<Record<Feed, () => OrtTensor>> = {
    attention_mask: () => ortTensor("int64", [batch, img], padded(draw, batch, img)),
    weights_mask: () => ortTensor("float32", [batch, img], padded(draw, batch, img)),
    segment_ids: () =>
      ortTensor(
        "int64",
        [batch, img],
        Array.from({ length: batch * img }, (_, i) => Math.floor((i % img) / 4)),
      ),
    seen: () => pairs("bool", [batch, 1, img, img]),
    seen_pairs: () => pairs("int64", [batch, img, img]),
    seen_once: () => pairs("bool", [1, 1, img, img]),
    seen_all: () => pairs("float32", [img, img]),
  };
  const hidden = random(seed + 5, [batch, img, HEADS * SIZE]);
  return { hidden_states: hidden, ...Object.fromEntries(used.map((name) => [name, all[name]()])) };
}

/** Padding behind, in front, or in the middle. */
function padded(draw: { readonly below: (count: number) => number }, batch: number, img: number): number[] {
  return Array.from({ length: batch }, () => {
    const [from, count] = [draw.below(img - 4), 1 + draw.below(4)];
    return Array.from({ length: img }, (_, i) => Number(i < from || i >= from + count));
  }).flat();
}

/** What a plan splits: the hidden states, and some of the masks, along either of their axes of tokens. */
export function splitOf(draw: Draw, used: readonly Feed[]): Readonly<Record<string, object>> {
  const entries = used.flatMap((name) => {
    const axes = SPLIT[name];
    return axes === null || draw.once(2) ? [] : [[name, { split_dim: draw.of(...axes) }] as const];
  });
  return Object.fromEntries([["hidden_states", { split_dim: 1 }] as const, ...entries]);
}

/** Numbers of all pairs stay whole: two splits of them cannot meet. */
const SPLIT: Readonly<Record<Feed, readonly [number, ...number[]] | null>> = {
  attention_mask: [1],
  weights_mask: [1],
  segment_ids: [1],
  seen: [2, 3],
  seen_pairs: [1, 2],
  seen_once: [2, 3],
  seen_all: null,
};
