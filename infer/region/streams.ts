/**
 * @file The streams of a model: sets of axes that operators tie together, found from the sequence axes of attention outwards through the
 * factor maps. If one axis of a stream is split, every operator that is linked can compute its rows. Decides nothing.
 */
import { equal, exactDiv, mul, withinLimits, type Expr } from "../../compiler/expr/expr.ts";
import { asCp } from "../../compiler/ir/cp.ts";
import type { CanonicalNode } from "../../compiler/ir/types.ts";
import type { Axis, Exchange, FactorMap } from "../../compiler/operators/types.ts";
import { CONVOLUTIONS } from "../../compiler/operators/work.ts";
import { embed, locate, type Split } from "../../compiler/shard/layout.ts";
import type { FactorMaps } from "./factor-maps.ts";
import { keyOf, type Place } from "./place.ts";
import { productsOf, type Products } from "./products.ts";

/** The rows of q, k, v and of the result of attention. */
const ROWS = 1;

export { keyOf, type Place };

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
  /** Attentions whose queries, and whose keys and values, have it. */
  readonly queries: readonly CanonicalNode[];
  readonly keys: readonly CanonicalNode[];
  /** Where its axis is merged from several factors: the places of the outermost one. */
  readonly merged: readonly Place[];
}

/** Products that are no known attention: streams go through them as through one. */
export function productSites(maps: FactorMaps): Products {
  const search = { maps, isFar: false, reducers: new Set<CanonicalNode>(), merged: [] };
  return productsOf(maps, (node, place, operand) => withinLimits(() => across(search, node, place, operand)));
}

/** The first axis of places behind (N, C). */
const PLACES = 2;

/** Without any attention: the rows of the places that convolutions compute, as the rows of products are. */
export function convolutionSites({ index }: FactorMaps): Products {
  const ends = index.graph.nodes.filter(({ op, outputs: [result] }) => {
    const rank = index.graph.shapes.get(result!)?.dims.length ?? 0;
    return CONVOLUTIONS.has(op) && rank > PLACES;
  });
  const results = new Set(ends.map(({ outputs: [result] }) => result!));
  return {
    ends: new Set(ends),
    regionOf: new Map(),
    seeds: [...results].map((value) => ({ value, axis: PLACES, outer: 1, inner: 1 })),
    isRows: ({ value, axis }) => results.has(value) && axis === PLACES,
  };
}

/**
 * Every stream that reaches the queries or the keys of an attention, those with queries first, and the rows of products that are none. `isFar`: also
 * through operators that need rows of other ranks, as convolutions do.
 */
export function streamsOf(maps: FactorMaps, products: Products, isFar: boolean): readonly Stream[] {
  const { graph } = maps.index;
  const sites = graph.nodes.flatMap((node) => asCp(node, "Attention") ?? []);
  const values = [...sites.map(({ q }) => q), ...sites.map(({ k }) => k)];
  const rows = values.map((value) => ({ value, axis: ROWS, outer: 1, inner: 1 }));
  return exploreAll(maps, products, [...rows, ...products.seeds], isFar);
}

/**
 * The streams of outermost factors where sequences are merged from several, as rows of pixels are from rows and columns: they reach further
 * than the whole sequence, but in larger units. With them those that are merged from nothing, as a text is; empty where none is merged.
 */
export function outerStreamsOf(
  maps: FactorMaps,
  products: Products,
  streams: readonly Stream[],
  isFar: boolean,
): readonly Stream[] {
  const merged = streams.flatMap((stream) => stream.merged);
  const outer = exploreAll(maps, products, merged, isFar);
  if (outer.length === 0) return [];
  const known = new Set(outer.flatMap(({ places }) => places.map(({ value, axis }) => `${axis} ${value}`)));
  const isApart = ({ places }: Stream): boolean => !places.some(({ value, axis }) => known.has(`${axis} ${value}`));
  return [...outer, ...streams.filter(isApart)];
}

function exploreAll(maps: FactorMaps, products: Products, seeds: readonly Place[], isFar: boolean): readonly Stream[] {
  const known = new Set<string>();
  const streams: Stream[] = [];
  for (const seed of seeds) {
    if (extentOf(maps, seed) === 1 || known.has(keyOf(seed))) continue;
    const stream = explore({ maps, products, isFar }, seed);
    for (const place of stream.places) known.add(keyOf(place));
    streams.push(stream);
  }
  return streams;
}

