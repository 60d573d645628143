/**
 * @file Reads a compiled program from its folder and checks that it is whole and belongs to the model that lies where it says.
 */
import { readFile } from "node:fs/promises";
import { isAbsolute, join, relative, resolve } from "node:path";
import { programMessages } from "../../compiler/diagnostics/catalog/program.ts";
import { diagnose, settle } from "../../compiler/diagnostics/diagnose.ts";
import type { Diagnostic, Result } from "../../compiler/diagnostics/types.ts";
import { hashFile, identifyData } from "../../program/identity.ts";
import type { DataIdentity } from "../../program/identity.ts";
import type { CompiledProgram, Program } from "../../program/types.ts";
import { unseal } from "../../program/seal.ts";
import type { ProgramFiles, Unsealed } from "../../program/seal.ts";
import { findModel, isFile } from "./model-files.ts";
import { checkDocument } from "./outline.ts";
import { reasonOf } from "../reason.ts";

/** `dir` is the folder of `program.json`. All that is wrong is said at once, with the value found and the value expected. */
export async function loadProgram(dir: string): Promise<Result<CompiledProgram>> {
  const file = join(dir, "program.json");
  const parsed = await readProgram(file);
  if (!parsed.ok) return parsed;
  const { program, files } = parsed.value;
  const folder = resolve(dir);
  const pieces = await checkPieces(program, folder);
  const changed = pieces.length > 0 ? [] : await checkFiles(files, folder);
  const diagnostics = [...pieces, ...changed, ...(await checkModel(program, folder))];
  return settle({ folder, temporary: false, program }, diagnostics);
}

async function readProgram(file: string): Promise<Result<Unsealed>> {
  const wrong = (...diagnostics: readonly Diagnostic[]): Result<Unsealed> => ({ ok: false, diagnostics });
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    return wrong(diagnose(programMessages.unreadable, { file, reason: reasonOf(error) }));
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return wrong(diagnose(programMessages.notJson, { file, reason: reasonOf(error) }));
  }
  const diagnostics = checkDocument(file, json);
  if (diagnostics.length > 0) return wrong(...diagnostics);
  const unsealed = unseal(json as object);
  const { stated, actual } = unsealed;
  return stated === actual ? settle(unsealed, []) : wrong(diagnose(programMessages.checksum, { file, stated, actual }));
}

/** What stands in a piece or in its weights is not looked at again: it must be what was written. */
async function checkFiles(files: ProgramFiles, folder: string): Promise<readonly Diagnostic[]> {
  const found = Object.entries(files).map(async ([file, expected]) => {
    const path = join(folder, file);
    if (!(await isFile(path))) return [diagnose(programMessages.fileMissing, { file, folder })];
    const { size, hash } = await identifyData(path);
    if (size === expected.size && hash === expected.hash) return [];
    return [diagnose(programMessages.fileChanged, { file: path, expected: expected.size, actual: size })];
  });
  return (await Promise.all(found)).flat();
}

async function checkPieces({ pieces }: Program, folder: string): Promise<readonly Diagnostic[]> {
  const found = pieces.map(async ({ id: piece, file }) => {
    const path = relative(folder, resolve(folder, file));
    if (path.startsWith("..") || isAbsolute(path)) return [diagnose(programMessages.pieceOutside, { piece, file })];
    return (await isFile(join(folder, path))) ? [] : [diagnose(programMessages.pieceMissing, { piece, file, folder })];
  });
  return (await Promise.all(found)).flat();
}

async function checkModel(program: Program, folder: string): Promise<readonly Diagnostic[]> {
  const files = await findModel(program, folder);
  const expected = program.model;
  if (files === null) return [diagnose(programMessages.modelMissing, { model: resolve(folder, expected.path) })];
  const { model, base } = files;
  const actual = await hashFile(model);
  const same = actual === expected.sha256;
  const graph = same ? [] : [diagnose(programMessages.modelHash, { model, expected: expected.sha256, actual })];
  const data = await Promise.all(expected.data.map((one) => checkData(model, join(base, one.file), one)));
  return [...graph, ...data.flat()];
}

async function checkData(model: string, data: string, expected: DataIdentity): Promise<readonly Diagnostic[]> {
  if (!(await isFile(data))) return [diagnose(programMessages.dataMissing, { data, model })];
  const { size, hash } = await identifyData(data);
  if (size !== expected.size) {
    return [diagnose(programMessages.dataSize, { data, expected: expected.size, actual: size })];
  }
  if (hash === expected.hash) return [];
  return [diagnose(programMessages.dataHash, { data, expected: expected.hash, actual: hash })];
}
