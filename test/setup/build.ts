/**
 * @file Vitest global set-up: builds dist/ when a source is newer than the last build, because a rank's worker thread starts from dist/.
 * Knows no test.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const sources = [
  "index.ts",
  "program",
  "compiler",
  "runtime",
  "ort",
  "cli",
  "gain",
  "infer",
  "advise",
  "memory",
  "plans",
  "demo",
  "bench",
  "package.json",
  "tsconfig.json",
];
const stamp = join(root, "dist/.built");

export default function setup(): void {
  if (existsSync(stamp) && newest(sources.map((path) => join(root, path))) <= statSync(stamp).mtimeMs) return;
  const started = new Date();
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const built = spawnSync(process.execPath, [compiler, "-p", join(root, "tsconfig.json")], { encoding: "utf8" });
  // The compiler emits in spite of type errors; `npm run build` and `npm run typecheck` are where they fail.
  if (built.status !== 0) process.stderr.write(`dist/ was built with type errors:\n${built.stdout}\n`);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, "");
  utimesSync(stamp, started, started);
}

function newest(paths: readonly string[]): number {
  let time = 0;
  for (const path of paths) {
    if (!existsSync(path)) continue;
    const stat = statSync(path);
    time = Math.max(time, stat.mtimeMs);
    if (stat.isDirectory()) time = Math.max(time, newest(readdirSync(path).map((name) => join(path, name))));
  }
  return time;
}
