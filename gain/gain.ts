/**
 * @file What a plan gives: the work that ranks share, the bytes that each sends, and its memory, against the unsplit model. Runs nothing.
 */
import { meshStages, type Stages } from "../compiler/compile.ts";
import { groupBy } from "../compiler/group.ts";
import { show, withinLimits } from "../compiler/expr/expr.ts";
import type { LoweredProgram } from "../compiler/lower/types.ts";
import { newRun } from "../compiler/run.ts";
import type { ShardedGraph } from "../compiler/shard/types.ts";
import { lengthsFor } from "../compiler/simulate/choose.ts";
import { executor } from "../memory/executions.ts";
import { largestRanks, outboxBytes } from "../memory/exchange.ts";
import { rankMemory } from "../memory/rank.ts";
import { ranksOf } from "../program/mesh.ts";
import { equalCut } from "../program/shares.ts";
import type { Program } from "../program/types.ts";
import { placer } from "../runtime/collectives/placement.ts";
import { isSplitIn } from "./share.ts";
import { typicalSizes } from "./typical.ts";
import { type Cause, causeOf } from "./causes.ts";
import { type Divided, dividedProducts, dividedWork, repeatedWork } from "./whole.ts";

export interface Gain {
  /** The lengths that all numbers hold for. */
  readonly lengths: Readonly<Record<string, number>>;
  /** Options that fix these lengths; empty where the caller has fixed all. */
  readonly options: readonly string[];
  /** Attention sites: of how many each rank computes only a part. */
  readonly attention: { readonly sites: number; readonly split: number };
  /** Floating-point work of products, convolutions and attention, as shares of the unsplit model's from 0 to 1. */
  readonly work: Divided & {
    /** What one rank computes. */
    readonly rank: number;
  };
  /** Why ranks repeat work: at most three causes, that of most work first. */
  readonly repeated: readonly Repeated[];
  /** Those products and convolutions whose rows become queries or outputs. */
  readonly products: Divided;
  /** Bytes that a rank sends to others in a step: the one that sends most, since ranks between two others send rows to both. */
  readonly sent: number | null;
  /** Bytes of values at the peak, without weights: of a rank, its outbox included, and of the model on one rank. */
  readonly memory: { readonly rank: number; readonly unsplit: number } | null;
}

/** Modules that every rank repeats for one reason. `share` is of the unsplit model's work, from 0 to 1. */
export interface Repeated {
  /** Patterns, that of most work first. */
  readonly modules: readonly string[];
  readonly share: number;
  /** A node of the first that costs most. */
  readonly node: string;
  readonly cause: Cause;
}

/** Causes that are said, the share that is worth saying, and modules that are looked at. */
const CAUSES = { most: 3, least: 0.05, modules: 32 } as const;

/**
 * `null` where a stage is missing. Sizes are `null` where one has no value at these lengths. `withMemory`: compiles the plan for one rank too,
 * which takes as long as the stages that depend on the mesh.
 */
export async function gainOf(stages: Stages, withMemory: boolean): Promise<Gain | null> {
  const { sharded, lowered } = stages;
  if (sharded === undefined || lowered === undefined) return null;
  const typical = typicalSizes(sharded.graph).lengths;
  const lengths = lengthsFor(sharded, typical);
  const all = { ...typical, ...lengths };
  const isSplit = isSplitIn(sharded);
  const sites = new Set(sharded.attention.map(({ node }) => node));
  const nodes = sharded.graph.nodes.filter(({ name }) => sites.has(name));
  const work = dividedWork(sharded, all);
  return {
    lengths,
    options: openInputs(lowered.program),
    attention: { sites: nodes.length, split: nodes.filter(isSplit).length },
    work: { ...work, rank: 1 - work.split + work.split / ranksOf(sharded.mesh) },
    repeated: repeatedIn(sharded, all),
    products: dividedProducts(sharded, all),
    sent: withinLimits(() => sentBy(lowered.program, lengths)),
    memory: withMemory ? await memoryOf(stages, sharded, lowered, lengths) : null,
  };
}

function repeatedIn(sharded: ShardedGraph, lengths: Gain["lengths"]): readonly Repeated[] {
  const repeated = repeatedWork(sharded, lengths).slice(0, CAUSES.modules);
  const caused = repeated.map((one) => ({ ...one, cause: causeOf(one.nodes, sharded) }));
  const groups = [...groupBy(caused, ({ cause }) => JSON.stringify(cause)).values()].map((group) => ({
    modules: group.map(({ module }) => module),
    share: group.reduce((sum, { share }) => sum + share, 0),
    node: group[0]!.nodes[0]!.name,
    cause: group[0]!.cause,
  }));
  const large = groups.filter(({ share }) => share >= CAUSES.least).toSorted((a, b) => b.share - a.share);
  return large.slice(0, CAUSES.most);
}

/** `--shape hidden_states=1,img,16` for inputs that carry a length. */
export function openInputs({ inputs }: Program): readonly string[] {
  const open = inputs.filter(({ dims }) => dims.some((dim) => typeof dim !== "number"));
  return open.map(({ name, dims }) => `--shape ${name}=${dims.map((dim) => show(dim).replaceAll(" ", "")).join(",")}`);
}

function sentBy(program: Program, lengths: Gain["lengths"]): number {
  const place = placer(program.mesh, lengths, equalCut);
  const sent = Array.from({ length: ranksOf(program.mesh) }, (_, rank) =>
    program.steps.reduce((sum, step) => sum + (step.kind === "collective" ? place(step, rank).sent : 0), 0),
  );
  return Math.max(...sent);
}

/** The unsplit model is the same plan on one rank: the same pieces, forms of attention and rewrites. */
async function memoryOf(
  stages: Stages,
  sharded: ShardedGraph,
  lowered: LoweredProgram,
  lengths: Gain["lengths"],
): Promise<Gain["memory"]> {
  const { plan, model, canonical, bound, mesh } = stages;
  if (!plan || !model || !canonical || !bound || !mesh) return null;
  const rank = withinLimits(() => peakOf(lowered, lengths));
  const one = { ...mesh, batch_degree: 1, ring_degree: 1, ulysses_degree: 1 };
  const alone =
    ranksOf(sharded.mesh) === 1
      ? lowered
      : (await meshStages({ plan, model, canonical, bound }, one, {}, newRun({}))).lowered;
  const unsplit = alone === undefined ? null : withinLimits(() => peakOf(alone, lengths));
  return rank === null || unsplit === null ? null : { rank, unsplit };
}

function peakOf({ program, graphs }: LoweredProgram, lengths: Gain["lengths"]): number {
  const [executionOf, place] = [executor(program, graphs), placer(program.mesh, lengths, equalCut)];
  const taken = largestRanks(program).map(
    (rank) => rankMemory(program, executionOf, lengths, rank).peak + outboxBytes(program, place, rank),
  );
  return Math.max(...taken);
}
