/**
 * @file Attention operators with a cache come apart and give the numbers of onnxruntime's own kernel, the new cache among them. What cannot
 * come apart stays, and says why.
 */
import { describe, expect, test } from "vitest";
import { explainAttention, fuseAttention } from "../../../compiler/canonical/rewrites/attention/attention.ts";
import { unfuse } from "../../../compiler/canonical/rewrites/unfuse/unfuse.ts";
import { unpackOperands } from "../../../compiler/canonical/rewrites/unpack.ts";
import { float, int } from "../../../compiler/graph/attributes.ts";
import { tensorFromNumbers } from "../../../compiler/graph/tensors.ts";
import type { CanonicalGraph } from "../../../compiler/ir/types.ts";
import { ortTensor } from "../../../ort/tensors.ts";
import type { OrtTensors } from "../../../ort/types.ts";
import { noise, random } from "../../support/graphs.ts";
import { pattern, type More, type Pattern } from "./build.ts";
import { count, expectSame } from "./check.ts";

const HEADS = 4;
const KEY_HEADS = 2;
const SIZE = 16;
const PAST = 3;
const ROWS = 5;

interface Case {
  readonly write: (p: Pattern) => readonly string[];
  readonly feeds?: OrtTensors;
}

const micro = (attributes: NonNullable<More["attributes"]>, outputs = 3): More => ({
  domain: "com.microsoft",
  attributes,
  outputs,
});
const whole = (p: Pattern, value: number, dims: readonly number[] = []): string =>
  p.constant(
    tensorFromNumbers(
      "int32",
      dims,
      Array.from({ length: dims[0] ?? 1 }, () => value),
    ),
  );

/** The extent of axis 1, less 1, as `seqlens_k` of one element. */
function lastOf(p: Pattern, value: string): string {
  const extent = p.node("Slice", [p.node("Shape", [value]), p.ints(1), p.ints(2)]);
  return p.node("Cast", [p.node("Sub", [extent, p.ints(1)])], { attributes: { to: int(6) } });
}

interface Grouped {
  readonly batch?: number;
  readonly past?: number;
  readonly packed?: boolean;
  readonly rotary?: "by position_ids" | "counted";
  readonly bias?: boolean;
  /** `seqlens_k` and `total_sequence_length` as inputs, not as constants. */
  readonly open?: boolean;
  /** `seqlens_k` by the extent T of another input, which is 7. */
  readonly other?: boolean;
  readonly attributes?: NonNullable<More["attributes"]>;
}

/** `GroupQueryAttention` of 5 rows behind a cache. */
function grouped(options: Grouped): Case {
  const {
    batch = 1,
    past = PAST,
    packed = false,
    rotary,
    bias = false,
    open = false,
    other = false,
    attributes = {},
  } = options;
  const total = past + ROWS;
  const table = (p: Pattern, seed: number): string =>
    p.constant(tensorFromNumbers("float32", [32, SIZE / 2], noise(seed, (32 * SIZE) / 2)));
  const write = (p: Pattern): readonly string[] => {
    const rows = packed
      ? [p.input("qkv", [batch, ROWS, (HEADS + 2 * KEY_HEADS) * SIZE]), "", ""]
      : ["q", "k", "v"].map((x) => p.input(x, [batch, ROWS, (x === "q" ? HEADS : KEY_HEADS) * SIZE]));
    const cache = past === 0 ? ["", ""] : ["pastK", "pastV"].map((x) => p.input(x, [batch, KEY_HEADS, past, SIZE]));
    const lengths = open
      ? [p.input("seqlens", [batch], "int32"), p.input("total", [], "int32")]
      : [whole(p, total - 1, [batch]), whole(p, total)];
    if (other) lengths[0] = lastOf(p, p.input("other", [1, "T"]));
    const tables = rotary === undefined ? ["", "", ""] : [table(p, 8), table(p, 9), ""];
    if (rotary === "by position_ids") tables[2] = p.input("positions", [batch, ROWS], "int64");
    const scores = bias ? p.input("bias", [1, HEADS, ROWS, total]) : "";
    const turn = rotary === undefined ? {} : { do_rotary: int(1) };
    const more = micro({ num_heads: int(HEADS), kv_num_heads: int(KEY_HEADS), ...turn, ...attributes });
    return p.nodes("GroupQueryAttention", [...rows, ...cache, ...lengths, ...tables, scores], more);
  };
  const positions = Array.from({ length: batch * ROWS }, (_, i) => (i * 7) % 20);
  const feeds = {
    ...(rotary === "by position_ids" ? { positions: ortTensor("int64", [batch, ROWS], positions) } : {}),
    ...(open
      ? {
          seqlens: ortTensor(
            "int32",
            [batch],
            Array.from({ length: batch }, () => total - 1),
          ),
          total: ortTensor("int32", [], [total]),
        }
      : {}),
  };
  return { write, feeds };
}

