/**
 * @file Lengths that a mask decides: rows that a mask picks are one length for all that the same mask makes, a run counts them in its feeds, and a
 * stream of them may be split, or meet a split one. Simulated, and run on threads, against the unsplit model.
 */
import { writeFile } from "node:fs/promises";
import { expect, onTestFinished, test } from "vitest";
import { compilePlan } from "../../compiler/compile.ts";
import { int, ints } from "../../compiler/graph/attributes.ts";
import { readModel } from "../../compiler/graph/read.ts";
import { writeModel } from "../../compiler/graph/write.ts";
import { readPlanValue } from "../../compiler/plan/read.ts";
import type { ContextParallelPlan } from "../../compiler/plan/types.ts";
import type { CanonicalGraph } from "../../compiler/ir/types.ts";
import type { ShardedGraph } from "../../compiler/shard/types.ts";
import { simulate } from "../../compiler/simulate/simulate.ts";
import { createSession } from "../../ort/session.ts";
import { ortTensor } from "../../ort/tensors.ts";
import type { OrtTensor, OrtTensors } from "../../ort/types.ts";
import type { Session } from "../../runtime/caller/session.ts";
import { network, type Network } from "../attention/network.ts";
import { outputsOf, sessionOf, wrongOutputs } from "../support/compiled.ts";
import { temporaryFolder } from "../support/files.ts";
import { texts, valueOf } from "../support/fixtures.ts";
import { random } from "../support/graphs.ts";
import { moduleUrl } from "../runtime/support/handlers.ts";
import { meshes, type MeshName } from "../support/meshes.ts";
import { bindPlan, canonicalise, shard } from "../support/stages.ts";

const [HEADS, SIZE] = [4, 6];
const CHANNELS = HEADS * SIZE;
const along = (axis: number) => ({ attributes: { axis: int(axis) } });
const to = (elem: number) => ({ attributes: { to: int(elem) } });

/** (1, S, C) of rows that attend to each other, in some heads. */
function attention(n: Network, x: string): string {
  const [q, k, v] = [0, 1, 2].map(() => {
    const rows = n.add("attn", "MatMul", [x, n.weights(CHANNELS, CHANNELS)]);
    const heads = n.add("attn", "Reshape", [rows, n.ints(0, 0, HEADS, SIZE)]);
    return n.add("attn", "Transpose", [heads], { attributes: { perm: ints([0, 2, 1, 3]) } });
  });
  const turned = n.add("attn", "Transpose", [k!], { attributes: { perm: ints([0, 1, 3, 2]) } });
  const scores = n.add("attn", "MatMul", [q!, turned]);
  const scaled = n.add("attn", "Mul", [scores, n.numbers([1], [SIZE ** -0.5])]);
  const weights = n.add("attn", "Softmax", [scaled], along(-1));
  const result = n.add("attn", "MatMul", [weights, v!]);
  const back = n.add("attn", "Transpose", [result], { attributes: { perm: ints([0, 2, 1, 3]) } });
  return n.add("attn", "Reshape", [back, n.ints(0, 0, CHANNELS)]);
}

/** The rows of (1, S, C) where (S) is true: by their numbers, as PyTorch exports indexing by a mask. */
function picked(n: Network, x: string, mask: string): string {
  const places = n.add("", "Squeeze", [n.add("", "NonZero", [mask]), n.ints(0)]);
  return n.add("", "Gather", [x, places], along(1));
}

/** The same by pairs of (batch, row), without the batch: (count, C). */
function pickedPairs(n: Network, x: string, mask: string): string {
  const pairs = n.add("", "Transpose", [n.add("", "NonZero", [mask])], { attributes: { perm: ints([1, 0]) } });
  return n.add("", "GatherND", [x, pairs]);
}

function rowsOf(n: Network, x: string): string {
  return n.add("", "Gather", [n.add("", "Shape", [x]), n.ints(1)], along(0));
}

/** The same by one operator. */
function compressed(n: Network, x: string, mask: string): string {
  return n.add("", "Compress", [x, mask], along(1));
}

/** Adds the nodes of a model, and returns the plan for it. */
type Form = (n: Network) => ContextParallelPlan;

const PLAN: ContextParallelPlan = { "": [{ image: { split_dim: 1 } }, { gather_dim: 1 }] };

const inputs = (n: Network): readonly [string, string, string] => [
  n.input("image", "float32", [1, "img", CHANNELS]),
  n.input("text", "float32", [1, "txt", CHANNELS]),
  n.input("mask", "int64", [1, "txt"]),
];

/** Image and valid text attend to each other; the text's result is filled up with zeros to its old length, and read by the image. */
const valid: Form = (n) => {
  const [image, text, mask] = inputs(n);
  const flat = n.add("", "Reshape", [mask, n.ints(-1)]);
  const rows = picked(n, text, flat);
  const joint = attention(n, n.add("", "Concat", [image, rows], along(1)));
  const sizes = n.add("", "Concat", [rowsOf(n, image), rowsOf(n, rows)], along(0));
  const own = n.add("", "Split", [joint, sizes], { ...along(1), outputs: 2 });
  n.output("y", own, [1, "img", CHANNELS]);
  return PLAN;
};

