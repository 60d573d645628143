/**
 * @file Attention in parts: the merge of two parts equals attention over all keys, whichever form a part takes; and which form is chosen. A
 * part in the kernel's form gives the mean of its logits where the explicit form gives their maximum.
 */
import { expect, test } from "vitest";
import { emitGraph, emitModel, wholeGraph } from "../../compiler/emit/emit.ts";
import type { CanonicalGraph, CanonicalNode, ValueShape } from "../../compiler/ir/types.ts";
import { chunk, mul } from "../../compiler/expr/expr.ts";
import type { Expr } from "../../compiler/expr/expr.ts";
import { elemCode } from "../../compiler/graph/elements.ts";
import { float, int } from "../../compiler/graph/attributes.ts";
import { createSession } from "../../ort/session.ts";
import { numbersIn, ortTensor } from "../../ort/tensors.ts";
import type { OrtElem, OrtTensor } from "../../ort/types.ts";
import { attentionReference } from "../support/attention.ts";
import { canonical, canonicalNode, noise, random, shape } from "../support/graphs.ts";

interface Case {
  /** B, Sq, and the keys of both parts */
  readonly sizes?: readonly [number, number, number, number];
  /** H, Hk */
  readonly heads?: readonly [number, number];
  /** Heads as the shapes say them; numbers by default. */
  readonly said?: readonly [Expr, Expr];
  readonly elem?: OrtElem;
  readonly fp32?: boolean;
  /** By how much the logit of each part's first key exceeds the others. */
  readonly peaks?: readonly [number, number];
  /** Added to all logits of a part. */
  readonly shifts?: readonly [number, number];
  readonly nanQuery?: boolean;
  readonly softcap?: number;
}

const [D, DV, SCALE] = [10, 6, 0.25];

const given = (options: Case): Required<Case> => ({
  sizes: [2, 5, 9, 7],
  heads: [3, 3],
  said: options.heads ?? [3, 3],
  elem: "float32",
  fp32: true,
  peaks: [0, 0],
  shifts: [0, 0],
  nanQuery: false,
  softcap: 0,
  ...options,
});

function parts({ said, elem, fp32, softcap }: Required<Case>): CanonicalGraph {
  const wide = fp32 && elem === "float16" ? "float32" : elem;
  const attributes = {
    scale: float(SCALE),
    softcap: float(softcap),
    causal: int(0),
    fp32: int(fp32 ? 1 : 0),
    may_be_empty: int(1),
  };
  const three = (of: string): readonly string[] => ["out", "max", "sum"].map((name) => `${of}.${name}`);
  const part = (of: string): CanonicalNode =>
    canonicalNode("AttentionPart", ["q", `${of}.k`, `${of}.v`], three(of), { domain: "cp", attributes });
  const made = (of: string): Record<string, ValueShape> => ({
    [`${of}.out`]: shape(wide, "B", said[0], "Sq", DV),
    [`${of}.max`]: shape(wide, "B", said[0], "Sq", 1),
    [`${of}.sum`]: shape(wide, "B", said[0], "Sq", 1),
  });
  const merge = canonicalNode("AttentionMerge", [...three("a"), ...three("b")], three("m"), { domain: "cp" });
  const finish = canonicalNode("AttentionFinish", three("m"), ["y"], {
    domain: "cp",
    attributes: { like: int(elemCode(elem)) },
  });
  const keys = (of: string): Record<string, ValueShape> => ({
    [`${of}.k`]: shape(elem, "B", `S${of}`, said[1], D),
    [`${of}.v`]: shape(elem, "B", `S${of}`, said[1], DV),
  });
  return canonical({
    inputs: { q: shape(elem, "B", "Sq", said[0], D), ...keys("a"), ...keys("b") },
    outputs: ["y", "a.max", "b.max"],
    nodes: [part("a"), part("b"), merge, finish],
    shapes: { ...made("a"), ...made("b"), ...made("m"), y: shape(elem, "B", "Sq", said[0], DV) },
  });
}