const GROUPED: Readonly<Record<string, Case>> = {
  "behind a cache": grouped({}),
  "whose cache is new": grouped({ batch: 2, past: 0 }),
  "with packed operands": grouped({ packed: true, batch: 1 }),
  "with rotary embeddings by count": grouped({ rotary: "counted" }),
  "with rotary embeddings by position_ids, packed": grouped({ rotary: "by position_ids", packed: true }),
  "with rotary embeddings of pairs": grouped({ rotary: "counted", attributes: { rotary_interleaved: int(1) } }),
  "of a prompt with rotary embeddings": grouped({ rotary: "counted", past: 0, batch: 2 }),
  "with a window of keys": grouped({ attributes: { local_window_size: int(3) } }),
  "of a prompt with a window": grouped({ past: 0, attributes: { local_window_size: int(2), scale: float(0.3) } }),
  "with a bias and capped scores": grouped({ bias: true, attributes: { softcap: float(0.7) } }),
  "whose lengths only the run knows": grouped({ open: true }),
};

function apart({ write }: Case): { readonly before: CanonicalGraph; readonly after: CanonicalGraph } {
  const p = pattern(23);
  const before = p.build(...write(p).filter((name) => name !== ""));
  return { before, after: fuseAttention(unpackOperands(unfuse(before))) };
}

describe("GroupQueryAttention", () => {
  test.each(Object.entries(GROUPED))("%s", async (_, given) => {
    const { before, after } = apart(given);
    expect(explainAttention(after)).toEqual([]);
    expect(count(after, "GroupQueryAttention")).toBe(0);
    await expectSame(before, after, given.feeds);
  });
});

test("a length that the graph states by another name is compared in the run", async () => {
  const same = apart(grouped({ past: 2, other: true }));
  await expectSame(same.before, same.after, { other: random(1, [1, 7]) });
  const less = apart(grouped({ past: 3, other: true }));
  await expect(expectSame(less.before, less.after, { other: random(1, [1, 7]) })).rejects.toThrow(
    /Gather.*out of data bounds/,
  );
});

test("a run whose lengths leave keys out is refused", async () => {
  const given = GROUPED["whose lengths only the run knows"]!;
  const { before, after } = apart(given);
  const short = { ...given.feeds, seqlens: ortTensor("int32", [1], [6]) };
  await expect(expectSame(before, after, short)).rejects.toThrow(/Gather.*out of data bounds/);
});

describe("what cannot come apart stays, with its reason", () => {
  const cases: Readonly<Record<string, Case>> = {
    "a sink takes part of its weights": grouped({ attributes: { smooth_softmax: int(1) } }),
    "it sees later keys (causal)": grouped({ attributes: { causal: int(0) } }),
    "its rows see no key (local_window_size)": grouped({ attributes: { local_window_size: int(0) } }),
    "its cache holds the last keys only": grouped({ attributes: { sliding_window_cache: int(1) } }),
  };
  test.each(Object.entries(cases))("%s", (reason, given) => {
    const { after } = apart(given);
    expect(count(after, "GroupQueryAttention")).toBe(1);
    expect(
      explainAttention(after)
        .map(({ message }) => message)
        .join("\n"),
    ).toContain(reason);
  });
});
