/**
 * @file How an attention node is executed, by which of its operands are split: local, a scheme with its collectives, or refused.
 */
import type { SiteBinding } from "../../bind/types.ts";
import type { AttentionOperation } from "../../ir/cp.ts";
import type { CanonicalNode } from "../../ir/types.ts";
import * as catalog from "../../diagnostics/catalog/shard.ts";
import { diagnose, invariant } from "../../diagnostics/diagnose.ts";
import { alignTo } from "../propagate/alignment.ts";
import { propagate } from "../propagate/operator.ts";
import { localDims, WHOLE } from "../layout.ts";
import { atSplitOf, sayLayout, sayValue } from "../origins.ts";
import { declare, shapeOf, splitRanks, type State } from "../state.ts";
import { addLocal } from "../writer.ts";
import { sameRows } from "../propagate/unify.ts";
import { schemeOfMesh } from "../../plan/schemes.ts";
import { meshText } from "../../../program/mesh.ts";
import { equalCut } from "../../../program/shares.ts";
import { add, evaluate, mul, RANK, symbolsOf, type Expr } from "../../expr/expr.ts";
import type { AttentionSite, AxisShard, Layout } from "../types.ts";
import { withoutCausal } from "./causal.ts";
import { gatherKeys, headsToRows, rowsToHeads } from "./collectives.ts";
import { dealtHeads } from "./fits.ts";
import { HEADS, headShard, isOddlySplit, isStrided, readAttention, rowsOf, type Attention } from "./operands.ts";
import { localMask, assumeMaskLengths } from "./mask.ts";
import { mergeParts, rotate, type RingSite } from "./rotate.ts";
import { withCopies } from "./shared-heads.ts";

/** Translates an attention node to local nodes and collectives; false if it was refused. */
export function attend(state: State, attention: AttentionOperation): boolean {
  const { node } = attention;
  const site = readAttention(attention);
  const { q, k, v, mask } = site;
  if (!assumeMaskLengths(state, site)) return false;
  const strided = [q, k, v].find((x) => isStrided(state, x));
  if (strided !== undefined) return refuseStrided(state, site, strided);
  if ([q, k, v].some((x) => isOddlySplit(state, x))) {
    noteIdle(state, site, "its operands are split, but not by rows");
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

function note(state: State, { node }: Attention, scheme: AttentionSite["scheme"]): void {
  const entry = entryOf(state, node)?.entry ?? null;
  state.attention.push({
    node: node.name,
    module: node.scope,
    scheme,
    entry: entry?.scheme === scheme ? entry : null,
  });
}

/** Where the plan states a scheme that has no effect. With one rank no scheme has one. */
function noteIdle(state: State, { node }: Attention, why: string): void {
  const site = entryOf(state, node);
  if (site !== undefined && splitRanks(state) > 1) state.idle.push({ site, why });
}

/** What `$attention` states for a site. */
function entryOf(state: State, { name }: CanonicalNode): SiteBinding | undefined {
  return state.sites.get(name);
}

function isGathered(state: State, { node }: Attention): boolean {
  return entryOf(state, node)?.entry.scheme === "gather";
}

/** Whole keys: each rank attends with its queries. */
function stayLocal(state: State, site: Attention, rows: AxisShard | null): boolean {
  note(state, site, "local");
  if (splitRanks(state) === 1) return finishLocal(state, site, rows);
  const why = rows === null ? "queries, keys and values are whole" : "its keys and values are whole";
  noteIdle(state, site, why);
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
  if (isGathered(state, site) && splitRanks(state) > 1) return gatherAll(state, site, null, keys, "gather");
  noteIdle(state, site, "its queries are whole");
  const name = site.node.outputs[0]!;
  if (splitRanks(state) > 1 && partsAreSmaller(state, site)) {
    note(state, site, "merge");
    const shape = shapeOf(state, name);
    declare(state, mergeParts(state, site, keys, name), shape, WHOLE, name, site.origin);
    return true;
  }
  return gatherAll(state, site, null, keys, "merge");
}

/** Keys and values of the whole sequence group gathered on every rank; each attends with its queries. */
function gatherAll(
  state: State,
  site: Attention,
  rows: AxisShard | null,
  keys: AxisShard,
  scheme: AttentionSite["scheme"],
): boolean {
  note(state, site, scheme);
  const [k, v] = gatherKeys(state, [site.k, site.v], keys, "sequence", site.origin);
  return finishLocal(state, { ...site, k, v }, rows);
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
  if (isGathered(state, site)) return gatherAll(state, site, rows, keys, "gather");
  const { mesh } = state.options;
  const scheme = schemeOfMesh(mesh);
  const wanted = entryOf(state, site.node)?.entry.scheme ?? scheme;
  invariant(wanted === scheme, `a mesh of ${meshText(mesh)} cannot do the scheme ${wanted}`);
  const dealt = dealtHeads(state, site);
  if (dealt === null) return false;
  note(state, site, scheme);
  const queryHeads = headShard(HEADS, dealt.heads, dealt.unit);
  const keyHeads = headShard(HEADS, dealt.keyHeads, 1, dealt.copies);
  const [q, k, v] = rowsToHeads(
    state,
    [
      { value: site.q, rows, heads: queryHeads },
      { value: site.k, rows: keys, heads: keyHeads },
      { value: site.v, rows: keys, heads: keyHeads },
    ],
    site.origin,
  );
  const ownHeads = mesh.ulysses_degree === 1 ? null : queryHeads;
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
            keyHeads: ownHeads && keyHeads,
          },
          inside,
        )
      : atOnce(state, site, [q!, k!, v!], { rows: ring, keys, heads: ownHeads, keyHeads, layout }, inside);
  if (ownHeads === null)
    declare(state, result, shapeOf(state, name), [rows], name, state.origins.get(site.q) ?? site.origin);
  else headsToRows(state, { value: result, rows, heads: ownHeads, name, sameAs: name }, site.origin);
  return true;
}

/** How the operands of a site are dealt: rows over a ring, heads over a Ulysses group. */
interface Dealt {
  readonly rows: AxisShard | null;
  readonly keys: AxisShard;
  readonly heads: AxisShard | null;
  readonly keyHeads: AxisShard;
  readonly layout: Layout;
}

/** Keys and values of the whole ring gathered, one attention over them. */
function atOnce(
  state: State,
  site: Attention,
  [q, k, v]: readonly [string, string, string],
  { rows, keys, heads, keyHeads, layout }: Dealt,
  name: string,
): string {
  const [allK, allV] = gatherKeys(state, [k, v], keys, "ring", site.origin);
  const mask = localMask(state, site, { rows, heads, keys: null });
  const [ownK, ownV] = [allK, allV].map((x) => withCopies(state, x, keyHeads, site.origin));
  return addAttention(state, siteFor(site, rows), [q, ownK!, ownV!, mask], layout, name);
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
