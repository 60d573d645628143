/**
 * @file Reads a compiled program from its folder and checks that it is whole and belongs to the model that lies where it says. The same
 * check of files runs again before the program is attached.
 */
import { realpath } from "node:fs/promises";
import { join, resolve } from "node:path";
import { programMessages as messages } from "../../compiler/diagnostics/catalog/program.ts";
import { diagnose, settle } from "../../compiler/diagnostics/diagnose.ts";
import type { Diagnostic, Result } from "../../compiler/diagnostics/types.ts";
import { isWithin } from "../../compiler/external/locate.ts";
import { readRegularFile } from "../../compiler/limits/read-file.ts";
import type { CompiledProgram } from "../../program/types.ts";
import type { Unsealed } from "../../program/seal.ts";
import { checkModel } from "./check-model.ts";
import { readDocument } from "../contract/document.ts";
import { LIMITS } from "../contract/limits.ts";
import { checkOwnFiles } from "./own-files.ts";
import { reasonOf } from "../reason.ts";

export interface LoadOptions {
  /** Where the model is, if it has moved since the program was compiled. It must be the same: its hash is checked. */
  readonly model?: string | undefined;
}

/** `dir` is the folder of `program.json`. All that is wrong with its files is said at once. Never throws. */
export async function loadProgram(dir: string, options: LoadOptions = {}): Promise<Result<CompiledProgram>> {
  const read = await readProgram(dir);
  if (!read.ok) return read;
  const { program, files } = read.value;
  const compiled = relocated({ folder: resolve(dir), temporary: false, program, files }, options.model);
  return settle(compiled, await checkProgramFiles(compiled));
}

/** The same program with its model at another path, which is relative to the current folder; nothing is checked. */
export function relocated(compiled: CompiledProgram, path: string | undefined): CompiledProgram {
  if (path === undefined) return compiled;
  const { program } = compiled;
  return { ...compiled, program: { ...program, model: { ...program.model, path: resolve(path) } } };
}

/** The program's own files and the model's, against what the program says of them. */
export async function checkProgramFiles(compiled: CompiledProgram): Promise<readonly Diagnostic[]> {
  const { diagnostics, readable } = await checkModel(compiled.program, compiled.folder);
  return [...(await checkOwnFiles(compiled, diagnostics.length === 0 ? readable : null)), ...diagnostics];
}

async function readProgram(dir: string): Promise<Result<Unsealed>> {
  const file = join(String(dir), "program.json");
  const wrong = (reason: string): Result<Unsealed> => ({
    ok: false,
    diagnostics: [diagnose(messages.unreadable, { file, reason })],
  });
  try {
    if (!isWithin(await realpath(file), await realpath(dir))) return wrong("a symbolic link leads out of its folder");
    return readDocument(file, (await readRegularFile(file, LIMITS.bytes)).toString("utf8"));
  } catch (error) {
    return wrong(reasonOf(error));
  }
}
