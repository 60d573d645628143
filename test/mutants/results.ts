/**
 * @file Results of the long run on disk, one line per case, so that an interrupted run resumes. They are valid for one state of the
 * sources: after a change a run starts over.
 */
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Finding } from "./findings.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SOURCES = ["compiler", "runtime", "ort", "plans", "test/fixtures", "test/mutants"];

export interface Results {
  /** Names the state of the sources. */
  readonly digest: string;
  /** Absolute path; one line of JSON for each case. */
  readonly file: string;
  read(): readonly Finding[];
  add(finding: Finding): void;
}

export function openResults(): Results {
  const digest = digestOf(SOURCES.flatMap(filesUnder));
  const folder = join(ROOT, ".mutants");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${digest}.jsonl`);
  return {
    digest,
    file,
    read: () => (existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean).map(parse) : []),
    add: (finding) => appendFileSync(file, `${JSON.stringify(finding)}\n`),
  };
}

function parse(line: string): Finding {
  return JSON.parse(line) as Finding;
}

function filesUnder(path: string): readonly string[] {
  const entries = readdirSync(join(ROOT, path, "."), { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

function digestOf(files: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of files.toSorted()) hash.update(file.slice(ROOT.length)).update(readFileSync(file));
  return hash.digest("hex").slice(0, 12);
}
