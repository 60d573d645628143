/**
 * @file Writes a lowered program to a folder: aside first, then renamed, so that nothing half-written is ever found. Knows nothing of
 * what the pieces compute.
 */
import { randomUUID } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { lowerMessages } from "../diagnostics/catalog/lower.ts";
import { diagnose, settle } from "../diagnostics/diagnose.ts";
import type { Result } from "../diagnostics/types.ts";
import { PROGRAM_FORMAT, WEIGHTS_FILE } from "../../program/types.ts";
import type { CompiledProgram, Program, ProgramFiles } from "../../program/types.ts";
import { identifyOwn, sealedText } from "../../program/seal.ts";
import type { LoweredProgram } from "./types.ts";
import { writeWeights } from "./weights/write.ts";

const PROGRAM_FILE = "program.json";

/**
 * Writes the program to `folder`, which is made, or may be empty or hold an earlier program. Errors: the folder holds something else,
 * or the file system refuses.
 */
export function writeProgram(lowered: LoweredProgram, folder: string): Result<CompiledProgram> {
  try {
    const target = existsSync(folder) ? realpathSync(folder) : resolve(folder);
    const holds = somethingElseIn(target);
    if (holds !== null)
      return settle<CompiledProgram>(undefined, [diagnose(lowerMessages.notAProgram, { folder, holds })]);
    const program = {
      ...lowered.program,
      model: { ...lowered.program.model, path: modelPath(lowered.program, target) },
    };
    mkdirSync(dirname(target), { recursive: true });
    const files = aside(target, (at) => writeFiles({ ...lowered, program }, at));
    return settle({ folder: target, temporary: false, program, files }, []);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return settle<CompiledProgram>(undefined, [diagnose(lowerMessages.cannotWrite, { folder, reason })]);
  }
}

/** What keeps us from replacing the folder, or `null` if nothing does. */
function somethingElseIn(target: string): string | null {
  if (!existsSync(target)) return null;
  if (!statSync(target).isDirectory()) return "a file";
  const names = readdirSync(target).sort();
  if (names.length === 0 || isProgram(join(target, PROGRAM_FILE))) return null;
  return names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
}

function isProgram(file: string): boolean {
  if (!existsSync(file)) return false;
  try {
    const found: unknown = JSON.parse(readFileSync(file, "utf8"));
    return typeof found === "object" && found !== null && "format" in found && found.format === PROGRAM_FORMAT;
  } catch {
    return false;
  }
}

/** Relative where the model lies beside the program, so that both can move together. */
function modelPath({ model }: Program, target: string): string {
  const fromParent = relative(dirname(target), model.path);
  const outside = fromParent === ".." || fromParent.startsWith("../") || fromParent.startsWith("..\\");
  return outside || isAbsolute(fromParent) ? model.path : relative(target, model.path).replaceAll("\\", "/");
}

/** Fills a folder beside `target` and puts it in its place; on failure `target` is as it was. */
function aside<T>(target: string, fill: (folder: string) => T): T {
  const beside = (what: string): string => join(dirname(target), `.${basename(target)}.${what}-${randomUUID()}`);
  const fresh = beside("new");
  const old = beside("old");
  try {
    mkdirSync(fresh);
    const filled = fill(fresh);
    const replaces = existsSync(target);
    if (replaces) renameSync(target, old);
    try {
      renameSync(fresh, target);
    } catch (error) {
      if (replaces) renameSync(old, target);
      throw error;
    }
    return filled;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
    rmSync(old, { recursive: true, force: true });
  }
}

function writeFiles({ program, models, weights }: LoweredProgram, folder: string): ProgramFiles {
  for (const [file, bytes] of models) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), bytes);
  }
  if (weights.length > 0) writeWeights(weights, join(folder, WEIGHTS_FILE));
  const files = identifyOwn(folder, [...models.keys(), ...(weights.length > 0 ? [WEIGHTS_FILE] : [])]);
  writeFileSync(join(folder, PROGRAM_FILE), sealedText(program, files));
  return files;
}
