/**
 * @file Errors when a plan is bound to a model: modules, parameters, values, axes. `where` reads like
 * `hidden_states of transformer_blocks.0`. Codes CP3000-3999.
 */
import {
  chooseAxis,
  dropField,
  removeEntry,
  rename,
  renameTo,
  repeat,
  resizeTo,
  setField,
  spellOut,
} from "../fixes.ts";
import { NONE_FITS } from "../none-fits.ts";
import type { Fix } from "../types.ts";
import { counted, inModules, list } from "../words.ts";
import type { Catalog } from "./catalog.ts";

/** Candidates that an editor offers. */
const MOST = 8;

/** Names of the plan that the model does not have. */
export const bindNames: Catalog<{
  unknownModule: { pattern: string; suggestion: string | null; known: readonly string[]; more: number };
  foldedModule: { pattern: string };
  unknownParameter: { parameter: string; module: string; suggestion: string };
  unknownInputs: { parameters: readonly string[]; inputs: readonly string[] };
  unknownValue: { value: string; where: string; suggestion: string | null; known: readonly string[] };
  foreignValue: { value: string; where: string; side: string; known: readonly string[] };
  contradictedValue: { value: string; where: string; marked: string };
  tooManyBindings: { count: number; entries: number; modules: number; limit: number };
}> = {
  unknownModule: {
    code: "CP3001",
    severity: "error",
    title: "Unknown module",
    message: ({ pattern, more }) =>
      `no module of the model matches "${pattern}"${more === 0 ? "" : `, nor ${more} more of the plan's patterns`}`,
    hint: ({ suggestion, known }) => {
      if (suggestion !== null) return `did you mean "${suggestion}"?`;
      if (known.length > 0) return `the model has ${list(known)}; "*" matches one whole segment between dots`;
      return (
        "the nodes of this file carry no module names: an optimiser removed them, or the exporter wrote none; " +
        'use the file as torch exported it, or name inputs, outputs and other values of the model under "", as onnx-cp init does'
      );
    },
    fixes: ({ suggestion }) => renameTo(suggestion),
  },
  foldedModule: {
    code: "CP3002",
    severity: "note",
    title: "Module folded into constants",
    message: ({ pattern }) =>
      `this export has no module "${pattern}"; if its results were folded into constants, because their lengths are fixed, these are sliced where they are used`,
    hint: () => "export with dynamic lengths to keep the module, or remove the entry",
    fixes: () => [removeEntry],
  },
  tooManyBindings: {
    code: "CP3008",
    severity: "error",
    title: "Too many bindings",
    message: ({ count, entries, modules, limit }) =>
      `the plan's ${entries} entries match ${count} inputs and outputs in the model's ${modules} modules; the limit is ${limit}`,
    hint: () => "write patterns that match fewer modules; one entry per kind of module is enough",
  },
  unknownParameter: {
    code: "CP3003",
    severity: "error",
    title: "Misspelt parameter",
    message: ({ parameter, module }) => `${moduleName(module)} has no parameter "${parameter}"`,
    hint: ({ suggestion }) => `did you mean "${suggestion}"?`,
    fixes: ({ suggestion }) => [rename(suggestion)],
  },
  unknownInputs: {
    code: "CP3004",
    severity: "error",
    title: "Renamed graph inputs",
    message: ({ parameters }) => `the model has no input named ${list(parameters)}`,
    hint: ({ parameters, inputs }) =>
      `its inputs are ${list(inputs)}; write "${parameters[0]}": { ..., "value": "${inputs[0] ?? ""}" } to select one of them`,
    fixes: ({ inputs }) => inputs.slice(0, MOST).map((input) => setField("value", input)),
  },
  unknownValue: {
    code: "CP3005",
    severity: "error",
    title: "Unknown value",
    message: ({ value, where }) => `"value": "${value}" for ${where} is not a value of the model`,
    hint: ({ suggestion, known }) =>
      suggestion === null ? `the candidates are ${list(known)}` : `did you mean "${suggestion}"?`,
    fixes: ({ suggestion, known }) =>
      (suggestion === null ? known.slice(0, MOST) : [suggestion]).map((value) => setField("value", value)),
  },
  foreignValue: {
    code: "CP3006",
    severity: "error",
    title: "Value not at the module boundary",
    message: ({ value, where, side }) =>
      side === "input"
        ? `"value": "${value}" for ${where} does not enter that module from outside`
        : `"value": "${value}" for ${where} does not leave that module`,
    hint: ({ known }) => (known.length === 0 ? "remove this entry" : `the candidates are ${list(known)}`),
    fixes: ({ known }) =>
      known.length === 0 ? [removeEntry] : known.slice(0, MOST).map((value) => setField("value", value)),
  },
  contradictedValue: {
    code: "CP3007",
    severity: "error",
    title: "Value that contradicts a marker",
    message: ({ value, where, marked }) =>
      `"value": "${value}" for ${where} is not the value "${marked}" that the export marks`,
    hint: () => `remove "value": the marker already identifies the value`,
    fixes: () => [dropField("value")],
  },
};

