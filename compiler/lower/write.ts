/**
 * @file Writes a lowered program to a folder: under a temporary name first, then renamed, so a half-written program is never found. Knows
 * nothing of what the pieces compute.
 */
import { existsSync, mkdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { lowerMessages } from "../diagnostics/catalog/lower.ts";
import { diagnose, settle } from "../diagnostics/diagnose.ts";
import { ContextParallelError } from "../diagnostics/error.ts";
import type { Diagnostic, Result } from "../diagnostics/types.ts";
import { WEIGHTS_FILE } from "../../program/types.ts";
import type { CompiledProgram, Program, ProgramFiles } from "../../program/types.ts";
import { identifyOwn, sealedText } from "../../program/seal.ts";
import { asideOf, sweepAsides } from "../temporary/aside.ts";
import { Aborted, turn } from "../turn.ts";
import { copyModel, copyPath } from "./copy-model.ts";
import { obstacleIn, putInPlace } from "./put.ts";
import { isReplaceable, inspectTarget, PROGRAM_FILE } from "./replace.ts";
import type { LoweredProgram } from "./types.ts";
import { writeWeights } from "./weights/write.ts";

export type Commit = (work: () => void) => void;

export interface WriteOptions {
  /** Source files of the program: a folder that holds one is never replaced. */
  readonly sources?: readonly string[];
  /** Aborts the writing; the folder is then unchanged. */
  readonly signal?: AbortSignal | undefined;
  /** Does the short work that puts the program in its place, and may prevent the process from ending meanwhile. */
  readonly commit?: Commit | undefined;
  /** Copies the model and its data into the folder, so that the program needs nothing else. */
  readonly copyModel?: boolean | undefined;
}

/**
 * Writes the program to `folder`, which is created, or may be empty or hold an earlier program and nothing else. Errors: the folder holds
 * something else, or a source; the signal aborts; the file system refuses.
 */
export async function writeProgram(
  lowered: LoweredProgram,
  folder: string,
  options: WriteOptions = {},
): Promise<Result<CompiledProgram>> {
  const { sources = [], signal, commit = atOnce, copyModel: copies = false } = options;
  const failed = (diagnostic: Diagnostic): Result<CompiledProgram> => ({ ok: false, diagnostics: [diagnostic] });
  try {
    const target = existsSync(folder) ? realpathSync(folder) : resolve(folder);
    sweepAsides(target, (old) => isReplaceable(inspectTarget(old)));
    const obstacle = obstacleIn(target, folder, sources);
    if (obstacle !== null) return failed(obstacle);
    const { model } = lowered.program;
    const path = copies ? copyPath(model) : modelPath(lowered.program, target);
    const program = { ...lowered.program, model: { ...model, path } };
    mkdirSync(dirname(target), { recursive: true });
    const fresh = asideOf(target, "new");
    try {
      mkdirSync(fresh);
      if (copies) await copyModel(model, fresh, signal);
      const files = await writeFiles({ ...lowered, program }, fresh, signal);
      commit(() => putInPlace(fresh, target, (at) => obstacleIn(at, folder, sources)));
      return settle({ folder: target, temporary: false, program, files }, []);
    } finally {
      rmSync(fresh, { recursive: true, force: true });
    }
  } catch (error) {
    if (error instanceof ContextParallelError) return { ok: false, diagnostics: error.diagnostics };
    if (error instanceof Aborted) return failed(diagnose(lowerMessages.aborted, {}));
    const reason = error instanceof Error ? error.message : String(error);
    return failed(diagnose(lowerMessages.cannotWrite, { folder, reason }));
  }
}

function atOnce(work: () => void): void {
  work();
}

/** Relative where the model is near the program, so that both can move together. */
function modelPath({ model }: Program, target: string): string {
  const fromParent = relative(dirname(target), model.path);
  const outside = fromParent === ".." || fromParent.startsWith("../") || fromParent.startsWith("..\\");
  return outside || isAbsolute(fromParent) ? model.path : relative(target, model.path).replaceAll("\\", "/");
}

async function writeFiles(
  { program, models, weights }: LoweredProgram,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<ProgramFiles> {
  for (const [file, bytes] of models) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), bytes);
    await turn(signal);
  }
  if (weights.length > 0) await writeWeights(weights, join(folder, WEIGHTS_FILE), signal);
  const files = identifyOwn(folder, [...models.keys(), ...(weights.length > 0 ? [WEIGHTS_FILE] : [])]);
  writeFileSync(join(folder, PROGRAM_FILE), sealedText(program, files));
  await turn(signal);
  return files;
}
