/**
 * @file From a region to the splits and gathers of a plan: where a stream enters the region, and where its rows leave it.
 */
import type { Context } from "../compiler/bind/context.ts";
import { show } from "../compiler/expr/expr.ts";
import { isWithin } from "../compiler/ir/module-paths.ts";
import type { CanonicalNode } from "../compiler/ir/types.ts";
import { gatherSpots, splitSpots, type Reach, type SplitRequest, type Spot } from "./places.ts";
import type { Region } from "./region/region.ts";

/** One spec of the plan. */
export interface Decision {
  readonly action: "split" | "gather";
  readonly spot: Spot;
  /** Not negative. */
  readonly axis: number;
  /** Number of axes of the value. */
  readonly rank: number;
  /** The plan names the ONNX value, since binding would not find it, or another one. */
  readonly isNamed: boolean;
  /** Why this entry is here, as a sentence without a full stop. */
  readonly why: string;
}

export interface Decided {
  readonly decisions: readonly Decision[];
  /** Nodes of the region without the beginnings that no plan can name: these compute all rows. */
  readonly nodes: ReadonlySet<CanonicalNode>;
}

/** `kept` are values that no entry splits. */
export function decide(region: Region, kept: ReadonlySet<string>, reach: Reach, context: Context): Decided {
  const { graph } = context;
  const inputs = graph.inputs.map(({ name }) => name);
  const canEnter = (value: string): boolean =>
    isSplittable(region, value, inputs) && !graph.constants.has(value) && !kept.has(value);
  const nodes = withoutUnnamed(region, canEnter, reach, context);
  const made = new Set([...nodes].flatMap((node) => rowsMade(region, node)));
  const entering = new Map<string, CanonicalNode[]>();
  for (const node of graph.nodes.filter((one) => nodes.has(one))) {
    for (const { value } of region.linkOf(node)?.places ?? []) {
      if (made.has(value) || !node.inputs.includes(value) || !canEnter(value)) continue;
      entering.set(value, [...(entering.get(value) ?? []), node]);
    }
  }
  const alike = (results: readonly string[]): boolean =>
    results.every((value) => entering.has(value)) &&
    new Set(results.map((value) => actionAt(region, value, context))).size === 1;
  const decisions: Decision[] = [];
  // Inputs of the model in its own order, then values in the order in which they are first read.
  const rankOf = (value: string): number => (inputs.includes(value) ? inputs.indexOf(value) : inputs.length);
  const order = [...entering].toSorted(([a], [b]) => rankOf(a) - rankOf(b));
  for (const [value, readers] of order) {
    const starting = readers.filter((node) => !readsRows(region, node, made));
    const request = { value, readers, harmless: harmlessIn(region, nodes, value), alike, reach };
    const found = splitsOf(request, starting, context);
    for (const spot of found) decisions.push(splitAt(region, spot, starting.length > 0, context));
  }
  return { decisions: [...decisions, ...gathersOf(region, nodes, made, reach, context)], nodes };
}

/** What a split of the value states. */
function actionAt({ placeOf }: Region, value: string, { graph }: Context): string {
  return `${placeOf(value)?.axis} of ${graph.shapes.get(value)?.dims.length}`;
}

function rowsMade({ linkOf }: Region, node: CanonicalNode): readonly string[] {
  const places = linkOf(node)?.places ?? [];
  return node.outputs.filter((value) => places.some((place) => place.value === value));
}

/** Whether an operand has rows already: then its other operands are sliced where they meet it, with or without an entry. */
function readsRows({ linkOf }: Region, node: CanonicalNode, made: ReadonlySet<string>): boolean {
  return (linkOf(node)?.places ?? []).some(({ value }) => made.has(value) && node.inputs.includes(value));
}

/**
 * A plan splits a whole axis, row by row. An input of the model may have a stream in larger units, where its rows are halved later: then ranks
 * deal the halved rows anew.
 */
function isSplittable({ placeOf }: Region, value: string, inputs: readonly string[]): boolean {
  const place = placeOf(value);
  return place !== null && place.outer === 1 && (place.inner === 1 || inputs.includes(value));
}

