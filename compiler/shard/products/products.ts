/**
 * @file Products that no rewrite recognised as attention: what lies between two products is propagated with its heads spread over the ranks and
 * all rows on each (Ulysses), or with the rows of the queries spread and all keys on each, if it cannot be propagated with all rows spread. The
 * propagator proves it; nothing here knows an operator.
 */
import * as catalog from "../../diagnostics/catalog/splitting/products.ts";
import { diagnose, hasErrors } from "../../diagnostics/diagnose.ts";
import { viewOf } from "../../operators/infer.ts";
import { factorsOf } from "../../operators/factors.ts";
import { equal, isOpen } from "../../expr/expr.ts";
import type { CanonicalNode } from "../../ir/types.ts";
import { headsToRows, rowsToHeads, type ToHeads } from "../attention/collectives.ts";
import { layoutOf, valueOf } from "../knowledge.ts";
import { lengthOf, shardOf } from "../layout.ts";
import { originAt, sayLayout, sayValue } from "../origins.ts";
import { gatherWhole } from "../propagate/split-gather.ts";
import { visitNode, type Act } from "../propagate/visit.ts";
import { copyOf, shapeOf, splitRanks, type State } from "../state.ts";
import type { AxisShard, Origin } from "../types.ts";
import { findRegions, type Region } from "./find.ts";
import { followed, headSplits, type Splits } from "./follow.ts";

/** The regions that may be propagated by heads or by queries on this mesh, by node. */
export function regionsByNode(state: State): ReadonlyMap<CanonicalNode, Region> {
  if (splitRanks(state) === 1 || state.bindings.length === 0) return new Map();
  const { shapes, integers, graph } = state;
  const known = { shapes, integers, constants: graph.constants, declared: () => null };
  const regions = findRegions(graph, (node) => factorsOf(viewOf(node, known)));
  return new Map(regions.flatMap((region) => region.nodes.map((node) => [node, region] as const)));
}

/** Propagates through all nodes of a region: by rows if that is possible, else by heads, else by queries; refused as by rows. */
export function visitRegion(state: State, region: Region, act: Act): void {
  const visitAll = (to: State): boolean => {
    const before = to.diagnostics.length;
    for (const node of region.nodes) visitNode(to, node, act);
    return !hasErrors(to.diagnostics.slice(before));
  };
  const reads = region.inputs.map((name) => valueOf(state, name));
  const isReady = !reads.some((name) => state.poisoned.has(name));
  const isSplit = reads.some((name) => layoutOf(state, name).length > 0);
  if (!isReady || !isSplit || visitAll(copyOf(state))) return void visitAll(state);
  const { ulysses_degree: members, ring_degree: ring } = state.options.mesh;
  // A ring has no heads to spread.
  const splits = ring === 1 ? headSplits(region, members) : [];
  const heads = splits.find((one) => visitHeads(copyOf(state), region, one, visitAll));
  if (heads !== undefined) visitHeads(state, region, heads, visitAll);
  else if (visitQueries(copyOf(state), region, visitAll)) visitQueries(state, region, visitAll);
  else visitAll(state);
}

/**
 * Rows of queries stay where they are; the rows of all other inputs, as of keys and values, are gathered on every rank. False if no result has
 * the rows of an input, or a node cannot be propagated so.
 */
function visitQueries(state: State, region: Region, visitAll: (state: State) => boolean): boolean {
  const origin = originAt(region.end);
  const isSplit = (input: string): boolean => layoutOf(state, valueOf(state, input)).length > 0;
  const keys = region.inputs.filter((input) => isSplit(input) && !reachesResult(state, region, input));
  if (keys.some((input) => hasOpenSize(state, input))) return false;
  if (keys.length === 0 || region.inputs.filter(isSplit).length === keys.length) return false;
  const before = new Map(keys.map((name) => [name, state.replacements.get(name)]));
  for (const input of keys)
    state.replacements.set(input, gatherOnce(state, valueOf(state, input), "key gather", origin));
  if (!visitAll(state)) return false;
  restore(state, before);
  if (!region.outputs.some(isSplit)) return false;
  noteScheme(state, region, "gather");
  const { name: node, scope: module } = region.end;
  const params = { module, first: region.nodes[0]!.name, node, values: keys, ranks: splitRanks(state) };
  state.diagnostics.push(diagnose(catalog.splitByQueries, params));
  return true;
}

/** Ranks cannot agree on blocks of a size that depends on data. */
function hasOpenSize(state: State, input: string): boolean {
  return shapeOf(state, valueOf(state, input)).dims.some(isOpen);
}

