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
  return mesh.ulysses_degree > keyHeads ? "too few heads" : null;
}

/** Query heads and key/value heads of a site that the mesh's scheme can execute; else `null`, with a diagnostic. */
export function dealtHeads(state: State, site: Attention): readonly [number, number] | null {
  const heads = [headsOf(state, site.q), headsOf(state, site.k)] as const;
  const misfit = misfitOf(heads, state.options);
  if (misfit === null) return heads as readonly [number, number];
  state.diagnostics.push(refusals[misfit](state, site, heads));
  return null;
}

const refusals: Readonly<Record<Misfit, (state: State, site: Attention, heads: readonly [Expr, Expr]) => Diagnostic>> =
  {
    "unknown heads": (state, { q, node }, heads) => {
      const [own, keys] = heads.map(sayCount);
      const what = `${own} query heads and ${keys} key/value heads; both numbers must be fixed, the first a multiple of the second`;
      return diagnose(catalog.attentionSplit, { module: node.scope, node: node.name, what }, whereOf(state, q, node));
    },
    "too few heads": (state, { q, node }, [, keyHeads]) => {
      const [heads, ranks] = [keyHeads as number, splitRanks(state)];
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
