/**
 * @file Copies a model with its data files into the folder of a program, which then needs nothing outside it. Knows no graph.
 */
import { constants, createReadStream, createWriteStream, existsSync, mkdirSync, realpathSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { MODEL_FOLDER, type ProgramModel } from "../../program/types.ts";
import { Aborted } from "../turn.ts";

/** The path of the copy, relative to the program's folder. */
export function copyPath({ path }: ProgramModel): string {
  return `${MODEL_FOLDER}/${basename(path)}`;
}

/** `model.path` is absolute. Throws as `fs` does, and `Aborted`. */
export async function copyModel(model: ProgramModel, folder: string, signal: AbortSignal | undefined): Promise<void> {
  const { path, data } = model;
  const real = realpathSync(path);
  const behind = dirname(real);
  // As at attach: data lies behind a link to the model, or else beside the link.
  const base = data.every(({ file }) => existsSync(join(behind, file))) ? behind : realpathSync(dirname(path));
  await copy(real, join(folder, copyPath(model)), signal);
  for (const { file } of data) await copy(join(base, file), join(folder, MODEL_FOLDER, file), signal);
}

/** Without a copy of the bytes where the file system can share them; else as a stream, which the signal ends at any time. */
async function copy(from: string, to: string, signal: AbortSignal | undefined): Promise<void> {
  mkdirSync(dirname(to), { recursive: true });
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE_FORCE);
  } catch {
    try {
      await pipeline(createReadStream(from), createWriteStream(to, { flush: true }), { signal });
    } catch (error) {
      if (signal?.aborted === true) throw new Aborted();
      throw error;
    }
  }
}
