/**
 * @file Two parts of an attention as a graph that merges them, and its difference from plain loops over all keys. Not a test itself.
 */
import { expect } from "vitest";
import { emitModel, wholeGraph } from "../../compiler/emit/emit.ts";
import type { CanonicalGraph, CanonicalNode, ValueShape } from "../../compiler/ir/types.ts";
import type { Expr } from "../../compiler/expr/expr.ts";
import { elemCode } from "../../compiler/graph/elements.ts";
import type { Attributes } from "../../compiler/graph/types.ts";
import { FILL_AT, ZERO_HIDDEN } from "../../compiler/ir/types.ts";
import { float, int } from "../../compiler/graph/attributes.ts";
import { createSession } from "../../ort/session.ts";
import { numbersIn, ortTensor } from "../../ort/tensors.ts";
import type { OrtElem, OrtTensor } from "../../ort/types.ts";
import { attentionReference } from "../support/attention.ts";
import type { AttentionInputs } from "../support/attention.ts";
import { canonical, canonicalNode, noise, random, shape } from "../support/graphs.ts";

export interface Case {
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
  /** What the mask has for a key of a part; none by default. */
  readonly mask?: ((at: At) => number) | null;
  readonly boolean?: boolean;
  /** Whether the mask has rows of its own, or one for all. */
  readonly rows?: boolean;
  readonly form?: Form;
  /** Changes the operands before they are used. */
  readonly edit?: ((operands: Operands) => void) | null;
}

export interface At {
  readonly of: 0 | 1;
  readonly batch: number;
  readonly row: number;
  readonly key: number;
}

export interface Operands {
  readonly q: OrtTensor;
  readonly a: { readonly k: OrtTensor; readonly v: OrtTensor };
  readonly b: { readonly k: OrtTensor; readonly v: OrtTensor };
}

/** Attributes of the attention. */
export type Form = Pick<AttentionInputs, "fill" | "fillAt" | "zeroHidden" | "nanToZero">;

const [D, DV, SCALE] = [10, 6, 0.25];

export const given = (options: Case): Required<Case> => ({
  sizes: [2, 5, 9, 7],
  heads: [3, 3],
  said: options.heads ?? [3, 3],
  elem: "float32",
  fp32: true,
  peaks: [0, 0],
  shifts: [0, 0],
  nanQuery: false,
  softcap: 0,
  mask: null,
  boolean: false,
  rows: false,
  form: {},
  edit: null,
  ...options,
});

function attributesOf({ fp32, softcap, form }: Required<Case>): Attributes {
  const { fill = -Infinity, fillAt = FILL_AT.score, zeroHidden = ZERO_HIDDEN.never, nanToZero = false } = form;
  const numbers = { scale: float(SCALE), softcap: float(softcap), fill: float(fill) };
  const flags = { causal: int(0), fp32: int(fp32 ? 1 : 0), may_be_empty: int(1), nan_to_zero: int(nanToZero ? 1 : 0) };
  return { ...numbers, ...flags, fill_at: int(fillAt), zero_hidden: int(zeroHidden) };
}

export function parts(options: Required<Case>): CanonicalGraph {
  const { said, elem, fp32, mask, boolean, rows } = options;
  const wide = fp32 && elem === "float16" ? "float32" : elem;
  const attributes = attributesOf(options);
  const masks = (of: string): readonly string[] => (mask === null ? [] : [`${of}.mask`]);
  const three = (of: string): readonly string[] => ["out", "max", "sum"].map((name) => `${of}.${name}`);
  const part = (of: string): CanonicalNode =>
    canonicalNode("AttentionPart", ["q", `${of}.k`, `${of}.v`, ...masks(of)], three(of), { domain: "cp", attributes });
  const made = (of: string): Record<string, ValueShape> => ({
    [`${of}.out`]: shape(wide, "B", said[0], "Sq", DV),
    [`${of}.max`]: shape(wide, "B", said[0], "Sq", 1),
    [`${of}.sum`]: shape(wide, "B", said[0], "Sq", 1),
  });
  const merge = canonicalNode("AttentionMerge", [...three("a"), ...three("b")], three("m"), { domain: "cp" });
  const byMask = options.form.zeroHidden === ZERO_HIDDEN.byMask;
  const finish = canonicalNode("AttentionFinish", [...three("m"), ...(byMask ? ["mask"] : [])], ["y"], {
    domain: "cp",
    attributes: { ...attributes, like: int(elemCode(elem)) },
  });
  const maskShape = (length: string): ValueShape => shape(boolean ? "bool" : elem, "B", 1, rows ? "Sq" : 1, length);
  const keys = (of: string): Record<string, ValueShape> => ({
    [`${of}.k`]: shape(elem, "B", `S${of}`, said[1], D),
    [`${of}.v`]: shape(elem, "B", `S${of}`, said[1], DV),
    ...(mask === null ? {} : { [`${of}.mask`]: maskShape(`S${of}`) }),
  });
  return canonical({
    inputs: {
      q: shape(elem, "B", "Sq", said[0], D),
      ...keys("a"),
      ...keys("b"),
      ...(byMask ? { mask: maskShape("Sab") } : {}),
    },
    outputs: ["y", "a.max", "b.max"],
    nodes: [part("a"), part("b"), merge, finish],
    shapes: { ...made("a"), ...made("b"), ...made("m"), y: shape(elem, "B", "Sq", said[0], DV) },
  });
}

