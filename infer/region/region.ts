/**
 * @file The region of a graph that ranks should share: which nodes compute rows of a set of streams, and which results have to be gathered
 * behind them. A cheapest cut between work that all ranks would repeat and bytes that they would send. Knows no plan.
 */
import { asCp } from "../../compiler/ir/cp.ts";
import { isWithin } from "../../compiler/ir/module-paths.ts";
import type { CanonicalNode } from "../../compiler/ir/types.ts";
import type { GraphIndex } from "../../compiler/ir/graph-index.ts";
import { FORBIDDEN, network, SINK, SOURCE, type Network } from "./flow.ts";
import type { Sizes } from "../../gain/typical.ts";
import type { Products } from "./products.ts";
import { keyOf, type Link, type Place, type Stream } from "./streams.ts";

/** Operations that take as long as one byte: a rank repeats work rather than send more bytes than this. */
export const WORK_PER_BYTE = 100;

/** An attention is worth any gather. */
const ATTENTION = 1e18;

/** Breaks ties towards more nodes in the region. */
const LEAST = 1e-3;

/** Streams that are split together. */
export interface Chosen {
  readonly index: GraphIndex;
  readonly streams: readonly Stream[];
  readonly products: Products;
  readonly sizes: Sizes;
  /** Floating-point work of every node that has some. */
  readonly work: ReadonlyMap<CanonicalNode, number>;
  /** Nodes that must have whole operands, whatever it costs. */
  readonly whole: ReadonlySet<string>;
  /** A value can be gathered anywhere, for all its readers; otherwise only where it leaves a module. */
  readonly anywhere: boolean;
}

export interface Region {
  /** Nodes that compute rows of the streams. */
  readonly nodes: ReadonlySet<CanonicalNode>;
  /** Where the streams are in a value; none where two of its axes have them. */
  readonly placeOf: (value: string) => Place | null;
  readonly linkOf: (node: CanonicalNode) => Link | null;
  /** What a reader needs of a value that is split. */
  readonly need: (node: CanonicalNode, value: string) => Need;
}

/** `rows`: it computes rows if the value is split. `any`: it takes the value split or whole. `whole`: it needs all of it. */
export type Need = "rows" | "any" | "whole";

export function regionOf(chosen: Chosen): Region {
  const { index } = chosen;
  const links = singleLinks(chosen.streams);
  const places = singlePlaces(chosen.streams);
  const reducers = new Set(chosen.streams.flatMap((stream) => [...stream.reducers]));
  const passes = (node: CanonicalNode, value: string): boolean =>
    links.get(node)?.places.some((place) => place.value === value) ?? false;
  const need = (node: CanonicalNode, value: string): Need => {
    const attention = asCp(node, "Attention");
    if (attention !== null && value !== attention.q) return value === attention.mask ? "whole" : "any";
    // Keys and values of products are gathered, or exchanged for heads.
    if (chosen.products.regionOf.has(node) && !passes(node, value)) return "any";
    if (places.get(value) === undefined) return "whole";
    if (passes(node, value) && node.inputs.includes(value)) return "rows";
    return reducers.has(node) && !chosen.whole.has(node.name) ? "any" : "whole";
  };
  const linked = index.graph.nodes.filter((node) => links.has(node) && node.outputs.some((v) => passes(node, v)));
  const nodes = cutAt(chosen, linked, need, (node) => node.outputs.filter((value) => passes(node, value)));
  return { nodes, need, placeOf: (value) => places.get(value) ?? null, linkOf: (node) => links.get(node) ?? null };
}

/** A node with two links would have two split axes. */
function singleLinks(streams: readonly Stream[]): ReadonlyMap<CanonicalNode, Link> {
  const found = new Map<CanonicalNode, Link>();
  const several = new Set<CanonicalNode>();
  for (const { links, keys } of streams) {
    const attends = new Set(keys);
    for (const link of links) {
      // Keys and values are no link to the result of an attention.
      const { node, places } = link;
      if (attends.has(node) && !places.some(({ value }) => value === node.outputs[0])) continue;
      if (found.has(node)) several.add(node);
      found.set(node, link);
    }
  }
  for (const node of several) found.delete(node);
  return found;
}

function singlePlaces(streams: readonly Stream[]): ReadonlyMap<string, Place> {
  const found = new Map<string, Place>();
  const several = new Set<string>();
  for (const place of streams.flatMap((stream) => stream.places)) {
    const other = found.get(place.value);
    if (other !== undefined && keyOf(other) !== keyOf(place)) several.add(place.value);
    found.set(place.value, place);
  }
  for (const value of several) found.delete(value);
  return found;
}

/** A module around the producer of a value that the reader is not in: its output can be gathered for the reader alone. */
function leaves(producer: CanonicalNode, reader: CanonicalNode): boolean {
  return producer.scope !== "" && !isWithin(reader.scope, producer.scope);
}

/** `anywhere`: also where it leaves none, then for all readers. An output of the model is gathered for its caller alone. */
export function canGatherFor(producer: CanonicalNode, reader: CanonicalNode, anywhere: boolean): boolean {
  return anywhere || leaves(producer, reader);
}

function cutAt(
  { index, products, sizes, work, whole, anywhere }: Chosen,
  linked: readonly CanonicalNode[],
  need: Region["need"],
  rowsOf: (node: CanonicalNode) => readonly string[],
): ReadonlySet<CanonicalNode> {
  const net = network();
  const at = new Map(linked.map((node) => [node, net.node()]));
  for (const node of linked) {
    const own = at.get(node)!;
    const isAttention = asCp(node, "Attention") !== null || (products.ends.has(node) && products.regionOf.has(node));
    const repeated = (work.get(node) ?? 0) / WORK_PER_BYTE / 2;
    net.edge(SOURCE, own, LEAST + repeated + (isAttention ? ATTENTION : 0));
    if (whole.has(node.name)) net.edge(own, SINK, FORBIDDEN);
    for (const value of rowsOf(node)) gatherEdges(net, { index, sizes, anywhere, at, need }, node, value);
  }
  const kept = net.cut();
  return new Set(linked.filter((node) => kept.has(at.get(node)!)));
}

/** What it costs that a value is split and a reader, or the caller of the model, needs it whole: one gather for all of them. */
function gatherEdges(
  net: Network,
  {
    index,
    sizes,
    anywhere,
    at,
    need,
  }: Pick<Chosen, "index" | "sizes" | "anywhere"> & Pick<Region, "need"> & { at: Map<CanonicalNode, number> },
  node: CanonicalNode,
  value: string,
): void {
  const own = at.get(node)!;
  const gathered = net.node();
  const shape = index.graph.shapes.get(value);
  net.edge(own, gathered, shape === undefined ? FORBIDDEN : sizes.bytes(shape) / 2);
  const isOutput = index.graph.outputs.includes(value);
  if (isOutput) net.edge(gathered, SINK, FORBIDDEN);
  for (const reader of index.users(value)) {
    const kind = need(reader, value);
    const from = canGatherFor(node, reader, anywhere && !isOutput) ? gathered : own;
    const to = kind === "rows" ? at.get(reader) : SINK;
    if (kind === "any" || to === undefined) continue;
    net.edge(from, to, FORBIDDEN);
    // A gather for all readers leaves no rows for this one.
    if (anywhere && !isOutput && kind === "rows" && !leaves(node, reader)) net.edge(to, gathered, FORBIDDEN);
  }
}
