/**
 * @file Numbers of rows of a split axis: which rank holds each row, and where. Reads and sends none.
 */
import { indexIn } from "../../../program/mesh.ts";
import { add, RANK, sub, type Expr } from "../../expr/expr.ts";
import { int } from "../../graph/attributes.ts";
import { elemCode } from "../../graph/elements.ts";
import type { Attributes, ElemType } from "../../graph/types.ts";
import type { CanonicalNode, ValueShape } from "../../ir/types.ts";
import type { ReadExchange } from "../../operators/types.ts";
import { extentOf, type Split } from "../layout.ts";
import { addSlice } from "../slices.ts";
import { splitRanks, type State } from "../state.ts";
import type { Origin } from "../types.ts";
import { addConcat, addLocal, addReshape, integers } from "../writer.ts";
import { chunkOf } from "./rows.ts";

/** One node that reads rows by numbers. */
export interface Site {
  readonly state: State;
  readonly node: CanonicalNode;
  readonly exchange: ReadExchange;
  /** Type and extents of the numbers. */
  readonly indices: ValueShape;
  readonly split: Split;
  readonly origin: Origin;
  /** Of the result. */
  readonly name: string;
}

/** The numbers as a list, counted from the start of the axis; its extent for what lies before it. */
export function addNumbers(site: Site, indices: string, count: Expr): string {
  const { state, origin, name } = site;
  const { component } = site.exchange;
  const own = component === null ? indices : addComponent(site, indices, component);
  const flat = addReshape(state, origin, own, `${name}::flat`, [count]);
  const isWide = site.indices.elem === "int64";
  const listed = isWide ? flat : make(site, "Cast", [flat], "wide", [count], "int64", { to: int(elemCode("int64")) });
  const extent = integers(state, `${name}::extent`, [extentOf(site.split)]);
  const zero = integers(state, `${name}::zero`, [0]);
  const turned = make(site, "Add", [listed, extent], "turned", [count]);
  const counted = make(
    site,
    "Where",
    [make(site, "Less", [listed, zero], "is-back", [count], "bool"), turned, listed],
    "counted",
    [count],
  );
  return make(
    site,
    "Where",
    [make(site, "Less", [counted, zero], "is-before", [count], "bool"), extent, counted],
    "numbers",
    [count],
  );
}

function addComponent(site: Site, indices: string, at: number): string {
  const { state, name } = site;
  const { elem, dims } = site.indices;
  const last = dims.length - 1;
  const operand = integers(state, `${name}::component`, [at]);
  const attributes = { axis: int(last) };
  return make(site, "Gather", [indices, operand], "component.only", dims.with(last, 1), elem, attributes);
}

/**
 * The rank that holds each row, and where the evaluating rank holds it: 0 for a row of another rank. A look-up behind the last rank's last segment
 * fails.
 */
export function addOwners(
  site: Site,
  numbers: string,
  count: Expr,
): { readonly owner: string; readonly place: string } {
  const { state, split, name } = site;
  const own = indexIn("sequence", RANK, state.options.mesh);
  const chunks = split.segments.map((_, at) => chunkOf(state, split, at));
  const held = chunks.map(({ from, to }) => sub(to(own), from(own)));
  // What is added to a row of the axis to make it one of the rank's own.
  const shifts = chunks.map(({ from }, at) => sub(add(0, ...held.slice(0, at)), from(own)));
  const ranks = Array.from({ length: splitRanks(state) }, (_, rank) => rank);
  const cells = chunks.flatMap(({ to }, at) => ranks.map((rank) => ({ end: to(rank), shift: shifts[at]!, rank })));
  const table = (what: string, elements: readonly Expr[]): string => integers(state, `${name}::${what}`, elements);
  const ends = cells.map(({ end }) => end);
  const cell = addCells(site, numbers, table("ends", ends), [count, cells.length]);
  const look = (what: string, elements: readonly Expr[]): string =>
    make(site, "Gather", [table(`${what}s`, elements), cell], what, [count]);
  const owners = cells.map(({ rank }) => rank);
  const owner = look("owner", owners);
  const byCell = cells.map(({ shift }) => shift);
  const shifted = make(site, "Add", [numbers, look("shift", byCell)], "shifted", [count]);
  const isOwn = make(site, "Equal", [owner, table("rank", [own])], "is-own", [count], "bool");
  return { owner, place: make(site, "Where", [isOwn, shifted, table("first-row", [0])], "place", [count]) };
}

/** How many chunks end at or before each number: the chunk that has it, of all segments and ranks in the order of rows. */
function addCells(site: Site, numbers: string, ends: string, [count, chunks]: readonly [Expr, number]): string {
  const { state, origin, name } = site;
  const column = addReshape(state, origin, numbers, `${name}::column`, [count, 1]);
  const isBehind = make(site, "GreaterOrEqual", [column, ends], "is-behind", [count, chunks], "bool");
  const behind = make(site, "Cast", [isBehind], "behind", [count, chunks], "int64", { to: int(elemCode("int64")) });
  const axis = integers(state, `${name}::axis`, [1]);
  return make(site, "ReduceSum", [behind, axis], "cell", [count], "int64", { keepdims: int(0) });
}

/** The indices with the rank's own places in them. */
export function addIndices(site: Site, indices: string, place: string): string {
  const { state, origin, name } = site;
  const { component } = site.exchange;
  const { dims } = site.indices;
  if (component === null) return addReshape(state, origin, place, `${name}::places`, dims);
  const axis = dims.length - 1;
  const one = addReshape(state, origin, place, `${name}::places`, dims.with(axis, 1));
  const source = { value: indices, dims };
  const slice = (what: string, start: number, end: number): readonly string[] =>
    start === end ? [] : [addSlice(state, source, { axis, start, size: end - start }, `${name}::${what}`, origin)];
  const parts = [...slice("before", 0, component), one, ...slice("after", component + 1, Number(dims[axis]))];
  return addConcat(state, origin, parts, axis, `${name}::indices`, dims);
}

/** A value of the reading; of integers where nothing else is said. */
export function make(
  { state, origin, name }: Site,
  op: string,
  inputs: readonly string[],
  suffix: string,
  dims: readonly Expr[],
  elem: ElemType = "int64",
  attributes: Attributes = {},
): string {
  const outputs = [{ name: `${name}::${suffix}`, dims, elem }];
  return addLocal(state, origin, { op, inputs, outputs, attributes })[0]!;
}
