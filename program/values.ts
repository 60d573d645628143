/**
 * @file Which values of a program a step reads and writes. Knows nothing of when a step runs.
 */
import type { ProgramStep } from "./types.ts";

/** Values of the program that a step reads; among those of a piece are names of `derived`. */
export function valuesRead(step: ProgramStep): readonly string[] {
  if (step.kind === "piece") return Object.values(step.inputs);
  if (step.kind === "hook") return [step.value];
  return [...new Set(step.transfers.flatMap(({ send }) => send))];
}

export function valuesWritten(step: ProgramStep): readonly string[] {
  if (step.kind === "piece") return Object.values(step.outputs);
  if (step.kind === "hook") return [step.result];
  return step.transfers.flatMap(({ receive }) => receive);
}
