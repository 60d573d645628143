/**
 * @file How an attention node is executed, by which of its operands are split: local, a scheme with its collectives, or refused.
 */
import type { AttentionOperation } from "../../ir/cp.ts";
import * as catalog from "../../diagnostics/catalog/shard.ts";
import { diagnose } from "../../diagnostics/diagnose.ts";
import { alignTo } from "../propagate/alignment.ts";
import { gatherWhole } from "../propagate/split-gather.ts";
import { propagate } from "../propagate/operator.ts";
import { localDims, WHOLE } from "../layout.ts";
import { atSplitOf, sayLayout, sayValue } from "../origins.ts";
import { declare, shapeOf, splitRanks, type State } from "../state.ts";
import { addLocal } from "../writer.ts";
import { sameRows } from "../propagate/unify.ts";
import { equalCut } from "../../../program/shares.ts";
import { add, evaluate, mul, RANK, show, symbolsOf, type Expr } from "../../expr/expr.ts";
import type { AttentionSite, AxisShard, Layout } from "../types.ts";
import { withoutCausal } from "./causal.ts";
import { gatherRing, headsToRows, rowsToHeads } from "./collectives.ts";
import {
  HEADS,
  headShard,
  headsOf,
  isOddlySplit,
  isStrided,
  readAttention,
  rowsOf,
  type Attention,
} from "./operands.ts";
import { localMask, assumeMaskLengths } from "./mask.ts";
import { mergeParts, rotate, type RingSite } from "./rotate.ts";

/** Translates an attention node to local nodes and collectives; false if it was refused. */
export function attend(state: State, attention: AttentionOperation): boolean {
  const { node } = attention;
  const site = readAttention(attention);
  const { q, k, v, mask } = site;
  if (!assumeMaskLengths(state, site)) return false;
  const strided = [q, k, v].find((x) => isStrided(state, x));
  if (strided !== undefined) return refuseStrided(state, site, strided);
  if ([q, k, v].some((x) => isOddlySplit(state, x))) {
    note(state, site, "local");
    return propagate(state, node);
  }
  const [rows, keys] = [rowsOf(state, q), rowsOf(state, k) ?? rowsOf(state, v)];
  if (keys === null) return stayLocal(state, site, rows);
  const pair = [k, v].map((x) => (rowsOf(state, x) === null ? alignTo(state, node, x, keys, site.origin) : x));
  const split: Attention = { ...site, k: pair[0]!, v: pair[1]! };
  if (!sameRows(state, node, [split.k, rowsOf(state, split.k)!], [split.v, rowsOf(state, split.v)!], site.origin))
    return false;
  if (rows === null) return wholeQueries(state, split, keys);
  if (splitRanks(state) === 1) return stayLocal(state, { ...split, mask }, rows);
  return runScheme(state, split, rows, keys);
}

/** Rows with a stride: each rank would hold some of every stretch of the sequence. */
function refuseStrided(state: State, site: Attention, value: string): false {
  const what = `rows of ${sayValue(state, value)} that are split with a stride (${sayLayout(state, value)})`;
  const where = atSplitOf(state, value, [{ message: "the attention", node: site.node.name, module: site.node.scope }]);
  state.diagnostics.push(
    diagnose(catalog.attentionSplit, { module: site.node.scope, node: site.node.name, what }, where),
  );
  return false;
}

function note(state: State, site: Attention, scheme: AttentionSite["scheme"]): void {
  state.attention.push({ node: site.node.name, module: site.node.scope, scheme });
}

/** Whole keys: each rank attends with its queries. */
function stayLocal(state: State, site: Attention, rows: AxisShard | null): boolean {
  note(state, site, "local");
  if (splitRanks(state) === 1) return finishLocal(state, site, rows);
  const why = rows === null ? "queries, keys and values are whole" : "its keys and values are whole";
  state.diagnostics.push(
    diagnose(
      catalog.localAttention,
      { module: site.node.scope, why },
      {
        related: [{ message: "the attention", node: site.node.name, module: site.node.scope }],
      },
    ),
  );
  return finishLocal(state, site, rows);
}

