/**
 * @file All mutants of an export, each with its judge: the simulator, and for a subset also real ranks.
 */
import { existsSync, readFileSync } from "node:fs";
import { attentionSites } from "../../compiler/inspect/attention.ts";
import type { ContextParallelPlan, MeshConfig } from "../../compiler/plan/types.ts";
import type { ShardedGraph } from "../../compiler/shard/types.ts";
import type { OrtTensors } from "../../ort/types.ts";
import { committedExports, fits, sampleFile, type Export } from "../support/exports.ts";
import { fixtureTensors, valueOf } from "../support/fixtures.ts";
import { meshes, type MeshName } from "../support/meshes.ts";
import { feedMutantsOf } from "./feeds/all.ts";
import type { SplitFeed } from "./feeds/mutant.ts";
import { compile, judge, judgeFeeds, sourceOf, type Source, type Verdict } from "./judge.ts";
import { mutantsOf } from "./plans/all.ts";
import type { Mutant, Subject } from "./plans/mutant.ts";
import type { Label } from "./plans/oracle.ts";
import { isSplit, specsOf } from "./plans/specs.ts";
import { ranksFor, type OnRanks } from "./ranks.ts";
import { shareOf } from "./share.ts";

export interface Case {
  /** `flux/flux.dynamo18-dynamic.onnx on ring 2: drop proj_out` */
  readonly name: string;
  readonly family: string;
  readonly mesh: string;
  readonly kind: string;
  readonly label: Label;
  /** Whether the runtime judges it too, if the simulator finds nothing wrong. */
  readonly onRanks: boolean;
  judge(): Promise<Verdict>;
}

/** One length at least is uneven on each of them. */
const MESHES: readonly MeshName[] = ["ulysses 2", "ring 2", "rotating ring 2", "rotating ring 3", "unified 2 x 2"];
/** Of an export whose feeds have a batch of 2. */
const BATCH_MESHES: readonly MeshName[] = ["batch 2", "batch 2 x ulysses 2", "batch 2 x rotating 2 x 2"];
/** The exports' attentions have 4 or 5 heads; no Ulysses group has more members than heads. */
const TOO_MANY_HEADS: MeshConfig = { ...meshes["ulysses 2"], ulysses_degree: 16 };
/** How many of the plans run on ranks, and on how many exports and meshes the feeds do. */
const RANKS_OF_PLANS = 1 / 6;
const RANKS_OF_FEEDS = 1 / 4;

/** Families that have a plan of ours. */
export function subjects(): readonly Export[] {
  return committedExports().filter(({ family }) => existsSync(planUrl(family)));
}

/** Release `ranks` when the cases have been judged. */
export async function casesOf(source: Export): Promise<{ readonly cases: readonly Case[]; readonly ranks: OnRanks }> {
  const opened = await open(source);
  const ranks = ranksFor(source.file);
  return { cases: [...planCases(source, opened, ranks), ...feedCases(source, opened, ranks)], ranks };
}

function planCases({ file, family, ...source }: Export, { source: compiled, feeds }: Opened, ranks: OnRanks): Case[] {
  const { canonical } = compiled;
  const plan = planFor(family);
  const subject: Subject = {
    family,
    model: source.model,
    specs: specsOf(plan),
    modules: [...canonical.modules.keys()],
    attentions: [...new Set(attentionSites(canonical).map(({ module }) => module))],
    inputs: new Map(canonical.inputs.map(({ name, shape }) => [name, shape.dims.length])),
    isFixed: source.exporter.includes("static"),
    isMarked: source.exporter.includes("marked"),
    others: [...new Set(subjects().map((other) => other.family))].filter((other) => other !== family).map(planFor),
  };
  const caseOf = (mutant: Mutant, mesh: MeshConfig, meshName: string): Case => {
    const name = `${file} on ${meshName}: ${mutant.name}`;
    const onRanks = shareOf(`${name} on ranks`) < RANKS_OF_PLANS;
    const judgeIt = async (): Promise<Verdict> => {
      const verdict = await judge(compiled, mutant.plan, mesh, feeds);
      if (!onRanks || verdict.outcome !== "ran") return verdict;
      return agreed(verdict, await ranks.judge(mutant.plan, mesh, feeds));
    };
    return { name, family, mesh: meshName, kind: mutant.kind, label: mutant.label, onRanks, judge: judgeIt };
  };
  const tooMany: Mutant = { name: "more ranks than heads", kind: "mesh", label: "must-refuse", plan };
  const alone: Mutant = { name: "one rank", kind: "mesh", label: "must-run", plan };
  const mutants = mutantsOf(subject);
  return [
    ...meshesFor(feeds).flatMap((name) => mutants.map((mutant) => caseOf(mutant, meshes[name], name))),
    caseOf(tooMany, TOO_MANY_HEADS, "ulysses 16"),
    caseOf(alone, meshes["one rank"], "one rank"),
  ];
}

