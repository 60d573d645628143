/**
 * @file Errors in the text of a plan or of a parallel config: the file, its JSON, its TypeScript. Codes CP1000-1499. Errors in its meaning
 * are in plan-rules.ts.
 */
import { removeEntry, writeText, writeTexts } from "../fixes.ts";
import type { Fix } from "../types.ts";
import type { Catalog, NoParams } from "./catalog.ts";

/** The file itself. */
export const fileMessages: Catalog<{
  notFound: { file: string; similar: string | null };
  isDirectory: { file: string; inside: readonly string[] };
  unreadable: { file: string; reason: string };
  notUtf8: { offset: number; byte: string; utf16: boolean };
  /** `end`: of the text, which is blank or has comments alone. */
  empty: { what: string; end: number };
  unknownKind: { file: string; known: readonly string[] };
  tooLarge: { bytes: number; limit: number };
  notRegular: { file: string; kind: string };
  swapped: { plan: string; model: string };
}> = {
  notFound: {
    code: "CP1001",
    severity: "error",
    title: "Plan file not found",
    message: ({ file }) => `there is no file ${file}`,
    hint: ({ similar }) =>
      similar === null ? "check the path; a relative path starts from the current folder" : `did you mean ${similar}?`,
  },
  isDirectory: {
    code: "CP1002",
    severity: "error",
    title: "Folder given as a plan",
    message: ({ file }) => `${file} is a folder; a plan file is expected`,
    hint: ({ inside }) =>
      inside.length > 0
        ? `give a file inside it: ${inside.join(", ")}`
        : "give a *.plan.json, *.plan.jsonc or *.plan.ts file; this folder holds none",
  },
  unreadable: {
    code: "CP1003",
    severity: "error",
    title: "Unreadable plan file",
    message: ({ file, reason }) => `${file} cannot be read: ${reason}`,
    hint: () => "check the permissions of the file",
  },
  notUtf8: {
    code: "CP1004",
    severity: "error",
    title: "File not in UTF-8",
    message: ({ offset, byte, utf16 }) =>
      utf16 ? "the file is UTF-16; UTF-8 is required" : `the file is not UTF-8: byte ${offset} is 0x${byte}`,
    hint: () => "save the file as UTF-8",
  },
  empty: {
    code: "CP1005",
    severity: "error",
    title: "Empty file",
    message: () => "the file is empty",
    hint: ({ what }) => what,
    fixes: ({ end }) => [writeTexts("write {}", [{ start: end, end, text: "{}" }])],
  },
  unknownKind: {
    code: "CP1006",
    severity: "error",
    title: "Unknown file type",
    message: ({ file, known }) => `${file} does not end in ${known.join(" or ")}`,
    hint: ({ file }) =>
      file.endsWith(".onnx")
        ? "this looks like a model: give the plan here, and the model with --model"
        : "the extension selects how the file is read: rename the file",
  },
  tooLarge: {
    code: "CP1007",
    severity: "error",
    title: "File too large",
    message: ({ bytes, limit }) => `the file has ${bytes} bytes; the limit is ${limit}`,
    hint: () => 'use patterns such as "blocks.*" instead of one entry per module',
  },
  swapped: {
    code: "CP1009",
    severity: "error",
    title: "Plan and model swapped",
    message: ({ plan, model }) =>
      `the plan and the model look swapped: ${plan} is given as the plan, ${model} as the model`,
    hint: ({ plan, model }) =>
      `give ${model} as the plan and ${plan} as the model: onnx-cp check ${model} --model ${plan}`,
  },
  notRegular: {
    code: "CP1008",
    severity: "error",
    title: "Plan that is not a regular file",
    message: ({ file, kind }) => `${file} is ${kind}; a regular file is required`,
    hint: () => "write the text to a regular file and give its path",
  },
};

/** JSON and JSONC. */
export const jsonMessages: Catalog<{
  /** `text`: what to write in place of the range, where that is certain. */
  syntax: { problem: string; advice: string; text: string | null };
  trailingComma: { close: string };
  comment: NoParams;
  duplicateKey: { key: string; line: number };
  tooDeep: { limit: number };
  tooLong: { count: number; limit: number };
  moreErrors: { count: number };
}> = {
  syntax: {
    code: "CP1101",
    severity: "error",
    title: "JSON syntax error",
    message: ({ problem }) => problem,
    hint: ({ advice }) => advice,
    fixes: ({ text }) => (text === null ? [] : [writeText(text)]),
  },
  trailingComma: {
    code: "CP1102",
    severity: "error",
    title: "Trailing comma",
    message: ({ close }) => `trailing comma before the closing ${close}`,
    hint: () => "remove the comma, or rename the file to *.jsonc, which allows it",
    fixes: () => [writeText("", "remove the comma")],
  },
  comment: {
    code: "CP1103",
    severity: "error",
    title: "Comment in strict JSON",
    message: () => "strict JSON does not allow comments",
    hint: () => 'rename the file to *.jsonc, use the key "$comment", or remove the comment',
    fixes: () => [writeText("", "remove the comment")],
  },
  duplicateKey: {
    code: "CP1104",
    severity: "error",
    title: "Duplicate key",
    message: ({ key, line }) => `the key ${key} is already defined on line ${line} of the same object`,
    hint: () => "only one of them would take effect: merge them or remove one",
    fixes: () => [removeEntry],
  },
  tooDeep: {
    code: "CP1105",
    severity: "error",
    title: "Nesting too deep",
    message: ({ limit }) => `the nesting is deeper than ${limit} levels`,
    hint: () => "a plan needs at most five levels",
  },
  tooLong: {
    code: "CP1107",
    severity: "error",
    title: "Too many tokens",
    message: ({ count, limit }) => `the file has ${count} tokens; the limit is ${limit}`,
    hint: () => 'use patterns such as "blocks.*" instead of one entry per module',
  },
  moreErrors: {
    code: "CP1106",
    severity: "note",
    title: "Further syntax errors",
    message: ({ count }) => `${count} further syntax errors are not shown`,
    hint: () => "fix the errors above first",
  },
};

