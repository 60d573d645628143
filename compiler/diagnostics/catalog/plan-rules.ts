/**
 * @file Errors in the meaning of a plan or of a parallel config, before any model is known. Codes CP1500-1999. `where` reads like
 * `transformer_blocks.*.hidden_states`.
 */
import { addBeside, chooseAxis, put, removeEntry, rename, renameTo, setField } from "../fixes.ts";
import type { Json } from "../types.ts";
import type { Catalog, NoParams } from "./catalog.ts";

/** The shape of the data: found by the JSON Schema. */
export const shapeMessages: Catalog<{
  /** `meant`: the value of the right type, where the wrong one shows it: `1` for `"1"`. */
  wrongType: { where: string; found: string; expected: string; meant: Json | null };
  unknownKey: { where: string; key: string; suggestion: string | null; known: readonly string[] };
  missingKey: { where: string; key: string; example: string };
  tooSmall: { where: string; found: string; minimum: number };
  tooBig: { where: string; found: string; maximum: number };
  badChoice: { where: string; found: string; choices: readonly string[]; suggestion: string | null };
  emptyValue: { where: string; advice: string };
}> = {
  wrongType: {
    code: "CP1501",
    severity: "error",
    title: "Value of the wrong type",
    message: ({ where, found }) => `${where} cannot be ${found}`,
    hint: ({ expected }) => expected,
    fixes: ({ meant }) => (meant === null ? [] : [put(meant)]),
  },
  unknownKey: {
    code: "CP1502",
    severity: "error",
    title: "Unknown key",
    message: ({ where, key }) => `${where} has the unknown key ${key}`,
    hint: ({ suggestion, known }) =>
      suggestion === null
        ? `the known keys are ${known.map((k) => `"${k}"`).join(", ")}`
        : `did you mean "${suggestion}"?`,
    fixes: ({ suggestion }) => renameTo(suggestion),
  },
  missingKey: {
    code: "CP1503",
    severity: "error",
    title: "Missing key",
    message: ({ where, key }) => `${where} has no "${key}"`,
    hint: ({ example }) => `write ${example}`,
    fixes: ({ key }) => [setField(key, 1)],
  },
  tooSmall: {
    code: "CP1504",
    severity: "error",
    title: "Number too small",
    message: ({ where, found, minimum }) => `${where} is ${found}; the minimum is ${minimum}`,
    hint: ({ minimum }) => `write ${minimum} or more`,
    fixes: ({ minimum }) => [put(minimum)],
  },
  tooBig: {
    code: "CP1507",
    severity: "error",
    title: "Number too large",
    message: ({ where, found, maximum }) => `${where} is ${found}; the maximum is ${maximum}`,
    hint: ({ maximum }) => `write ${maximum} or less`,
    fixes: ({ maximum }) => [put(maximum)],
  },
  badChoice: {
    code: "CP1505",
    severity: "error",
    title: "Unknown choice",
    message: ({ where, found }) => `${where} cannot be ${found}`,
    hint: ({ choices, suggestion }) =>
      suggestion === null
        ? `choose one of ${choices.map((c) => `"${c}"`).join(", ")}`
        : `did you mean "${suggestion}"?`,
    fixes: ({ suggestion, choices }) => (suggestion === null ? choices : [suggestion]).map(put),
  },
  emptyValue: {
    code: "CP1506",
    severity: "error",
    title: "Empty value",
    message: ({ where }) => `${where} is empty`,
    hint: ({ advice }) => advice,
    fixes: () => [{ ...removeEntry, title: "remove it" }],
  },
};

