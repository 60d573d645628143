/**
 * @file The comparison of outputs as diagnostics and as JSON. Compares nothing.
 */
import { cliMessages } from "../../compiler/diagnostics/catalog/cli.ts";
import { diagnose } from "../../compiler/diagnostics/diagnose.ts";
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import type { Comparison } from "../../runtime/verify.ts";

export function failure({ name, problem, wrong, elements, tolerance, because, worst }: Comparison): Diagnostic {
  const { atol, rtol } = tolerance;
  const limit = atol + rtol === 0 ? "exactly" : `within ${atol} + ${rtol} * |unsplit| (${because})`;
  const where =
    worst === null ? "" : `; the worst is [${worst.index.join(", ")}]: ${worst.actual}, unsplit ${worst.expected}`;
  const text = problem ?? `has ${wrong} of ${elements} elements that do not match the unsplit model ${limit}${where}`;
  return diagnose(cliMessages.verification, { output: name, problem: text });
}

/** JSON knows no infinity. */
export function written(comparison: Comparison): object {
  const finite = (value: number): number | string => (Number.isFinite(value) ? value : String(value));
  const { largest_absolute, largest_relative } = comparison;
  return { ...comparison, largest_absolute: finite(largest_absolute), largest_relative: finite(largest_relative) };
}