function reachesResult(state: State, region: Region, input: string): boolean {
  const [shard] = layoutOf(state, valueOf(state, input));
  const splits = shard && followed(region, input, shard);
  return splits !== undefined && region.outputs.some((name) => splits.has(name));
}

function restore({ replacements }: State, before: ReadonlyMap<string, string | undefined>): void {
  for (const [name, value] of before) {
    if (value === undefined) replacements.delete(name);
    else replacements.set(name, value);
  }
}

/** A recognised attention that ends the region has noted itself, as local. */
function noteScheme({ attention }: State, { end }: Region, scheme: "ulysses" | "gather"): void {
  const noted = attention.findIndex((site) => site.node === end.name);
  const site = { node: end.name, module: end.scope, scheme, entry: null };
  attention.splice(noted < 0 ? attention.length : noted, 1, site);
}

/** Heads in, all nodes, rows out; false if a node cannot be propagated so, or nothing is spread. */
function visitHeads(state: State, region: Region, heads: Splits, visitAll: (state: State) => boolean): boolean {
  const origin = originAt(region.end);
  const { mesh } = state.options;
  const inner: State = { ...state, over: "ulysses" };
  const rows = rowsBehind(state, region);
  const items: (ToHeads & { readonly input: string })[] = [];
  const before = new Map(region.inputs.map((name) => [name, state.replacements.get(name)]));
  for (const input of region.inputs) {
    const value = valueOf(state, input);
    const [shard] = layoutOf(state, value);
    if (shard === undefined) continue;
    if (hasOpenSize(state, value)) return false;
    const own = heads.get(input);
    if (own === undefined || own.axis === shard.axis)
      state.replacements.set(input, gatherOnce(state, value, "mask gather", origin));
    else items.push({ input, value, rows: shard, heads: shardOf(own.axis, own, "ulysses") });
  }
  if (items.length === 0) return false;
  requireHeads(state, items, origin);
  const made = rowsToHeads(state, items, origin);
  items.forEach(({ input }, i) => state.replacements.set(input, made[i]!));
  if (!visitAll(inner)) return false;
  restore(state, before);
  if (!region.outputs.every((name) => giveBack(inner, name, rows.get(name), origin))) return false;
  noteScheme(state, region, "ulysses");
  const { name: node, scope: module } = region.end;
  const [first] = items;
  const params = {
    module,
    first: region.nodes[0]!.name,
    node,
    layout: sayLayout(state, made[0]!),
    value: first!.input,
  };
  state.diagnostics.push(diagnose(catalog.splitByHeads, { ...params, ranks: mesh.ulysses_degree }));
  return true;
}

/** A batch whose extent the feeds decide: a run checks that each rank gets some of it, since kernels are not trusted with empty operands. */
function requireHeads(state: State, items: readonly ToHeads[], origin: Origin): void {
  const atLeast = state.options.mesh.ulysses_degree;
  for (const { value, heads } of items) {
    const extent = lengthOf(heads.segments);
    state.minimums.push({ extent, atLeast, name: `${sayValue(state, value)} axis ${heads.axis}`, slice: null, origin });
  }
}

/** The rows that the results have where only one input is split: queries keep theirs up to the end, keys do not. */
function rowsBehind(state: State, region: Region): ReadonlyMap<string, AxisShard> {
  const found = new Map<string, AxisShard>();
  for (const input of region.inputs) {
    const [shard] = layoutOf(state, valueOf(state, input));
    if (shard === undefined) continue;
    const splits = followed(region, input, shard);
    for (const name of region.outputs) {
      const split = splits.get(name);
      if (split !== undefined && !found.has(name)) found.set(name, { ...shardOf(split.axis, split, state.over) });
    }
  }
  return found;
}

/** A result gets the rows of the queries, or is gathered where these are whole; false where it has no layout that allows it. */
function giveBack(inner: State, name: string, rows: AxisShard | undefined, origin: Origin): boolean {
  const [heads] = layoutOf(inner, name);
  if (heads === undefined) return true;
  const to = { value: name, name: `${name}::rows`, sameAs: name };
  if (rows === undefined) {
    inner.replacements.set(name, gatherWhole(inner, name, `${name}::whole`, "ulysses out", origin));
    return true;
  }
  if (heads.axis === rows.axis || !equal(rows.outer, 1)) return false;
  inner.replacements.set(name, headsToRows(inner, { ...to, rows, heads }, origin));
  return true;
}

/** A split value as every rank needs it; gathered once for all regions that read it. */
function gatherOnce(state: State, value: string, purpose: "mask gather" | "key gather", origin: Origin): string {
  const known = state.gathered.get(value);
  if (known !== undefined) return known;
  const whole = gatherWhole(state, value, `${value}::whole`, purpose, origin);
  state.gathered.set(value, whole);
  return whole;
}
