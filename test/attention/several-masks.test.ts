/**
 * @file Masks as transformers write them: several of them, scaled, added, or put in place of scores, read from the padding by index. Each is
 * exact on uneven lengths in every scheme, also where hidden keys are NaN, and is sliced where the plan splits it.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { int, ints } from "../../compiler/graph/attributes.ts";
import { readModel } from "../../compiler/graph/read.ts";
import { writeModel } from "../../compiler/graph/write.ts";
import { asCp } from "../../compiler/ir/cp.ts";
import { readPlanValue } from "../../compiler/plan/read.ts";
import { simulate } from "../../compiler/simulate/simulate.ts";
import { unsplitValues } from "../../compiler/simulate/unsplit.ts";
import { createSession } from "../../ort/session.ts";
import type { OrtTensors } from "../../ort/types.ts";
import { compareOutputs } from "../../runtime/verify.ts";
import { valueOf } from "../support/fixtures.ts";
import { random } from "../support/graphs.ts";
import { bindPlan, canonicalise, shard } from "../support/stages.ts";
import { rotating, ulysses } from "./exact.ts";
import { network, type Network } from "./network.ts";
import { LOWEST } from "./spellings.ts";

const [HEADS, SIZE] = [4, 3];
const SIZES = { batch: 2, img: 13 };
const SCHEMES = [ulysses(2), rotating(2), rotating(2, 2)];
const HERE = "block.attn";
const SPLIT = ["hidden_states", "attention_mask"] as const;

type Change = (n: Network, scores: string) => string;

const add = (n: Network, op: string, ...inputs: readonly string[]): string => n.add(HERE, op, inputs);
const scalar = (n: Network, value: number): string => n.numbers([], [value]);
const whole = (n: Network, value: number): string => n.numbers([], [value], "int64");
const extent = (n: Network, axis: number): string =>
  add(n, "Gather", add(n, "Shape", "attention_mask"), whole(n, axis));
const iota = (n: Network, axis: number): string => add(n, "Range", whole(n, 0), extent(n, axis), whole(n, 1));
const unsqueeze = (n: Network, x: string, ...axes: readonly number[]): string =>
  add(n, "Unsqueeze", x, n.ints(...axes));
const concat = (n: Network, axis: number, ...parts: readonly string[]): string =>
  n.add(HERE, "Concat", parts, { attributes: { axis: int(axis) } });
const broadShape = (n: Network): string => {
  const [batch, keys] = [0, 1].map((axis) => unsqueeze(n, extent(n, axis), 0)) as [string, string];
  return concat(n, 0, batch, n.ints(1, 1), keys);
};
const padding = (n: Network): string => n.add(HERE, "Cast", ["attention_mask"], { attributes: { to: int(9) } });

/** Keys that are no padding, (B, 1, 1, S). */
const keysSeen = (n: Network): string => unsqueeze(n, padding(n), 1, 2);
const readAside = (n: Network): string => {
  const shape = broadShape(n);
  const parts = [unsqueeze(n, iota(n, 0), 1, 2, 3), unsqueeze(n, iota(n, 1), 0, 1, 2)].map((index) =>
    unsqueeze(n, add(n, "Expand", index, shape), -1),
  );
  return add(n, "GatherND", padding(n), concat(n, -1, ...parts));
};
const readByNumber = (n: Network): string => {
  const first = add(n, "Mul", unsqueeze(n, iota(n, 0), 1, 2, 3), extent(n, 1));
  const index = add(n, "Add", unsqueeze(n, iota(n, 1), 0, 1, 2), first);
  const flat = n.add(HERE, "Flatten", [padding(n)], { attributes: { axis: int(2) } });
  const read = n.add(HERE, "Gather", [flat, index], { attributes: { axis: int(0) } });
  return add(n, "Reshape", read, broadShape(n));
};
/** Keys that are not later, and at most 4 before, (S, S). */
const window = (n: Network): string => {
  const [rows, keys] = [unsqueeze(n, iota(n, 1), 1), unsqueeze(n, iota(n, 1), 0)];
  const near = add(n, "Greater", keys, add(n, "Sub", rows, whole(n, 5)));
  return add(n, "And", near, add(n, "LessOrEqual", keys, rows));
};
/** Where a condition holds 0, else the lowest number. */
const toBias = (n: Network, seen: string, never = LOWEST): string =>
  add(n, "Where", seen, scalar(n, 0), scalar(n, never));
const hide = (n: Network, seen: string, scores: string, never = LOWEST): string =>
  add(n, "Where", seen, scores, scalar(n, never));
/** A bias of each head by distance, (H, S, S). */
const distance = (n: Network): string => {
  const steps = add(n, "Sub", unsqueeze(n, iota(n, 1), 0), unsqueeze(n, iota(n, 1), 1));
  const far = n.add(HERE, "Cast", [steps], { attributes: { to: int(1) } });
  return add(n, "Mul", far, n.numbers([HEADS, 1, 1], [0.5, 0.25, 0.125, 0.0625]));
};

