/**
 * @file Why every rank repeats a module: what its operands come from. Looks at the bound graph and its layouts, and changes nothing.
 */
import { equal, type Expr, symbolsOf } from "../compiler/expr/expr.ts";
import { asCp } from "../compiler/ir/cp.ts";
import { indexOf } from "../compiler/ir/graph-index.ts";
import type { CanonicalGraph, CanonicalNode } from "../compiler/ir/types.ts";
import type { ShardedGraph } from "../compiler/shard/types.ts";

/** `axis`: where its rows are, if one axis has them; `null` where that cannot be told. */
export interface WholeInput {
  readonly name: string;
  readonly axis: number | null;
}

export type Cause =
  /** It reads what the plan entry with this binding has gathered. */
  | { readonly kind: "gathered"; readonly binding: number }
  /** Its rows come from these inputs of the model. `binding`: the entry that splits the result, or what is made of it, only later. */
  | { readonly kind: "whole"; readonly inputs: readonly WholeInput[]; readonly binding: number | null }
  /** Its results have no rows, such as an embedded time. */
  | { readonly kind: "rowless" };

/** The common cause of nodes of which each rank computes everything, the costliest first. */
export function causeOf(nodes: readonly CanonicalNode[], { graph, layouts }: ShardedGraph): Cause {
  const [first] = nodes;
  const rows = first === undefined ? null : rowsOf(first, graph);
  if (first === undefined || rows === null) return { kind: "rowless" };
  const isWhole = (value: string): boolean => (layouts.get(value)?.length ?? 0) === 0;
  const { inputs, gathered } = above(first, graph, isWhole);
  if (gathered !== null) return { kind: "gathered", binding: gathered };
  const found = graph.inputs.filter(({ name }) => inputs.has(name));
  const withRows = found.map(({ name, shape }) => ({ name, axis: axisWith(rows, shape.dims) }));
  const named = withRows.filter(({ axis }) => axis !== null);
  return { kind: "whole", inputs: named.length > 0 ? named : withRows, binding: splitBelow(first, graph) };
}

/** The extent along which a product or an attention has rows: the largest axis between the batch and the channels that has a name, or any. */
function rowsOf(node: CanonicalNode, { shapes }: CanonicalGraph): Expr | null {
  const dims = shapes.get(node.outputs[0] ?? "")?.dims ?? [];
  const inner =
    asCp(node, "Attention") !== null ? dims.slice(1, 2) : node.op === "Conv" ? dims.slice(2) : dims.slice(1, -1);
  const [rows] = [...inner.filter((extent) => symbolsOf(extent).length > 0), ...inner.filter((extent) => extent !== 1)];
  return rows ?? null;
}

/** The only axis behind the first with this extent, or else with a length of it. */
function axisWith(rows: Expr, dims: readonly Expr[]): number | null {
  const symbols = new Set(symbolsOf(rows));
  const axes = (fits: (extent: Expr) => boolean): readonly number[] =>
    dims.flatMap((extent, axis) => (axis > 0 && fits(extent) ? [axis] : []));
  const [same, ...others] = axes((extent) => equal(extent, rows));
  if (same !== undefined && others.length === 0) return same;
  const [only] = axes((extent) => symbolsOf(extent).some((symbol) => symbols.has(symbol)));
  return only ?? null;
}

interface Above {
  readonly inputs: ReadonlySet<string>;
  readonly gathered: number | null;
}

/** The inputs of the model that whole values of a node are made from, and the nearest gather among what they are made by. */
function above(node: CanonicalNode, graph: CanonicalGraph, isWhole: (value: string) => boolean): Above {
  const { producer } = indexOf(graph);
  const inputs = new Set<string>();
  const seen = new Set<string>();
  const pending = node.inputs.slice(0, 1);
  for (const value of pending) {
    if (seen.has(value)) continue;
    seen.add(value);
    const made = producer(value);
    if (made === undefined) inputs.add(value);
    const gather = asCp(made, "Gather");
    if (gather !== null && !isWhole(gather.value)) return { inputs, gathered: gather.binding };
    pending.push(...(made?.inputs ?? []));
  }
  return { inputs, gathered: null };
}

/** The nearest entry that splits what is made of the node's result. */
function splitBelow(node: CanonicalNode, graph: CanonicalGraph): number | null {
  const { users } = indexOf(graph);
  const seen = new Set<CanonicalNode>();
  const pending = [node];
  for (const next of pending) {
    const shard = asCp(next, "Shard");
    if (shard !== null) return shard.binding;
    for (const user of next.outputs.flatMap((output) => users(output))) {
      if (seen.has(user)) continue;
      seen.add(user);
      pending.push(user);
    }
  }
  return null;
}