function meshesFor(feeds: OrtTensors): readonly MeshName[] {
  return feeds["hidden_states"]?.dims[0] === 2 ? [...MESHES, ...BATCH_MESHES] : MESHES;
}

/** Under the plan as it is. */
function feedCases({ file, family }: Export, { source, feeds }: Opened, ranks: OnRanks): Case[] {
  const plan = planFor(family);
  const splits = specsOf(plan).flatMap((placed): readonly SplitFeed[] =>
    isSplit(placed) && placed.module === "" && feeds[placed.key]?.dims.length === placed.spec.expected_dims
      ? [{ input: placed.key, axis: placed.spec.split_dim }]
      : [],
  );
  return meshesFor(feeds).flatMap((mesh) => {
    let compiled: Promise<ShardedGraph> | null = null;
    const { ring_degree, ulysses_degree } = meshes[mesh];
    const onRanks = shareOf(`${file} on ${mesh}`) < RANKS_OF_FEEDS;
    return feedMutantsOf(source.canonical, feeds, ring_degree * ulysses_degree, splits).map((mutant): Case => {
      const judgeIt = async (): Promise<Verdict> => {
        compiled ??= compile(source, plan, meshes[mesh]).then(valueOf);
        const simulated = await judgeFeeds(await compiled, mutant.feeds);
        return onRanks ? agreed(simulated, await ranks.judgeFeeds(plan, meshes[mesh], mutant.feeds)) : simulated;
      };
      const name = `${file} on ${mesh}: feeds ${mutant.name}`;
      return { name, family, mesh, kind: mutant.kind, label: mutant.label, onRanks, judge: judgeIt };
    });
  });
}

/** The runtime checks for itself, and must come to the same as the simulator. */
function agreed(simulated: Verdict, onRanks: Verdict): Verdict {
  if (simulated.outcome === onRanks.outcome) return onRanks;
  if (simulated.outcome !== "ran" && simulated.outcome !== "refused") return simulated;
  const why = `simulated: ${simulated.outcome} ${simulated.why}; on ranks: ${onRanks.outcome} ${onRanks.why}`;
  const isBad = onRanks.outcome !== "ran" && onRanks.outcome !== "refused";
  return { outcome: isBad ? onRanks.outcome : "wrong", why };
}

interface Opened {
  readonly source: Source;
  readonly feeds: OrtTensors;
}

/** The export with the last sample that fits it: of a dynamic export the one with uneven lengths. */
async function open(source: Export): Promise<Opened> {
  const opened = await sourceOf(source.file);
  const samples = await Promise.all(source.sizes.map((size) => fixtureTensors(sampleFile(source, size, "inputs"))));
  const fitting = samples.filter((feeds) => fits(opened.model, feeds));
  const uneven = fitting.findLast((feeds) =>
    Object.values(feeds).some(({ dims }) => dims.some((dim) => dim % 2 === 1 && dim > 2)),
  );
  return { source: opened, feeds: uneven ?? fitting[0]! };
}

function planUrl(family: string): URL {
  return new URL(`../../plans/${family}.plan.json`, import.meta.url);
}

function planFor(family: string): ContextParallelPlan {
  return JSON.parse(readFileSync(planUrl(family), "utf8")) as ContextParallelPlan;
}
