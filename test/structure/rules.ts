/**
 * @file The import rules of the code as data: which part may import which, and which package
 * is known to which folders. A new part or package needs a line here.
 */

/** A part of the code: a folder, or one file; the longest prefix of a path decides. */
export const parts: Readonly<Record<string, readonly string[]>> = {
  "vitest.config.ts": [],
  "compiler/diagnostics": [],
  "compiler/expr": ["compiler/diagnostics"],
  "compiler/plan": ["compiler/diagnostics"],
  "compiler/graph": ["compiler/diagnostics", "compiler/expr"],
  ort: ["compiler/diagnostics", "compiler/expr", "compiler/graph"],
  "compiler/program.ts": ["compiler/diagnostics", "compiler/expr", "compiler/plan"],
  "compiler/identity.ts": ["compiler/program.ts"],
  "compiler/seal.ts": ["compiler/program.ts", "compiler/identity.ts"],
  "compiler/canonical": ["compiler/diagnostics", "compiler/expr", "compiler/graph", "ort"],
  "compiler/bind": ["compiler/diagnostics", "compiler/expr", "compiler/plan", "compiler/graph", "compiler/canonical"],
  "compiler/shard": [
    "compiler/diagnostics",
    "compiler/expr",
    "compiler/plan",
    "compiler/graph",
    "compiler/canonical",
    "compiler/bind",
  ],
  "compiler/lower": [
    "compiler/diagnostics",
    "compiler/expr",
    "compiler/plan",
    "compiler/graph",
    "compiler/canonical",
    "compiler/bind",
    "compiler/shard",
    "compiler/program.ts",
    "compiler/seal.ts",
  ],
  "compiler/simulate": [
    "compiler/diagnostics",
    "compiler/expr",
    "compiler/plan",
    "compiler/graph",
    "compiler/canonical",
    "compiler/bind",
    "compiler/shard",
    "ort",
  ],
  compiler: [
    "compiler/diagnostics",
    "compiler/expr",
    "compiler/plan",
    "compiler/graph",
    "compiler/canonical",
    "compiler/bind",
    "compiler/shard",
    "compiler/lower",
    "compiler/simulate",
    "compiler/program.ts",
    "compiler/identity.ts",
    "ort",
  ],
  runtime: [
    "compiler/diagnostics",
    "compiler/expr",
    "compiler/program.ts",
    "compiler/identity.ts",
    "compiler/seal.ts",
    "ort",
  ],
  "index.ts": ["compiler", "compiler/diagnostics", "compiler/plan", "compiler/program.ts", "runtime"],
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
  "fastest-levenshtein": ["compiler/diagnostics", "compiler/plan", "compiler/bind"],
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
