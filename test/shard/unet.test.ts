/**
 * @file Attention at the bottom of a small U-Net without stated shapes, channels first: its tokens are expressions in height and width,
 * also after convolutions that halve them.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compilePlan } from "../../compiler/compile.ts";
import { ints } from "../../compiler/graph/attributes.ts";
import { readModel } from "../../compiler/graph/read.ts";
import { writeModel } from "../../compiler/graph/write.ts";
import { readPlanValue } from "../../compiler/plan/read.ts";
import type { ContextParallelPlan } from "../../compiler/plan/types.ts";
import { simulate } from "../../compiler/simulate/simulate.ts";
import { show } from "../../compiler/expr/expr.ts";
import { createSession } from "../../ort/session.ts";
import type { OrtTensor, OrtTensors } from "../../ort/types.ts";
import { attach } from "../../runtime/attach/attach.ts";
import { compareOutputs } from "../../runtime/verify.ts";
import { network, type Network } from "../attention/network.ts";
import { spellings } from "../attention/spellings.ts";
import { temporaryFolder } from "../support/files.ts";
import { texts, valueOf } from "../support/fixtures.ts";
import { random } from "../support/graphs.ts";
import { canonicalise, bindPlan, shard } from "../support/stages.ts";

const CHANNELS = 8;
const PLAN: ContextParallelPlan = {
  "mid.attn": { hidden_states: { split_dim: 1, expected_dims: 3 } },
  "mid.attn.to_out": { gather_dim: 1, expected_dims: 3 },
};

function convolution(n: Network, scope: string, x: string, from: number, to: number, stride: number): string {
  const attributes = { strides: ints([stride, stride]), pads: ints([1, 1, 1, 1]) };
  return n.add(scope, "Conv", [x, n.weights(to, from, 3, 3), n.weights(to)], { attributes });
}

/** (B, 3, H, W), halved with padding, attention over all places, doubled, and joined with what it was before. */
function unet(resampled: "strided" | "pooled"): Uint8Array {
  const n = network();
  const start = convolution(
    n,
    "conv_in",
    n.input("sample", "float32", ["batch", 3, "height", "width"]),
    3,
    CHANNELS,
    1,
  );
  const pool = { kernel_shape: ints([2, 2]), strides: ints([2, 2]) };
  const low =
    resampled === "strided"
      ? convolution(n, "down", start, CHANNELS, CHANNELS, 2)
      : n.add("down", "AveragePool", [start], { attributes: pool });
  const rows = n.add("mid", "Transpose", [n.add("mid", "Reshape", [low, n.ints(0, 0, -1)])], {
    attributes: { perm: ints([0, 2, 1]) },
  });
  const attended = attention(n, rows);
  const columns = n.add("mid", "Transpose", [attended], { attributes: { perm: ints([0, 2, 1]) } });
  const places = n.add("mid", "Add", [low, n.add("mid", "Reshape", [columns, n.add("mid", "Shape", [low])])]);
  const up = n.add("up", "Resize", [places, "", n.numbers([4], [1, 1, 2, 2])], {});
  n.output("out", convolution(n, "conv_out", up, CHANNELS, 3, 1), ["batch", 3, null, null]);
  return writeModel(n.graph(), { opsets: { "": 18 } });
}

function attention(n: Network, x: string): string {
  const linear = (name: string, from: string): string =>
    n.add(`mid.attn.${name}`, "MatMul", [from, n.weights(CHANNELS, CHANNELS)]);
  const streams = { q: linear("to_q", x), k: linear("to_k", x), v: linear("to_v", x) };
  const rest = { heads: 4, keyHeads: 4, size: 2, valueSize: 2, mask: null, causal: false, guarded: false };
  return linear("to_out", spellings.decomposed(n, { scope: "mid.attn", ...streams, ...rest }));
}

const SIZES = [
  [1, 12, 8],
  [2, 9, 7],
] as const;

const feedsOf = (size: readonly [number, number, number]): OrtTensors => ({
  sample: random(4, [size[0], 3, size[1], size[2]]),
});

test.each([
  ["strided", "((height + 1) // 2)*((width + 1) // 2)"],
  ["pooled", "(height // 2)*(width // 2)"],
] as const)("%s: tokens are lengths, every value is exact on 1, 2 and 4 ranks", async (resampled, tokens) => {
  const file = join(await temporaryFolder(), "unet.onnx");
  await writeFile(file, unet(resampled));
  const canonical = valueOf(await canonicalise(valueOf(await readModel(file))));
  const site = canonical.nodes.find((node) => node.domain === "cp" && node.op === "Attention");
  expect(canonical.shapes.get(site!.inputs[0]!)!.dims.map(show)).toEqual(["batch", tokens, "4", "2"]);
  const bound = valueOf(bindPlan(canonical, valueOf(await readPlanValue(PLAN))));
  for (const [ring, ulysses] of [
    [1, 1],
    [1, 2],
    [2, 1],
    [2, 2],
  ] as const) {
    const mesh = { batch_degree: 1, ring_degree: ring, ulysses_degree: ulysses };
    const options = { mesh, rotate_method: "alltoall", convert_to_fp32: true } as const;
    const sharded = valueOf(shard(bound, options));
    expect(sharded.equations).toEqual([]);
    for (const size of SIZES) {
      const report = valueOf(await simulate(sharded, feedsOf(size)));
      expect(report).toMatchObject({ wrong: null, unchecked: [] });
    }
    if (ring === 1) await expectSameRun(file, ulysses);
  }
});

async function expectSameRun(model: string, ulysses: number): Promise<void> {
  const compiled = await compilePlan({
    model,
    plan: PLAN,
    parallel: { batch_degree: 1, ring_degree: 1, ulysses_degree: ulysses },
  });
  if (!compiled.ok) throw new Error(texts(compiled.diagnostics).join("\n"));
  const [session, whole] = [await attach(compiled.program), await createSession(model)];
  try {
    for (const size of SIZES) {
      const feeds = feedsOf(size);
      const { out } = await session.run({ sample: { ...feeds["sample"]!, type: "float32" } });
      const own = { out: { elem: out!.type, dims: out!.dims, data: out!.data } as OrtTensor };
      const [compared] = compareOutputs(own, await whole.run(feeds));
      // The sums of the convolutions grow to about ten.
      expect(compared!.largest_absolute).toBeLessThan(1e-4);
    }
  } finally {
    await session.release();
    await whole.release();
  }
}