/** The rules of the plan language beyond its shape. */
export const planMessages: Catalog<{
  mixedSpecs: { where: string; key: string; advice: string };
  misplacedKey: { where: string; key: string; advice: string };
  pairLength: { where: string; count: number };
  emptyPlan: NoParams;
  emptyEntry: { where: string };
  badPattern: { pattern: string; problem: string; advice: string; meant: string | null };
  unknownReservedKey: { key: string; suggestion: string | null };
  indexNeedsSplitOutput: { where: string; index: string };
  splitOutputNeedsIndex: { where: string; name: string };
  splitOutputInList: { where: string; count: number };
  badIndex: { where: string; key: string; index: string };
  valueUnderWildcard: { where: string; pattern: string; value: string };
  dimOutOfRange: { where: string; key: string; dim: number; expected: number };
  tooManyEntries: { count: number; limit: number };
  longKey: { key: string; length: number; limit: number };
  tooManyMembers: { where: string; count: number; limit: number };
  schemeOfOtherMesh: { where: string; scheme: string; needs: string; own: string; ring: number; ulysses: number };
}> = {
  mixedSpecs: {
    code: "CP1520",
    severity: "error",
    title: "Input and output specs mixed",
    message: ({ where, key }) => `${where} mixes input and output specs: ${key} does not belong there`,
    hint: ({ advice }) => advice,
    fixes: () => [{ title: "write [{ inputs }, { output }]", change: { kind: "pair" } }],
  },
  misplacedKey: {
    code: "CP1521",
    severity: "error",
    title: "Key at the wrong level",
    message: ({ where, key }) => `${where} has ${key} where a parameter name or "gather_dim" belongs`,
    hint: ({ advice }) => advice,
    fixes: ({ key }) => [
      ...(key === '"expected_dims"' || key === '"value"' ? [addBeside("gather_dim", 1)] : []),
      {
        title: 'write it under a parameter name: "hidden_states"',
        change: { kind: "wrap", parameter: "hidden_states" },
      },
    ],
  },
  pairLength: {
    code: "CP1522",
    severity: "error",
    title: "List form of the wrong length",
    message: ({ where, count }) =>
      `${where} is a list that starts with an inputs map, so it has 2 elements, not ${count}`,
    hint: () => "write [inputs, output] or [inputs, [output, output, ...]]; for inputs alone, drop the list",
    fixes: ({ count }) => (count === 1 ? [{ title: "drop the list", change: { kind: "unwrap" } }] : []),
  },
  emptyPlan: {
    code: "CP1523",
    severity: "error",
    title: "Plan without entries",
    message: () => "the plan has no entries: nothing would be split",
    hint: () =>
      'write entries such as { "": { "hidden_states": { "split_dim": 1 } }, "proj_out": { "gather_dim": 1 } }; ' +
      "without entries only the batch can be split, with a batch_degree and no other degree",
  },
  emptyEntry: {
    code: "CP1524",
    severity: "warning",
    title: "Entry that does nothing",
    message: ({ where }) => `${where} neither splits nor gathers anything`,
    hint: () => "remove it, or name what to split or gather",
    fixes: () => [removeEntry],
  },
  badPattern: {
    code: "CP1525",
    severity: "error",
    title: "Malformed module name",
    message: ({ pattern, problem }) => `the module name ${pattern} ${problem}`,
    hint: ({ advice }) => advice,
    fixes: ({ meant }) => renameTo(meant),
  },
  unknownReservedKey: {
    code: "CP1526",
    severity: "error",
    title: "Unknown reserved key",
    message: ({ key }) => `${key} is not a known key: names that begin with $ are reserved`,
    hint: ({ suggestion }) =>
      suggestion === null
        ? 'the known keys are "$schema", "$comment", "$model", "$batch", "$attention"'
        : `did you mean "${suggestion}"?`,
    fixes: ({ suggestion }) => renameTo(suggestion),
  },
  indexNeedsSplitOutput: {
    code: "CP1527",
    severity: "error",
    title: "Output index without split_output",
    message: ({ where, index }) => `${where} names output ${index}, but does not set split_output`,
    hint: ({ index }) =>
      `to split output ${index}, add "split_output": true; to split an input, write its parameter name instead of "${index}"`,
    fixes: () => [setField("split_output", true)],
  },
  splitOutputNeedsIndex: {
    code: "CP1528",
    severity: "error",
    title: "split_output under a parameter name",
    message: ({ where, name }) => `${where} sets split_output, but ${name} is not an output index`,
    hint: () =>
      'an output is named by its index: write "0" for the first output; to split an input, remove "split_output"',
    fixes: () => [{ ...removeEntry, title: 'remove "split_output"' }],
  },
  splitOutputInList: {
    code: "CP1529",
    severity: "error",
    title: "List of specs for one output",
    message: ({ where, count }) => `${where} gives ${count} specs for one output`,
    hint: () => 'write one spec per output index: "0": { ... }, "1": { ... }',
    fixes: () => [{ title: "write one spec per output index", change: { kind: "indices" } }],
  },
  badIndex: {
    code: "CP1530",
    severity: "error",
    title: "Malformed output index",
    message: ({ where, key }) => `${where}: "${key}" is not an output index`,
    hint: ({ index }) =>
      `an output index starts at "0" and has no sign or leading zeros${index === "" ? "" : `: write "${index}"`}`,
    fixes: ({ index }) => (index === "" ? [] : [rename(index)]),
  },
  valueUnderWildcard: {
    code: "CP1531",
    severity: "error",
    title: "ONNX value named under a wildcard",
    message: ({ where, pattern, value }) =>
      `${where} names the ONNX value ${value}, but the pattern "${pattern}" can match several modules`,
    hint: () =>
      'add an entry for the one module that has this value, before or after the pattern, and set "value" there',
  },
  dimOutOfRange: {
    code: "CP1532",
    severity: "error",
    title: "Axis outside the expected rank",
    message: ({ where, key, dim, expected }) =>
      `${where}: ${key} is ${dim}, but expected_dims is ${expected}, whose axes are ${-expected} to ${expected - 1}`,
    hint: ({ key, dim }) => `write "expected_dims": ${rankFor(dim)}, or an axis of the expected rank for "${key}"`,
    fixes: ({ key, dim, expected }) => [setField("expected_dims", rankFor(dim)), ...chooseAxis(key, expected)],
  },
  tooManyEntries: {
    code: "CP1533",
    severity: "error",
    title: "Too many entries",
    message: ({ count, limit }) => `the plan has ${count} entries; the limit is ${limit}`,
    hint: () => 'use patterns such as "blocks.*" instead of one entry per module',
  },
  tooManyMembers: {
    code: "CP1535",
    severity: "error",
    title: "Too many members in one entry",
    message: ({ where, count, limit }) => `${where} has ${count} members or elements; the limit is ${limit}`,
    hint: () =>
      'name only the parameters and outputs that are split or gathered; for modules, use patterns such as "blocks.*"',
  },
  longKey: {
    code: "CP1534",
    severity: "error",
    title: "Key too long",
    message: ({ key, length, limit }) => `the key ${key} has ${length} characters; the limit is ${limit}`,
    hint: () => "write a module path or a parameter name as onnx-cp inspect shows it",
  },
  schemeOfOtherMesh: {
    code: "CP1536",
    severity: "error",
    title: "Attention scheme of another mesh",
    message: ({ where, scheme, needs, ring, ulysses }) =>
      `${where}: ${scheme} needs ${needs}, but the mesh has ring_degree ${ring} and ulysses_degree ${ulysses}`,
    hint: ({ own }) => `write ${own}, the scheme of this mesh, or "gather", which works on every mesh`,
    fixes: ({ own }) => [put(JSON.parse(own) as string), put("gather")],
  },
};

