/**
 * @file Finds what lies between two products of computed values, as between queries x keys and weights x values of an attention that no rewrite
 * recognised. Uses factor maps, knows no operator; whether its batch factors are independent is for propagation to prove.
 */
import type { FactorMap } from "../../operators/types.ts";
import { keepsPair, makesPairs } from "./pairs.ts";
import { indexOf, type GraphIndex } from "../../ir/graph-index.ts";
import { CP, type CanonicalGraph, type CanonicalNode } from "../../ir/types.ts";

/** Nodes that are propagated together, and the values by which they meet the rest of the graph. */
export interface Region {
  /** In the order of the graph. */
  readonly nodes: readonly CanonicalNode[];
  /** None for a node that needs whole operands. */
  readonly maps: ReadonlyMap<CanonicalNode, FactorMap>;
  /** Values from outside. */
  readonly inputs: readonly string[];
  /** Values that others read, in order. */
  readonly outputs: readonly string[];
  /** The product that ends it. */
  readonly end: CanonicalNode;
  /** All products of computed values in it. */
  readonly products: readonly CanonicalNode[];
}

/** How many nodes are looked at behind a product. */
const FUEL = 512;

/** A graph with what the search asks for. */
interface Search {
  readonly index: GraphIndex;
  readonly mapOf: (node: CanonicalNode) => FactorMap | null;
  /** Values that depend on an input of the model. */
  readonly computed: ReadonlySet<string>;
  /** Nodes of regions that were found before. */
  readonly taken: ReadonlySet<CanonicalNode>;
  /** Products with a matrix: whether they mix pairs of rows. */
  readonly mixing: Map<CanonicalNode, boolean>;
}

/** The regions of a graph; no node is in two of them. */
export function findRegions(
  graph: CanonicalGraph,
  mapOf: (node: CanonicalNode) => FactorMap | null,
): readonly Region[] {
  const taken = new Set<CanonicalNode>();
  const search: Search = { index: indexOf(graph), mapOf, computed: computedValues(graph), taken, mixing: new Map() };
  return graph.nodes.flatMap((node) => {
    if (taken.has(node) || !isProduct(search, node)) return [];
    const region = regionBefore(search, node);
    if (region === null || region.nodes.some((one) => taken.has(one))) return [];
    region.nodes.forEach((one) => taken.add(one));
    return [region];
  });
}

function computedValues({ inputs, nodes }: CanonicalGraph): ReadonlySet<string> {
  const computed = new Set(inputs.map(({ name }) => name));
  for (const node of nodes) {
    if (node.inputs.some((name) => computed.has(name))) node.outputs.forEach((name) => computed.add(name));
  }
  return computed;
}

/** Factors of a node that both operands and the result have: each index of them is computed on its own. */
export function batchFactors({ factors, inputs, outputs }: FactorMap): readonly number[] {
  return factors.flatMap(({ kind }, factor) => {
    const isIn = (axes: FactorMap["inputs"][number]): boolean => has(axes, factor);
    return kind === "free" && inputs.filter(isIn).length > 1 && outputs.some(isIn) ? [factor] : [];
  });
}

type Kind = "product" | "projection" | "pairs" | "attention";

/**
 * What a node is for the search: `product`, a sum over a factor of two operands for each index of other axes; `projection`, the same with a
 * matrix, as of weights; `pairs`, every row of a computed value with every row of another, as the difference of all pairs; `attention`, both
 * products of a recognised one; else `null`.
 */
function kindOf({ mapOf, computed }: Search, node: CanonicalNode): Kind | null {
  if (node.domain === CP) return node.op === "Attention" ? "attention" : null;
  const map = mapOf(node);
  if (map === null) return null;
  const factors = factorsOfProduct(map);
  if (factors.length === 0) return makesPairs(map, (operand) => computed.has(node.inputs[operand]!)) ? "pairs" : null;
  return factors.every((at) => at.every((i) => map.inputs[i]!.length > 2)) ? "product" : "projection";
}

/** For each factor that several operands have and that is summed: these operands. A product whose result is quantised sums on one rank. */
function factorsOfProduct(map: FactorMap): readonly (readonly number[])[] {
  return map.factors.flatMap(({ kind }, factor) => {
    const isSummed = kind === "sum" || (kind === "along" && !map.outputs.some((axes) => has(axes, factor)));
    const operands = map.inputs.flatMap((axes, i) => (has(axes, factor) ? [i] : []));
    return isSummed && operands.length > 1 ? [operands] : [];
  });
}

function has(axes: FactorMap["inputs"][number], factor: number): boolean {
  return axes?.some((axis) => "product" in axis && axis.product.includes(factor)) ?? false;
}

/** A product of two computed values, or both products of an attention. */
function isProduct(search: Search, node: CanonicalNode): boolean {
  const kind = kindOf(search, node);
  if (kind !== "product") return kind === "attention";
  const isComputed = (operand: number): boolean => search.computed.has(node.inputs[operand]!);
  return factorsOfProduct(search.mapOf(node)!).some((operands) => operands.every(isComputed));
}

/** The region that `end` ends; `null` if none of its operands comes from another product, or others read what is in between. */
function regionBefore(search: Search, end: CanonicalNode): Region | null {
  const { index } = search;
  const core = new Set<CanonicalNode>([end]);
  for (const operand of end.inputs) {
    const between = nodesBehind(search, operand);
    // An attention has the first product in itself: any other one is of what is added to its scores.
    const isBetween = (node: CanonicalNode): boolean =>
      kindOf(search, end) === "attention"
        ? kindOf(search, node) === "product"
        : isProduct(search, node) || kindOf(search, node) === "pairs";
    if (between?.some(isBetween) !== true) continue;
    for (const node of descendants(between.toSorted(byPosition(index)), search)) core.add(node);
  }
  if (core.size === 1) return null;
  const ends = extend(search, core, end);
  return ends && regionOf(search, core, end);
}

