/**
 * @file Where the shared library lies that onnxruntime-node brings, and which versions of it have been tried. Loads nothing.
 */
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { arch, platform } from "node:os";
import { dirname, join } from "node:path";

/** The version of the function table that is asked for: the first that has every member in use. */
export const API_VERSION = 22;

/** Releases whose table has been checked against the public header; another one is refused. */
const testedReleases: readonly string[] = ["1.30"];

/** File names by platform, as the package has them. */
const fileNames: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
  darwin: "libonnxruntime.1.dylib",
  linux: "libonnxruntime.so.1",
  win32: "onnxruntime.dll",
};

/** Throws an `Error` where the package has no library for this platform. */
export function findLibrary(): string {
  const name = fileNames[platform()] ?? "";
  // Found when it runs: a bundler would put the file into the bundle.
  const { resolve } = createRequire(import.meta.url);
  const bin = join(dirname(resolve("onnxruntime-node/package.json")), "bin");
  const builds = readdirSync(bin).filter((folder) => folder.startsWith("napi-"));
  const folder = builds
    .map((build) => join(bin, build, platform(), arch()))
    .find((path) => entriesOf(path).includes(name));
  if (folder === undefined) throw new Error(`onnxruntime-node has no library for ${platform()} ${arch()}`);
  return join(folder, name);
}

export function isTested(version: string): boolean {
  return testedReleases.some((release) => version === release || version.startsWith(`${release}.`));
}

export function testedText(): string {
  return testedReleases.map((release) => `${release}.x`).join(", ");
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