function extentOf({ index }: FactorMaps, { value, axis }: Place): Expr {
  return index.graph.shapes.get(value)?.dims[axis] ?? 1;
}

/** What following a place through a node needs, and notes. */
interface Crossing {
  readonly maps: FactorMaps;
  readonly isFar: boolean;
  readonly reducers: Set<CanonicalNode>;
  readonly merged: Place[];
}

interface Search extends Crossing {
  readonly products: Products;
  readonly seen: Map<string, Place>;
  readonly pending: Place[];
  /** By the names of their places, so that each is made once. */
  readonly links: Map<string, Link>;
}

function explore(model: Pick<Search, "maps" | "products" | "isFar">, seed: Place): Stream {
  const { maps, products } = model;
  const { index } = maps;
  const search: Search = {
    ...model,
    seen: new Map(),
    pending: [],
    links: new Map(),
    reducers: new Set(),
    merged: [],
  };
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
  const ends = [...products.ends].filter(({ outputs: [result] }) =>
    places.some((place) => place.value === result && products.isRows(place)),
  );
  return { places, links: [...links.values()], reducers, queries: [...at(0), ...ends], keys: at(1), merged };
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
      ? withinLimits(() => across(search, node, place, operand))
      : throughAttention(node, place, operand);
  if (found === null || found.length < 2 || isMixed(search, node, found)) return;
  const key = `${node.name} ${found.map(keyOf).sort().join(" ")}`;
  if (search.links.has(key)) return;
  search.links.set(key, { node, places: found });
  for (const next of found) visit(search, next);
}

/** Rows of keys end where products read them, like those of an attention: what lies behind has the rows of queries. */
function isMixed({ products }: Search, node: CanonicalNode, found: readonly Place[]): boolean {
  if (!products.regionOf.has(node)) return false;
  return !found.some((place) => node.outputs.includes(place.value) && products.isRows(place));
}

/** Rows of the result are those of the queries, rows of the values those of the keys. Keys and values are no link to the result. */
function throughAttention(node: CanonicalNode, place: Place, operand: number | null): readonly Place[] | null {
  if (place.axis !== ROWS || place.outer !== 1) return null;
  const [q, k, v] = node.inputs;
  const pair = operand === null || operand === 0 ? [q!, node.outputs[0]!] : [k!, v!];
  return (operand ?? 0) > 2 ? null : pair.map((value) => ({ ...place, value }));
}

/** The operand and result axes that have the same factor, or `null` where the node needs it whole or does not pass it on. */
function across(search: Crossing, node: CanonicalNode, place: Place, operand: number | null): readonly Place[] | null {
  const { maps, reducers, isFar } = search;
  const map = maps.mapOf(node);
  if (map === null) return null;
  const axes = operand === null ? map.outputs[node.outputs.indexOf(place.value)] : map.inputs[operand];
  const axis = axes?.[place.axis];
  if (!isFar && axis !== undefined && isRepeated(map, axis)) return null;
  const splits = axis === undefined ? null : locate(axis, splitOf(maps, place), map.factors);
  if (splits === null) {
    if (operand === null && axis !== undefined) noteMerged(search, place, axis, map);
    return null;
  }
  const all = joinedWith(maps, node, map, splits);
  const kinds = new Set([...all.keys()].map((factor) => map.factors[factor]!.kind));
  if (kinds.has("along")) return isFar ? throughExchange(search, node, place, map.exchanges ?? [], all) : null;
  if (kinds.size > 1 || !kinds.has("free")) {
    const { constants } = maps.index.graph;
    // Two streams that meet in a product are reduced together, a stream and a weight are not.
    const isWeighted = map.inputs.some(
      (a, i) =>
        constants.has(node.inputs[i] ?? "") && a?.some((x) => "product" in x && x.product.some((f) => all.has(f))),
    );
    if (operand !== null && !isWeighted) reducers.add(node);
    return null;
  }
  return placesOf(node, map, all);
}

