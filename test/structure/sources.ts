/**
 * @file Reads the project's own sources and their imports for the structure tests. Knows no rule.
 */
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { dirname, join, posix, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const root: string = join(dirname(fileURLToPath(import.meta.url)), "../..");

const roots = [
  "index.ts",
  "vitest.config.ts",
  "README.md",
  "SECURITY.md",
  "bin",
  "program",
  "compiler",
  "runtime",
  "gain",
  "infer",
  "memory",
  "advise",
  "ort",
  "cli",
  "lsp",
  "schemas",
  "plans",
  "demo",
  "bench",
  "test",
  "tools",
  "docs",
];
const dataFolders = new Set(["cases", "golden", "fixtures", "__snapshots__", "node_modules", "__pycache__", ".venv"]);

export interface Import {
  readonly from: string;
  /** Path from the root for a file of ours, else the package's name, else `node:...`. */
  readonly to: string;
  readonly kind: "static" | "type" | "dynamic";
}

/** Paths of the project's own files that end like `pattern`, from the root, sorted. */
export function sourceFiles(pattern: RegExp): readonly string[] {
  return roots
    .flatMap((path) => walk(join(root, path)))
    .filter((path) => pattern.test(path))
    .sort();
}

export function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** Every import and re-export of one TypeScript file. */
export function importsOf(path: string): readonly Import[] {
  const text = withoutComments(read(path));
  const found: Import[] = [];
  for (const match of text.matchAll(/^\s*(?:import|export)\s+(type\s)?(?:[^"';]*?\sfrom\s+)?"([^"]+)"/gm)) {
    found.push({ from: path, to: target(path, match[2] ?? ""), kind: match[1] === undefined ? "static" : "type" });
  }
  for (const match of text.matchAll(/\bimport\(\s*"([^"]+)"\s*\)/g)) {
    found.push({ from: path, to: target(path, match[1] ?? ""), kind: "dynamic" });
  }
  return found;
}

/** Blanks comments; a `//` inside a string (a URL) is left alone. */
export function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|[^:"'`])\/\/.*$/gm, "$1");
}

function target(from: string, specifier: string): string {
  if (specifier.startsWith(".")) return posix.normalize(posix.join(posix.dirname(from), specifier));
  if (specifier.startsWith("node:")) return specifier;
  const parts = specifier.split("/");
  const name = specifier.startsWith("@") ? parts.slice(0, 2).join("/") : (parts[0] ?? specifier);
  return name === "onnx-context-parallel" ? "index.ts" : name;
}

function walk(path: string): readonly string[] {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [relative(root, path).replaceAll("\\", "/")];
  return readdirSync(path)
    .filter((name) => !dataFolders.has(name))
    .flatMap((name) => walk(join(path, name)));
}