/** Nodes behind a value up to the first products, these included; `null` if there are too many. */
function nodesBehind(search: Search, value: string): readonly CanonicalNode[] | null {
  const found = new Set<CanonicalNode>();
  const pending = [value];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const node = search.computed.has(name) ? search.index.producer(name) : undefined;
    if (node === undefined || found.has(node) || search.taken.has(node) || node.domain === CP) continue;
    const kind = kindOf(search, node);
    if (kind === "projection" && !keepsPairs(search, node)) continue;
    if (found.size === FUEL) return null;
    found.add(node);
    if (kind !== "product" && kind !== "pairs") pending.push(...node.inputs);
  }
  return [...found];
}

/** Fewer axes than those of scores with heads: a product with a matrix of such a value is no mixing of pairs. */
const LEAST_AXES = 4;

/** Whether a product with a matrix lies between the products of an attention. */
function keepsPairs(search: Search, node: CanonicalNode): boolean {
  const known = search.mixing.get(node);
  if (known !== undefined) return known;
  const rows = search.mapOf(node)!.inputs.map((axes) => axes?.length ?? 0);
  const value = node.inputs.findIndex((name, i) => search.computed.has(name) && rows[i]! >= LEAST_AXES);
  const between = value < 0 ? null : nodesBehind(search, node.inputs[value]!);
  const all = between && [...between, node].toSorted(byPosition(search.index));
  const keeps = all !== null && keepsPair(all, node, (one) => isProduct(search, one), search.mapOf);
  search.mixing.set(node, keeps);
  return keeps;
}

/** Of nodes in order, the products and those that come from one. */
function descendants(nodes: readonly CanonicalNode[], search: Search): readonly CanonicalNode[] {
  const made = new Set<string>();
  return nodes.filter((node) => {
    const kind = kindOf(search, node);
    const isIn = kind === "product" || kind === "pairs" || node.inputs.some((name) => made.has(name));
    if (isIn) node.outputs.forEach((name) => made.add(name));
    return isIn;
  });
}

/** Adds what else reads values inside, up to its products, and the sums of results; the nodes that end the region, or `null`. */
function extend(search: Search, core: Set<CanonicalNode>, end: CanonicalNode): ReadonlySet<CanonicalNode> | null {
  const { index } = search;
  const ends = new Set([end]);
  const pending = [...core];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (ends.has(node)) continue;
    if (core.size > FUEL || node.outputs.some((name) => index.isKept(name))) return null;
    for (const user of node.outputs.flatMap((name) => index.users(name))) {
      if (core.has(user)) continue;
      const kind = kindOf(search, user);
      if (user.domain === CP && kind === null) return null;
      core.add(user);
      const isInside = kind === null || kind === "pairs" || (kind === "projection" && keepsPairs(search, user));
      if (isInside) pending.push(user);
      else ends.add(user);
    }
  }
  const results = new Set([...ends].flatMap(({ outputs }) => outputs));
  for (const user of [...results].flatMap((name) => index.users(name))) {
    const own = user.inputs.filter((name) => results.has(name));
    const isSum = own.length > 1 && user.inputs.every((name) => results.has(name) || !search.computed.has(name));
    if (!isSum || own.some((name) => index.isKept(name))) continue;
    core.add(user);
    user.outputs.forEach((name) => results.add(name));
  }
  return ends;
}

function regionOf(search: Search, core: ReadonlySet<CanonicalNode>, end: CanonicalNode): Region | null {
  const { index, mapOf, computed } = search;
  const nodes = [...core].toSorted(byPosition(index));
  const made = new Set(nodes.flatMap((node) => node.outputs));
  const inputs = [...new Set(nodes.flatMap((node) => node.inputs))].filter((x) => computed.has(x) && !made.has(x));
  const outside = (value: string): readonly CanonicalNode[] => index.users(value).filter((user) => !core.has(user));
  const outputs = [...made].filter((value) => outside(value).length > 0 || index.isKept(value));
  if (outputs.some((value) => index.isKept(value)) || readsItself(index, core, nodes, outputs)) return null;
  const maps = new Map<CanonicalNode, FactorMap>();
  for (const node of nodes) {
    const map = mapOf(node);
    if (map !== null) maps.set(node, map);
  }
  if (!maps.has(end)) return null;
  return { nodes, maps, inputs, outputs, end, products: nodes.filter((node) => isProduct(search, node)) };
}

/** True if a node outside reads from the region, and the region from it. */
function readsItself(
  index: GraphIndex,
  core: ReadonlySet<CanonicalNode>,
  nodes: readonly CanonicalNode[],
  outputs: readonly string[],
): boolean {
  const last = index.position(nodes.at(-1)!.outputs[0]!);
  const seen = new Set<CanonicalNode>();
  const pending = [...outputs];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    for (const user of index.users(value)) {
      if (core.has(user)) {
        if (!outputs.includes(value)) return true;
      } else if (!seen.has(user) && index.position(user.outputs[0]!) < last) {
        seen.add(user);
        pending.push(...user.outputs);
      }
    }
  }
  return false;
}

function byPosition(index: GraphIndex): (a: CanonicalNode, b: CanonicalNode) => number {
  return (a, b) => index.position(a.outputs[0]!) - index.position(b.outputs[0]!);
}
