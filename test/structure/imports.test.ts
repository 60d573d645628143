/**
 * @file Checks the rules that keep the code readable: import directions, packages known to one folder, no cycles, access to the process,
 * file length, header, ASCII.
 */
import { expect, test } from "vitest";
import { lazyFolders, mayTouchProcess, packages, parts, tooNew, tops } from "./rules.ts";
import { importsOf, read, sourceFiles, withoutComments } from "./sources.ts";

const code = sourceFiles(/\.ts$/);
const imports = code.flatMap(importsOf);
const isFile = (path: string): boolean => /\.(ts|js|json)$/.test(path) || path.includes("/");

test("the sources are found and their imports are read", () => {
  expect(code).toContain("compiler/diagnostics/diagnose.ts");
  expect(imports).toContainEqual({
    from: "compiler/diagnostics/diagnose.ts",
    to: "compiler/diagnostics/types.ts",
    kind: "type",
  });
});

test("every part imports only what stands before it", () => {
  const wrong = imports.filter(({ from, to }) => !isPackage(to) && !mayImport(from, to));
  expect(wrong.map(show)).toEqual([]);
});

test("plan files import the public entry only", () => {
  const wrong = imports.filter(({ from, to }) => within(from, "plans") && to !== "index.ts" && !within(to, "plans"));
  expect(wrong.map(show)).toEqual([]);
});

test("slow folders are loaded late", () => {
  const wrong = imports.filter(({ from, to, kind }) =>
    lazyFolders.some((folder) => kind === "static" && within(to, folder) && !within(from, folder)),
  );
  expect(wrong.filter(({ from }) => !within(from, "test")).map(show)).toEqual([]);
});

test("every package is known to its own folders", () => {
  const product = imports.filter(({ from }) => !within(from, "test") && from !== "vitest.config.ts");
  const wrong = product.filter(({ from, to }) => {
    if (!isPackage(to) || to.startsWith("node:")) return false;
    return !(packages[to] ?? []).some((folder) => within(from, folder));
  });
  expect(wrong.map(show)).toEqual([]);
});

test("there is no import cycle", () => {
  expect(findCycle()).toEqual([]);
});

test("only the command line touches the process and the console", () => {
  const banned =
    /\b(?:console\s*\.|process\s*\.\s*(?:exit|exitCode|argv|env|std\w+|on|once|kill|abort)\b)|"node:process"/;
  const wrong = code
    .filter((path) => !mayTouchProcess.some((part) => within(path, part)))
    .filter((path) => banned.test(withoutComments(read(path))));
  expect(wrong).toEqual([]);
});

test.each(Object.entries(tooNew))("no source uses %s", (_, banned) => {
  const shipped = code.filter((path) => !within(path, "test") && !within(path, "bench"));
  expect(shipped.filter((path) => banned.test(withoutComments(read(path))))).toEqual([]);
});

test("no file is longer than 350 lines", () => {
  const long = sourceFiles(/\.(ts|js|py)$/).filter((path) => read(path).split("\n").length > 351);
  expect(long).toEqual([]);
});

test("no room holds more than 14 source files", () => {
  const product = rooms(code.filter((path) => !within(path, "test")));
  const full = [...product].filter(([, files]) => files > 14);
  expect(full).toEqual([]);
});

test("the page of the architecture names every room, and no other", () => {
  const page = read("docs/architecture.md");
  const named = [...page.matchAll(/^\| `([a-z_/]+)\/` \|/gm)].map(([, name]) => name!);
  const product = rooms(code.filter((path) => !within(path, "test") && path.includes("/")));
  expect(named.filter((name) => !["test", "tools"].includes(name)).sort()).toEqual([...product.keys()].sort());
});

test("every file says in its header what it is for", () => {
  const bare = code.filter((path) => !/^(?:#!.*\n)?\/\*\*\s*(?:\*\s*)?@file\s+\S/.test(read(path)));
  expect(bare).toEqual([]);
});

test("the search for a plan acts on what diagnostics are about, never on their text", () => {
  const texts = code
    .filter((path) => within(path, "infer"))
    // One file quotes the last refusal to the user, whole.
    .map((path) => [path, read(path).replace("last: last.message }", "")] as const)
    .filter(([, text]) => /\b(message|hint)\b/.test(text));
  expect(texts.map(([path]) => path)).toEqual([]);
});

test("every file is ASCII", () => {
  const other = sourceFiles(/\.(ts|js|py|md|json|txt)$/).flatMap((path) =>
    read(path)
      .split("\n")
      .flatMap((line, i) => (/[^\t\r -~]/.test(line) ? [`${path}:${i + 1}`] : [])),
  );
  expect(other).toEqual([]);
});

/** How many source files each folder holds, without its subfolders. */
function rooms(paths: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const path of paths) {
    const folder = path.split("/").slice(0, -1).join("/");
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return counts;
}

function isPackage(to: string): boolean {
  return to.startsWith("node:") || to.startsWith("@") || !isFile(to);
}

function within(path: string, part: string): boolean {
  return path === part || path.startsWith(`${part}/`);
}

/** The part a file belongs to: the longest name in the table that contains it. */
function partOf(path: string): string | undefined {
  const names = [...Object.keys(parts), ...tops].filter((part) => within(path, part));
  return names.sort((a, b) => b.length - a.length)[0];
}

function mayImport(from: string, to: string): boolean {
  const importer = partOf(from);
  const imported = partOf(to);
  if (from === "vitest.config.ts") return true;
  if (importer === undefined || imported === undefined) return false;
  return importer === imported || tops.includes(importer) || (parts[importer] ?? []).includes(imported);
}

function findCycle(): readonly string[] {
  const edges = new Map(code.map((path) => [path, imports.filter(({ from }) => from === path)]));
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): readonly string[] => {
    const seen = trail.indexOf(path);
    if (seen >= 0) return [...trail.slice(seen), path];
    if (done.has(path)) return [];
    for (const { to } of edges.get(path) ?? []) {
      const cycle = visit(to, [...trail, path]);
      if (cycle.length > 0) return cycle;
    }
    done.add(path);
    return [];
  };
  for (const path of code) {
    const cycle = visit(path, []);
    if (cycle.length > 0) return cycle;
  }
  return [];
}

function show({ from, to }: { readonly from: string; readonly to: string }): string {
  return `${from} imports ${to}`;
}
