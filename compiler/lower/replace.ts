/**
 * @file Which content of an output folder may be replaced: the files that an earlier program lists, and nothing else. Changes nothing.
 */
import { lstatSync, readFileSync, readdirSync, realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative } from "node:path";
import { MODEL_FOLDER, PROGRAM_FORMAT, type Program } from "../../program/types.ts";
import { unseal } from "../../program/seal.ts";

export const PROGRAM_FILE = "program.json";

/** Files that the program in `folder` lists as its own, relative, with forward slashes; `null` if there is no intact program. */
function filesOfProgram(folder: string): ReadonlySet<string> | null {
  try {
    const file = join(folder, PROGRAM_FILE);
    if (!lstatSync(file).isFile()) return null;
    const document: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (typeof document !== "object" || document === null || !("format" in document)) return null;
    if (document.format !== PROGRAM_FORMAT) return null;
    const { program, files, stated, actual } = unseal(document);
    return stated === actual ? new Set([PROGRAM_FILE, ...Object.keys(files), ...copiesOf(program)]) : null;
  } catch {
    return null;
  }
}

/** The copy of the model, which the program knows by the identity of a model; nothing if the model is elsewhere. */
function copiesOf({ model: { path, data } }: Program): readonly string[] {
  const folder = `${MODEL_FOLDER}/`;
  const copies = [path, ...data.map(({ file }) => `${folder}${file}`)];
  return copies.every((file) => file.startsWith(folder) && !file.split("/").includes("..")) ? copies : [];
}

/** The kind of an existing target: a folder with a program, another folder, or no folder. */
export interface Target {
  readonly is: "program" | "other" | "file";
  /** Entries that must not be replaced, relative to the target, in order. */
  readonly foreign: readonly string[];
}

/** Inspects an existing path, which must not contain links. Throws as `fs` does. */
export function inspectTarget(target: string): Target {
  if (!lstatSync(target).isDirectory()) return { is: "file", foreign: [] };
  const own = filesOfProgram(target);
  if (own === null) return { is: "other", foreign: readdirSync(target).sort() };
  return { is: "program", foreign: foreignIn(target, "", own) };
}

/** Removing it loses nothing. */
export function isReplaceable({ is, foreign }: Target): boolean {
  return is !== "file" && foreign.length === 0;
}

/** A link never belongs to the program, whatever it leads to. */
function foreignIn(folder: string, prefix: string, own: ReadonlySet<string>): readonly string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const name = `${prefix}${entry.name}`;
    if (entry.isFile()) return own.has(name) ? [] : [name];
    const holdsOwn = entry.isDirectory() && [...own].some((file) => file.startsWith(`${name}/`));
    return holdsOwn ? foreignIn(join(folder, entry.name), `${name}/`, own) : [name];
  });
}

/** The first of `paths` that is inside `target`, or leads there by links; `null` if none does. */
export function firstInside(target: string, paths: readonly string[]): string | null {
  return paths.find((path) => placesOf(path).some((place) => isInside(target, place))) ?? null;
}

/** The location of a path itself, and where it leads. */
function placesOf(path: string): readonly string[] {
  try {
    return [join(realpathSync(dirname(path)), basename(path)), realpathSync(path)];
  } catch {
    return [];
  }
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== ".." && !/^\.\.[\\/]/.test(way) && !isAbsolute(way);
}