/** Keys whose first two entries carry the peak and the shift; queries hold 1 there. */
function feedsOf({ sizes: [b, sq, ...lengths], heads, elem, peaks, shifts, nanQuery }: Required<Case>) {
  const queries = noise(1, b * sq * heads[0] * D).map((x, i) => (i % D < 2 ? 1 : x));
  if (nanQuery) queries[2] = Number.NaN;
  const keys = (of: 0 | 1): OrtTensor => {
    const numbers = noise(2 + of, b * lengths[of] * heads[1] * D).map((x, i) => {
      const first = Math.floor(i / (heads[1] * D)) % lengths[of] === 0;
      if (i % D === 0) return first ? peaks[of] / SCALE : 0;
      return i % D === 1 ? shifts[of] / SCALE : x;
    });
    return ortTensor(elem, [b, lengths[of], heads[1], D], numbers);
  };
  const values = (of: 0 | 1): OrtTensor => random(4 + of, [b, lengths[of], heads[1], DV], elem);
  const q = ortTensor(elem, [b, sq, heads[0], D], queries);
  return { q, a: { k: keys(0), v: values(0) }, b: { k: keys(1), v: values(1) } };
}

/** Both along the axis of keys. */
function joined(a: OrtTensor, b: OrtTensor): OrtTensor {
  const [batch = 0, la = 0, heads = 0, size = 0] = a.dims;
  const lb = b.dims[1] ?? 0;
  const row = heads * size;
  const numbers = Array.from({ length: batch }, (_, i) => [
    ...Array.from(numbersIn(a)).slice(i * la * row, (i + 1) * la * row),
    ...Array.from(numbersIn(b)).slice(i * lb * row, (i + 1) * lb * row),
  ]);
  return ortTensor(a.elem, [batch, la + lb, heads, size], numbers.flat());
}

interface Outcome {
  readonly worst: number;
  /** Of each part, whether its maximum is that of its logits. */
  readonly explicit: readonly boolean[];
}

async function outcome(options: Case): Promise<Outcome> {
  const all = given(options);
  const { q, a, b } = feedsOf(all);
  const session = await createSession(emitModel(wholeGraph(parts(all))).bytes);
  const made = await session.run({ q, "a.k": a.k, "a.v": a.v, "b.k": b.k, "b.v": b.v });
  await session.release();
  const wanted = attentionReference({ q, k: joined(a.k, b.k), v: joined(a.v, b.v), scale: SCALE });
  const ours = numbersIn(made["y"]!);
  expect(ours.length).toBe(wanted.length);
  const worst = wanted.reduce((most, x, i) => {
    if (Number.isNaN(x) || Number.isNaN(ours[i])) return Number.isNaN(x) && Number.isNaN(ours[i]) ? most : Infinity;
    return Math.max(most, Math.abs(x - ours[i]!));
  }, 0);
  const explicit = [["a", a.k] as const, ["b", b.k] as const].map(([name, k]) => isMaximum(made[`${name}.max`]!, q, k));
  return { worst, explicit };
}

/** Whether the last row of the last head has the largest logit of the keys, not less. */
function isMaximum(max: OrtTensor, q: OrtTensor, k: OrtTensor): boolean {
  const [, , heads = 0] = k.dims;
  const [row, keys] = [Array.from(numbersIn(q)).slice(-D), Array.from(numbersIn(k)).slice(-k.dims[1]! * heads * D)];
  const logits = Array.from({ length: k.dims[1]! }, (_, j) =>
    row.reduce((dot, x, d) => dot + x * keys[((j + 1) * heads - 1) * D + d]! * SCALE, 0),
  );
  const largest = Math.max(...logits);
  return Math.abs(Array.from(numbersIn(max)).at(-1)! - largest) <= 1e-5 * Math.max(1, Math.abs(largest));
}

const KERNEL = [false, false];

