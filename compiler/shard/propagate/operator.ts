/**
 * @file Derives the layouts of one operator's results from those of its operands, by its factor map alone. Whole operands that share a
 * split factor are aligned; lengths that must agree are assumed equal; everything else is refused. Knows no operator.
 */
import { viewOf } from "../../operators/infer.ts";
import { factorsOf } from "../../operators/factors.ts";
import { isKnown, isRandom } from "../../operators/table.ts";
import type { Axis, FactorMap, NodeView } from "../../operators/types.ts";
import { outputShapes } from "../../operators/infer.ts";
import type { CanonicalNode, IntegerValue, ValueShape } from "../../ir/types.ts";
import * as catalog from "../../diagnostics/catalog/shard.ts";
import { unitMessages } from "../../diagnostics/catalog/splitting/units.ts";
import { diagnose } from "../../diagnostics/diagnose.ts";
import { show } from "../../expr/expr.ts";
import { valuesReadBy } from "../../graph/reads.ts";
import { alignOperand } from "./alignment.ts";
import { gatherAt } from "./gather-at.ts";
import { assumeWidest } from "./broadcast.ts";
import { embed, extentOf, locate, shardOf, WHOLE, type Split } from "../layout.ts";
import { localOperands } from "./local-operands.ts";
import {
  aboutEntries,
  at,
  atSplitOf,
  originAt,
  originOf,
  otherAxis,
  relatedTo,
  sayLayout,
  sayOrigin,
  sayValue,
  sequenceLengths,
} from "../origins.ts";
import { declare, shapeOf, splitRanks, type State } from "../state.ts";
import { layoutOf, normalShard, valueOf } from "../knowledge.ts";
import { allReduce, reducedFactor } from "./reduction.ts";
import { gatherForPairs } from "./pairs.ts";
import { unify, type Demand } from "./unify.ts";
import type { AxisShard, Layout, Origin } from "../types.ts";
import { takeNode } from "../writer.ts";
import { cutRows } from "../exchange/cuts.ts";
import { exchangeAlong } from "../exchange/exchanges.ts";
import { lineUp } from "../exchange/redeal.ts";
import { inUnits, unitsOf } from "../exchange/units.ts";

/** Propagates through one node whose operands are values of the sharded graph; false if it was refused. */
export function propagate(state: State, node: CanonicalNode): boolean {
  const origin: Origin = { module: node.scope, node: node.name, spec: null };
  if (!sameOnAllRanks(state, node)) return poison(state, node);
  const split = node.inputs.filter((name) => layoutOf(state, name).length > 0);
  const view = viewOf(node, knowledge(state));
  if (split.length === 0) return stayWhole(state, node, view, isKnown(node) ? factorsOf(view) : null, origin);
  if (!isKnown(node)) return refuseUnknown(state, node, split[0]!);
  const map = factorsOf(view);
  if (map === null || !coversResults(node, map))
    return refuse(
      state,
      split[0]!,
      diagnose(
        catalog.unknownShape,
        { ...at(node), value: sayValue(state, split[0]!), gather: gatherAt(state, node, split[0]!) },
        atSplitOf(state, split[0]!),
      ),
    );
  const shapes = split.length === 1 && split[0] === node.inputs[0] ? outputShapes(view) : null;
  if (shapes !== null && cutRows(state, node, map, shapes, origin)) return true;
  const found = read(state, node, map, origin);
  if (found === null) return poison(state, node);
  const demands = lineUp(state, map, found, origin);
  const inputs = node.inputs.map((name, operand) => demands.find((d) => d.operand === operand)?.value ?? name);
  const paired = gatherForPairs(state, { ...node, inputs }, map, demands, origin);
  if (paired.demands.length === 0) return stayWhole(state, paired.node, view, map, origin);
  return propagateSplit(state, paired.node, view, map, paired.demands, origin);
}

/** Every rank computes all of the node. */
function stayWhole(state: State, node: CanonicalNode, view: NodeView, map: FactorMap | null, origin: Origin): true {
  if (map !== null) assumeWidest(state, map, view.inputs, origin);
  outputsOf(node).forEach((name) => declare(state, name, shapeOf(state, name), WHOLE, name, origin));
  takeNode(state, node, origin);
  return true;
}

/** Propagates through a node whose split operands are expressed in its factors. */
function propagateSplit(
  state: State,
  node: CanonicalNode,
  view: NodeView,
  map: FactorMap,
  demands: readonly Demand[],
  origin: Origin,
): boolean {
  const splits = unify(state, node, demands, map, origin);
  if (splits === null) return poison(state, node);
  const reduced = reducedFactor(state, map, splits, demands);
  if (reduced !== null) return allReduce(state, node, view, map, splits, reduced, origin) || poison(state, node);
  if (exchangeAlong(state, node, view, map, splits, origin)) return true;
  if (!allFree(state, node, map, splits, demands)) return poison(state, node);
  const aligned = node.inputs.map((name, i) => alignOperand(state, node, i, name, map, splits));
  if (aligned.some((name) => name === null)) return poison(state, node);
  assumeWidest(state, map, view.inputs, origin);
  const shapes = outputShapes(view);
  const layouts = outputLayouts(state, node, map, splits);
  if (layouts === null || shapes === null) return poison(state, node);
  const local = localOperands(state, { ...node, inputs: aligned as string[] }, map, shapes, layouts);
  takeNode(state, local, origin);
  declareResults(state, node, shapes, layouts, state.origins.get(demands[0]!.value), origin);
  return true;
}