function finishLocal(state: State, site: Attention, rows: AxisShard | null): boolean {
  const mask = localMask(state, site, { rows, heads: null, keys: null });
  return finish(state, siteFor(site, rows), [site.q, site.k, site.v, mask], rows === null ? WHOLE : [rows]);
}

/** Whole queries against split keys: the parts are merged, or keys and values gathered, whichever moves less. The result is whole. */
function wholeQueries(state: State, site: Attention, keys: AxisShard): boolean {
  note(state, site, "merge");
  const name = site.node.outputs[0]!;
  if (splitRanks(state) > 1 && hasParts(state) && partsAreSmaller(state, site)) {
    const shape = shapeOf(state, name);
    declare(state, mergeParts(state, site, keys, name), shape, WHOLE, name, site.origin);
    return true;
  }
  const [k, v] = [site.k, site.v].map((x) => gatherWhole(state, x, `${x}::whole`, "key gather", site.origin));
  const mask = localMask(state, site, { rows: null, heads: null, keys: null });
  return finish(state, site, [site.q, k!, v!, mask], WHOLE);
}

/** Elements that the first rank sends for the parts, compared with those of its keys and values; lengths that are not fixed count as equal. */
function partsAreSmaller(state: State, site: Attention): boolean {
  const count = (dims: readonly Expr[]): number => {
    const size = mul(1, ...dims);
    const names = symbolsOf(size).map((name) => [name, name === RANK ? 0 : 1024] as const);
    return evaluate(size, Object.fromEntries(names), equalCut);
  };
  const [q, k, v] = [site.q, site.k, site.v].map((x) => shapeOf(state, x).dims);
  const parts = count([...q!.slice(0, 3), add(v![3]!, 2)]);
  return parts * splitRanks(state) < count(k!) + count(v!);
}

function runScheme(state: State, site: Attention, rows: AxisShard, keys: AxisShard): boolean {
  const { mesh } = state.options;
  const [heads, keyHeads] = [headsOf(state, site.q), headsOf(state, site.k)];
  if (!allowHeads(state, site, heads, keyHeads) || !allowParts(state, site)) return false;
  const [h, hk] = [heads as number, keyHeads as number];
  const unit = h / hk;
  note(state, site, mesh.ring_degree === 1 ? "ulysses" : mesh.ulysses_degree === 1 ? "ring" : "unified");
  const [q, k, v] = rowsToHeads(
    state,
    [
      { value: site.q, rows, heads: h, unit },
      { value: site.k, rows: keys, heads: hk, unit: 1 },
      { value: site.v, rows: keys, heads: hk, unit: 1 },
    ],
    site.origin,
  );
  const ownHeads = mesh.ulysses_degree === 1 ? null : headShard(HEADS, h, unit);
  const ring: AxisShard | null = mesh.ring_degree === 1 ? null : { ...rows, over: "ring" };
  const layout: Layout = [...(ring === null ? [] : [ring]), ...(ownHeads === null ? [] : [ownHeads])];
  const name = site.node.outputs[0]!;
  const inside = ownHeads === null ? name : `${name}::heads`;
  const result =
    ring !== null && state.options.rotate_method === "alltoall"
      ? around(
          state,
          {
            site,
            q: q!,
            k: k!,
            v: v!,
            layout,
            rows: ring,
            keys,
            heads: ownHeads,
            keyHeads: ownHeads && headShard(HEADS, hk, 1),
          },
          inside,
        )
      : atOnce(state, site, [q!, k!, v!], { rows: ring, keys, heads: ownHeads, layout }, inside);
  if (ownHeads === null)
    declare(state, result, shapeOf(state, name), [rows], name, state.origins.get(site.q) ?? site.origin);
  else headsToRows(state, result, rows, h, unit, name, name, site.origin);
  return true;
}

