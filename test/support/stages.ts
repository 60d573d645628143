/**
 * @file The stages for tests that call them directly: as in the pipeline, each result is verified.
 */
import { bindPlan as bind } from "../../compiler/bind/bind.ts";
import type { BoundPlan } from "../../compiler/bind/types.ts";
import { verifyBound } from "../../compiler/bind/verify.ts";
import { canonicalise as makeCanonical } from "../../compiler/canonical/canonicalise.ts";
import { verifyCanonical } from "../../compiler/canonical/verify.ts";
import { checked } from "../../compiler/checked.ts";
import type { Result } from "../../compiler/diagnostics/types.ts";
import type { CanonicalGraph } from "../../compiler/ir/types.ts";
import { shard as makeSharded } from "../../compiler/shard/shard.ts";
import type { ShardedGraph } from "../../compiler/shard/types.ts";
import { verifySharded } from "../../compiler/shard/verify.ts";

export async function canonicalise(...given: Parameters<typeof makeCanonical>): Promise<Result<CanonicalGraph>> {
  return checked("the canonical graph", verifyCanonical, await makeCanonical(...given));
}

export function bindPlan(...given: Parameters<typeof bind>): Result<BoundPlan> {
  return checked("the bound plan", verifyBound, bind(...given));
}

export function shard(...given: Parameters<typeof makeSharded>): Result<ShardedGraph> {
  return checked("the sharded graph", verifySharded, makeSharded(...given));
}