/** The same, with the text's result filled up to the length of the text, and added to it. */
const filled: Form = (n) => {
  const [image, text, mask] = inputs(n);
  const rows = picked(n, text, n.add("", "Reshape", [mask, n.ints(-1)]));
  const joint = attention(n, n.add("", "Concat", [image, rows], along(1)));
  const zeros = n.ints(0, 0, 0, 0);
  const missing = n.add("", "Sub", [rowsOf(n, text), rowsOf(n, rows)]);
  const pads = n.add("", "Concat", [zeros, missing, n.ints(0)], along(0));
  const full = n.add("", "Pad", [joint, pads]);
  const sizes = n.add("", "Concat", [rowsOf(n, image), rowsOf(n, text)], along(0));
  const own = n.add("", "Split", [full, sizes], { ...along(1), outputs: 2 });
  n.output("y", own, [1, "img", CHANNELS]);
  n.output("z", n.add("", "Add", [text, `${own}.1`]), [1, "txt", CHANNELS]);
  return { "": [{ image: { split_dim: 1 } }, [{ gather_dim: 1 }, { gather_dim: 1 }]] };
};

/** Two masks, and what they leave out behind it, so that the whole text is as long as before; the mask hides the rest from all. */
const sorted: Form = (n) => {
  const [image, text, mask] = inputs(n);
  const more = n.input("more", "float32", [1, "other", CHANNELS]);
  const ofMore = n.input("of_more", "bool", [1, "other"]);
  const first = n.add("", "Cast", [n.add("", "Gather", [mask, n.numbers([], [0], "int64")], along(0))], to(9));
  const second = n.add("", "Reshape", [ofMore, n.ints(-1)]);
  const [noFirst, noSecond] = [first, second].map((m) => n.add("", "Not", [m]));
  const nothing = n.numbers([1], [0]);
  const parts = [
    picked(n, more, second),
    compressed(n, text, first),
    n.add("", "Mul", [picked(n, more, noSecond!), nothing]),
    n.add("", "Mul", [picked(n, text, noFirst!), nothing]),
  ];
  const all = n.add("", "Concat", parts, along(1));
  const joint = attention(n, n.add("", "Concat", [image, all], along(1)));
  const sizes = n.add("", "Concat", [rowsOf(n, image), n.add("", "Add", [rowsOf(n, text), rowsOf(n, more)])], along(0));
  n.output("y", n.add("", "Split", [joint, sizes], { ...along(1), outputs: 2 }), [1, "img", CHANNELS]);
  return PLAN;
};

/** Rows by a comparison, added to rows by another spelling of it: the same length, which the plan splits. */
const spelled: Form = (n) => {
  const [, text, mask] = inputs(n);
  const bias = n.input("bias", "float32", [1, "txt", CHANNELS]);
  const zero = n.numbers([], [0], "int64");
  const one = n.add("", "Unsqueeze", [pickedPairs(n, text, n.add("", "Greater", [mask, zero])), n.ints(0)]);
  const flat = n.add("", "Reshape", [n.add("", "Less", [zero, mask]), n.ints(-1)]);
  const back = n.add("", "Cast", [n.add("", "Cast", [flat], to(1))], to(9));
  const sum = n.add("", "Add", [one, picked(n, bias, back)]);
  n.output("y", attention(n, sum), [1, null, CHANNELS]);
  return { "": [{ rows: { split_dim: 1, value: sum } }, { gather_dim: 1 }] };
};

/** Rows of two masks, added: they must be as many. */
const together: Form = (n) => {
  const [, text, mask] = inputs(n);
  const more = n.input("more", "float32", [1, "other", CHANNELS]);
  const ofMore = n.input("of_more", "bool", [1, "other"]);
  const [one, two] = [mask, ofMore].map((m) => n.add("", "Reshape", [m, n.ints(-1)]));
  const sum = n.add("", "Add", [picked(n, text, one!), picked(n, more, two!)]);
  n.output("y", attention(n, sum), [1, null, CHANNELS]);
  return { "": [{ rows: { split_dim: 1, value: sum } }, { gather_dim: 1 }] };
};

const forms = { valid, filled, sorted, spelled } as const;
type Name = keyof typeof forms;

interface Made {
  readonly file: string;
  readonly plan: ContextParallelPlan;
  readonly canonical: CanonicalGraph;
}

async function made(form: Form): Promise<Made> {
  const n = network();
  const plan = form(n);
  const file = `${await temporaryFolder()}/model.onnx`;
  await writeFile(file, writeModel(n.graph(), { opsets: { "": 18 } }));
  return { file, plan, canonical: valueOf(await canonicalise(valueOf(await readModel(file)))) };
}

function sharded({ canonical, plan }: Made, mesh: MeshName): ShardedGraph {
  const bound = valueOf(bindPlan(canonical, valueOf(readPlanValue(plan))));
  return valueOf(shard(bound, { ...meshes[mesh], mesh: meshes[mesh] }));
}

