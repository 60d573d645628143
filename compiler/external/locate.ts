/**
 * @file Resolves a location of external data to a file, and checks that the file is in its model's folder. Opens no file and knows no
 * protobuf.
 */
import { realpathSync, statSync } from "node:fs";
import { isAbsolute, join, relative, win32 } from "node:path";

/** Absolute path of the real file and its bytes, or why there is none. */
export type DataFile =
  | { readonly ok: true; readonly path: string; readonly size: number }
  | { readonly ok: false; readonly problem: "missing" }
  | { readonly ok: false; readonly problem: "no file" }
  | { readonly ok: false; readonly problem: "outside"; readonly reason: string };

/**
 * `folder` is the model's, `realFolder` the one that the model's symbolic link leads to: a download cache keeps links to model and data
 * next to each other, and the real files together elsewhere.
 */
export function locateData(location: string, folder: string, realFolder: string): DataFile {
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

/** Whether `path` is inside `folder`; both absolute and free of links. */
export function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== "" && way !== ".." && !/^\.\.[\\/]/.test(way) && !isAbsolute(way);
}