/** What a fix does, before what else can be done. */
function titled(fix: Fix | null): string {
  return fix === null ? "" : `${fix.title}; `;
}

function listed(fix: Fix | null): readonly Fix[] {
  return fix === null ? [] : [fix];
}

/** TypeScript plans. */
export const typescriptMessages: Catalog<{
  syntax: { problem: string };
  /** `fix`: what to write instead, where that is certain. */
  statement: { what: string; fix: Fix | null };
  expression: { what: string; fix: Fix | null };
  unknownName: { name: string; suggestion: string | null; fix: Fix | null };
  unknownCall: { callee: string; suggestion: string | null; fix: Fix | null };
  badImport: { specifier: string; reason: string; suggestion: string | null; fix: Fix | null };
  noPlan: { found: string; fix: Fix | null };
  limit: { what: string; limit: number };
  selfReference: { name: string };
  typeOfOperand: { operation: string; found: string };
  tooLong: { what: string; count: number; limit: number };
  stopped: { limit: number };
}> = {
  syntax: {
    code: "CP1201",
    severity: "error",
    title: "TypeScript syntax error",
    message: ({ problem }) => problem,
    hint: () => "fix the syntax first: the rest is checked only after the file parses",
  },
  statement: {
    code: "CP1202",
    severity: "error",
    title: "Statement not allowed in a plan",
    message: ({ what }) => `${what} is not allowed in a plan`,
    hint: ({ fix }) =>
      `${titled(fix)}a plan is evaluated without running it: ` +
      "use import, const, type, interface, enum, functions that only return an expression, " +
      "and export default; build lists with .map, or generate a JSON plan with your own script",
    fixes: ({ fix }) => listed(fix),
  },
  expression: {
    code: "CP1203",
    severity: "error",
    title: "Expression that cannot be evaluated",
    message: ({ what }) => `${what} cannot be evaluated without running the file`,
    hint: ({ fix }) =>
      `${titled(fix)}docs/plan-language.md lists what a TypeScript plan may use; ` +
      "for anything else, generate a JSON plan with your own script",
    fixes: ({ fix }) => listed(fix),
  },
  unknownName: {
    code: "CP1204",
    severity: "error",
    title: "Unknown name",
    message: ({ name }) => `${name} is not defined`,
    hint: ({ suggestion, fix }) => {
      if (suggestion !== null) return `did you mean ${suggestion}?`;
      return fix === null ? "declare it with const or import it" : fix.title;
    },
    fixes: ({ fix }) => listed(fix),
  },
  unknownCall: {
    code: "CP1205",
    severity: "error",
    title: "Unknown function",
    message: ({ callee }) => `a plan cannot call ${callee}(...)`,
    hint: ({ suggestion }) =>
      (suggestion === null ? "" : `did you mean ${suggestion}? `) +
      "a plan can call definePlan, functions of the plan that return one expression, Array.from, Object.fromEntries, entries, keys " +
      "and values, String, Number, and .map, .filter, .flatMap, .concat, .slice, .join, .includes",
    fixes: ({ fix }) => listed(fix),
  },
  badImport: {
    code: "CP1206",
    severity: "error",
    title: "Import that cannot be read",
    message: ({ specifier, reason }) => `cannot import from ${specifier}: ${reason}`,
    hint: ({ suggestion, fix }) =>
      suggestion === null
        ? `${titled(fix)}a plan imports definePlan from "onnx-context-parallel", and constants or functions from TypeScript files by relative path`
        : `did you mean ${suggestion}?`,
    fixes: ({ fix }) => listed(fix),
  },
  noPlan: {
    code: "CP1207",
    severity: "error",
    title: "No plan in the file",
    message: ({ found }) => found,
    hint: ({ fix }) =>
      fix === null
        ? 'write: import { definePlan } from "onnx-context-parallel"; export default definePlan({ ... });'
        : fix.title,
    fixes: ({ fix }) => listed(fix),
  },
  limit: {
    code: "CP1208",
    severity: "error",
    title: "Plan too expensive to evaluate",
    message: ({ what, limit }) => `evaluating this takes more than ${limit} ${what}`,
    hint: () => "check the recursion, or the length given to Array.from",
  },
  selfReference: {
    code: "CP1209",
    severity: "error",
    title: "Circular definition",
    message: ({ name }) => `${name} is defined in terms of itself`,
    hint: () => "break the cycle of const declarations or imports",
  },
  typeOfOperand: {
    code: "CP1210",
    severity: "error",
    title: "Operation on a value of the wrong type",
    message: ({ operation, found }) => `${operation} does not work on ${found}`,
    hint: () => "use operands of a supported type, or write the result as a literal",
  },
  tooLong: {
    code: "CP1211",
    severity: "error",
    title: "TypeScript plan too large to parse",
    message: ({ what, count, limit }) => `the plan has ${count} ${what}; the limit is ${limit}`,
    hint: () => "build lists with .map, or generate a JSON plan with your own script",
  },
  stopped: {
    code: "CP1212",
    severity: "note",
    title: "Evaluation stopped after many errors",
    message: ({ limit }) => `evaluation stopped here after more than ${limit} errors`,
    hint: () => "fix the errors above first",
  },
};