function harmlessIn(region: Region, nodes: ReadonlySet<CanonicalNode>, value: string): SplitRequest["harmless"] {
  return (reader) => {
    const need = region.need(reader, value);
    return need === "any" || (need === "rows" && nodes.has(reader));
  };
}

/** A node that starts a stream has to have an operand that a plan can split; otherwise the next node starts it. */
function withoutUnnamed(
  region: Region,
  canEnter: (value: string) => boolean,
  reach: Reach,
  context: Context,
): ReadonlySet<CanonicalNode> {
  const { graph, boundaries } = context;
  const nodes = new Set(region.nodes);
  const made = new Set<string>();
  const seen = new Map<string, boolean>();
  const canSplit = (value: string, node: CanonicalNode): boolean => {
    const key = `${node.scope} ${value}`;
    const known = seen.get(key);
    if (known !== undefined) return known;
    if (!canEnter(value)) return false;
    const readers = boundaries.index.users(value).filter(({ scope }) => scope === node.scope);
    const found = splitSpots(
      { value, readers, harmless: harmlessIn(region, nodes, value), alike: () => false, reach },
      context,
    );
    seen.set(key, found.length > 0);
    return found.length > 0;
  };
  for (const node of graph.nodes) {
    if (!nodes.has(node)) continue;
    const operands = (region.linkOf(node)?.places ?? []).filter(({ value }) => node.inputs.includes(value));
    const starts = operands.every(({ value }) => !made.has(value));
    if (starts && !operands.some(({ value }) => canSplit(value, node))) nodes.delete(node);
    else rowsMade(region, node).forEach((value) => made.add(value));
  }
  return nodes;
}

/**
 * The places that split a value for its readers. A plan without an entry is as good where every reader has other rows too: then only an
 * entry that needs no `value` is written.
 */
function splitsOf(request: SplitRequest, starting: readonly CanonicalNode[], context: Context): readonly Spot[] {
  const spots = splitSpots(request, context).filter(({ name }) => name !== null || starting.length > 0);
  const chosen: Spot[] = [];
  const isSeen = ({ scope }: CanonicalNode): boolean =>
    chosen.some(({ module, side }) => isWithin(scope, module) === (side === "input"));
  for (const spot of spots) {
    const own = request.readers.filter(({ scope }) => isWithin(scope, spot.module) === (spot.side === "input"));
    if (own.some((reader) => !isSeen(reader))) chosen.push(spot);
  }
  return chosen;
}

function splitAt(region: Region, spot: Spot, isStart: boolean, context: Context): Decision {
  const { value } = spot;
  const place = region.placeOf(value)!;
  const dims = context.graph.shapes.get(value)!.dims;
  const rows = `axis ${place.axis} (${short(show(dims[place.axis]!))})`;
  const why = isStart
    ? `${rows}: from here on, every operator treats these rows one by one`
    : `${rows}: these rows meet rows that are split`;
  return { action: "split", spot, axis: place.axis, rank: dims.length, isNamed: spot.name === null, why };
}

function short(text: string): string {
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
}

/** Results that a reader outside the region, or the caller of the model, needs whole. */
function gathersOf(
  region: Region,
  nodes: ReadonlySet<CanonicalNode>,
  made: ReadonlySet<string>,
  reach: Reach,
  context: Context,
): readonly Decision[] {
  const { graph, boundaries } = context;
  return [...made].flatMap((value): readonly Decision[] => {
    const harmless = harmlessIn(region, nodes, value);
    const readers = boundaries.index.users(value).filter((reader) => !harmless(reader));
    const isOutput = graph.outputs.includes(value);
    if (readers.length === 0 && !isOutput) return [];
    const [spot] = gatherSpots(value, readers, reach, context);
    const place = region.placeOf(value);
    if (spot === undefined || place === null) return [];
    const rank = graph.shapes.get(value)!.dims.length;
    const [first] = readers;
    const why =
      first === undefined
        ? "an output of the model: the caller gets all rows"
        : `${first.op} in ${first.scope === "" ? "the root module" : first.scope} needs all rows`;
    const isNamed = spot.name === null;
    return [{ action: "gather", spot, axis: place.axis, rank, isNamed, why }];
  });
}
