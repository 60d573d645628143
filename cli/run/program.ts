/**
 * @file The program for `run`: loaded from its folder, or compiled into a temporary one.
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { compilePlan } from "../../compiler/compile.ts";
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import type { CompiledProgram } from "../../program/types.ts";
import { makeTemporaryFolder, removeTemporaryFolder } from "../../compiler/temporary/folders.ts";
import { lookSwapped } from "../../compiler/swapped.ts";
import { loadProgram } from "../../runtime/load/load.ts";
import type { CommandIo } from "../io.ts";
import type { CompileOptions } from "../options.ts";
import { type Outcome, outcome, UsageError } from "../outcome.ts";
import { DASH, requestOf } from "../request.ts";

type Use = (program: CompiledProgram, notes: readonly Diagnostic[]) => Promise<Outcome>;

/**
 * Loads or compiles `target`, uses it, and removes temporary files. Throws `UsageError` where the options do not fit the kind of `target`.
 */
export async function withProgram(
  target: string,
  options: CompileOptions,
  io: Pick<CommandIo, "stdin" | "signal">,
  use: Use,
): Promise<Outcome> {
  const swapped = lookSwapped(target, options.model);
  if (swapped !== undefined) return outcome([swapped]);
  const isPlan = target === DASH || (/\.(json|jsonc|ts)$/.test(target) && !(await isFolder(target)));
  if (!isPlan) {
    refuseCompileOptions(options);
    const loaded = await loadProgram(target, { model: options.model });
    return loaded.ok ? use(loaded.value, loaded.diagnostics) : outcome(loaded.diagnostics);
  }
  const request = await requestOf(target, options, io);
  if (!request.ok) return outcome(request.diagnostics);
  const temporary = makeTemporaryFolder();
  try {
    const compiled = await compilePlan({ ...request.value, out: join(temporary, "program"), signal: io.signal });
    const diagnostics = [...request.diagnostics, ...compiled.diagnostics];
    return await (compiled.ok ? use(compiled.program, diagnostics) : outcome(diagnostics));
  } finally {
    removeTemporaryFolder(temporary);
  }
}

function refuseCompileOptions(options: CompileOptions): void {
  const given = [
    options.ringDegree !== undefined && "--ring-degree",
    options.ulyssesDegree !== undefined && "--ulysses-degree",
    options.rotateMethod !== undefined && "--rotate-method",
    !options.convertToFp32 && "--no-convert-to-fp32",
    options.config !== undefined && "--config",
    options.shape !== undefined && "--shape",
    options.strict === true && "--strict",
  ].filter((name) => name !== false);
  if (given.length > 0) throw new UsageError(`a program is already compiled: omit ${given.join(", ")}`);
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
