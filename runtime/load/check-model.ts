/**
 * @file Whether the model that a program was compiled from lies where the program says, with the data files that it had. A program may be
 * made by somebody else and name any file: what is said of a file that is not the model tells neither its size nor its hash.
 */
import { readFile, realpath, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { programMessages as messages } from "../../compiler/diagnostics/catalog/program.ts";
import { diagnose } from "../../compiler/diagnostics/diagnose.ts";
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import { locateData } from "../../compiler/external/locate.ts";
import { externalLocations } from "../../compiler/external/references.ts";
import { hashFile, identifyData } from "../../program/identity.ts";
import type { DataIdentity } from "../../program/identity.ts";
import type { Program } from "../../program/types.ts";
import { LIMITS } from "../contract/limits.ts";
import { findModel, isFile } from "./model-files.ts";
import type { ModelFiles } from "./model-files.ts";
import { reasonOf } from "../reason.ts";

/** What is wrong with the model, and which names pieces may read as external data in the folder of its weights. */
export interface CheckedModel {
  readonly diagnostics: readonly Diagnostic[];
  readonly readable: ReadonlySet<string>;
}

const nothing: ReadonlySet<string> = new Set();

export async function checkModel(program: Program, folder: string): Promise<CheckedModel> {
  const wrong = (diagnostic: Diagnostic): CheckedModel => ({ diagnostics: [diagnostic], readable: nothing });
  const path = resolve(folder, program.model.path);
  try {
    const files = await findModel(program, folder);
    if (files === null) return wrong(diagnose(messages.modelMissing, { model: path }));
    const { sha256: expected } = program.model;
    if (!(await isModel(files.model, expected))) return wrong(diagnose(messages.modelHash, { model: path, expected }));
    return await checkData(program, files);
  } catch (error) {
    return wrong(diagnose(messages.fileUnreadable, { file: path, reason: reasonOf(error) }));
  }
}

async function isModel(model: string, sha256: string): Promise<boolean> {
  const { size } = await stat(model);
  return size <= LIMITS.model && (await hashFile(model)).sha256 === sha256;
}

/** Only files that the model itself names as its external data are looked at, and only those may be read. */
async function checkData({ model: { data } }: Program, files: ModelFiles): Promise<CheckedModel> {
  if (data.length === 0) return { diagnostics: [], readable: nothing };
  const named = await namedBy(files.model);
  const diagnostics: Diagnostic[] = [];
  const readable = new Set<string>();
  for (const { file, ...expected } of data) {
    const path = join(files.base, file);
    const location = file.slice(file.lastIndexOf("/") + 1);
    // ONNX Runtime is given this folder, and resolves the names in it.
    const isNamed = named.has(path) && dirname(path) === files.weights;
    const wrong = isNamed
      ? await changed(files.model, path, expected)
      : diagnose(messages.notData, { data: path, model: files.model });
    if (wrong === null) readable.add(location);
    else diagnostics.push(wrong);
  }
  return { diagnostics, readable };
}

/** Absolute paths under which the model's external data may be meant: as the model spells it, and the real file behind. */
async function namedBy(model: string): Promise<ReadonlySet<string>> {
  const real = dirname(await realpath(model));
  const folders = [...new Set([await realpath(dirname(model)), real])];
  const paths = [...externalLocations(await readFile(model))].flatMap((location) =>
    folders.flatMap((folder) => {
      const found = locateData(location, folder, real);
      if (found.ok) return [join(folder, location), found.path];
      return found.problem === "missing" ? [join(folder, location)] : [];
    }),
  );
  return new Set(paths);
}

async function changed(model: string, data: string, expected: DataIdentity): Promise<Diagnostic | null> {
  if (!(await isFile(data))) return diagnose(messages.dataMissing, { data, model });
  const { size, hash } = await identifyData(data);
  if (size !== expected.size) return diagnose(messages.dataSize, { data, expected: expected.size });
  return hash === expected.hash ? null : diagnose(messages.dataHash, { data, expected: expected.hash });
}
