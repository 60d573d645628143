/**
 * @file Every family under schemes that the plan states for its attention sites: all gathered, every second one, only those between two
 * streams. Every value is exact, on 2, 3 and 4 ranks and with a split batch; worker threads give the outputs of the unsplit model.
 * `npm run schemes` tries every assignment on every mesh.
 */
import { describe, expect, test } from "vitest";
import { attentionSites } from "../../compiler/inspect/attention.ts";
import type { AttentionScheme, ContextParallelPlan } from "../../compiler/plan/types.ts";
import { simulate } from "../../compiler/simulate/simulate.ts";
import { ranksOf } from "../../program/mesh.ts";
import { committedExports, sampleFile, type Export } from "../support/exports.ts";
import { boundFixture, compiledFixture, outputsOf, sessionOf, shardedFixture } from "../support/compiled.ts";
import { shippedPlan, unsplitOutputs, wrongOutputs } from "../support/compiled.ts";
import { fixtureTensors, valueOf } from "../support/fixtures.ts";
import { meshes, type MeshName } from "../support/meshes.ts";
import { readFileSync } from "node:fs";

const long = process.env["MODE"] === "long";

/** The export of each family that others are variants of, and two with a batch that the ranks can divide. */
const exports = committedExports().filter(({ exporter }) => exporter === "dynamo18-dynamic");
const families = exports.filter(({ family, model }) => family === model);
const batched = exports.filter(({ model }) => ["flux-b", "ltx2-cfg"].some((name) => name === model));

/** Assignments by name: what the plan states, from the modules of the sites and of those whose queries and keys are of two streams. */
const assignments = {
  "all gathered": () => ({ "": "gather" }),
  "every second gathered": (sites) => stated(sites.filter((_, i) => i % 2 === 0)),
  "all gathered but every third, which names the scheme of the mesh": (sites, _, own) => ({
    "": "gather",
    ...stated(
      sites.filter((_, i) => i % 3 === 1),
      own,
    ),
  }),
  "cross-attention gathered": (_, cross) => stated(cross),
} satisfies Readonly<Record<string, Assignment>>;

type Assignment = (
  sites: readonly string[],
  cross: readonly string[],
  own: AttentionScheme,
) => Readonly<Record<string, AttentionScheme>>;

function stated(modules: readonly string[], scheme: AttentionScheme = "gather"): Record<string, AttentionScheme> {
  return Object.fromEntries(modules.map((module) => [module, scheme]));
}

const OWN: Readonly<Partial<Record<MeshName, AttentionScheme>>> = {
  "ulysses 2": "ulysses",
  "ulysses 3": "ulysses",
  "ulysses 4": "ulysses",
  "rotating ring 3": "ring",
  "ring 2": "ring",
  "unified 2 x 2": "unified",
  "rotating unified 2 x 2": "unified",
  "batch 2 x ulysses 2": "ulysses",
  "batch 2 x rotating 2 x 2": "unified",
};
const names = Object.keys(OWN) as MeshName[];
const isBatched = (mesh: MeshName): boolean => meshes[mesh].batch_degree > 1;

/** In turn, so that every family meets several. */
function casesOf(some: readonly Export[], on: readonly MeshName[]) {
  return some.flatMap((one, i) =>
    (Object.keys(assignments) as (keyof typeof assignments)[]).flatMap((assignment, j) => {
      const turn = j === i % 4 ? [on[(2 * i + j) % on.length]!] : [];
      return (long ? on : turn).map((mesh) => ({ file: one.file, one, assignment, mesh }));
    }),
  );
}

const cases = [
  ...casesOf(
    families,
    names.filter((mesh) => !isBatched(mesh)),
  ),
  ...casesOf(batched, names.filter(isBatched)),
];

/** Lengths that ranks do not divide. */
function feedsFor(one: Export): ReturnType<typeof fixtureTensors> {
  const size = one.sizes.find((name) => name.startsWith("batch2")) ?? one.sizes[0]!;
  return fixtureTensors(sampleFile(one, size, "inputs"));
}

/** The family's plan with what the assignment states. */
async function planWith({ file, family }: Export, assignment: keyof typeof assignments, mesh: MeshName) {
  const { graph } = await boundFixture(file, shippedPlan(family));
  const sites = attentionSites(graph);
  const cross = sites.filter(({ queryLength, keyLength }) => queryLength !== keyLength);
  const modules = [sites, cross].map((some) => [...new Set(some.map(({ module }) => module))]);
  const shipped = JSON.parse(readFileSync(shippedPlan(family), "utf8")) as ContextParallelPlan;
  const $attention = (assignments[assignment] as Assignment)(modules[0]!, modules[1]!, OWN[mesh]!);
  return { ...shipped, $attention };
}

test.each(cases)("$file, $assignment, on $mesh: every value is exact", async ({ one, assignment, mesh }) => {
  const plan = await planWith(one, assignment, mesh);
  const sharded = await shardedFixture(one.file, plan, meshes[mesh]);
  const shares = [3, 1, 2, 1, 5, 1, 1, 2].slice(0, ranksOf(meshes[mesh]));
  const report = valueOf(await simulate(sharded, await feedsFor(one), { shares }));
  expect(report).toMatchObject({ wrong: null, unchecked: [] });
  expect(report.compared).toBeGreaterThan(sharded.graph.nodes.length - 20);
  // What is stated is done wherever something is exchanged.
  const { sites } = await boundFixture(one.file, plan);
  const schemes = new Map(sharded.attention.map(({ node, scheme }) => [node, scheme]));
  for (const { node, entry } of sites) expect(["local", "merge", entry.scheme]).toContain(schemes.get(node));
});

describe("on worker threads", () => {
  const turns = { flux: "ulysses 4", ltx2: "rotating ring 3", wan: "unified 2 x 2" } as const;

  test.each(Object.entries(turns))("%s on %s", async (family, mesh) => {
    const one = families.find(({ model }) => model === family)!;
    const plan = await planWith(one, "every second gathered", mesh);
    const session = await sessionOf(await compiledFixture(one.file, plan, meshes[mesh]));
    const feeds = await feedsFor(one);
    const unsplit = await unsplitOutputs(one.file, `${family} schemes`, feeds);
    expect(wrongOutputs(await outputsOf(session, feeds), unsplit)).toEqual([]);
    const hooks = session.hooks.list().filter(({ phase, action }) => phase === "attention" && action === "gather");
    expect(hooks.length).toBeGreaterThan(0);
    for (const { module, origin } of hooks) expect(origin?.pointer).toBe(`$attention.${module}`);
  });
});
