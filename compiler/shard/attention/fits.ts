/**
 * @file Whether the mesh's scheme can execute a site: its heads must be dealt among the ranks of a Ulysses group. Gathering keys and
 * values does not need it.
 */
import * as catalog from "../../diagnostics/catalog/shard.ts";
import { diagnose } from "../../diagnostics/diagnose.ts";
import { show, type Expr } from "../../expr/expr.ts";
import { patternOf } from "../../ir/module-paths.ts";
import { atSplitOf } from "../origins.ts";
import { splitRanks, type ShardOptions, type State } from "../state.ts";
import type { Diagnostic } from "../../diagnostics/types.ts";
import { headsOf, type Attention } from "./operands.ts";

type Misfit = "unknown heads" | "too few heads";

/** Why the mesh's scheme cannot execute a site with these heads; `null` if it can. */
export function misfitOf([heads, keyHeads]: readonly [Expr, Expr], { mesh }: ShardOptions): Misfit | null {
  if (typeof heads !== "number" || typeof keyHeads !== "number" || heads % keyHeads !== 0) return "unknown heads";
  return mesh.ulysses_degree > heads ? "too few heads" : null;
}

/** How heads are dealt to a Ulysses group: units of query heads, and for each unit a copy of its key/value head. */
export interface DealtHeads {
  readonly heads: number;
  readonly keyHeads: number;
  /** Query heads that stay together. */
  readonly unit: number;
  /** Units that read the same key/value head. */
  readonly copies: number;
}

/** How the heads of a site are dealt if the mesh's scheme can execute it; else `null`, with a diagnostic. */
export function dealtHeads(state: State, site: Attention): DealtHeads | null {
  const heads = [headsOf(state, site.q), headsOf(state, site.k)] as const;
  const misfit = misfitOf(heads, state.options);
  if (misfit !== null) {
    state.diagnostics.push(refusals[misfit](state, site, heads));
    return null;
  }
  const [own, keyHeads] = heads as readonly [number, number];
  const copies = copiesFor(own / keyHeads, keyHeads, state.options.mesh.ulysses_degree);
  return { heads: own, keyHeads, unit: own / keyHeads / copies, copies };
}

/**
 * Into how many units the query heads of a key/value head are divided: as few as give every rank the same number of units, or single heads
 * where no number does; one where there is a key/value head for each rank.
 */
function copiesFor(group: number, keyHeads: number, degree: number): number {
  if (keyHeads >= degree) return 1;
  const divisors = Array.from({ length: group }, (_, i) => i + 1).filter((copies) => group % copies === 0);
  return divisors.find((copies) => (keyHeads * copies) % degree === 0) ?? group;
}

const refusals: Readonly<Record<Misfit, (state: State, site: Attention, heads: readonly [Expr, Expr]) => Diagnostic>> =
  {
    "unknown heads": (state, { q, node }, heads) => {
      const [own, keys] = heads.map(sayCount);
      const what = `${own} query heads and ${keys} key/value heads; both numbers must be fixed, the first a multiple of the second`;
      return diagnose(catalog.attentionSplit, { module: node.scope, node: node.name, what }, whereOf(state, q, node));
    },
    "too few heads": (state, { q, node }, [own]) => {
      const [heads, ranks] = [own as number, splitRanks(state)];
      // Of the degrees that the heads allow, the largest for the same ranks; 1 always is one.
      let ulysses = heads;
      while (ranks % ulysses !== 0) ulysses -= 1;
      const pattern = patternOf(node.scope);
      const degree = state.options.mesh.ulysses_degree;
      const params = { module: node.scope, heads, degree, ulysses, ring: ranks / ulysses, pattern };
      return diagnose(catalog.tooFewHeads, params, whereOf(state, q, node));
    },
  };

function whereOf(state: State, q: string, { name, scope }: Attention["node"]): ReturnType<typeof atSplitOf> {
  return atSplitOf(state, q, [{ message: "the attention", node: name, module: scope }]);
}

function sayCount(heads: Expr): string {
  return typeof heads === "number" ? String(heads) : `"${show(heads)}"`;
}
