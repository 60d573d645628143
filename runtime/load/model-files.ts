/**
 * @file Where the files of a program's model lie on this machine. Reads none of them.
 */
import { realpath, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Program } from "../../program/types.ts";

export interface ModelFiles {
  readonly model: string;
  /** What the names in `ProgramModel.data` are relative to. */
  readonly base: string;
  /** Folder of the data files, for ONNX Runtime: real, since it refuses what a link leads out of the folder it is given. */
  readonly weights: string;
}

/**
 * `null` if there is no model. A download cache keeps links to models; their data lies behind the link, beside the real model.
 * Else it lies beside the model, link or not.
 */
export async function findModel({ model }: Program, folder: string): Promise<ModelFiles | null> {
  const path = resolve(folder, model.path);
  if (!(await isFile(path))) return null;
  const behind = dirname(await realpath(path));
  const [first] = model.data;
  const base = first === undefined || (await isFile(join(behind, first.file))) ? behind : await realpath(dirname(path));
  return { model: path, base, weights: dirname(join(base, first?.file ?? "none")) };
}

export async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