const changes: Readonly<Record<string, Change>> = {
  "padding read by an index for each axis, in a window": (n, s) =>
    add(n, "Add", s, toBias(n, add(n, "And", window(n), readAside(n)))),
  "padding read by the number of the element": (n, s) => hide(n, readByNumber(n), s),
  "a bias, then a mask, both added": (n, s) => add(n, "Add", add(n, "Add", s, distance(n)), toBias(n, keysSeen(n))),
  "three, all added": (n, s) =>
    add(
      n,
      "Add",
      add(n, "Add", add(n, "Add", s, distance(n)), toBias(n, keysSeen(n))),
      toBias(n, window(n), -Infinity),
    ),
  "a bias, then hidden": (n, s) => hide(n, keysSeen(n), add(n, "Add", s, distance(n))),
  "a bias, then hidden by an infinite number": (n, s) =>
    hide(n, add(n, "And", window(n), keysSeen(n)), add(n, "Add", s, distance(n)), -Infinity),
  "hidden, then a bias": (n, s) => add(n, "Add", hide(n, keysSeen(n), s), distance(n)),
  "hidden, then the padding added": (n, s) => add(n, "Add", hide(n, window(n), s), toBias(n, keysSeen(n))),
  "hidden twice": (n, s) => hide(n, window(n), hide(n, keysSeen(n), s)),
  "scaled behind the bias, the mask subtracted": (n, s) => {
    const scaled = add(n, "Mul", add(n, "Add", s, distance(n)), scalar(n, 0.5));
    const hidden = n.add(HERE, "Cast", [add(n, "Not", keysSeen(n))], { attributes: { to: int(1) } });
    return add(n, "Sub", scaled, add(n, "Mul", hidden, scalar(n, 65500)));
  },
  "scaled behind what hides": (n, s) =>
    add(n, "Div", hide(n, keysSeen(n), add(n, "Add", s, distance(n))), scalar(n, 4)),
};

function modelOf(change: Change): Uint8Array {
  const n = network();
  n.input("hidden_states", "float32", ["batch", "img", HEADS * SIZE]);
  n.input("attention_mask", "int64", ["batch", "img"]);
  const headsOf = (perm: readonly number[]): string => {
    const projected = add(n, "MatMul", "hidden_states", n.weights(HEADS * SIZE, HEADS * SIZE));
    const apart = add(n, "Reshape", projected, n.ints(0, 0, HEADS, SIZE));
    return n.add(HERE, "Transpose", [apart], { attributes: { perm: ints(perm) } });
  };
  const scores = add(n, "MatMul", headsOf([0, 2, 1, 3]), headsOf([0, 2, 3, 1]));
  const weights = n.add(HERE, "Softmax", [change(n, scores)], { attributes: { axis: int(-1) } });
  const attended = add(n, "MatMul", weights, headsOf([0, 2, 1, 3]));
  const turned = n.add(HERE, "Transpose", [attended], { attributes: { perm: ints([0, 2, 1, 3]) } });
  const merged = add(n, "Reshape", turned, n.ints(0, 0, HEADS * SIZE));
  n.output("sample", n.add("proj_out", "Mul", [merged, scalar(n, 2)]), ["batch", "img", HEADS * SIZE]);
  return writeModel(n.graph(), { opsets: { "": 18 } });
}

/** The first batch element is padded behind, the second one in front; `poison` stands in all padding. */
function feedsOf(poison: number | null): OrtTensors {
  const { batch, img } = SIZES;
  const seen = (b: number, key: number): boolean => (b === 0 ? key < 9 : key > 2);
  const mask = Array.from({ length: batch * img }, (_, i) => BigInt(seen(Math.floor(i / img), i % img)));
  const hidden = random(5, [batch, img, HEADS * SIZE]);
  const data = Float32Array.from(hidden.data as Float32Array, (x, i) =>
    poison !== null && mask[Math.floor(i / (HEADS * SIZE))] === 0n ? poison : x,
  );
  return {
    hidden_states: { ...hidden, data } as OrtTensors[string],
    attention_mask: { elem: "int64", dims: [batch, img], data: BigInt64Array.from(mask) },
  };
}

const FEEDS = [null, Number.NaN].map(feedsOf);

async function withModel(change: Change, use: (file: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "onnx-cp-masks-"));
  try {
    const file = join(folder, "model.onnx");
    await writeFile(file, modelOf(change));
    await use(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test.each(Object.entries(changes))("%s", async (_, change) => {
  await withModel(change, async (file) => {
    const graph = valueOf(await canonicalise(valueOf(await readModel(file))));
    expect(graph.nodes.filter((node) => asCp(node, "Attention") !== null)).toHaveLength(1);
    expect(graph.nodes.filter(({ op }) => op.startsWith("Softmax") || op === "GatherND")).toEqual([]);
    const session = await createSession(file);
    for (const feeds of FEEDS) {
      const values = await unsplitValues(graph, feeds, SIZES, new Set(graph.outputs));
      const compared = compareOutputs({ sample: values.get("sample")! }, await session.run(feeds));
      expect(compared.filter(({ ok }) => !ok)).toEqual([]);
    }
    await session.release();
    for (const count of [1, 2]) {
      const split = Object.fromEntries(SPLIT.slice(0, count).map((name) => [name, { split_dim: 1 }]));
      const plan = valueOf(await readPlanValue({ "": split, proj_out: { gather_dim: 1 } }));
      const bound = valueOf(bindPlan(graph, plan));
      for (const { ring, ulysses: degree, rotate } of SCHEMES) {
        const mesh = { batch_degree: 1, ring_degree: ring, ulysses_degree: degree };
        const sharded = valueOf(shard(bound, { mesh, rotate_method: rotate, convert_to_fp32: true }));
        for (const feeds of FEEDS.slice(count - 1)) {
          const report = valueOf(await simulate(sharded, feeds));
          expect(report.wrong?.diagnostic.message ?? null, `${ring} x ${degree}, ${count} split`).toBeNull();
        }
      }
    }
  });
});
