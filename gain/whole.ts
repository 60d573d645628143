/**
 * @file The work that every rank repeats, by the modules that hold it. Knows layouts only by what is split.
 */
import { evaluate, symbolsOf } from "../compiler/expr/expr.ts";
import { groupBy } from "../compiler/group.ts";
import { asCp } from "../compiler/ir/cp.ts";
import { modulesAround, patternOf } from "../compiler/ir/module-paths.ts";
import type { CanonicalGraph, CanonicalNode } from "../compiler/ir/types.ts";
import { workOf } from "../compiler/operators/work.ts";
import type { ShardedGraph } from "../compiler/shard/types.ts";
import { isSplitIn } from "./share.ts";

type Lengths = Readonly<Record<string, number>>;

/** Modules that differ in their place in a list only, such as `blocks.*.mlp`; `share` is of the counted work, from 0 to 1. */
export interface WholeModules {
  readonly module: string;
  readonly share: number;
}

export interface Divided {
  /** Share of the counted work that ranks divide, from 0 to 1; 1 where nothing counts. */
  readonly split: number;
  /** The rest by modules, the largest first; small shares are left out. */
  readonly whole: readonly WholeModules[];
}

/** Smaller shares are not worth a name. */
const LEAST = 0.005;

/** The work of products, convolutions and attention. Modules are the outermost of which each rank computes everything. */
export function dividedWork(sharded: ShardedGraph, lengths: Lengths): Divided {
  return divided(sharded, lengths, () => true);
}

/**
 * The work of products and convolutions whose rows become queries or outputs: what a plan can split without loss. A sequence that is only
 * attended to, such as the text of a cross-attention, may be better left whole; and the attention of long rows hides all other work.
 */
export function dividedProducts(sharded: ShardedGraph, lengths: Lengths): Divided {
  const leading = leadingNodes(sharded.graph);
  return divided(sharded, lengths, (node) => leading.has(node) && asCp(node, "Attention") === null);
}

/** A module that every rank repeats, with its counted nodes, the costliest first. */
export interface RepeatedNodes extends WholeModules {
  readonly nodes: readonly CanonicalNode[];
}

/** The modules of `dividedWork` with their nodes. */
export function repeatedWork(sharded: ShardedGraph, lengths: Lengths): readonly RepeatedNodes[] {
  return collect(sharded, lengths, () => true).whole;
}

function divided(sharded: ShardedGraph, lengths: Lengths, counts: (node: CanonicalNode) => boolean): Divided {
  const { split, whole } = collect(sharded, lengths, counts);
  return { split, whole: whole.map(({ module, share }) => ({ module, share })) };
}

interface Collected {
  readonly split: number;
  readonly whole: readonly RepeatedNodes[];
}

function collect(sharded: ShardedGraph, lengths: Lengths, counts: (node: CanonicalNode) => boolean): Collected {
  const isSplit = isSplitIn(sharded);
  const works = sharded.graph.nodes.filter(counts).map((node) => {
    return { node, work: countOf(node, sharded.graph, lengths), isWhole: !isSplit(node) };
  });
  const all = works.reduce((sum, { work }) => sum + work, 0);
  const inSplit = works.filter(({ work, isWhole }) => work > 0 && !isWhole);
  const shared = new Set(inSplit.flatMap(({ node }) => modulesAround(node.scope)));
  const moduleOf = ({ scope }: CanonicalNode): string =>
    patternOf(modulesAround(scope).findLast((path) => path !== "" && !shared.has(path)) ?? scope);
  const repeated = works.filter(({ work, isWhole }) => isWhole && work > 0);
  const groups = [...groupBy(repeated, ({ node }) => moduleOf(node))];
  const split = all === 0 ? 1 : inSplit.reduce((sum, { work }) => sum + work, 0) / all;
  const whole = groups.map(([module, own]) => ({
    module,
    share: own.reduce((sum, { work }) => sum + work / all, 0),
    nodes: own.toSorted((a, b) => b.work - a.work).map(({ node }) => node),
  }));
  return { split, whole: whole.filter(({ share }) => share >= LEAST).toSorted((a, b) => b.share - a.share) };
}

/** The nodes on the way to an output that does not lead through the keys, values or mask of an attention. */
function leadingNodes(graph: CanonicalGraph): ReadonlySet<CanonicalNode> {
  const makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  const found = new Set<CanonicalNode>();
  const values = [...graph.outputs];
  for (let value = values.pop(); value !== undefined; value = values.pop()) {
    const node = makers.get(value);
    if (node === undefined || found.has(node)) continue;
    found.add(node);
    const attention = asCp(node, "Attention");
    values.push(...(attention === null ? node.inputs : [attention.q]));
  }
  return found;
}

function countOf(node: CanonicalNode, graph: CanonicalGraph, lengths: Lengths): number {
  const work = workOf(node, graph);
  return work === null || !symbolsOf(work).every((name) => Object.hasOwn(lengths, name)) ? 0 : evaluate(work, lengths);
}