/** Through a node that computes along the axis, where ranks can exchange what it needs of each other: rows under a window, or totals. */
function throughExchange(
  { maps, reducers }: Crossing,
  node: CanonicalNode,
  place: Place,
  exchanges: readonly Exchange[],
  splits: ReadonlyMap<number, Split>,
): readonly Place[] | null {
  const isInput = place.value === node.inputs[0];
  const exchange = exchanges.find((one) => splits.has(isInput || !("output" in one) ? one.factor : one.output));
  const input = { ...place, value: node.inputs[0]! };
  const output = { ...place, value: node.outputs[0]! };
  // The elements of a group may have rows anywhere among them.
  if (exchange?.kind === "moments") return [input, output];
  if (exchange === undefined || place.outer !== 1) return null;
  if (exchange.kind === "position" || exchange.kind === "read") {
    if (isInput) reducers.add(node);
    return null;
  }
  if (exchange.kind === "scan" || exchange.kind === "pad") return place.inner === 1 ? [input, output] : null;
  const [up, down] = exchange.kind === "trim" ? [exchange.up, exchange.down] : [1, exchange.stride];
  const isKept = equal(mul(extentOf(maps, input), up), mul(extentOf(maps, output), down));
  // Places that are not those of the rows are dealt anew, one by one.
  if (!isKept) return place.inner === 1 ? [input, output] : null;
  const inner = isInput ? exactDiv(mul(place.inner, up), down) : exactDiv(mul(place.inner, down), up);
  if (inner === null) return null;
  return isInput ? [input, { ...output, inner }] : [{ ...input, inner }, output];
}

/** Rows that stand several times, as of nearest neighbours: what they are made of are other rows than those of a sequence. */
function isRepeated({ factors, inputs, outputs }: FactorMap, axis: Axis): boolean {
  const read = new Set(
    inputs.flatMap((axes) => (axes ?? []).flatMap((at) => ("product" in at ? at.product : at.joined))),
  );
  const repeated = outputs.flat().flatMap((at) => ("product" in at && at.product.length > 1 ? [at.product] : []));
  const of = "product" in axis ? axis.product : axis.joined;
  return repeated.some(
    (product) =>
      product.some((factor) => of.includes(factor)) &&
      product.some((factor) => factors[factor]!.kind === "along" && !read.has(factor)) &&
      product.some((factor) => factors[factor]!.kind === "free"),
  );
}

function noteMerged({ merged }: Crossing, place: Place, axis: Axis, map: FactorMap): void {
  const [first] = "product" in axis ? axis.product : [];
  if (first === undefined || place.outer !== 1 || map.factors[first]!.kind !== "free") return;
  const whole = { outer: 1, segments: [{ length: map.factors[first]!.size, origin: place.value }], inner: 1 };
  const split = embed(axis, new Map([[first, whole]]), map.factors);
  if (split) merged.push({ ...place, outer: split.outer, inner: split.inner });
}

/** Where the operands and results have the factors. Two axes of one value, or a split that no axis has, end the stream. */
function placesOf(node: CanonicalNode, map: FactorMap, splits: ReadonlyMap<number, Split>): readonly Place[] | null {
  const found: Place[] = [];
  const sides = [
    ...map.inputs.map((axes, i) => ({ axes, value: node.inputs[i] ?? "" })),
    ...map.outputs.map((axes, i) => ({ axes, value: node.outputs[i] ?? "" })),
  ];
  for (const { axes, value } of sides) {
    let count = 0;
    for (const [axis, at] of (axes ?? []).entries()) {
      const split = value === "" ? undefined : embed(at, splits, map.factors);
      if (split === undefined || split?.segments.length === 0) continue;
      if (split === null || ++count > 1) return null;
      found.push({ value, axis, outer: split.outer, inner: split.inner });
    }
  }
  return found;
}

/** All factors of a concatenated axis, where one of them is split. */
function joinedWith(
  maps: FactorMaps,
  node: CanonicalNode,
  map: FactorMap,
  splits: ReadonlyMap<number, Split>,
): ReadonlyMap<number, Split> {
  const all = new Map(splits);
  for (const axis of map.outputs.flat()) {
    if ("product" in axis || !axis.joined.some((factor) => splits.has(factor))) continue;
    for (const factor of axis.joined) {
      if (all.has(factor)) continue;
      const operand = map.inputs.findIndex((a) => a?.some((x) => "product" in x && x.product.includes(factor)));
      const at = (map.inputs[operand] ?? []).findIndex((x) => "product" in x && x.product.includes(factor));
      if (at >= 0) all.set(factor, maps.wholeAxis(node.inputs[operand]!, at));
    }
  }
  return all;
}

function splitOf(maps: FactorMaps, place: Place): Split {
  const { outer, inner, value, axis } = place;
  if (outer === 1 && inner === 1) return maps.wholeAxis(value, axis);
  const length = exactDiv(extentOf(maps, place), mul(outer, inner)) ?? 1;
  return { outer, segments: [{ length, origin: value }], inner };
}