/** Values that cannot be distinguished, or contradict the plan. */
export const bindValues: Catalog<{
  /** `candidates`: how to name each of the values. */
  /** `line`: for the first value that may be the parameter; `null` where each behaves as something else. */
  ambiguousInput: { where: string; count: number; line: string | null; candidates: readonly Fix[] };
  ambiguousOutput: { where: string; count: number; line: string; candidates: readonly Fix[] };
  outputCount: { module: string; specs: number; outputs: number; values: readonly string[] };
  outputIndex: { module: string; index: number; outputs: number; values: readonly string[] };
  listCount: { where: string; specs: number; values: number };
  notAList: { where: string; values: number };
  dimOutOfRange: { where: string; key: string; dim: number; rank: number; shape: string };
  gatherRank: { where: string; expected: number; rank: number; shape: string };
  conflict: { where: string; key: string; axis: number; earlier: string; earlierAxis: number };
}> = {
  ambiguousInput: {
    code: "CP3010",
    severity: "error",
    title: "Ambiguous parameter",
    message: ({ where, count }) => `${counted(count, "value")} could be ${where}`,
    hint: ({ line }) => (line === null ? NONE_FITS : `name the value you mean: ${line}`),
    fixes: ({ candidates }) => (candidates.length === 0 ? [removeEntry] : candidates.slice(0, MOST)),
  },
  ambiguousOutput: {
    code: "CP3011",
    severity: "error",
    title: "Ambiguous output",
    message: ({ where, count }) => `${counted(count, "value")} could be ${where}`,
    hint: ({ line }) => `name the value you mean: ${line}`,
    fixes: ({ candidates }) => candidates.slice(0, MOST),
  },
  outputCount: {
    code: "CP3012",
    severity: "error",
    title: "Wrong number of output specs",
    message: ({ module, specs, outputs }) =>
      `the list has ${counted(specs, "spec")}, but ${outputsSeen(module, outputs)}`,
    hint: ({ values }) => `write one spec or null per output (${list(values)}), or name each with "value"`,
    fixes: ({ values }) => resizeTo(values.length, "null"),
  },
  outputIndex: {
    code: "CP3013",
    severity: "error",
    title: "Output index out of range",
    message: ({ module, index, outputs }) =>
      `there is no output ${index} of ${moduleName(module)}: ${outputsSeen(module, outputs)}`,
    hint: ({ values }) =>
      `output indices start at 0 (${list(values)}); use "value" to name an output that has another index here`,
  },
  listCount: {
    code: "CP3014",
    severity: "error",
    title: "Wrong number of specs for a list of tensors",
    message: ({ where, specs, values }) =>
      `the list for ${where} has ${counted(specs, "spec")}, but the model passes ${counted(values, "tensor")}`,
    hint: ({ values }) => `write ${counted(values, "spec")}`,
    fixes: ({ values }) => resizeTo(values, "last"),
  },
  notAList: {
    code: "CP3015",
    severity: "error",
    title: "One spec for a list of tensors",
    message: ({ where, values }) =>
      `${where} has one spec, but the model passes a list of ${counted(values, "tensor")}`,
    hint: ({ values }) => `write a list of ${counted(values, "spec")}`,
    fixes: ({ values }) => [repeat(values)],
  },
  dimOutOfRange: {
    code: "CP3016",
    severity: "error",
    title: "Axis out of range",
    message: ({ where, key, dim, rank, shape }) => `${key} is ${dim}, but ${where} has rank ${rank}: ${shape}`,
    hint: ({ rank, where }) =>
      rank === 0 ? `remove the entry: ${where} is a single number` : `write an axis from ${-rank} to ${rank - 1}`,
    fixes: ({ rank, key }) => (rank === 0 ? [removeEntry] : chooseAxis(key, rank)),
  },
  gatherRank: {
    code: "CP3017",
    severity: "error",
    title: "Output with an unexpected rank",
    message: ({ where, expected, rank, shape }) =>
      `expected_dims is ${expected}, but ${where} has rank ${rank}: ${shape}`,
    hint: ({ rank }) => `check gather_dim and write "expected_dims": ${rank}`,
    fixes: ({ rank }) => [setField("expected_dims", rank)],
  },
  conflict: {
    code: "CP3018",
    severity: "error",
    title: "Two entries for one value disagree",
    message: ({ where, axis, earlier, earlierAxis }) =>
      `this entry splits or gathers ${where} along axis ${axis}, but ${earlier} does so along axis ${earlierAxis} of the same tensor`,
    hint: ({ key, earlierAxis }) => `write "${key}": ${earlierAxis}, or remove one of the two entries`,
    fixes: ({ key, earlierAxis }) => [setField(key, earlierAxis), removeEntry],
  },
};

