/**
 * @file The files of a program's own folder: that each is there, inside the folder, whole, and that a piece reads no external data but
 * what it may. Knows nothing of the model's files but which of them pieces may read.
 */
import { readFile, realpath, stat } from "node:fs/promises";
import { createHash } from "node:crypto";
import { isAbsolute, join, relative, resolve } from "node:path";
import { programMessages as messages } from "../../compiler/diagnostics/catalog/program.ts";
import { diagnose } from "../../compiler/diagnostics/diagnose.ts";
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import { isWithin } from "../../compiler/external/locate.ts";
import { externalLocations } from "../../compiler/external/references.ts";
import { hashFile } from "../../program/identity.ts";
import { WEIGHTS_FILE } from "../../program/types.ts";
import type { CompiledProgram, ProgramFiles, ProgramPiece } from "../../program/types.ts";
import { LIMITS } from "../contract/limits.ts";
import { isFile } from "./model-files.ts";
import { reasonOf } from "../reason.ts";

/**
 * One after the other: a program may have more files than a process may open. `readable` are the names of the model's data files, `null`
 * where the model is wrong, so that nothing is known of them.
 */
export async function checkOwnFiles(
  { program, folder, files }: Omit<CompiledProgram, "temporary">,
  readable: ReadonlySet<string> | null,
): Promise<readonly Diagnostic[]> {
  const diagnostics: Diagnostic[] = [];
  const places = new Map<string, Diagnostic | null>();
  const pieces = new Map(program.pieces.map(({ id, file }) => [file, id]));
  for (const file of Object.keys(files)) places.set(file, await misplaced(file, folder, pieces.get(file)));
  for (const [file, wrong] of places)
    diagnostics.push(...(wrong === null ? await checkContent(file, folder, files) : [wrong]));
  if (diagnostics.length > 0 || readable === null) return diagnostics;
  for (const piece of program.pieces) diagnostics.push(...(await checkReads(piece, folder, readable)));
  return diagnostics;
}

/** What is wrong with the place of a file, before it is opened; `piece` is the one that it holds. `null` if nothing is. */
async function misplaced(file: string, folder: string, piece: string | undefined): Promise<Diagnostic | null> {
  const way = relative(folder, resolve(folder, file));
  if (way === "" || way.startsWith("..") || isAbsolute(way)) {
    return piece === undefined
      ? diagnose(messages.fileOutside, { file, folder })
      : diagnose(messages.pieceOutside, { piece, file });
  }
  const path = join(folder, way);
  if (!(await isFile(path))) {
    return piece === undefined
      ? diagnose(messages.fileMissing, { file, folder })
      : diagnose(messages.pieceMissing, { piece, file, folder });
  }
  try {
    return isWithin(await realpath(path), await realpath(folder))
      ? null
      : diagnose(messages.fileOutside, { file, folder });
  } catch (error) {
    return diagnose(messages.fileUnreadable, { file: path, reason: reasonOf(error) });
  }
}

async function checkContent(file: string, folder: string, files: ProgramFiles): Promise<readonly Diagnostic[]> {
  const path = join(folder, file);
  const expected = files[file];
  if (expected === undefined) return [];
  try {
    const { size } = await stat(path);
    // A file of another size need not be read to its end.
    const same = size === expected.size && (await hashFile(path)).sha256 === expected.sha256;
    return same ? [] : [diagnose(messages.fileChanged, { file: path, expected: expected.size, actual: size })];
  } catch (error) {
    return [diagnose(messages.fileUnreadable, { file: path, reason: reasonOf(error) })];
  }
}

/** The piece's content is already known to be what the program lists. */
async function checkReads(
  { id: piece, file, weights }: ProgramPiece,
  folder: string,
  readable: ReadonlySet<string>,
): Promise<readonly Diagnostic[]> {
  const path = join(folder, file);
  let locations: ReadonlySet<string>;
  try {
    const { size } = await stat(path);
    if (size > LIMITS.model) throw new Error(`it has ${size} bytes; an ONNX file has at most ${LIMITS.model}`);
    locations = externalLocations(await readFile(path));
  } catch (error) {
    return [diagnose(messages.notPiece, { piece, file, reason: reasonOf(error) })];
  }
  const allowed = { model: readable, program: new Set([WEIGHTS_FILE]), none: new Set<string>() }[weights ?? "none"];
  return [...locations]
    .filter((location) => !allowed.has(location))
    .slice(0, LIMITS.problems)
    .map((location) => diagnose(messages.readsOutside, { piece, location, allowed: [...allowed] }));
}

/** What a rank has read of a piece, against what the program lists: the file may have changed since it was checked. */
export function isListed(bytes: Uint8Array, file: string, files: ProgramFiles): boolean {
  return createHash("sha256").update(bytes).digest("hex") === files[file]?.sha256;
}
