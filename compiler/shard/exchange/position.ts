/**
 * @file The position of the largest or smallest number along a split axis: each rank finds that among its rows, an all-gather distributes value
 * and position of each, and all ranks choose the best one. Positions are those of the unsplit axis, so this is exact for every layout.
 *
 * ONNX Runtime begins with the first row and replaces it by a better one, so that NaN wins in the first row of all, and nowhere else.
 */
import { fillAttributes } from "../../ir/cp.ts";
import { RANK, type Expr } from "../../expr/expr.ts";
import { int } from "../../graph/attributes.ts";
import { elemCode } from "../../graph/elements.ts";
import { tensorFromNumbers } from "../../graph/tensors.ts";
import type { Attributes, ElemType } from "../../graph/types.ts";
import { CP, type CanonicalNode, type ValueShape } from "../../ir/types.ts";
import type { PositionExchange } from "../../operators/types.ts";
import { neverEmpty } from "../knowledge.ts";
import { extentOf, localExtent, shardOf, WHOLE, type Split } from "../layout.ts";
import { sliceLocal } from "../slices.ts";
import { declare, localDimsOf, splitRanks, type State } from "../state.ts";
import type { Origin } from "../types.ts";
import { addCollective, addConcat, addLocal, addReshape, elemOf, integer, integers, takeNode } from "../writer.ts";

/** Beyond every position. */
const FAR = 2 ** 40;

/** False, with nothing added, where a rank might have no row. */
export function position(
  state: State,
  node: CanonicalNode,
  shape: ValueShape,
  exchange: PositionExchange,
  split: Split,
  origin: Origin,
): boolean {
  const [name] = node.outputs as readonly [string];
  const ranks = splitRanks(state);
  if (!neverEmpty(state, ranks, split.segments)) return false;
  if (ranks === 1) takeNode(state, node, origin);
  else addPosition({ state, node, exchange, split, origin, name }, shape);
  declare(state, name, shape, WHOLE, name, origin);
  return true;
}

interface Site {
  readonly state: State;
  readonly node: CanonicalNode;
  readonly exchange: PositionExchange;
  readonly split: Split;
  readonly origin: Origin;
  /** Of the result. */
  readonly name: string;
}

function addPosition(site: Site, { dims: whole }: ValueShape): void {
  const { state, node, exchange, name } = site;
  const [value] = node.inputs as readonly [string];
  const { axis, largest, last } = exchange;
  const isFloat = elemOf(state, value).includes("float");
  const all = addPositions(site);
  const rows = isFloat ? addWithoutNaN(site, all) : value;
  const one = localDimsOf(state, value).with(axis, 1);
  const attributes = { axis: int(axis), keepdims: int(1), select_last_index: int(last ? 1 : 0) };
  const arg = add(site, node.op, [rows], "arg", one, "int64", attributes);
  const at = add(site, "Gather", [all, arg], "at", one, "int64", { axis: int(0) });
  const best = add(site, largest ? "ReduceMax" : "ReduceMin", [rows, axes(site)], "best", one, null, KEEP);
  const isMarked = isFloat && last;
  const chosen = addChoice(
    site,
    best,
    isMarked ? addMarked(site, all, at) : at,
    whole,
    isMarked ? `${name}::chosen` : name,
  );
  if (!isMarked) return;
  const isFar = add(site, "Equal", [chosen, filled(site, "int64", FAR)], "is-far", whole, "bool");
  const outputs = [{ name, dims: whole, elem: "int64" as const }];
  addLocal(state, site.origin, { op: "Where", inputs: [isFar, filled(site, "int64", 0), chosen], outputs });
}

const KEEP = { keepdims: int(1) };

/** The positions of the rank's rows in the unsplit axis, in order: (rows). */
function addPositions(site: Site): string {
  const { state, split, origin, name } = site;
  const extent = extentOf(split);
  const operand = (suffix: string, value: Expr): string => integer(state, `${name}::${suffix}`, value);
  const inputs = [operand("from", 0), operand("to", extent), operand("step", 1)];
  const outputs = [{ name: `${name}::positions`, dims: [extent], elem: "int64" as const }];
  const [all] = addLocal(state, origin, { op: "Range", inputs, outputs });
  return sliceLocal(state, all!, shardOf(0, split, state.over), origin);
}

