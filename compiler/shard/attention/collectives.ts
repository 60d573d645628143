/**
 * @file The collectives of attention: all-to-all between rows and heads inside a Ulysses group, and keys and values gathered in a ring or
 * in the whole sequence group. Layout work (blocks of heads, order of ranks) is done by local nodes, so that only whole blocks are sent.
 */
import { groupSize, indexIn, rankAt, type Mesh } from "../../../program/mesh.ts";
import { equal, RANK, mul, type Expr } from "../../expr/expr.ts";
import { dealtLength, dealtStart, lengthOf, localDims, localLength } from "../layout.ts";
import { declare, shapeOf, type State, localDimsOf } from "../state.ts";
import { layoutOf } from "../knowledge.ts";
import { addConcat, addReshape, addSplit, type Sending, addCollective } from "../writer.ts";
import { addSlice, assemble } from "../slices.ts";
import type { AxisShard, Origin } from "../types.ts";
import { ROWS } from "./operands.ts";

/** A value split by rows that will be split by heads. */
export interface ToHeads {
  readonly value: string;
  readonly rows: AxisShard;
  readonly heads: AxisShard;
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
  return items.map(({ value, rows, heads }, i) => {
    const shape = shapeOf(state, value);
    const layout = mesh.ring_degree === 1 ? [heads] : [{ ...rows, over: "ring" as const }, heads];
    const size = (length: Expr, u: number): Expr => localLength(length, rows, mesh, rankAt("ulysses", u, RANK, mesh));
    const dims = localDims(shape.dims, layout, mesh, RANK);
    const blocks = { ...rows, values: received[i]!, size };
    const made = assemble(state, blocks, `${value}::heads`, dims, origin);
    declare(state, made, shape, layout, value, origin);
    return made;
  });
}

function headBlocks(state: State, { value, rows, heads }: ToHeads, origin: Origin): Sending {
  const { mesh } = state.options;
  const { elem, dims: whole } = shapeOf(state, value);
  const headsOf = (u: Expr): Expr => extentFor(heads, mesh, u);
  const send = blocksFor(state, { value, dims: localDimsOf(state, value) }, heads, origin);
  const dims = (from: Expr, to: Expr): readonly Expr[] =>
    localDims(whole, [rows], mesh, from).map((d, axis) =>
      axis === heads.axis ? headsOf(indexIn("ulysses", to, mesh)) : d,
    );
  return { send, receive: (u) => `${value}::from${u}`, elem, dims };
}

/** The heads of each member of the Ulysses group, of a value with all of them. Members that share a head each get it: the blocks overlap. */
function blocksFor(
  state: State,
  source: { readonly value: string; readonly dims: readonly Expr[] },
  heads: AxisShard,
  origin: Origin,
): readonly string[] {
  const { mesh } = state.options;
  const { axis, copies = 1 } = heads;
  const name = `${source.value}::to`;
  const sizes = each(mesh.ulysses_degree, (u) => extentFor({ ...heads, outer: 1 }, mesh, u));
  if (!equal(heads.outer, 1)) return mergedBlocks(state, source, heads, sizes, origin);
  if (copies === 1) return addSplit(state, origin, source, axis, sizes, name);
  return sizes.map((size, u) => {
    const start = dealtStart(lengthOf(heads.segments), heads, mesh, u);
    return addSlice(state, source, { axis, start, size }, `${name}.${u}`, origin);
  });
}

/** The same for an axis of which the heads are not the outermost factor: it is divided into its factors, and merged again in each block. */
function mergedBlocks(
  state: State,
  { value, dims }: { readonly value: string; readonly dims: readonly Expr[] },
  { axis, outer, segments, inner }: AxisShard,
  sizes: readonly Expr[],
  origin: Origin,
): readonly string[] {
  const name = `${value}::to`;
  const [before, after] = [dims.slice(0, axis), dims.slice(axis + 1)];
  const apart = [...before, outer, mul(lengthOf(segments), inner), ...after];
  const source = { value: addReshape(state, origin, value, `${name}.apart`, apart), dims: apart };
  return addSplit(state, origin, source, axis + 1, sizes, `${name}.apart`).map((block, u) =>
    addReshape(state, origin, block, `${name}.${u}`, [...before, mul(outer, sizes[u]!), ...after]),
  );
}

/** Extent of the axis of heads on the member `index` of a Ulysses group. */
function extentFor(heads: AxisShard, mesh: Mesh, index: Expr): Expr {
  return mul(heads.outer, dealtLength(lengthOf(heads.segments), heads, mesh, index), heads.inner);
}

/** The split that a value gets back, for the result of attention: the layout of the queries. */
export interface ToRows extends ToHeads {
  /** Name of the result. */
  readonly name: string;
  /** The value of the unsplit graph with its content. */
  readonly sameAs: string;
}

/** Heads back to rows: the inverse. */
export function headsToRows(state: State, { value, rows, heads, name, sameAs }: ToRows, origin: Origin): string {
  const { mesh } = state.options;
  const { ulysses_degree: U } = mesh;
  const shape = shapeOf(state, value);
  const peer = (u: number): Expr => rankAt("ulysses", u, RANK, mesh);
  const extentOn = (length: Expr, rank: Expr): Expr => mul(localLength(length, rows, mesh, rank), rows.inner);
  const sizes = rows.segments.flatMap((s) => each(U, (u) => extentOn(s.length, peer(u))));
  const source = { value, dims: localDimsOf(state, value) };
  const blocks = addSplit(state, origin, source, rows.axis, sizes, `${value}::rows`);
  const local = (from: Expr, to: Expr): readonly Expr[] =>
    localDims(shape.dims, [rows], mesh, to).map((d, axis) =>
      axis === heads.axis ? extentFor(heads, mesh, indexIn("ulysses", from, mesh)) : d,
    );
  const send = each(U, (u) => {
    const mine = rows.segments.map((_, s) => blocks[s * U + u]!);
    return addConcat(state, origin, mine, rows.axis, `${value}::to${u}`, local(RANK, peer(u)));
  });
  const [received] = addCollective(
    state,
    { name: `${sameAs}::to-rows`, collective: "all-to-all", group: "ulysses", purpose: "ulysses out", origin },
    [{ send, receive: (u) => `${value}::from${u}`, elem: shape.elem, dims: local }],
  );
  const size = (length: Expr, u: number): Expr => dealtLength(length, heads, mesh, u);
  const dims = localDims(shape.dims, [rows], mesh, RANK);
  const made = assemble(state, { ...heads, values: received!, size }, name, dims, origin);
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
