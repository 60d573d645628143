/**
 * @file The import rules of the code as data: which part may import which, and which package
 * is known to which folders. A new part or package needs a line here.
 */

/** A room of the code: a folder, or one file; the longest prefix of a path decides. A room may import the rooms that stand before it. */
export const parts: Readonly<Record<string, readonly string[]>> = {
  "vitest.config.ts": [],
  "compiler/diagnostics": [],
  "compiler/expr": ["compiler/diagnostics"],
  program: ["compiler/diagnostics", "compiler/expr"],
  // Paths of modules are text; where they are read from a file they are needed before there is a graph.
  "compiler/ir/module-paths.ts": [],
  "compiler/plan": ["compiler/diagnostics"],
  "compiler/graph": ["compiler/diagnostics", "compiler/expr", "compiler/ir/module-paths.ts"],
  ort: ["compiler/diagnostics", "compiler/graph"],
  "compiler/ir": ["compiler/diagnostics", "compiler/expr", "compiler/graph", "compiler/ir/module-paths.ts"],
  "compiler/operators": ["compiler/diagnostics", "compiler/expr", "compiler/graph", "compiler/ir"],
  "compiler/canonical": [
    "compiler/diagnostics",
    "compiler/expr",
    "compiler/graph",
    "compiler/ir",
    "compiler/ir/module-paths.ts",
    "compiler/operators",
    "ort",
  ],
  "compiler/emit": ["compiler/diagnostics", "compiler/expr", "compiler/graph", "compiler/ir"],
  "compiler/bind": [
    "compiler/diagnostics",
    "compiler/expr",
    "compiler/plan",
    "compiler/graph",
    "compiler/ir",
    "compiler/ir/module-paths.ts",
    "compiler/operators",
  ],
  "compiler/inspect": [
    "compiler/diagnostics",
    "compiler/expr",
    "compiler/graph",
    "compiler/ir",
    "compiler/ir/module-paths.ts",
    "compiler/canonical",
    "compiler/bind",
  ],
  // The mesh is a fact of the contract: its arithmetic stands in `program/`, for the compiler as for the runtime.
  "compiler/shard": [
    "compiler/diagnostics",
    "compiler/expr",
    "compiler/plan",
    "compiler/graph",
    "compiler/ir",
    "compiler/ir/module-paths.ts",
    "compiler/operators",
    "compiler/bind",
    "program",
  ],
  "compiler/lower": [
    "compiler/diagnostics",
    "compiler/expr",
    "compiler/plan",
    "compiler/graph",
    "compiler/ir",
    "compiler/ir/module-paths.ts",
    "compiler/emit",
    "compiler/shard",
    "program",
  ],
  "compiler/simulate": [
    "compiler/diagnostics",
    "compiler/expr",
    "compiler/graph",
    "compiler/ir",
    "compiler/emit",
    "compiler/shard",
    "ort",
    "program",
  ],
  compiler: [
    "compiler/diagnostics",
    "compiler/plan",
    "compiler/graph",
    "compiler/ir",
    "compiler/canonical",
    "compiler/bind",
    "compiler/shard",
    "compiler/lower",
    "program",
  ],
  runtime: ["compiler/diagnostics", "compiler/expr", "program", "ort"],
  "index.ts": ["compiler", "compiler/diagnostics", "compiler/inspect", "compiler/plan", "program", "runtime"],
  schemas: ["compiler/plan"],
  plans: ["index.ts"],
};

/** Parts that may import everything: nothing imports them. */
export const tops: readonly string[] = ["cli", "demo", "bench", "test"];

/** Package to the folders that may import it. */
export const packages: Readonly<Record<string, readonly string[]>> = {
  "@bufbuild/protobuf": ["compiler/graph"],
  "onnx-buf": ["compiler/graph"],
  ajv: ["compiler/plan/schema"],
  "cli-progress": ["cli"],
  commander: ["cli"],
  "fast-png": ["demo"],
  "fastest-levenshtein": ["compiler/diagnostics", "compiler/bind"],
  fflate: ["ort"],
  "jsonc-parser": ["compiler/plan"],
  koffi: ["ort", "runtime/world"],
  "onnxruntime-node": ["ort"],
  "onnxruntime-common": ["ort"],
  picocolors: ["cli", "demo"],
  "ts-morph": ["compiler/plan/typescript"],
};

/** Folders that cost too much to load before they are needed: imported by `import()` only. */
export const lazyFolders: readonly string[] = ["compiler/plan/typescript"];

/** The only parts that may touch the process and the console. */
export const mayTouchProcess: readonly string[] = ["cli", "demo", "bin", "bench", "test", "vitest.config.ts"];