/** Decisions that the reader may want to know. */
export const bindNotes: Catalog<{
  absent: { where: string; modules: readonly string[]; others: readonly string[] };
  absentInput: { where: string; inputs: readonly string[] };
  skipped: { where: string; dim: number; expected: number; rank: number; modules: readonly string[] };
  satisfied: { where: string; earlier: string; modules: readonly string[] };
}> = {
  absent: {
    code: "CP3020",
    severity: "note",
    title: "Entry without a value in this export",
    message: ({ where, modules, others }) =>
      `${where} has no separate value ${inModules(modules, modules.length + others.length)}: it is folded, shared with another module, or unused. Whatever this entry would split is aligned where it is used`,
    hint: ({ others }) =>
      others.length > 0
        ? `write the entry for ${list(others)} instead of the pattern`
        : 'if the module has it under another name, name it with "value"; otherwise remove the entry',
    fixes: ({ others }) => (others.length > 0 ? [spellOut(others)] : [removeEntry]),
  },
  absentInput: {
    code: "CP3023",
    severity: "note",
    title: "Parameter that is not an input of this export",
    message: ({ where }) =>
      `${where} is not an input of this export. Whatever this entry would split is aligned where it is used`,
    hint: ({ inputs }) => `remove the entry, or name one of the inputs: ${list(inputs)}`,
    fixes: () => [removeEntry],
  },
  skipped: {
    code: "CP3021",
    severity: "note",
    title: "Split skipped because of the rank",
    message: ({ where, expected, rank, modules }) =>
      `${where} stays whole ${inModules(modules, modules.length)}: expected_dims is ${expected}, but its rank is ${rank}`,
    hint: ({ dim, rank }) =>
      dim < rank && dim >= -rank
        ? `write "expected_dims": ${rank} to split it, or remove the entry`
        : `remove the entry: with rank ${rank} there is no axis ${dim}`,
    fixes: ({ dim, rank }) => [...(dim < rank && dim >= -rank ? [setField("expected_dims", rank)] : []), removeEntry],
  },
  satisfied: {
    code: "CP3022",
    severity: "note",
    title: "Entry already satisfied",
    message: ({ where, earlier, modules }) =>
      `${where} already has this layout ${inModules(modules, modules.length)}, because of ${earlier}`,
  },
};

function moduleName(module: string): string {
  return module === "" ? "the model" : module;
}

/** An export shows only those outputs of a module that something reads. */
function outputsSeen(module: string, outputs: number): string {
  if (module === "") return `the model has ${counted(outputs, "output")}`;
  return `the export shows ${counted(outputs, "output")} of ${module}`;
}