/** A text with a row for each number of its mask, and another one. */
function feedsOf({ canonical }: Made, [masked, other]: (typeof masks)[number]): OrtTensors {
  const all: OrtTensors = {
    image: random(1, [1, 7, CHANNELS]),
    text: random(2, [1, masked.length, CHANNELS]),
    bias: random(3, [1, masked.length, CHANNELS]),
    more: random(4, [1, other.length, CHANNELS]),
    mask: ortTensor("int64", [1, masked.length], masked),
    of_more: ortTensor("bool", [1, other.length], other),
  };
  return Object.fromEntries(canonical.inputs.map(({ name }): [string, OrtTensor] => [name, all[name]!]));
}

const masks: readonly (readonly [readonly number[], readonly number[]])[] = [
  [
    [1, 1, 0, 1, 0, 1, 1, 0, 0],
    [0, 1, 1, 0, 1],
  ],
  [
    [0, 3, 1, 1, 2],
    [1, 1],
  ],
  [
    [1, 1, 1, 1, 1, 1],
    [0, 0, 0],
  ],
];

const cells = (Object.keys(forms) as Name[]).flatMap((name) =>
  (["ulysses 2", "rotating ring 2", "unified 2 x 2"] as const).map((mesh) => [name, mesh] as const),
);

test.each(cells)("%s, %s: every value is that of the unsplit model, for several masks", async (name, mesh) => {
  const model = await made(forms[name]);
  const graph = sharded(model, mesh);
  for (const both of masks) {
    const report = valueOf(await simulate(graph, feedsOf(model, both)));
    expect(report.wrong?.diagnostic.message ?? null).toBeNull();
  }
  const session = await sessionFor(model, mesh);
  const whole = await createSession(model.file);
  onTestFinished(() => whole.release());
  for (const both of masks) {
    const feeds = feedsOf(model, both);
    expect(wrongOutputs(await outputsOf(session, feeds), await whole.run(feeds))).toEqual([]);
  }
});

async function sessionFor({ file, plan }: Made, mesh: MeshName, hooks: readonly string[] = []): Promise<Session> {
  const out = `${await temporaryFolder()}/program`;
  const compiled = await compilePlan({ model: file, plan, parallel: meshes[mesh], out, hooks });
  if (!compiled.ok) throw new Error(texts(compiled.diagnostics).join("\n"));
  return sessionOf(compiled.program);
}

const problem = (run: Promise<unknown>): Promise<string> => run.then(String, String);

test("a mask that picks fewer rows than there are ranks is refused before the run, with both numbers", async () => {
  const model = await made(spelled);
  const session = await sessionFor(model, "unified 2 x 2");
  const feeds = feedsOf(model, [[1, 0, 1, 1, 0], [1]]);
  expect(await problem(outputsOf(session, feeds))).toContain("CP6008: Add12 axis 1 is 3, fewer than the 4 ranks");
});

test("masks that must pick as many rows are compared before the run", async () => {
  const model = await made(together);
  const session = await sessionFor(model, "ulysses 2");
  const [few, more] = [
    [1, 0, 1, 1, 0],
    [1, 1, 1, 1],
  ];
  expect(await problem(outputsOf(session, feedsOf(model, [few, more])))).toContain(
    "CP6007: count(mask[0 .. txt] != 0) is 3, but max(count(mask[0 .. txt] != 0), count(of_more[0 .. other] != 0)) is 4",
  );
  const whole = await createSession(model.file);
  onTestFinished(() => whole.release());
  const feeds = feedsOf(model, [few, [0, ...more.slice(1)]]);
  expect(wrongOutputs(await outputsOf(session, feeds), await whole.run(feeds))).toEqual([]);
});

/** The mask is the result of a module, where a handler may replace it. */
const handled: Form = (n) => {
  const [image, text, mask] = inputs(n);
  const own = n.add("prepare", "Cast", [n.add("prepare", "Reshape", [mask, n.ints(-1)])], to(9));
  const rows = picked(n, text, own);
  const joint = attention(n, n.add("", "Concat", [image, rows], along(1)));
  const sizes = n.add("", "Concat", [rowsOf(n, image), rowsOf(n, rows)], along(0));
  n.output("y", n.add("", "Split", [joint, sizes], { ...along(1), outputs: 2 }), [1, "img", CHANNELS]);
  return PLAN;
};

test("a handler that changes how many rows a mask picks stops the run", async () => {
  const model = await made(handled);
  const session = await sessionFor(model, "ulysses 2", ["prepare"]);
  const feeds = feedsOf(model, masks[0]!);
  expect(Object.keys(await outputsOf(session, feeds))).toEqual(["y"]);
  const all = "(t) => ({ type: t.type, dims: t.dims, data: t.data.map(() => 1) })";
  await session.hooks.register("prepare", "post_forward", moduleUrl(all));
  expect(await problem(outputsOf(session, feeds))).toMatch(/CP6504.*cannot be reshaped/su);
});