/** The operators of a part take their axes as operands from this operator set on. */
const PARTS_SINCE = 18;

function hasParts(state: State): boolean {
  return (state.graph.opsets[""] ?? 0) >= PARTS_SINCE;
}

function allowParts(state: State, site: Attention): boolean {
  const { mesh, rotate_method } = state.options;
  if (mesh.ring_degree === 1 || rotate_method === "allgather" || hasParts(state)) return true;
  const params = { module: site.node.scope, opset: state.graph.opsets[""] ?? 0, needed: PARTS_SINCE };
  state.diagnostics.push(diagnose(catalog.ringNeedsOpset, params, atSplitOf(state, site.q)));
  return false;
}

function sayCount(heads: Expr): string {
  return typeof heads === "number" ? String(heads) : `"${show(heads)}"`;
}

function allowHeads(state: State, site: Attention, heads: Expr, keyHeads: Expr): boolean {
  const degree = state.options.mesh.ulysses_degree;
  const where = atSplitOf(state, site.q, [{ message: "the attention", node: site.node.name, module: site.node.scope }]);
  if (typeof heads !== "number" || typeof keyHeads !== "number" || heads % keyHeads !== 0) {
    const what = `${sayCount(heads)} query heads and ${sayCount(keyHeads)} key/value heads; both numbers must be fixed, the first a multiple of the second`;
    state.diagnostics.push(
      diagnose(catalog.attentionSplit, { module: site.node.scope, node: site.node.name, what }, where),
    );
    return false;
  }
  if (degree <= keyHeads) return true;
  const ranks = splitRanks(state);
  // Of the degrees that the heads allow, the largest for the same ranks; 1 always is one.
  let ulysses = keyHeads;
  while (ranks % ulysses !== 0) ulysses -= 1;
  const params = { module: site.node.scope, heads: keyHeads, degree, ulysses, ring: ranks / ulysses };
  state.diagnostics.push(diagnose(catalog.tooFewHeads, params, where));
  return false;
}

/** Keys and values of the whole ring gathered, one attention over them. */
function atOnce(
  state: State,
  site: Attention,
  [q, k, v]: readonly [string, string, string],
  { rows, keys, heads, layout }: { rows: AxisShard | null; keys: AxisShard; heads: AxisShard | null; layout: Layout },
  name: string,
): string {
  const [allK, allV] = gatherRing(state, [k, v], keys, site.origin);
  const mask = localMask(state, site, { rows, heads, keys: null });
  return addAttention(state, siteFor(site, rows), [q, allK!, allV!, mask], layout, name);
}

/** Keys and values chunk by chunk. */
function around(state: State, ring: RingSite, name: string): string {
  const output = ring.site.node.outputs[0]!;
  const shape = shapeOf(state, output);
  const made = rotate(state, ring, name);
  declare(state, made, shape, ring.layout, output, ring.site.origin);
  return made;
}

/** With some of the rows only, the causal pattern is in the mask. */
function siteFor(site: Attention, rows: AxisShard | null): Attention {
  return rows === null ? site : withoutCausal(site);
}

/** The attention node on local operands, giving the node's own result. */
function finish(state: State, site: Attention, operands: readonly (string | null)[], layout: Layout): boolean {
  addAttention(state, site, operands, layout, site.node.outputs[0]!);
  return true;
}

function addAttention(
  state: State,
  site: Attention,
  operands: readonly (string | null)[],
  layout: Layout,
  name: string,
): string {
  const output = site.node.outputs[0]!;
  const shape = shapeOf(state, output);
  const [made] = addLocal(state, site.origin, {
    op: site.node.op,
    domain: site.node.domain,
    inputs: operands.filter((x) => x !== null),
    outputs: [{ name, dims: localDims(shape.dims, layout, state.options.mesh, RANK), elem: shape.elem }],
    attributes: site.node.attributes,
  });
  declare(state, made!, shape, layout, output, state.origins.get(site.q) ?? site.origin);
  return made!;
}
