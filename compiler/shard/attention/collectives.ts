/**
 * @file The collectives of attention: all-to-all between rows and heads inside a Ulysses group, and keys and values gathered in a ring or
 * in the whole sequence group. Layout work (blocks of heads, order of ranks) is done by local nodes, so that only whole blocks are sent.
 */
import { groupSize, indexIn, rankAt } from "../../../program/mesh.ts";
import { RANK, mul, type Expr } from "../../expr/expr.ts";
import { localDims, localLength, ownHeads } from "../layout.ts";
import { declare, shapeOf, type State, localDimsOf } from "../state.ts";
import { layoutOf } from "../knowledge.ts";
import { addConcat, addSplit, type Sending, addCollective } from "../writer.ts";
import { assemble } from "../slices.ts";
import type { AxisShard, Origin } from "../types.ts";
import { HEADS, headShard, ROWS } from "./operands.ts";

/** A value split by rows that will be split by heads: `unit` query heads stay together with one key/value head. */
export interface ToHeads {
  readonly value: string;
  readonly rows: AxisShard;
  readonly heads: number;
  readonly unit: number;
}

/** Rows to heads, for several values in one collective: each rank gets all rows of its group for its heads. */
export function rowsToHeads(state: State, items: readonly ToHeads[], origin: Origin): readonly string[] {
  const { mesh } = state.options;
  if (mesh.ulysses_degree === 1) return items.map((i) => i.value);
  const received = addCollective(
    state,
    { name: `${items[0]!.value}::to-heads`, collective: "all-to-all", group: "ulysses", purpose: "ulysses in", origin },
    items.map((item) => headBlocks(state, item, origin)),
  );
  return items.map((item, i) => {
    const shape = shapeOf(state, item.value);
    const heads = headShard(HEADS, item.heads, item.unit);
    const layout = mesh.ring_degree === 1 ? [heads] : [{ ...item.rows, over: "ring" as const }, heads];
    const size = (length: Expr, u: number): Expr =>
      localLength(length, item.rows, mesh, rankAt("ulysses", u, RANK, mesh));
    const dims = localDims(shape.dims, layout, mesh, RANK);
    const blocks = { ...item.rows, values: received[i]!, axis: ROWS, size };
    const made = assemble(state, blocks, `${item.value}::heads`, dims, origin);
    declare(state, made, shape, layout, item.value, origin);
    return made;
  });
}

function headBlocks(state: State, { value, rows, heads, unit }: ToHeads, origin: Origin): Sending {
  const { mesh } = state.options;
  const { ulysses_degree: U } = mesh;
  const { elem, dims: whole } = shapeOf(state, value);
  const headsOf = (u: Expr): Expr => ownHeads(heads, unit, mesh, u);
  const source = { value, dims: localDimsOf(state, value) };
  const send = addSplit(state, origin, source, HEADS, each(U, headsOf), `${value}::to`);
  const dims = (from: Expr, to: Expr): readonly Expr[] =>
    localDims(whole, [rows], mesh, from).map((d, axis) => (axis === HEADS ? headsOf(indexIn("ulysses", to, mesh)) : d));
  return { send, receive: (u) => `${value}::from${u}`, elem, dims };
}

/** Heads back to rows: the inverse, for the result of attention. `rows` is the layout of the queries. */
export function headsToRows(
  state: State,
  value: string,
  rows: AxisShard,
  heads: number,
  unit: number,
  name: string,
  sameAs: string,
  origin: Origin,
): string {
  const { mesh } = state.options;
  const { ulysses_degree: U } = mesh;
  const shape = shapeOf(state, value);
  const peer = (u: number): Expr => rankAt("ulysses", u, RANK, mesh);
  const extentOn = (length: Expr, rank: Expr): Expr => mul(localLength(length, rows, mesh, rank), rows.inner);
  const sizes = rows.segments.flatMap((s) => each(U, (u) => extentOn(s.length, peer(u))));
  const blocks = addSplit(state, origin, { value, dims: localDimsOf(state, value) }, ROWS, sizes, `${value}::rows`);
  const headsOf = (rank: Expr): Expr => ownHeads(heads, unit, mesh, indexIn("ulysses", rank, mesh));
  const local = (from: Expr, to: Expr): readonly Expr[] =>
    localDims(shape.dims, [rows], mesh, to).map((d, axis) => (axis === HEADS ? headsOf(from) : d));
  const send = each(U, (u) => {
    const mine = rows.segments.map((_, s) => blocks[s * U + u]!);
    return addConcat(state, origin, mine, ROWS, `${value}::to${u}`, local(RANK, peer(u)));
  });
  const [received] = addCollective(
    state,
    { name: `${sameAs}::to-rows`, collective: "all-to-all", group: "ulysses", purpose: "ulysses out", origin },
    [{ send, receive: (u) => `${value}::from${u}`, elem: shape.elem, dims: local }],
  );
  const made = addConcat(state, origin, received!, HEADS, name, localDims(shape.dims, [rows], mesh, RANK));
  declare(state, made, shape, [rows], sameAs, origin);
  return made;
}

/** Gathers keys and values of a ring, or of the sequence group, on each of its ranks: in the original order, in one collective. */
export function gatherKeys(
  state: State,
  values: readonly [string, string],
  keys: AxisShard,
  group: "ring" | "sequence",
  origin: Origin,
): readonly [string, string] {
  const { mesh } = state.options;
  const rows: AxisShard = { ...keys, over: group };
  if (groupSize(group, mesh) === 1) return values;
  const local = (value: string, rank: Expr): readonly Expr[] => {
    const heads = layoutOf(state, value).filter((s) => s.over === "ulysses");
    return localDims(shapeOf(state, value).dims, [rows, ...heads], mesh, rank);
  };
  const purpose = group === "ring" ? "ring" : "key gather";
  const received = addCollective(
    state,
    { name: `${values[0]}::${purpose}`, collective: "all-gather", group, purpose, origin },
    values.map((value) => ({
      send: [value],
      receive: (at) => `${value}::${group === "ring" ? "ring" : "from"}${at}`,
      elem: shapeOf(state, value).elem,
      dims: (from) => local(value, from),
    })),
  );
  const [k, v] = values.map((value, i) => {
    const heads = layoutOf(state, value).filter((s) => s.over === "ulysses");
    const size = (length: Expr, at: number): Expr => localLength(length, rows, mesh, rankAt(group, at, 0, mesh));
    const blocks = { ...rows, values: received[i]!, axis: ROWS, size };
    const dims = localDims(shapeOf(state, value).dims, heads, mesh, RANK);
    const made = assemble(state, blocks, `${value}::all`, dims, origin);
    declare(state, made, shapeOf(state, value), heads, value, origin);
    return made;
  });
  return [k!, v!];
}

function each<T>(count: number, make: (index: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}
