/**
 * @file The result of each stage as text, for `--dump`. Knows the stages' printers, not how they work.
 */
import { printBound } from "../../compiler/bind/print.ts";
import type { Stages } from "../../compiler/compile.ts";
import { printGraph } from "../../compiler/ir/print.ts";
import { printLowered } from "../../compiler/lower/print.ts";
import { printPlan } from "../../compiler/plan/print.ts";
import { printSharded } from "../../compiler/shard/print.ts";
import type { StageName } from "../options.ts";

/** A printer returns nothing where compilation stopped before its stage. */
const printers: Readonly<Record<StageName, (stages: Stages) => string | undefined>> = {
  plan: ({ plan }) => plan && printPlan(plan),
  canonical: ({ canonical }) => canonical && printGraph(canonical),
  bound: ({ bound }) => bound && printBound(bound),
  sharded: ({ sharded }) => sharded && printSharded(sharded),
  program: ({ lowered }) => lowered && printLowered(lowered),
};

export function dump(stages: Stages, stage: StageName): string | null {
  return printers[stage](stages) ?? null;
}