/** Keys whose first two entries carry the peak and the shift; queries hold 1 there. */
function feedsOf({ sizes: [b, sq, ...lengths], heads, elem, peaks, shifts, nanQuery }: Required<Case>): Operands {
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

/** The masks of both parts, and that of all keys. */
function masksOf({ sizes: [b, sq, la, lb], elem, mask, boolean, rows }: Required<Case>): readonly OrtTensor[] {
  if (mask === null) return [];
  const tensor = (from: number, to: number): OrtTensor => {
    const numbers: number[] = [];
    for (let batch = 0; batch < b; batch++)
      for (let row = 0; row < (rows ? sq : 1); row++)
        for (let key = from; key < to; key++)
          numbers.push(mask({ of: key < la ? 0 : 1, key: key < la ? key : key - la, batch, row }));
    return ortTensor(boolean ? "bool" : elem, [b, 1, rows ? sq : 1, to - from], numbers);
  };
  return [tensor(0, la), tensor(la, la + lb), tensor(0, la + lb)];
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

export interface Outcome {
  readonly worst: number;
  /** Of each part, whether its maximum is that of its logits. */
  readonly explicit: readonly boolean[];
}

export async function outcome(options: Case): Promise<Outcome> {
  const all = given(options);
  const { q, a, b } = feedsOf(all);
  all.edit?.({ q, a, b });
  const byMask = all.form.zeroHidden === ZERO_HIDDEN.byMask;
  const session = await createSession(emitModel(wholeGraph(parts(all))).bytes);
  const [maskA, maskB, mask] = masksOf(all);
  const masks = maskA === undefined ? {} : { "a.mask": maskA, "b.mask": maskB!, ...(byMask ? { mask: mask! } : {}) };
  const made = await session.run({ q, "a.k": a.k, "a.v": a.v, "b.k": b.k, "b.v": b.v, ...masks });
  await session.release();
  const whole = { q, k: joined(a.k, b.k), v: joined(a.v, b.v), scale: SCALE, softcap: all.softcap, ...all.form };
  const wanted = attentionReference(mask === undefined ? whole : { ...whole, mask });
  const ours = numbersIn(made["y"]!);
  expect(ours.length).toBe(wanted.length);
  const worst = wanted.reduce((most, x, i) => {
    const own = ours[i]!;
    if (Number.isFinite(x) && Number.isFinite(own)) return Math.max(most, Math.abs(x - own));
    return Object.is(x, own) ? most : Infinity;
  }, 0);
  const bias = (of: OrtTensor | undefined): readonly number[] =>
    of === undefined ? [] : Array.from(numbersIn(of), (x) => (of.elem !== "bool" ? x : x === 0 ? -Infinity : 0));
  const explicit = [["a", a.k, maskA] as const, ["b", b.k, maskB] as const].map(([name, k, own]) =>
    isMaximum(made[`${name}.max`]!, q, k, bias(own)),
  );
  return { worst, explicit };
}

/** Whether the last row of the last head has the largest logit of the keys, not less. */
function isMaximum(max: OrtTensor, q: OrtTensor, k: OrtTensor, bias: readonly number[]): boolean {
  const [, count = 0, heads = 0] = k.dims;
  const [row, keys] = [Array.from(numbersIn(q)).slice(-D), Array.from(numbersIn(k)).slice(-k.dims[1]! * heads * D)];
  const logits = Array.from({ length: k.dims[1]! }, (_, j) =>
    row.reduce((dot, x, d) => dot + x * keys[((j + 1) * heads - 1) * D + d]! * SCALE, bias.at(j - count) ?? 0),
  );
  const largest = Math.max(...logits);
  return Math.abs(Array.from(numbersIn(max)).at(-1)! - largest) <= 1e-5 * Math.max(1, Math.abs(largest));
}
