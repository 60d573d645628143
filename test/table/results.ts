/**
 * @file Measurements so far, a file for each unit of work, so that an interrupted measurement resumes. A result is valid only for the
 * sources that it was measured with. Knows no cell.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const sources = [
  "compiler",
  "runtime",
  "ort",
  "cli/run/unsplit.ts",
  "plans",
  "test/attention",
  "test/table/models.ts",
  "test/table/attention.ts",
  "package.json",
];

/** The unit's result: as it was kept, or measured now and kept. `unit` is a file name, `inputs` are the files that only this unit reads. */
export async function kept<T>(unit: string, inputs: readonly string[], measure: () => Promise<T>): Promise<T> {
  const file = join(folder(), `${unit}.${hashOf(inputs)}.json`);
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8")) as T;
  const result = await measure();
  writeFileSync(file, JSON.stringify(result));
  return result;
}

let made: string | null = null;

function folder(): string {
  made ??= join(root, ".support", hashOf(sources.flatMap((path) => filesUnder(join(root, path)))));
  mkdirSync(made, { recursive: true });
  return made;
}

function hashOf(files: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of files) hash.update(relative(root, file)).update(readFileSync(file));
  return hash.digest("hex").slice(0, 16);
}

function filesUnder(path: string): readonly string[] {
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
