/**
 * @file Stretches of a split axis whose edges lie inside a segment: each rank gets its chunk of every stretch in one exchange, a few rows where chunks
 * of the stretch and of the axis end apart; a stretch of fewer rows than ranks is whole on all. Knows no operator.
 */
import { add, equal, isOpen, RANK, type Expr } from "../../expr/expr.ts";
import type { FactorMap, Sizing } from "../../operators/types.ts";
import type { CanonicalNode, ValueShape } from "../../ir/types.ts";
import { layoutOf, normalShard } from "../knowledge.ts";
import { extentOf, localExtent, locate, shardOf, WHOLE, type Split } from "../layout.ts";
import { declare, localDimsOf, splitRanks, type State } from "../state.ts";
import type { AxisShard, Origin } from "../types.ts";
import { addLocal, elemOf, integers, takeNode } from "../writer.ts";
import { dealAnew } from "./dealing.ts";
import { chunkOf, readRows, type Stretch } from "./rows.ts";

/** Adds the steps of a node that divides its split operand 0, or takes a part of it; false, with nothing added, where this is no such node. */
export function cutRows(
  state: State,
  node: CanonicalNode,
  map: FactorMap,
  shapes: readonly ValueShape[],
  origin: Origin,
): boolean {
  const [value] = node.inputs as readonly [string];
  const [known] = layoutOf(state, value);
  const shard = known && normalShard(state, known);
  const axis = shard && map.inputs[0]?.[shard.axis];
  if (!shard || !axis || !("joined" in axis) || state.over !== "sequence" || !equal(shard.outer, 1)) return false;
  if (shard.segments.length === 0 || locate(axis, shard, map.factors) !== null) return false;
  const sizes = axis.joined.map((factor) => state.assumed.normal(map.factors[factor]!.size));
  if (!equal(add(0, ...sizes), extentOf(shard))) return false;
  const cut: Cut = { state, node, map, shard, joined: axis.joined, origin };
  const parts = node.outputs.map((name, output) => partOf(cut, name, output, shapes[output]));
  if (parts.some((part) => part === null)) return false;
  addParts(cut, parts as readonly Part[]);
  return true;
}

interface Cut {
  readonly state: State;
  readonly node: CanonicalNode;
  readonly map: FactorMap;
  readonly shard: AxisShard;
  /** Factors of the axis: the stretches. */
  readonly joined: readonly number[];
  readonly origin: Origin;
}

/** One result: where its rows begin, and how they are split; `null` where each rank has them all. */
interface Part {
  readonly name: string;
  readonly shape: ValueShape;
  readonly start: Expr;
  readonly rows: Expr;
  readonly split: Split | null;
}

/** `null` where the result is none of the stretches. */
function partOf(cut: Cut, name: string, output: number, shape: ValueShape | undefined): Part | null {
  const { state, map, shard, joined, origin } = cut;
  const made = map.outputs[output]?.[shard.axis];
  const [factor, ...others] = made && "product" in made ? made.product : [];
  const at = factor === undefined ? -1 : joined.indexOf(factor);
  if (name === "" || shape === undefined || at < 0 || others.length > 0) return null;
  const sizes = joined.map((f) => state.assumed.normal(map.factors[f]!.size));
  const [start, rows] = [add(0, ...sizes.slice(0, at)), sizes[at]!];
  if (isOpen(rows) || isOpen(start)) return null;
  const isWhole = typeof rows === "number" && rows < splitRanks(state);
  const split = isWhole ? null : dealAnew(state, shard, { name, axis: shard.axis, places: rows }, origin);
  return isWhole || split !== null ? { name, shape, start, rows, split } : null;
}

function addParts(cut: Cut, parts: readonly Part[]): void {
  const { state, node, shard, origin } = cut;
  const by = state.origins.get(node.inputs[0]!) ?? origin;
  if (splitRanks(state) === 1) takeNode(state, node, origin);
  else addRows(cut, parts);
  for (const { name, shape, split } of parts) {
    declare(state, name, shape, split === null ? WHOLE : [shardOf(shard.axis, split, state.over)], name, by);
  }
}

function addRows(cut: Cut, parts: readonly Part[]): void {
  const { state, shard, origin } = cut;
  const { axis } = shard;
  const [{ name }] = parts as readonly [Part, ...Part[]];
  const value = addOtherCuts(cut, parts[0]!);
  const stretches = parts.map(({ start, rows, split }): Stretch => {
    if (split === null) return { from: () => start, to: () => add(start, rows) };
    const { from, to } = chunkOf(state, split, 0);
    return { from: (index) => add(start, from(index)), to: (index) => add(start, to(index)) };
  });
  const read = readRows(state, { value, axis, split: shard }, stretches, { name, purpose: "halo" }, origin);
  for (const [at, { name, shape, split }] of parts.entries()) {
    const own = split === null ? shape.dims : localDimsOf(state, read[at]!).with(axis, ownRows(state, split, axis));
    const outputs = [{ name, dims: own, elem: shape.elem }];
    addLocal(state, origin, { op: "Identity", inputs: [read[at]!], outputs });
  }
}

function ownRows(state: State, split: Split, axis: number): Expr {
  return localExtent(shardOf(axis, split, state.over), state.options.mesh, RANK);
}

/** The operand with what the node takes of its other axes: the node itself, over all rows of the rank. */
function addOtherCuts({ state, node, map, shard, origin }: Cut, { name, shape }: Part): string {
  const [value, ...operands] = node.inputs as readonly [string, ...string[]];
  const bounds = map.sizing.filter(({ role }) => role === "start" || role === "end");
  if (bounds.every(({ axis }) => axis === shard.axis)) return value;
  const rows = localExtent(shard, state.options.mesh, RANK);
  const local = operands.map((operand, i) =>
    allRows(state, `${name}::rows${i}`, operand, i + 1, bounds, shard.axis, rows),
  );
  const outputs = [{ name: `${name}::cut`, dims: shape.dims.with(shard.axis, rows), elem: elemOf(state, value) }];
  return addLocal(state, origin, { ...node, inputs: [value, ...local], outputs })[0]!;
}

/** An operand of bounds in which those of one axis are all of its rows. */
function allRows(
  state: State,
  name: string,
  operand: string,
  at: number,
  bounds: readonly Sizing[],
  axis: number,
  rows: Expr,
): string {
  const own = bounds.filter((bound) => bound.operand === at && bound.axis === axis);
  const known = state.integers.get(operand)?.elements;
  if (own.length === 0 || known === undefined) return operand;
  const elements = own.reduce((all, { element, role }) => all.with(element, role === "start" ? 0 : rows), known);
  return integers(state, name, elements);
}