/** `by` is what split the operands. */
function declareResults(
  state: State,
  node: CanonicalNode,
  shapes: readonly ValueShape[],
  layouts: readonly Layout[],
  by: Origin | undefined,
  origin: Origin,
): void {
  node.outputs.forEach((name, i) => {
    if (name === "") return;
    const [{ elem, dims }, layout] = [shapes[i]!, layouts[i]!];
    const local = dims.map((d, axis) => (layout[0]?.axis === axis ? extentOf(layout[0]) : d));
    declare(state, name, { elem, dims: local }, layout, name, originOf(state, layout, by) ?? origin);
  });
}

/** False, with a diagnostic, for what no rule covers: operands of a subgraph, and random numbers that would differ between ranks. */
function sameOnAllRanks(state: State, node: CanonicalNode): boolean {
  if (splitRanks(state) > 1 && isRandom(node, state.graph.constants)) {
    state.diagnostics.push(diagnose(catalog.randomNumbers, at(node)));
    return false;
  }
  for (const name of valuesReadBy({ inputs: [], attributes: node.attributes })) {
    if (layoutOf(state, valueOf(state, name)).length === 0) continue;
    const value = valueOf(state, name);
    const layout = sayLayout(state, value);
    const from = sayOrigin(state.origins.get(value));
    const by = state.origins.get(value);
    const where = { ...atSplitOf(state, value, relatedTo(by, "split here")), about: aboutEntries(by) };
    state.diagnostics.push(
      diagnose(
        catalog.splitInSubgraph,
        { ...at(node), value: sayValue(state, value), layout, from, gather: gatherAt(state, node, value) },
        where,
      ),
    );
    return false;
  }
  return true;
}

function refuseUnknown(state: State, node: CanonicalNode, value: string): false {
  const layout = sayLayout(state, value);
  const from = sayOrigin(state.origins.get(value));
  const gather = gatherAt(state, node, value);
  const params = { ...at(node), domain: node.domain, value: sayValue(state, value), layout, from, gather };
  const by = state.origins.get(value);
  const where = { ...atSplitOf(state, value, relatedTo(by, "split here")), about: aboutEntries(by) };
  state.diagnostics.push(diagnose(catalog.unknownOperator, params, where));
  return poison(state, node);
}

/** Whether the map covers every result: one that it leaves out has no layout. */
function coversResults(node: CanonicalNode, map: FactorMap): boolean {
  return node.outputs.every((name, i) => name === "" || map.outputs[i] !== undefined);
}

function knowledge(state: State) {
  return {
    shapes: { get: (name: string) => (state.shapes.has(name) ? shapeOf(state, name) : undefined) } as ReadonlyMap<
      string,
      ReturnType<typeof shapeOf>
    >,
    integers: { get: (name: string) => integersOf(state, name) } as typeof state.integers,
    constants: state.graph.constants,
    declared: (name: string) => (state.shapes.has(name) ? shapeOf(state, name) : null),
  };
}

/** With the lengths that the proof assumes to be equal put in: sizes then are those of the shapes. */
function integersOf(state: State, name: string): IntegerValue | undefined {
  const known = state.integers.get(name);
  if (known === undefined || state.assumed.equations.length === 0) return known;
  return { ...known, elements: known.elements.map(state.assumed.normal) };
}

function outputsOf(node: CanonicalNode): readonly string[] {
  return node.outputs.filter((name) => name !== "");
}

/** Expresses every split operand in the node's factors; `null` where one cannot be expressed. */
function read(state: State, node: CanonicalNode, map: FactorMap, origin: Origin): readonly Demand[] | null {
  const demands: Demand[] = [];
  for (const [operand, value] of node.inputs.entries()) {
    const [shard] = layoutOf(state, value);
    const axis = shard === undefined ? undefined : map.inputs[operand]?.[shard.axis];
    if (shard === undefined) continue;
    const normal = normalShard(state, shard);
    const splits = axis === undefined ? null : locate(axis, normal, map.factors);
    const demand =
      splits === null
        ? axis && inUnits(state, { operand, value }, axis, normal, map.factors, origin)
        : { operand, value, splits };
    if (!demand) {
      reportUnread(state, node, value, axis, map);
      return null;
    }
    demands.push(demand);
  }
  return demands;
}

