/**
 * @file Turns what goes wrong inside a step into one diagnostic that says where it happened. Knows no transport.
 */
import { runtimeMessages } from "../../compiler/diagnostics/catalog/runtime.ts";
import { diagnose } from "../../compiler/diagnostics/diagnose.ts";
import type { Where } from "../../compiler/diagnostics/diagnose.ts";
import { ContextParallelError } from "../../compiler/diagnostics/error.ts";
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import type { Program } from "../../program/types.ts";
import { OrtError } from "../../ort/session.ts";
import { originOf, placeOf } from "./place.ts";
import { reasonOf } from "../reason.ts";

type Describe = (place: string, where: Where) => Diagnostic;

/** Thrown by the parts of a step, which know what is wrong but not where they run. */
export class StepFault extends Error {
  readonly describe: Describe;

  constructor(describe: Describe, cause?: unknown) {
    super("a step failed", { cause });
    this.name = "StepFault";
    this.describe = describe;
  }
}

/** The error that the caller of the run will see. */
export function faultOf(program: Program, rank: number, index: number, error: unknown): ContextParallelError {
  const place = placeOf(program, rank, index);
  const where = originOf(program, index);
  if (error instanceof ContextParallelError) return error;
  if (error instanceof StepFault) return new ContextParallelError([error.describe(place, where)], error.cause);
  const message = error instanceof OrtError ? runtimeMessages.piece : runtimeMessages.step;
  return new ContextParallelError([diagnose(message, { place, reason: reasonOf(error) }, where)], error);
}
