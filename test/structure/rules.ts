/**
 * @file The import rules of the code as data: which part may import which, and which package
 * is known to which folders. A new part or package needs a line here.
 */

/** A room of the code: a folder, or one file; the longest prefix of a path decides. A room may import the rooms that stand before it. */
export const parts: Readonly<Record<string, readonly string[]>> = {
  "vitest.config.ts": [],
  "compiler/limits": [],
  "compiler/diagnostics": ["compiler/limits"],
  "compiler/expr": ["compiler/diagnostics"],
  program: ["compiler/diagnostics", "compiler/expr"],
  // Paths of modules are text; where they are read from a file they are needed before there is a graph.
  "compiler/ir/module-paths.ts": [],
  "compiler/plan": ["compiler/diagnostics", "compiler/limits", "compiler/ir/module-paths.ts"],
  // Shared by the reader of models and by the runtime, which checks what the pieces of a program would read: no graph, only locations.
  "compiler/external": [],
  "compiler/temporary": [],
  "compiler/turn.ts": [],
  "compiler/group.ts": [],
  "compiler/graph": [
    "compiler/diagnostics",
    "compiler/expr",
    "compiler/external",
    "compiler/limits",
    "compiler/ir/module-paths.ts",
  ],
  ort: ["compiler/diagnostics", "compiler/graph", "compiler/limits"],
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
  "compiler/emit": ["compiler/diagnostics", "compiler/expr", "compiler/graph", "compiler/ir", "program"],
  "compiler/bind": [
    "compiler/diagnostics",
    "compiler/expr",
    "compiler/group.ts",
    "compiler/limits",
    "compiler/plan",
    "compiler/graph",
    "compiler/ir",
    "compiler/ir/module-paths.ts",
    "compiler/operators",
  ],
  "compiler/inspect": [
    "compiler/diagnostics",
    "compiler/expr",
    "compiler/group.ts",
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
    "compiler/group.ts",
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
    "compiler/group.ts",
    "compiler/limits",
    "compiler/plan",
    "compiler/graph",
    "compiler/ir",
    "compiler/ir/module-paths.ts",
    "compiler/emit",
    "compiler/shard",
    "compiler/temporary",
    "compiler/turn.ts",
    "program",
  ],
  "compiler/simulate": [
    "compiler/diagnostics",
    "compiler/expr",
    "compiler/graph",
    "compiler/ir",
    "compiler/operators",
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
    "compiler/temporary",
    "compiler/turn.ts",
    "program",
  ],
  runtime: [
    "compiler/diagnostics",
    "compiler/expr",
    "compiler/external",
    "compiler/limits",
    "compiler/temporary",
    "program",
    "ort",
  ],
  // Predicts what `runtime` takes, from the same placements and flow.
  memory: ["compiler/expr", "compiler/graph", "compiler/ir", "compiler/operators", "program", "runtime"],
  // Shares of work and lengths, which an inferred plan is chosen by; and what a compiled plan gives.
  "gain/share.ts": ["compiler/ir", "compiler/operators", "compiler/shard"],
  "gain/typical.ts": ["compiler/expr", "compiler/graph", "compiler/ir"],
  gain: [
    "compiler",
    "compiler/bind",
    "compiler/diagnostics",
    "compiler/expr",
    "compiler/group.ts",
    "compiler/ir",
    "compiler/ir/module-paths.ts",
    "compiler/lower",
    "compiler/operators",
    "compiler/plan",
    "compiler/shard",
    "compiler/simulate",
    "gain/share.ts",
    "gain/typical.ts",
    "memory",
    "program",
    "runtime",
  ],
  // Proves what it infers with the compiler's own stages.
  infer: [
    "compiler/diagnostics",
    "compiler/expr",
    "compiler/group.ts",
    "compiler/plan",
    "compiler/graph",
    "compiler/ir",
    "compiler/ir/module-paths.ts",
    "compiler/operators",
    "compiler/bind",
    "compiler/inspect",
    "compiler/shard",
    "gain/share.ts",
    "gain/typical.ts",
  ],
  // Compares programs that it compiles, and measures this machine by sessions and by a small program.
  advise: [
    "compiler",
    "compiler/diagnostics",
    "compiler/expr",
    "compiler/graph",
    "compiler/ir",
    "compiler/limits",
    "compiler/lower",
    "compiler/plan",
    "compiler/temporary",
    "memory",
    "ort",
    "program",
    "runtime",
  ],
  // Serves editors with the stages of the compiler; neither a command nor a runtime.
  lsp: [
    "compiler",
    "compiler/bind",
    "compiler/diagnostics",
    "compiler/expr",
    "compiler/inspect",
    "compiler/ir",
    "compiler/ir/module-paths.ts",
    "compiler/plan",
    "compiler/shard",
  ],
  "index.ts": [
    "advise",
    "compiler",
    "compiler/diagnostics",
    "compiler/inspect",
    "compiler/plan",
    "compiler/temporary",
    "infer",
    "program",
    "runtime",
  ],
  schemas: ["compiler/plan"],
  plans: ["index.ts"],
};

