/**
 * @file The bytes of attention sites, and the schemes that move the fewest: compared with what worker threads send under compiled programs,
 * and with every other assignment.
 */
import { writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import type { BoundPlan } from "../../compiler/bind/types.ts";
import { compilePlan } from "../../compiler/compile.ts";
import { readPlanValue } from "../../compiler/plan/read.ts";
import type { ContextParallelPlan, MeshConfig } from "../../compiler/plan/types.ts";
import { siteBytes } from "../../compiler/shard/attention/bytes.ts";
import { chooseSites, type SiteChoice } from "../../compiler/shard/attention/choose.ts";
import { readModel } from "../../compiler/graph/read.ts";
import { writeModel } from "../../compiler/graph/write.ts";
import { attach } from "../../runtime/attach/attach.ts";
import type { Lengths } from "../../program/lengths.ts";
import { network, type Network } from "../attention/network.ts";
import { spellings } from "../attention/spellings.ts";
import { boundFixture, shippedPlan } from "../support/compiled.ts";
import { temporaryFolder } from "../support/files.ts";
import { texts, valueOf } from "../support/fixtures.ts";
import { random } from "../support/graphs.ts";
import { meshes } from "../support/meshes.ts";
import { bindPlan, canonicalise, shard } from "../support/stages.ts";

const CHANNELS = 8;
const SIZE = 4;

/** Query heads and key/value heads. */
interface Block {
  readonly heads: readonly [number, number];
  /** Whether keys are of the text, which may be shorter than the picture. */
  readonly cross: boolean;
}

/** Attentions one after the other, `blocks.I.attn`, each with a residual. */
function modelOf(blocks: readonly Block[]): Uint8Array {
  const n = network();
  let x = n.input("hidden_states", "float32", [1, "img", CHANNELS]);
  const text = n.input("encoder_hidden_states", "float32", [1, "txt", CHANNELS]);
  for (const [i, block] of blocks.entries()) x = n.add(`blocks.${i}`, "Add", [x, attended(n, i, x, text, block)]);
  n.output("sample", n.add("proj_out", "Neg", [x]), [1, "img", CHANNELS]);
  return writeModel(n.graph(), { opsets: { "": 18, "com.microsoft": 1 } });
}

function attended(n: Network, i: number, x: string, text: string, { heads, cross }: Block): string {
  const scope = `blocks.${i}.attn`;
  const linear = (from: string, width: number): string =>
    n.add(scope, "MatMul", [from, n.weights(CHANNELS, width * SIZE)]);
  const keys = cross ? text : x;
  const [h, hk] = heads;
  const spec = {
    scope,
    heads: h,
    keyHeads: hk,
    size: SIZE,
    valueSize: SIZE,
    mask: null,
    causal: false,
    guarded: false,
  };
  const streams = { q: linear(x, h), k: linear(keys, hk), v: linear(keys, hk) };
  const result = spellings.decomposed(n, { ...spec, ...streams });
  return n.add(`blocks.${i}`, "MatMul", [result, n.weights(h * SIZE, CHANNELS)]);
}

const PLAN: ContextParallelPlan = {
  "": { hidden_states: { split_dim: 1 }, encoder_hidden_states: { split_dim: 1 } },
  proj_out: { gather_dim: 1 },
};

interface Written {
  readonly file: string;
  readonly bound: (attention: SiteChoice["attention"], plan?: ContextParallelPlan) => BoundPlan;
}

async function written(blocks: readonly Block[]): Promise<Written> {
  const file = `${await temporaryFolder()}/model.onnx`;
  await writeFile(file, modelOf(blocks));
  const graph = valueOf(await canonicalise(valueOf(await readModel(file))));
  const bound = ($attention: SiteChoice["attention"], plan = PLAN): BoundPlan =>
    valueOf(bindPlan(graph, valueOf(readPlanValue({ $attention, ...plan }))));
  return { file, bound };
}

/** By site in order, the bytes that leave each rank in a run on worker threads. */
async function measured(file: string, $attention: SiteChoice["attention"], parallel: MeshConfig, given: Given) {
  const compiled = await compilePlan({ model: file, plan: { $attention, ...PLAN }, parallel });
  if (!compiled.ok) throw new Error(texts(compiled.diagnostics).join("\n"));
  const { program } = compiled.program;
  const session = await attach(compiled.program, given.shares === null ? {} : { shares: [...given.shares] });
  try {
    const { img = 0, txt = 0 } = given.lengths;
    const feed = (seed: number, rows: number) => {
      const { elem, ...rest } = random(seed, [1, rows, CHANNELS]);
      return { type: elem, ...rest };
    };
    await session.run({ hidden_states: feed(1, img), encoder_hidden_states: feed(2, txt) });
    const collectives = program.steps.filter((step) => step.kind === "collective");
    const stats = session.lastRun!.collectives;
    expect(stats).toHaveLength(collectives.length);
    const sites = program.hooks.filter(({ phase }) => phase === "attention");
    return sites.map(({ id, module, action }) => ({
      module,
      scheme: action,
      sent: collectives.reduce<readonly number[]>(
        (sum, { hook }, i) => (hook === id ? sum.map((bytes, rank) => bytes + stats[i]!.bytes[rank]!) : sum),
        stats[0]!.bytes.map(() => 0),
      ),
    }));
  } finally {
    await session.release();
  }
}

interface Given {
  readonly lengths: Lengths;
  readonly shares: readonly number[] | null;
}

/** Grouped heads, a short key side, and a site that Ulysses serves best; the second has fewer key heads than four ranks. */
const BLOCKS: readonly Block[] = [
  { heads: [8, 8], cross: false },
  { heads: [8, 1], cross: false },
  { heads: [8, 8], cross: true },
  { heads: [8, 4], cross: false },
];
const GIVEN: Given = { lengths: { img: 27, txt: 6 }, shares: null };

const cases = [
  ["ulysses 4", GIVEN],
  ["rotating ring 3", GIVEN],
  ["unified 2 x 2", GIVEN],
  ["ulysses 3", { ...GIVEN, shares: [3, 1, 2] }],
] as const;

test.each(cases)("on %s, %j: the bytes of the chosen schemes are those that ranks send", async (name, given) => {
  const { file, bound } = await written(BLOCKS);
  const mesh = meshes[name];
  const options = { ...mesh, mesh };
  const { attention, sites } = valueOf(chooseSites(bound({}), options, given.lengths, given.shares));
  const graph = valueOf(shard(bound(attention), options));
  expect(siteBytes(graph, given.lengths, given.shares)).toEqual(sites);
  const ran = await measured(file, attention, mesh, given);
  expect(sites.map(({ module, scheme, sent }) => ({ module, scheme, sent }))).toEqual(ran);
});

test("few key heads and a short key side are gathered, the others take the scheme of the mesh", async () => {
  const { bound } = await written(BLOCKS);
  const choose = (name: keyof typeof meshes, lengths: Lengths): SiteChoice["attention"] =>
    valueOf(chooseSites(bound({}), { ...meshes[name], mesh: meshes[name] }, lengths)).attention;
  expect(choose("ulysses 4", { img: 4096, txt: 128 })).toEqual({
    "blocks.1.attn": "gather",
    "blocks.2.attn": "gather",
  });
  // As much text as picture: all heads of the text are worth an exchange of heads.
  expect(choose("ulysses 4", { img: 4096, txt: 4096 })).toEqual({ "blocks.1.attn": "gather" });
  // A ring sends the same bytes as a gather: nothing to state.
  expect(choose("ring 3", { img: 4096, txt: 128 })).toEqual({});
});

test("of every assignment, none moves fewer bytes", async () => {
  const { bound } = await written(BLOCKS.slice(1));
  const mesh = meshes["unified 2 x 2"];
  const options = { ...mesh, mesh };
  const totalOf = (sites: SiteChoice["sites"]): number => sites.flatMap(({ sent }) => sent).reduce((a, b) => a + b, 0);
  const chosen = valueOf(chooseSites(bound({}), options, GIVEN.lengths));
  const others = Array.from({ length: 8 }, (_, bits) =>
    Object.fromEntries([0, 1, 2].map((i) => [`blocks.${i}.attn`, (bits >> i) & 1 ? "gather" : "unified"] as const)),
  );
  const possible = others.flatMap((attention) => {
    const made = shard(bound(attention), options);
    return made.ok ? [totalOf(siteBytes(made.value, GIVEN.lengths))] : [];
  });
  expect(possible).toHaveLength(8);
  expect(Math.min(...possible)).toBe(totalOf(chosen.sites));
});

test("like siblings get one pattern, and what the plan states is not considered", async () => {
  const { bound } = await written([1, 1, 1].map((hk) => ({ heads: [8, hk], cross: false })));
  const mesh = meshes["ulysses 2"];
  const choice = valueOf(chooseSites(bound({ "blocks.*": "ulysses" }), { ...mesh, mesh }, GIVEN.lengths));
  expect(choice.attention).toEqual({ "blocks.*.attn": "gather" });
});

test("a module around another that wants otherwise comes first", async () => {
  const { bound } = await written([
    { heads: [8, 1], cross: false },
    { heads: [8, 8], cross: false },
  ]);
  const { graph, ...rest } = bound({});
  const nested = graph.nodes.map((node) => {
    const scope =
      node.scope === "blocks.0.attn" ? "outer" : node.scope === "blocks.1.attn" ? "outer.0.attn" : node.scope;
    return { ...node, scope };
  });
  const mesh = meshes["ulysses 2"];
  const inside = { ...rest, graph: { ...graph, nodes: nested } };
  const { attention } = valueOf(chooseSites(inside, { ...mesh, mesh }, GIVEN.lengths));
  expect(Object.entries(attention)).toEqual([
    ["outer", "gather"],
    ["outer.*.attn", "ulysses"],
  ]);
});

test("what no scheme changes is an error, once", async () => {
  const { bound } = await written(BLOCKS.slice(0, 1));
  const mesh = meshes["ulysses 2"];
  const open = bound({}, { "": { hidden_states: { split_dim: 1 } } });
  const refused = chooseSites(open, { ...mesh, mesh }, GIVEN.lengths);
  expect(refused.diagnostics.map(({ code }) => code)).toEqual(["CP4007"]);
});

test("on one rank, and for Flux with as many key heads as query heads, there is nothing to state", async () => {
  const bound = await boundFixture("flux/flux.dynamo18-dynamic.onnx", shippedPlan("flux"));
  const lengths = Object.fromEntries(bound.graph.lengths.map(({ name }) => [name, 1024]));
  for (const name of ["one rank", "ulysses 4", "ring 2"] as const) {
    const mesh = meshes[name];
    expect(valueOf(chooseSites(bound, { ...mesh, mesh }, lengths)).attention).toEqual({});
  }
});
