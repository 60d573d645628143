/**
 * @file All limits on user input, as data with reasons. Below a limit the work grows with the size of the input; above it the input is
 * refused at once. docs/plan-language.md shows this table. Imports nothing.
 */

export interface Limit {
  readonly most: number;
  /** What is counted, for the table. */
  readonly what: string;
  readonly why: string;
}

const KIBIBYTE = 2 ** 10;
const MEBIBYTE = 2 ** 20;

type Name =
  | "planBytes"
  | "typescriptBytes"
  | "typescriptFiles"
  | "chainedTokens"
  | "tokens"
  | "values"
  | "entries"
  | "members"
  | "keyLength"
  | "depth"
  | "bindings"
  | "steps"
  | "nesting"
  | "faults"
  | "diagnostics"
  | "ranks"
  | "modelBytes"
  | "modelFields"
  | "inlinedNodes"
  | "operands"
  | "axes"
  | "nameLength"
  | "messageLength"
  | "tensorBytes"
  | "programBytes";

export const limits: Readonly<Record<Name, Limit>> = {
  planBytes: {
    most: 4 * MEBIBYTE,
    what: "bytes of a plan or config in JSON",
    why: "a plan that names each of 6,000 modules has 2 MB",
  },
  typescriptBytes: {
    most: 512 * KIBIBYTE,
    what: "bytes of a TypeScript plan, with the files that it imports",
    why: "the TypeScript parser needs a second and 300 MB for them; loops spell out the rest",
  },
  typescriptFiles: {
    most: 64,
    what: "files of a TypeScript plan, imports included",
    why: "a plan shares a few constants with others",
  },
  chainedTokens: {
    most: 1_000,
    what: "tokens of a TypeScript plan without a comma, a semicolon or a bracket between them",
    why: "parsing time grows with the square of such a chain",
  },
  tokens: {
    most: 400_000,
    what: "tokens of a JSON plan",
    why: "40 for each of 10,000 entries",
  },
  values: {
    most: 200_000,
    what: "values in a plan given as an object",
    why: "20 for each of 10,000 entries; shared parts count each time",
  },
  entries: {
    most: 10_000,
    what: "entries of a plan",
    why: "the largest exports have 6,000 modules, and one pattern can match many",
  },
  members: {
    most: 500,
    what: "members of one object, or elements of one list, inside an entry",
    why: "a module has tens of parameters and outputs",
  },
  keyLength: {
    most: 1_000,
    what: "characters of a key",
    why: "paths of modules have up to a hundred",
  },
  depth: {
    most: 64,
    what: "levels of nested objects and lists",
    why: "a plan needs at most five",
  },
  bindings: {
    most: 20_000,
    what: "bindings: specs times the modules that their patterns match",
    why: "two specs for each of 6,000 modules are 12,000",
  },
  steps: {
    most: 500_000,
    what: "steps to evaluate a TypeScript plan: expressions evaluated, list elements and characters made",
    why: "a plan of 6,000 modules takes 100,000; each step can hold 800 bytes",
  },
  nesting: {
    most: 400,
    what: "nested expressions and calls of a TypeScript plan, and nested brackets",
    why: "well below the stack limit of a thread",
  },
  faults: {
    most: 200,
    what: "errors while a TypeScript plan is evaluated, repeated ones counted each time",
    why: "an error in a function occurs at each of its calls",
  },
  diagnostics: {
    most: 100,
    what: "diagnostics that a command prints",
    why: "a reader needs the first ones; the rest are counted",
  },
  messageLength: {
    most: 20_000,
    what: "characters of a message or a hint",
    why: "the names of a model may be long",
  },
  ranks: {
    most: 1_024,
    what: "ranks, batch_degree * ring_degree * ulysses_degree",
    why: "ranks are threads of one process; compiling for this many takes seconds",
  },
  modelBytes: {
    most: 2 ** 31 - 1,
    what: "bytes of a model file, without external data",
    why: "a protobuf message ends at 2 GiB",
  },
  modelFields: {
    most: 4_000_000,
    what: "fields of a model's messages: nodes with their names, operands, attributes and notes",
    why: "a model of 24,000 nodes has 1,000,000; each takes up to 350 bytes of memory",
  },
  inlinedNodes: {
    most: 200_000,
    what: "nodes that the local functions of a model become",
    why: "functions that call each other double their nodes with each; the largest exports have 40,000 nodes",
  },
  operands: {
    most: 4_096,
    what: "inputs or outputs of one node",
    why: "real nodes have tens",
  },
  axes: {
    most: 64,
    what: "axes of a tensor",
    why: "real tensors have at most eight",
  },
  nameLength: {
    most: 16_384,
    what: "characters of a name in a model or a program",
    why: "exporters write up to some hundreds",
  },
  tensorBytes: {
    most: 2 ** 31 - 1,
    what: "bytes of an .npz file",
    why: "it is unpacked in memory",
  },
  programBytes: {
    most: 256 * MEBIBYTE,
    what: "bytes of a program.json",
    why: "the longest text that Node can parse has 512 MiB",
  },
};