/** Parts that may import everything: nothing imports them. */
export const tops: readonly string[] = ["cli", "demo", "bench", "test"];

/** Package to the folders that may import it. */
export const packages: Readonly<Record<string, readonly string[]>> = {
  "@bufbuild/protobuf": ["compiler/graph", "compiler/external", "bench/size"],
  "onnx-buf": ["compiler/graph", "bench/size"],
  ajv: ["compiler/plan/schema"],
  "cli-progress": ["cli"],
  commander: ["cli"],
  "fast-png": ["demo"],
  "fastest-levenshtein": ["compiler/diagnostics", "compiler/bind"],
  fflate: ["ort"],
  "jsonc-parser": ["compiler/plan"],
  koffi: ["ort/system/koffi.ts"],
  "onnxruntime-node": ["ort"],
  "onnxruntime-common": ["ort"],
  picocolors: ["cli", "demo"],
  "vscode-json-languageservice": ["bench/lsp"],
  "vscode-jsonrpc": ["bench/lsp"],
  "vscode-languageserver": ["lsp"],
  "vscode-languageserver-protocol": ["lsp"],
  "vscode-languageserver-textdocument": ["lsp"],
  "string-width": ["cli"],
  "ts-morph": ["compiler/plan/typescript"],
};

/** Folders that cost too much to load before they are needed: imported by `import()` only. */
export const lazyFolders: readonly string[] = ["compiler/plan/typescript"];

/** The only parts that may touch the process and the console. */
export const mayTouchProcess: readonly string[] = [
  "cli",
  "demo",
  "bin",
  "bench",
  "test",
  "vitest.config.ts",
  // Which backend to take where the caller names none.
  "ort/process.ts",
  // Native code takes some switches from the environment only.
  "ort/system/environment.ts",
  // Gives a turn back when the process exits, since its ranks are waited for.
  "ort/devices/turns.ts",
  // Ask whether a process is alive, and remove its temporary folders when it exits.
  "compiler/temporary",
  // Waits at exit for ranks inside native code, since the process would be taken down otherwise.
  "runtime/world/threads/exit.ts",
  // A thread that waits is taken only where the environment is that of its start.
  "runtime/world/threads/idle.ts",
  // What a launcher says, it says in the environment; and a job ends as a whole.
  "runtime/world/mpi/launch.ts",
  "runtime/world/mpi/exit.ts",
];

/** What Node 20.0 lacks, the oldest that package.json allows, with the release that brought it. */
export const tooNew: Readonly<Record<string, RegExp>> = {
  "import.meta.resolve (20.6)": /\bimport\.meta\.resolve\b/,
  "import.meta.dirname and filename (20.11)": /\bimport\.meta\.(?:dirname|filename)\b/,
  "AbortSignal.any (20.3)": /\bAbortSignal\.any\b/,
  "ArrayBuffer.prototype.detached (21)": /\.detached\b/,
  "Promise.withResolvers, Array.fromAsync (22)": /\b(?:Promise\.withResolvers|Array\.fromAsync)\b/,
};
