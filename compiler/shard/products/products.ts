/**
 * @file Products that no rewrite recognised as attention: what lies between two products is propagated with its heads spread over the ranks and
 * all rows on each, or with all operands gathered but those of the own rows, if it cannot be propagated with the rows spread. The propagator
 * proves it; nothing here knows an operator.
 */
import * as catalog from "../../diagnostics/catalog/splitting/products.ts";
import { diagnose, hasErrors } from "../../diagnostics/diagnose.ts";
import { viewOf } from "../../operators/infer.ts";
import { factorsOf } from "../../operators/factors.ts";
import { equal } from "../../expr/expr.ts";
import { indexOf } from "../../ir/graph-index.ts";
import type { CanonicalNode } from "../../ir/types.ts";
import { headsToRows, rowsToHeads, type ToHeads } from "../attention/collectives.ts";
import { layoutOf, valueOf } from "../knowledge.ts";
import { lengthOf, shardOf } from "../layout.ts";
import { originAt, sayLayout, sayPlace } from "../origins.ts";
import { gatherWhole } from "../propagate/split-gather.ts";
import { visitNode, type Act } from "../propagate/visit.ts";
import { align } from "../slices.ts";
import { copyOf, type State } from "../state.ts";
import type { AxisShard, Origin } from "../types.ts";
import { findRegions, type Region } from "./find.ts";
import { followed, headSplits, type Splits } from "./follow.ts";
import { unitsInOrder } from "./order.ts";

/** A region that may be propagated by heads or by gathered operands on this mesh, or a node on its own. */
type Step = { readonly region: Region } | { readonly node: CanonicalNode };

/** All nodes, those of a region together, in an order in which each can be propagated. */
export function stepsOf(state: State): readonly Step[] {
  const regions = regionsByNode(state);
  const { graph } = state;
  const alone = graph.nodes.map((node): Step => ({ node }));
  if (regions.size === 0) return alone;
  const units = unitsInOrder(indexOf(graph), graph.nodes, (node) => regions.get(node)?.nodes);
  return (
    units?.map((unit): Step => {
      const region = regions.get(unit[0]!);
      return region === undefined ? { node: unit[0]! } : { region };
    }) ?? alone
  );
}

function regionsByNode(state: State): ReadonlyMap<CanonicalNode, Region> {
  const { ulysses_degree: members, ring_degree: ring } = state.options.mesh;
  if (members * ring === 1 || state.bindings.length === 0) return new Map();
  const { shapes, integers, graph } = state;
  const known = { shapes, integers, constants: graph.constants, declared: () => null };
  const regions = findRegions(graph, (node) => factorsOf(viewOf(node, known)));
  return new Map(regions.flatMap((region) => region.nodes.map((node) => [node, region] as const)));
}

/** Propagates through all nodes of a region; false if one of them is refused. */
type VisitAll = (state: State) => boolean;

/**
 * Propagates through all nodes of a region: by rows if that is possible, else by heads, else by the rows of the queries with all others
 * gathered, else by heads of some products or elements of a batch, else whole on every rank; refused as by rows. A ring has no heads to spread.
 */
export function visitRegion(state: State, region: Region, act: Act): void {
  const visitAll: VisitAll = (to) => {
    const before = to.diagnostics.length;
    for (const node of region.nodes) visitNode(to, node, act);
    return !hasErrors(to.diagnostics.slice(before));
  };
  const reads = region.inputs.map((name) => valueOf(state, name));
  const isReady = !reads.some((name) => state.poisoned.has(name));
  const isSplit = reads.some((name) => layoutOf(state, name).length > 0);
  if (!isReady || !isSplit || visitAll(copyOf(state))) {
    if (visitAll(state) && isSplit && !isNoted(state, region)) noteSite(state, region, "local");
    return;
  }
  const { ulysses_degree: members, ring_degree: ring } = state.options.mesh;
  const heads = ring > 1 ? { best: [], others: [] } : headSplits(region, members);
  const isWay = (splits: Splits): boolean => visitHeads(copyOf(state), region, splits, visitAll);
  const found = heads.best.find(isWay);
  if (found !== undefined) visitHeads(state, region, found, visitAll);
  else {
    const kept = keptChoices(state, region).find((names) => visitGathered(copyOf(state), region, names, visitAll));
    if (kept !== undefined) visitGathered(state, region, kept, visitAll);
    else visitLast(state, region, heads.others.find(isWay), visitAll);
  }
}

/**
 * Split inputs that may stay so, since their rows reach a result: all of them, else one at a time, where another is paired with itself. What is
 * gathered and meets the rows of one that stays is sliced again.
 */
function keptChoices(state: State, region: Region): readonly ReadonlySet<string>[] {
  const all = region.inputs.filter((input) => {
    const [shard] = layoutOf(state, valueOf(state, input));
    const splits = shard === undefined ? null : followed(region, input, shard);
    return splits !== null && region.outputs.some((name) => splits.has(name));
  });
  return all.length === 0 ? [] : [new Set(all), ...(all.length > 1 ? all.map((input) => new Set([input])) : [])];
}

/** By heads or elements that are worth less, or that a run may have too few of; else whole on every rank. */
function visitLast(state: State, region: Region, heads: Splits | undefined, visitAll: VisitAll): void {
  if (heads !== undefined) visitHeads(state, region, heads, visitAll);
  else if (visitWhole(copyOf(state), region, visitAll)) visitWhole(state, region, visitAll);
  else visitAll(state);
}

