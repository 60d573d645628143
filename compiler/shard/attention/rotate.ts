/**
 * @file Attention over parts of the keys: chunk by chunk around a ring, or with whole queries on every rank. Each part gives (output,
 * maximum, sum of exponentials); parts are merged, and divided at the end.
 */
import { asCp, finishAttributes, partAttributes, type Part } from "../../ir/cp.ts";
import { CP, ZERO_HIDDEN } from "../../ir/types.ts";
import { RANK, type Expr } from "../../expr/expr.ts";
import { localDims, WHOLE } from "../layout.ts";
import { before } from "../../../program/mesh.ts";
import { neverEmpty } from "../knowledge.ts";
import { shapeOf, splitRanks, type State } from "../state.ts";
import { addLocal, elemOf, type Sending, addCollective } from "../writer.ts";
import type { AxisShard, Layout } from "../types.ts";
import { localMask, rowMask } from "./mask.ts";
import { HEADS, ROWS, type Attention } from "./operands.ts";
import { withCopies } from "./shared-heads.ts";

/** Local extents of `out` (B, H, Sq, Dv), and of `max` and `sum` (B, H, Sq, 1). */
interface PartDims {
  readonly out: readonly Expr[];
  readonly statistic: readonly Expr[];
}

/** Local extents of a part's values, from the layout that the result will have. */
function partDims(state: State, site: Attention, layout: Layout): PartDims {
  const whole = shapeOf(state, site.node.outputs[0]!).dims;
  const [b, s, h, d] = localDims(whole, layout, state.options.mesh, RANK);
  return { out: [b!, h!, s!, d!], statistic: [b!, h!, s!, 1] };
}

/** Attention of local queries over some keys. */
function addPart(
  state: State,
  site: Attention,
  operands: readonly (string | null)[],
  layout: Layout,
  keys: AxisShard,
  name: string,
): Part {
  const { out, statistic } = partDims(state, site, layout);
  const elem = partElem(state, site);
  const { convert_to_fp32 } = state.options;
  const attributes = partAttributes(
    site.node.attributes,
    convert_to_fp32,
    !neverEmpty(state, splitRanks(state), keys.segments),
  );
  const [made = "", max = "", sum = ""] = addLocal(state, site.origin, {
    op: "AttentionPart",
    domain: CP,
    inputs: operands.filter((x) => x !== null),
    attributes,
    outputs: [
      { name: `${name}.out`, dims: out, elem },
      { name: `${name}.max`, dims: statistic, elem },
      { name: `${name}.sum`, dims: statistic, elem },
    ],
  });
  return { out: made, max, sum };
}

function valuesOf({ out, max, sum }: Part): readonly string[] {
  return [out, max, sum];
}

function partElem(state: State, site: Attention) {
  const elem = elemOf(state, site.q);
  return state.options.convert_to_fp32 && elem !== "float64" ? ("float32" as const) : elem;
}

function addMerge(state: State, site: Attention, a: Part, b: Part, name: string): Part {
  const [out = "", max = "", sum = ""] = addLocal(state, site.origin, {
    op: "AttentionMerge",
    domain: CP,
    inputs: [...valuesOf(a), ...valuesOf(b)],
    outputs: (["out", "max", "sum"] as const).map((value) => ({
      name: `${name}.${value}`,
      dims: shapeOf(state, a[value]).dims,
      elem: elemOf(state, a[value]),
    })),
  });
  return { out, max, sum };
}

/** Divides the last merge: (B, Sq, H, Dv) in the model's type. */
function addFinish(
  state: State,
  site: Attention,
  merged: Part,
  { layout, rows, heads }: Pick<RingSite, "layout" | "heads"> & { readonly rows: AxisShard | null },
  name: string,
): string {
  const output = site.node.outputs[0]!;
  const shape = shapeOf(state, output);
  const attributes = finishAttributes(site.node.attributes, shape.elem);
  const dims = localDims(shape.dims, layout, state.options.mesh, RANK);
  return addLocal(state, site.origin, {
    op: "AttentionFinish",
    domain: CP,
    inputs: [...valuesOf(merged), ...(zeroesHidden(site) ? [rowMask(state, site, rows, heads)!] : [])],
    outputs: [{ name, dims, elem: shape.elem }],
    attributes,
  })[0]!;
}