/** The lowest rank that has an axis. */
function rankFor(dim: number): number {
  return dim < 0 ? -dim : dim + 1;
}

/** Parallel configs. */
export const configMessages: Catalog<{
  refusedField: { field: string; instead: string };
  alwaysOn: { field: string; value: string };
  bothForms: { field: string };
  tooManyRanks: { batch: number; ring: number; ulysses: number; ranks: number; limit: number };
}> = {
  refusedField: {
    code: "CP1701",
    severity: "error",
    title: "Unsupported field of the diffusers config",
    message: ({ field }) => `"${field}" is not supported`,
    hint: ({ instead }) => instead,
  },
  alwaysOn: {
    code: "CP1702",
    severity: "note",
    title: "Setting without effect",
    message: ({ field, value }) =>
      `"${field}": ${value} has no effect: uneven lengths and head counts are always supported`,
    hint: ({ field }) => `remove "${field}"`,
  },
  bothForms: {
    code: "CP1703",
    severity: "error",
    title: "ParallelConfig and ContextParallelConfig mixed",
    message: ({ field }) => `"${field}" is given next to "context_parallel_config"`,
    hint: ({ field }) =>
      `move "${field}" into "context_parallel_config", or remove that level and write its fields directly`,
  },
  tooManyRanks: {
    code: "CP1704",
    severity: "error",
    title: "Too many ranks",
    message: ({ batch, ring, ulysses, ranks, limit }) =>
      `${batch === 1 ? "" : `batch_degree ${batch} * `}ring_degree ${ring} * ulysses_degree ${ulysses} = ${ranks} ranks; the limit is ${limit}`,
    hint: () => "lower one of the degrees: their product is the number of ranks, one device each",
  },
};
