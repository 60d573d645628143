/**
 * @file External data of a model: which file a location names, and that it lies in the model's folder. Reads no weights and knows no protobuf.
 */
import { realpathSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, relative, win32 } from "node:path";
import { tensorMessages as messages } from "../diagnostics/catalog/model.ts";
import { diagnose } from "../diagnostics/diagnose.ts";
import type { Diagnostic } from "../diagnostics/types.ts";

/** Absolute path of the real file and its bytes, or why there is none. */
type DataFile =
  | { readonly ok: true; readonly path: string; readonly size: number }
  | { readonly ok: false; readonly problem: "missing" }
  | { readonly ok: false; readonly problem: "no file" }
  | { readonly ok: false; readonly problem: "outside"; readonly reason: string };

/** Finds the files that locations name. Each is looked up once. */
export interface DataFolder {
  readonly find: (location: string) => DataFile;
  /** One diagnostic for each location that has no file, however many tensors use it, and one for data in several folders. */
  readonly problems: (file: string) => readonly Diagnostic[];
}

/**
 * `folder` is the model's, `realFolder` the one that the model's symbolic link leads to: a download cache keeps links to model and data
 * side by side, and the real files side by side elsewhere.
 */
export function dataFolder(folder: string, realFolder: string): DataFolder {
  const found = new Map<string, { readonly data: DataFile; count: number }>();
  return {
    find: (location) => {
      const entry = found.get(location) ?? { data: findData(location, folder, realFolder), count: 0 };
      entry.count += 1;
      found.set(location, entry);
      return entry.data;
    },
    problems: (file) => {
      const problems = [...found].flatMap(([location, { data, count }]) => problemOf(location, data, count, file));
      const folders = [...found.values()].flatMap(({ data }) => (data.ok ? [dirname(data.path)] : []));
      const distinct = [...new Set(folders)].sort();
      const scattered = distinct.length > 1 ? [diagnose(messages.folders, { folders: distinct }, { file })] : [];
      return [...problems, ...scattered];
    },
  };
}

function findData(location: string, folder: string, realFolder: string): DataFile {
  const outside = (reason: string): DataFile => ({ ok: false, problem: "outside", reason });
  if (location === "") return { ok: false, problem: "no file" };
  if (isAbsolute(location) || win32.isAbsolute(location)) return outside("the path is absolute");
  if (location.split(/[\\/]/).includes("..")) return outside('the path contains ".."');
  try {
    const path = realpathSync(join(folder, location));
    if (!isWithin(path, realpathSync(folder)) && !isWithin(path, realFolder)) {
      return outside("a symbolic link leads out of it");
    }
    const info = statSync(path);
    return info.isFile() ? { ok: true, path, size: info.size } : { ok: false, problem: "no file" };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOENT" || code === "ENOTDIR"
      ? { ok: false, problem: "missing" }
      : { ok: false, problem: "no file" };
  }
}

function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== "" && !way.startsWith("..") && !isAbsolute(way);
}

function problemOf(location: string, data: DataFile, count: number, file: string): readonly Diagnostic[] {
  if (data.ok) return [];
  if (data.problem === "missing") return [diagnose(messages.dataMissing, { location, count }, { file })];
  if (data.problem === "no file") return [diagnose(messages.dataNoFile, { location }, { file })];
  return [diagnose(messages.outside, { location, reason: data.reason, count }, { file })];
}
