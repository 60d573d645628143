/**
 * @file Stage: the layout of every value on a mesh. The batch is split first, and the plan then splits what each of its ranks holds: two
 * propagations, each with at most one split axis per value. Composes them, decides nothing.
 */
import type { BoundPlan } from "../bind/types.ts";
import { lengthsTooLarge } from "../diagnostics/catalog/canonical.ts";
import { diagnose, hasErrors, settle } from "../diagnostics/diagnose.ts";
import type { Result } from "../diagnostics/types.ts";
import { withinLimits } from "../expr/expr.ts";
import { shardBatch } from "./passes/batch.ts";
import { compose } from "./passes/compose.ts";
import { shardSequence } from "./passes/sequence.ts";
import type { ShardOptions } from "./state.ts";
import type { ShardedGraph } from "./types.ts";

/** Shards a bound plan for a mesh. */
export function shard(bound: BoundPlan, options: ShardOptions): Result<ShardedGraph> {
  const done = withinLimits(() =>
    options.mesh.batch_degree === 1 ? shardSequence(bound, options, bound.graph) : shardBoth(bound, options),
  );
  return done ?? settle<ShardedGraph>(undefined, [diagnose(lengthsTooLarge, { stage: "splitting values" })]);
}

function shardBoth(bound: BoundPlan, options: ShardOptions): Result<ShardedGraph> {
  const batch = shardBatch(bound, options);
  if (!batch.ok || hasErrors(batch.diagnostics)) return settle<ShardedGraph>(undefined, batch.diagnostics);
  const sequence = shardSequence(batch.value.part, options, bound.graph);
  const diagnostics = [...batch.diagnostics, ...sequence.diagnostics];
  return settle(sequence.ok ? compose(batch.value, sequence.value) : undefined, diagnostics);
}