/** Heads in, all nodes, rows out; false if a node cannot be propagated so, or nothing is spread. */
function visitHeads(state: State, region: Region, heads: Splits, visitAll: VisitAll): boolean {
  const origin = originAt(region.end);
  const { mesh } = state.options;
  const inner: State = { ...state, over: "ulysses" };
  const rows = rowsBehind(state, region);
  const items: (ToHeads & { readonly input: string })[] = [];
  const before = replacementsOf(state, region);
  for (const input of region.inputs) {
    const value = valueOf(state, input);
    const [shard] = layoutOf(state, value);
    if (shard === undefined) continue;
    const own = heads.get(input);
    if (own === undefined || own.axis === shard.axis) state.replacements.set(input, gatherOnce(state, value, origin));
    else items.push({ input, value, rows: shard, heads: shardOf(own.axis, own, "ulysses") });
  }
  if (items.length === 0) return false;
  requireHeads(state, items, origin);
  const made = rowsToHeads(state, items, origin);
  items.forEach(({ input }, i) => state.replacements.set(input, made[i]!));
  if (!visitAll(inner)) return false;
  restore(state, before);
  if (!region.outputs.every((name) => giveBack(inner, name, rows.get(name), origin))) return false;
  noteSite(state, region, "ulysses");
  const [first] = items;
  const params = {
    ...paramsOf(region),
    layout: sayLayout(state, made[0]!),
    value: first!.input,
  };
  state.diagnostics.push(diagnose(catalog.splitByHeads, { ...params, ranks: mesh.ulysses_degree }));
  return true;
}

/** All inputs but `keep` are gathered, so that every rank computes its rows of the results; false where that is no way. */
function visitGathered(state: State, region: Region, keep: ReadonlySet<string>, visitAll: VisitAll): boolean {
  const before = replacementsOf(state, region);
  const { kept, gathered } = gatherInputs(state, region, keep);
  if (gathered.length === 0 || !visitAll(state)) return false;
  restore(state, before);
  noteSite(state, region, "gather");
  const params = { ...paramsOf(region), value: kept[0]!, gathered: gathered.join(", ") };
  state.diagnostics.push(diagnose(catalog.gatheredForProducts, params));
  return true;
}

/** Every rank computes the whole region, and keeps its rows of the results. */
function visitWhole(state: State, region: Region, visitAll: VisitAll): boolean {
  const origin = originAt(region.end);
  const before = replacementsOf(state, region);
  const rows = rowsBehind(state, region);
  const { gathered } = gatherInputs(state, region, new Set());
  if (!visitAll(state)) return false;
  restore(state, before);
  for (const [name, shard] of rows) {
    if (layoutOf(state, name).length > 0 || !equal(shard.outer, 1)) continue;
    state.replacements.set(name, align(state, name, [shard], origin));
  }
  noteSite(state, region, "gather");
  state.diagnostics.push(diagnose(catalog.productsWhole, { ...paramsOf(region), gathered: gathered.join(", ") }));
  return true;
}

/** Gathers the split inputs of a region, but for those that are to be kept; the names of both. */
function gatherInputs(
  state: State,
  { inputs, end }: Region,
  keep: ReadonlySet<string>,
): { readonly kept: readonly string[]; readonly gathered: readonly string[] } {
  const kept: string[] = [];
  const gathered: string[] = [];
  for (const input of inputs) {
    const value = valueOf(state, input);
    const [shard] = layoutOf(state, value);
    if (shard === undefined) continue;
    if (keep.has(input)) kept.push(input);
    else {
      state.replacements.set(input, gatherOnce(state, value, originAt(end)));
      gathered.push(input);
    }
  }
  return { kept, gathered };
}

function paramsOf({ nodes, end }: Region): { readonly module: string; readonly first: string; readonly node: string } {
  return { module: end.scope, first: nodes[0]!.name, node: end.name };
}

type Replacements = ReadonlyMap<string, string | undefined>;

function replacementsOf(state: State, region: Region): Replacements {
  return new Map(region.inputs.map((name) => [name, state.replacements.get(name)]));
}

/** Readers behind the region see its inputs as they were. */
function restore(state: State, before: Replacements): void {
  for (const [name, value] of before) {
    if (value === undefined) state.replacements.delete(name);
    else state.replacements.set(name, value);
  }
}

function isNoted(state: State, { end }: Region): boolean {
  return state.attention.some(({ node }) => node === end.name);
}

/** A recognised attention that ends the region has noted itself, as local. */
function noteSite(
  state: State,
  { end: { name: node, scope: module } }: Region,
  scheme: "ulysses" | "gather" | "local",
): void {
  const noted = state.attention.findIndex((site) => site.node === node);
  state.attention.splice(noted < 0 ? state.attention.length : noted, 1, { node, module, scheme, entry: null });
}

/** A batch whose extent the feeds decide: a run checks that each rank gets some of it, since kernels are not trusted with empty operands. */
function requireHeads(state: State, items: readonly ToHeads[], origin: Origin): void {
  const atLeast = state.options.mesh.ulysses_degree;
  // The values are inside the model: the user knows the module, and finds the node.
  const name = `the batch of the products up to ${sayPlace(origin)}`;
  for (const { heads } of items) {
    state.minimums.push({ extent: lengthOf(heads.segments), atLeast, name, slice: null, origin });
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

/** A split value without heads, as every rank needs it; gathered once for all regions that read it. */
function gatherOnce(state: State, value: string, origin: Origin): string {
  const known = state.gathered.get(value);
  if (known !== undefined) return known;
  const whole = gatherWhole(state, value, `${value}::whole`, "mask gather", origin);
  state.gathered.set(value, whole);
  return whole;
}