test.each([
  ["equal parts", {}, 2e-6],
  [
    "heads that differ between ranks",
    { said: [chunk("sequence", 6, 2, "rank"), chunk("sequence", 6, 2, "rank")] },
    2e-6,
  ],
  ["half precision, in float32", { elem: "float16" }, 1e-3],
] as const)("without a logits matrix: %s", async (_, options, most) => {
  const { worst, explicit } = await outcome(options);
  expect(worst).toBeLessThan(most);
  expect(explicit).toEqual(KERNEL);
});

test.each([
  ["grouped heads", { heads: [4, 2] }, 2e-6],
  [
    "grouped heads, some",
    { heads: [4, 2], said: [mul(2, chunk("sequence", 4, 2, "rank")), chunk("sequence", 4, 2, "rank")] },
    2e-6,
  ],
  ["half precision, kept", { elem: "float16", fp32: false }, 1e-2],
  ["float64", { elem: "float64" }, 1e-7],
  ["a cap that no logit comes near", { softcap: 1000 }, 1e-5],
] as const)("only explicitly: %s", async (_, options, most) => {
  expect((await outcome(options)).worst).toBeLessThan(most);
  const ops = emitGraph(parts(given(options))).graph.nodes.map(({ op }) => op);
  expect(ops.filter((op) => op === "If" || op === "MultiHeadAttention")).toEqual([]);
});

/** A float32 near 10000 has steps of 0.001: so much may a logit be off, and the result with it. */
const tolerance = (...logits: readonly number[]): number => 2e-6 + 4e-7 * Math.max(...logits.map(Math.abs));

test.each([0, 5, 15, 30, 45, 60].flatMap((peak) => [-10000, -50, 0, 100].map((shift) => [peak, shift] as const)))(
  "without a logits matrix: a logit stands out by %i, all shifted by %i",
  async (peak, shift) => {
    const { worst, explicit } = await outcome({ peaks: [peak, peak], shifts: [shift, shift] });
    expect(worst).toBeLessThan(tolerance(peak + shift, shift));
    // Near 10000 a mean and a maximum of like logits are one number.
    if (peak > 0) expect(explicit).toEqual(KERNEL);
  },
);

test.each([80, 120, 200, 1000].flatMap((peak) => [-10000, 0, 100].map((shift) => [peak, shift] as const)))(
  "explicitly, where the weight of the mean vanishes: a logit stands out by %i, all shifted by %i",
  async (peak, shift) => {
    const { worst, explicit } = await outcome({ peaks: [peak, 0], shifts: [shift, shift + 1] });
    expect(worst).toBeLessThan(tolerance(peak + shift, shift));
    expect(explicit[0]).toBe(true);
  },
);

test.each([
  [0, 30],
  [30, 0],
  [0, 100],
  [-100, 0],
  [-10000, 100],
  [100, 50],
])("parts shifted apart: %i and %i", async (...shifts) => {
  expect((await outcome({ shifts })).worst).toBeLessThan(tolerance(...shifts));
  expect((await outcome({ shifts, peaks: [20, 90] })).worst).toBeLessThan(tolerance(...shifts, 190));
});

test.each([
  ["one key each", [2, 5, 1, 1]],
  ["one query", [1, 1, 3, 4]],
  ["no key in the first part", [2, 5, 0, 7]],
  ["no key in the second part", [2, 5, 9, 0]],
  ["no query", [2, 0, 3, 4]],
] as const)("%s", async (_, sizes) => {
  for (const shift of [-10000, -200, 0, 100]) {
    const { worst } = await outcome({ sizes, shifts: [shift, shift] });
    expect(worst).toBeLessThan(tolerance(shift));
  }
});

test("a query that is no number spoils its own row only", async () => {
  const { worst, explicit } = await outcome({ nanQuery: true });
  expect(worst).toBeLessThan(2e-6);
  expect(explicit).toEqual([true, true]);
});