function reportUnread(state: State, node: CanonicalNode, value: string, axis: Axis | undefined, map: FactorMap): void {
  const from = sayOrigin(state.origins.get(value));
  const layout = sayLayout(state, value);
  const related = relatedTo({ module: node.scope, node: node.name, spec: null }, "read here");
  const where = { ...atSplitOf(state, value, related), about: aboutEntries(state.origins.get(value)) };
  const params = { ...at(node), value: sayValue(state, value), layout, from, gather: gatherAt(state, node, value) };
  if (axis !== undefined && "joined" in axis) {
    const extents = axis.joined
      .map((p) => show(map.factors[p]!.size))
      .filter((s) => s !== "0")
      .join(", ");
    state.diagnostics.push(diagnose(catalog.edgeInsideSegment, { ...params, extents }, where));
    return;
  }
  const units = tooFew(state, value, axis, map);
  if (units !== null) {
    const params = { ...at(node), value: sayValue(state, value), ...units, from };
    state.diagnostics.push(diagnose(unitMessages.fewUnits, params, where));
    return;
  }
  const shape = `(${shapeOf(state, value).dims.map(show).join(", ")})`;
  const result = `(${shapeOf(state, node.outputs[0]!).dims.map(show).join(", ")})`;
  state.diagnostics.push(diagnose(catalog.cannotFollow, { ...params, shape, result }, where));
}

/** The units of a split axis, where they are fewer than the ranks. */
function tooFew(state: State, value: string, axis: Axis | undefined, { factors }: FactorMap) {
  const [shard] = layoutOf(state, value);
  const ranks = splitRanks(state);
  const units = shard && axis && state.over === "sequence" ? unitsOf(axis, normalShard(state, shard), factors) : null;
  if (!shard || units === null || typeof units.places !== "number" || units.places >= ranks) return null;
  return { axis: shard.axis, rows: show(units.inner), units: units.places, ranks };
}

/** Only free factors may stay split. */
function allFree(
  state: State,
  node: CanonicalNode,
  map: FactorMap,
  splits: ReadonlyMap<number, Split>,
  demands: readonly Demand[],
): boolean {
  for (const factor of splits.keys()) {
    if (map.factors[factor]!.kind === "free") continue;
    const value = demands.find((d) => d.splits.has(factor))?.value ?? node.inputs[0]!;
    const params = {
      ...at(node),
      value: sayValue(state, value),
      axis: layoutOf(state, value)[0]?.axis ?? 0,
      layout: sayLayout(state, value),
      from: sayOrigin(state.origins.get(value)),
      gather: gatherAt(state, node, value),
      other: axisInstead(state, value),
    };
    const related = relatedTo(originAt(node), "needs the whole axis");
    const where = { ...atSplitOf(state, value, related), about: aboutEntries(state.origins.get(value)) };
    state.diagnostics.push(diagnose(catalog.needsWholeAxis, params, where));
    return false;
  }
  return true;
}

/** The only other axis that the plan could split instead: of the input of the model that the value is, or that its entry splits. */
function axisInstead(state: State, value: string): number | null {
  const input = state.graph.inputs.find((i) => i.name === sayValue(state, value));
  const [shard] = layoutOf(state, value);
  const isLength = sequenceLengths(state);
  const free = [...(input?.shape.dims ?? []).entries()].filter(([axis, d]) => axis !== shard?.axis && isLength(d));
  return free.length === 1 ? free[0]![0] : otherAxis(state, value);
}

/** Layouts of the results: at most one split axis each. */
function outputLayouts(
  state: State,
  node: CanonicalNode,
  map: FactorMap,
  splits: ReadonlyMap<number, Split>,
): readonly Layout[] | null {
  const layouts: Layout[] = [];
  for (const [i, axes] of map.outputs.entries()) {
    const found = axes.flatMap((axis, a): [number, AxisShard | null][] => {
      const split = embed(axis, splits, map.factors);
      // Every rank holds all of an axis without segments: nothing.
      if (split === undefined || split?.segments.length === 0) return [];
      return [[a, split === null ? null : shardOf(a, split, state.over)]];
    });
    const only = found[0]?.[1];
    if (found.length > 1 || only === null) {
      const value = sayValue(state, node.outputs[i] ?? node.name);
      const operand = node.inputs.find((input) => layoutOf(state, input).length > 0) ?? node.inputs[0]!;
      const to = { operand: sayValue(state, operand), gather: gatherAt(state, node, operand) };
      const params = { ...at(node), value, axes: found.map(([a]) => a), ...to };
      state.diagnostics.push(diagnose(catalog.noLayout, params, atSplitOf(state, operand)));
      return null;
    }
    layouts.push(only === undefined ? WHOLE : [only]);
  }
  return layouts;
}

function refuse(state: State, value: string, diagnostic: ReturnType<typeof diagnose>): false {
  state.diagnostics.push(diagnostic);
  state.poisoned.add(value);
  return false;
}

function poison(state: State, node: CanonicalNode): false {
  outputsOf(node).forEach((name) => state.poisoned.add(name));
  return false;
}
