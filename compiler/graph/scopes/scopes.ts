/**
 * @file Determines which module of the original model each node belongs to, from the traces of either exporter in the graph. Never fails: a
 * node without usable traces takes the module of its readers. Knows nothing of plans.
 */
import { isWithin, modulesAround } from "../../ir/module-paths.ts";
import { repeatedCalls } from "./calls.ts";
import { trailOf } from "./trails.ts";
import type { ScopedModule, Trail } from "./trails.ts";
import { trailsByWeights } from "./weights.ts";
import { unwrap, wrapperPath } from "./wrapper.ts";
import type { Graph, Node } from "../types.ts";

export interface Scopes {
  /** Node name to dotted module path; every node has one, also those of nested graphs. */
  readonly scopeOf: ReadonlyMap<string, string>;
  /** In order of first appearance, the root `""` first. */
  readonly modules: ReadonlyMap<string, ScopedModule>;
  /** Path of an outer module around the whole model that was removed from all paths, or `null`. */
  readonly prefix: string | null;
  /** The file has no traces of modules: these come from the names of weights. */
  readonly isByWeights: boolean;
}

export function resolveScopes(graph: Graph): Scopes {
  const nodes = withNested(graph);
  const traced = new Map(nodes.map((node) => [node, trailOf(node)]));
  const hasTraces = [...traced.values()].some((trail) => trail !== null);
  const raw = hasTraces ? traced : new Map([...traced, ...trailsByWeights(graph)]);
  const calls = repeatedCalls(raw.values(), graph.constants.keys());
  const wrapper = wrapperPath([...raw.values()]);
  const trails = new Map([...raw].map(([node, trail]) => [node, unwrap(undoCalls(trail, calls), wrapper)]));
  const modules = modulesOf(trails.values());
  const scopeOf = new Map<string, string>();
  place(graph, { trails, modules, scopeOf, around: null });
  return { scopeOf, modules, prefix: wrapper === "" ? null : wrapper, isByWeights: !hasTraces && modules.size > 1 };
}

function undoCalls(trail: Trail, calls: ReadonlyMap<string, string>): Trail {
  return trail === null ? null : trail.map((m) => ({ ...m, path: calls.get(m.path) ?? m.path }));
}

function modulesOf(trails: Iterable<Trail>): ReadonlyMap<string, ScopedModule> {
  const modules = new Map<string, ScopedModule>([["", { path: "", className: null }]]);
  for (const trail of trails) {
    for (const { path, className } of trail ?? []) {
      modules.set(path, { path, className: modules.get(path)?.className ?? className });
    }
  }
  return modules;
}

interface Placing {
  readonly trails: ReadonlyMap<Node, Trail>;
  readonly modules: ReadonlyMap<string, ScopedModule>;
  readonly scopeOf: Map<string, string>;
  /** Scope of the node that holds this graph; `null` for the outermost. */
  readonly around: string | null;
}

/** Orders readers before what they read, so that a node without a trail can take their module. */
function place(graph: Graph, placing: Placing): void {
  const { trails, modules, scopeOf, around } = placing;
  const meet = (a: string | undefined, b: string): string => (a === undefined ? b : common(a, b, modules));
  const read = new Map<string, string>();
  for (const { name } of graph.outputs) read.set(name, around ?? "");
  for (const node of graph.nodes.toReversed()) {
    const readers = node.outputs.map((name) => read.get(name)).filter((scope) => scope !== undefined);
    const inherited = around ?? readers.reduce<string | undefined>(meet, undefined) ?? "";
    const scope = trails.get(node)?.at(-1)?.path ?? inherited;
    if (!scopeOf.has(node.name)) scopeOf.set(node.name, scope);
    for (const inner of nestedGraphs(node)) place(inner, { ...placing, around: scope });
    for (const name of [...node.inputs, ...nestedGraphs(node).flatMap(namesRead)]) {
      if (name !== "") read.set(name, meet(read.get(name), scope));
    }
  }
}

/** The innermost module that contains both. */
function common(a: string, b: string, modules: ReadonlyMap<string, ScopedModule>): string {
  return modulesAround(a).find((path) => modules.has(path) && isWithin(b, path)) ?? "";
}

function nestedGraphs(node: Node): readonly Graph[] {
  return Object.values(node.attributes).flatMap((a) => (a.kind === "graph" ? [a.value] : []));
}

function withNested(graph: Graph): readonly Node[] {
  return graph.nodes.flatMap((node) => [node, ...nestedGraphs(node).flatMap(withNested)]);
}

/** Every name that occurs in a nested graph; its local values are harmless, since they have no meaning outside. */
function namesRead(graph: Graph): readonly string[] {
  return [...graph.outputs.map(({ name }) => name), ...withNested(graph).flatMap((node) => node.inputs)];
}
