/**
 * @file The streams of a model: sets of axes that operators tie together, found from the sequence axes of attention outwards through the
 * factor maps. If one axis of a stream is split, every operator that is linked can compute its rows. Decides nothing.
 */
import { withinLimits } from "../../compiler/expr/expr.ts";
import { asCp } from "../../compiler/ir/cp.ts";
import type { CanonicalNode } from "../../compiler/ir/types.ts";
import { across, extentOf, keyOf, type Met, type Place } from "./across.ts";
import type { FactorMaps } from "./factor-maps.ts";
import type { ProductSite } from "./product-sites.ts";

/** The rows of q, k, v and of the result of attention. */
const ROWS = 1;

/** How a node passes a stream on: the operands and results that have it. */
export interface Link {
  readonly node: CanonicalNode;
  readonly places: readonly Place[];
}

export interface Stream {
  readonly places: readonly Place[];
  readonly links: readonly Link[];
  /** Nodes that reduce the stream to one result, which ranks can add up. */
  readonly reducers: ReadonlySet<CanonicalNode>;
  /** Attentions whose queries, and whose keys and values, have it; an attention that was not recognised is the product that ends it. */
  readonly queries: readonly CanonicalNode[];
  readonly keys: readonly CanonicalNode[];
  /** Where its axis is merged from several factors: the places of the outermost one. */
  readonly merged: readonly Place[];
}

/** Every stream that reaches the queries or the keys of an attention, those with queries first. */
export function streamsOf(maps: FactorMaps, products: readonly ProductSite[]): readonly Stream[] {
  const { graph } = maps.index;
  const sites = graph.nodes.flatMap((node) => asCp(node, "Attention") ?? []);
  const values = [...sites.map(({ q }) => q), ...sites.map(({ k }) => k)];
  const rows = values.map((value) => ({ value, axis: ROWS, outer: 1, inner: 1 }));
  return exploreAll(maps, products, [...rows, ...products.map(({ rows: own }) => own)]);
}

/**
 * The streams of outermost factors where sequences are merged from several, as rows of pixels are from rows and columns: they reach further
 * than the whole sequence, but in larger units.
 */
export function outerStreamsOf(
  maps: FactorMaps,
  products: readonly ProductSite[],
  streams: readonly Stream[],
): readonly Stream[] {
  return exploreAll(
    maps,
    products,
    streams.flatMap(({ merged }) => merged),
  );
}

function exploreAll(maps: FactorMaps, products: readonly ProductSite[], seeds: readonly Place[]): readonly Stream[] {
  const sites = new Map(products.flatMap((site) => site.nodes.map((node) => [node, site] as const)));
  const known = new Set<string>();
  const streams: Stream[] = [];
  for (const seed of seeds) {
    if (extentOf(maps, seed) === 1 || known.has(keyOf(seed))) continue;
    const stream = explore(maps, sites, seed);
    for (const place of stream.places) known.add(keyOf(place));
    streams.push(stream);
  }
  return streams;
}

interface Search extends Met {
  readonly maps: FactorMaps;
  readonly products: ReadonlyMap<CanonicalNode, ProductSite>;
  readonly seen: Map<string, Place>;
  readonly pending: Place[];
  /** By the names of their places, so that each is made once. */
  readonly links: Map<string, Link>;
}

function explore(maps: FactorMaps, products: Search["products"], seed: Place): Stream {
  const { index } = maps;
  const empty = { seen: new Map(), pending: [], links: new Map(), reducers: new Set<CanonicalNode>(), merged: [] };
  const search: Search = { maps, products, ...empty };
  visit(search, seed);
  const sites = new Set<CanonicalNode>();
  for (let place = search.pending.pop(); place !== undefined; place = search.pending.pop()) {
    const maker = index.producer(place.value);
    if (maker !== undefined) follow(search, maker, place, null);
    for (const { node, operand } of index.readers(place.value)) {
      if (asCp(node, "Attention") !== null) sites.add(node);
      follow(search, node, place, operand);
    }
  }
  const places = [...search.seen.values()];
  const isRead = (value: string): boolean => places.some((place) => place.value === value && place.axis === ROWS);
  const at = (operand: number): readonly CanonicalNode[] => [...sites].filter(({ inputs }) => isRead(inputs[operand]!));
  const { links, reducers, merged } = search;
  const attended = [...new Set(products.values())].flatMap(({ end, rows }) =>
    search.seen.has(keyOf(rows)) ? [end] : [],
  );
  return { places, links: [...links.values()], reducers, queries: [...at(0), ...attended], keys: at(1), merged };
}

function visit({ seen, pending }: Search, place: Place): void {
  const key = keyOf(place);
  if (seen.has(key)) return;
  seen.set(key, place);
  pending.push(place);
}

/** Follows a place through a node that makes it (`operand` is null) or reads it; what cannot be followed ends there. */
function follow(search: Search, node: CanonicalNode, place: Place, operand: number | null): void {
  const found =
    asCp(node, "Attention") === null
      ? withinLimits(() => across(search.maps, node, place, operand, search))
      : throughAttention(node, place, operand);
  if (found === null || found.length < 2) return;
  // Rows of keys pass no product: like those of a recognised attention.
  const site = search.products.get(node);
  if (site !== undefined && !found.every((one) => site.places.has(keyOf(one)))) return;
  const key = `${node.name} ${found.map(keyOf).sort().join(" ")}`;
  if (search.links.has(key)) return;
  search.links.set(key, { node, places: found });
  for (const next of found) visit(search, next);
}

/** Rows of the result are those of the queries, rows of the values those of the keys. Keys and values are no link to the result. */
function throughAttention(node: CanonicalNode, place: Place, operand: number | null): readonly Place[] | null {
  if (place.axis !== ROWS || place.outer !== 1) return null;
  const [q, k, v] = node.inputs;
  const pair = operand === null || operand === 0 ? [q!, node.outputs[0]!] : [k!, v!];
  return (operand ?? 0) > 2 ? null : pair.map((value) => ({ ...place, value }));
}