/** NaN as the best number in the first row of all, and as the worst elsewhere. */
function addWithoutNaN(site: Site, positions: string): string {
  const { state, node, exchange } = site;
  const [value] = node.inputs as readonly [string];
  const elem = elemOf(state, value);
  const [best, worst] = exchange.largest ? [Infinity, -Infinity] : [-Infinity, Infinity];
  const isFirst = addIsFirst(site, positions);
  const column = localDimsOf(state, isFirst);
  const instead = add(
    site,
    "Where",
    [isFirst, filled(site, elem, best), filled(site, elem, worst)],
    "instead",
    column,
    elem,
  );
  const dims = localDimsOf(state, value);
  const isNaN = add(site, "IsNaN", [value], "is-nan", dims, "bool");
  return add(site, "Where", [isNaN, instead, value], "numbers", dims, elem);
}

/** Whether a row is the first of all, as a column along the axis. */
function addIsFirst(site: Site, positions: string): string {
  const { state, node, exchange, split, origin, name } = site;
  const { dims } = { dims: localDimsOf(state, node.inputs[0]!) };
  const rows = localExtent(shardOf(0, split, state.over), state.options.mesh, RANK);
  const isFirst = add(site, "Equal", [positions, filled(site, "int64", 0)], "is-first", [rows], "bool");
  return addReshape(
    state,
    origin,
    isFirst,
    `${name}::first`,
    dims.map((_, a) => (a === exchange.axis ? rows : 1)),
  );
}

/** The position, or far behind all where the first row of all is NaN: it wins against equal numbers behind it. */
function addMarked(site: Site, positions: string, at: string): string {
  const { state, node, exchange } = site;
  const [value] = node.inputs as readonly [string];
  const dims = localDimsOf(state, value);
  const isNaN = add(site, "IsNaN", [value], "is-nan", dims, "bool");
  const isWinner = add(site, "And", [isNaN, addIsFirst(site, positions)], "is-winner", dims, "bool");
  const number = add(site, "Cast", [isWinner], "winner", dims, "int32", { to: int(elemCode("int32")) });
  const one = dims.with(exchange.axis, 1);
  const any = add(site, "ReduceMax", [number, axes(site)], "any", one, "int32", KEEP);
  const isAny = add(site, "Cast", [any], "is-any", one, "bool", { to: int(elemCode("bool")) });
  return add(site, "Where", [isAny, filled(site, "int64", FAR), at], "marked", one, "int64");
}

/** Exchanges the best numbers and their positions: of the best of all, the first or the last position. */
function addChoice(site: Site, best: string, at: string, whole: readonly Expr[], name: string): string {
  const { state, node, exchange, origin } = site;
  const { axis, largest, last } = exchange;
  const one = localDimsOf(state, best);
  const received = addCollective(
    state,
    { name: `${site.name}::all-reduce`, collective: "all-gather", group: state.over, purpose: "all-reduce", origin },
    [best, at].map((sent) => ({
      send: [sent],
      receive: (rank) => `${sent}::from${rank}`,
      elem: elemOf(state, sent),
      dims: () => one,
    })),
  );
  const joined = one.with(axis, received[0]!.length);
  const [values, positions] = received.map((list, i) =>
    addConcat(state, origin, list, axis, `${name}::all${i}`, joined),
  );
  const op = largest ? "ReduceMax" : "ReduceMin";
  const most = add(site, op, [values!, axes(site)], "best-of-all", one, elemOf(state, best), KEEP);
  const isBest = add(site, "Equal", [values!, most], "is-best", joined, "bool");
  const others = filled(site, "int64", last ? -1 : FAR);
  const candidates = add(site, "Where", [isBest, positions!, others], "candidates", joined, "int64");
  const keepdims = node.attributes["keepdims"] ?? int(1);
  return addLocal(state, origin, {
    op: last ? "ReduceMax" : "ReduceMin",
    inputs: [candidates, axes(site)],
    outputs: [{ name, dims: whole, elem: "int64" }],
    attributes: { keepdims },
  })[0]!;
}

function axes({ state, exchange, name }: Site): string {
  return integers(state, `${name}::axis`, [exchange.axis]);
}

/** A number as a scalar. */
function filled({ state, origin, name }: Site, elem: ElemType, value: number): string {
  return addLocal(state, origin, {
    op: "Fill",
    domain: CP,
    inputs: [integers(state, `${name}::scalar`, [])],
    outputs: [{ name: `${name}::number`, dims: [], elem }],
    attributes: fillAttributes(tensorFromNumbers(elem, [1], [value])),
  })[0]!;
}

function add(
  { state, origin, name }: Site,
  op: string,
  inputs: readonly string[],
  suffix: string,
  dims: readonly Expr[],
  elem: ElemType | null,
  attributes: Attributes = {},
): string {
  const outputs = [{ name: `${name}::${suffix}`, dims, elem: elem ?? elemOf(state, inputs[0]!) }];
  return addLocal(state, origin, { op, inputs, outputs, attributes })[0]!;
}
