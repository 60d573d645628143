/**
 * @file The result of each stage as text, for `--dump`. Knows the stages' printers and nothing of how they work.
 */
import type { Stages } from "../../compiler/compile.ts";
import { printProgram } from "../../program/print.ts";
import { printPlan } from "../../compiler/plan/print.ts";
import type { StageName } from "../options.ts";
import { printCanonical, printSharded } from "./print-graph.ts";

/** A printer gives nothing where compiling did not come so far. */
const printers: Readonly<Record<StageName, (stages: Stages) => string | undefined>> = {
  plan: ({ plan }) => plan && printPlan(plan),
  canonical: ({ canonical }) => canonical && printCanonical(canonical),
  bound: ({ bound }) => bound && printCanonical(bound.graph),
  sharded: ({ sharded }) => sharded && printSharded(sharded),
  program: ({ lowered }) => lowered && printProgram(lowered.program),
};

export function dump(stages: Stages, stage: StageName): string | null {
  return printers[stage](stages) ?? null;
}
