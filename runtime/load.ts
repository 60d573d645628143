/**
 * @file Reads a compiled program from its folder and checks that it is whole and belongs to the model that lies where it says.
 */
import { readFile, stat } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { programMessages } from "../compiler/diagnostics/catalog/program.ts";
import { diagnose, settle } from "../compiler/diagnostics/diagnose.ts";
import type { Diagnostic, Result } from "../compiler/diagnostics/types.ts";
import { hashFile, identifyData } from "../compiler/identity.ts";
import type { CompiledProgram, Program } from "../compiler/program.ts";
import { checkDocument } from "./outline.ts";
import { reasonOf } from "./reason.ts";

/** `dir` is the folder of `program.json`. All that is wrong is said at once, with the value found and the value expected. */
export async function loadProgram(dir: string): Promise<Result<CompiledProgram>> {
  const file = join(dir, "program.json");
  const parsed = await readProgram(file);
  if (!parsed.ok) return parsed;
  const program = parsed.value;
  const folder = resolve(dir);
  const diagnostics = [...(await checkPieces(program, folder)), ...(await checkModel(program, folder))];
  return settle({ folder, temporary: false, program }, diagnostics);
}

async function readProgram(file: string): Promise<Result<Program>> {
  const wrong = (...diagnostics: readonly Diagnostic[]): Result<Program> => ({ ok: false, diagnostics });
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
  return settle(json as Program, diagnostics);
}

async function checkPieces({ pieces }: Program, folder: string): Promise<readonly Diagnostic[]> {
  const found = pieces.map(async ({ id: piece, file }) => {
    const path = relative(folder, resolve(folder, file));
    if (path.startsWith("..") || isAbsolute(path)) return [diagnose(programMessages.pieceOutside, { piece, file })];
    return (await exists(join(folder, path))) ? [] : [diagnose(programMessages.pieceMissing, { piece, file, folder })];
  });
  return (await Promise.all(found)).flat();
}

async function checkModel({ model }: Program, folder: string): Promise<readonly Diagnostic[]> {
  const path = resolve(folder, model.path);
  if (!(await exists(path))) return [diagnose(programMessages.modelMissing, { model: path })];
  const actual = await hashFile(path);
  const graph =
    actual === model.sha256
      ? []
      : [diagnose(programMessages.modelHash, { model: path, expected: model.sha256, actual })];
  const data = await Promise.all(model.data.map((expected) => checkData(path, expected)));
  return [...graph, ...data.flat()];
}

async function checkData(model: string, expected: Program["model"]["data"][number]): Promise<readonly Diagnostic[]> {
  const data = join(dirname(model), expected.file);
  if (!(await exists(data))) return [diagnose(programMessages.dataMissing, { data, model })];
  const { size, hash } = await identifyData(data);
  if (size !== expected.size) {
    return [diagnose(programMessages.dataSize, { data, expected: expected.size, actual: size })];
  }
  if (hash === expected.hash) return [];
  return [diagnose(programMessages.dataHash, { data, expected: expected.hash, actual: hash })];
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