/** Whether rows that see no key are 0 by the mask, which no single part can determine. */
function zeroesHidden({ node, mask }: Attention): boolean {
  return mask !== null && asCp(node, "Attention")?.zeroHidden === ZERO_HIDDEN.byMask;
}

/** Properties of a ring site besides its operands. */
export interface RingSite {
  readonly site: Attention;
  readonly q: string;
  readonly k: string;
  readonly v: string;
  /** Layout of the result inside the site: rows over the ring, heads over the Ulysses group. */
  readonly layout: Layout;
  readonly rows: AxisShard;
  readonly keys: AxisShard;
  readonly heads: AxisShard | null;
  readonly keyHeads: AxisShard | null;
}

/** Queries stay; keys and values go around the ring, 1/R of them on each rank at a time. */
export function rotate(state: State, ring: RingSite, name: string): string {
  const { mesh } = state.options;
  const { ring_degree: R } = mesh;
  const keys: AxisShard = { ...ring.keys, over: "ring" };
  let [k, v] = [ring.k, ring.v];
  let merged: Part | null = null;
  for (let step = 0; step < R; step++) {
    // After `step` shifts a rank holds the chunk of the rank that is `step` positions before it in the ring.
    const holder = (rank: Expr): Expr => before(rank, step, mesh);
    const mask = localMask(state, ring.site, {
      rows: ring.rows,
      heads: ring.heads,
      keys: { shard: keys, rank: holder(RANK) },
    });
    const [ownK, ownV] = [k, v].map((x) => withCopies(state, x, ring.keyHeads, ring.site.origin));
    const part = addPart(state, ring.site, [ring.q, ownK!, ownV!, mask], ring.layout, keys, `${name}::step${step}`);
    merged = merged === null ? part : addMerge(state, ring.site, merged, part, `${name}::merge${step}`);
    if (step < R - 1) [k, v] = shift(state, ring, [k, v], keys, holder, step + 1);
  }
  return addFinish(state, ring.site, merged!, ring, name);
}

/** One step around the ring, for keys and values in one collective. */
function shift(
  state: State,
  { site, keyHeads }: RingSite,
  values: readonly [string, string],
  keys: AxisShard,
  holder: (rank: Expr) => Expr,
  step: number,
): [string, string] {
  const { mesh } = state.options;
  const transfers = [site.k, site.v].map((original, i): Sending => {
    const { elem, dims: whole } = shapeOf(state, original);
    const dims = (from: Expr): readonly Expr[] =>
      whole.map((d, axis) => {
        if (axis === ROWS) return localDims(whole, [keys], mesh, holder(from))[ROWS]!;
        // Ring neighbours hold the same heads: written in the queries' terms, so that the number per key head stays known.
        return axis === HEADS && keyHeads !== null ? localDims(whole, [keyHeads], mesh, RANK)[HEADS]! : d;
      });
    return { send: [values[i]!], receive: () => `${original}::step${step}`, elem, dims };
  });
  const { origin } = site;
  const name = `${site.k}::shift${step}`;
  const made = addCollective(state, { name, collective: "shift", group: "ring", purpose: "ring", origin }, transfers);
  const [k, v] = made.map((received) => received[0]!);
  return [k!, v!];
}

/**
 * Whole queries against split keys: each rank attends to its keys, and all ranks merge all parts in rank order, so that the result is the
 * same everywhere.
 */
export function mergeParts(state: State, site: Attention, keys: AxisShard, name: string): string {
  const ranks = splitRanks(state);
  const mask = localMask(state, site, { rows: null, heads: null, keys: { shard: keys, rank: RANK } });
  const own = addPart(state, site, [site.q, site.k, site.v, mask], WHOLE, keys, `${name}::part`);
  const { origin } = site;
  const received = addCollective(
    state,
    { name: `${name}::merge`, collective: "all-gather", group: state.over, purpose: "merge", origin },
    valuesOf(own).map((value) => {
      const { elem, dims } = shapeOf(state, value);
      return { send: [value], receive: (rank) => `${value}::from${rank}`, elem, dims: () => dims };
    }),
  );
  const partOf = (rank: number): Part => {
    const [out = "", max = "", sum = ""] = received.map((values) => values[rank]!);
    return { out, max, sum };
  };
  let merged = partOf(0);
  for (let rank = 1; rank < ranks; rank++)
    merged = addMerge(state, site, merged, partOf(rank), `${name}::merge${rank}`);
  return addFinish(state, site, merged, { layout: WHOLE, rows: null, heads: null }, name);
}
