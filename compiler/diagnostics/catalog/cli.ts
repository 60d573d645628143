/**
 * @file Errors and notes of the command line itself: wrong usage, files that it reads and writes, the end of a run; and of the advice on
 * meshes (CP71xx). Codes CP7000-7999.
 */
import type { Catalog } from "./catalog.ts";

/** How the command was called, and how it ended. */
export const cliMessages: Catalog<{
  usage: { problem: string; command: string };
  degreesFromDevices: { devices: number };
  internal: { problem: string };
  fileSystem: { action: string; file: string; reason: string };
  interrupted: { written: readonly string[] };
  verification: { output: string; problem: string };
  noModule: { pattern: string; nearest: string | null };
  moreDiagnostics: { count: number; rest: string; limit: number };
  exists: { file: string };
  unknownCode: { code: string; nearest: string | null };
  vanished: { file: string };
  sideEnded: { side: string; reason: string };
}> = {
  usage: {
    code: "CP7001",
    severity: "error",
    title: "Wrong usage",
    message: ({ problem }) => problem,
    hint: ({ command }) => `see onnx-cp ${command === "" ? "" : `${command} `}--help`,
  },
  degreesFromDevices: {
    code: "CP7002",
    severity: "note",
    title: "Degrees taken from the devices",
    message: ({ devices }) => `no degrees were given: Ulysses over ${devices} device${devices === 1 ? "" : "s"}`,
    hint: ({ devices }) =>
      `write --ulysses-degree ${devices} to make this explicit, or --ring-degree ${devices} for a ring`,
  },
  internal: {
    code: "CP7003",
    severity: "error",
    title: "Internal error",
    message: ({ problem }) => `internal error of onnx-context-parallel: ${problem}`,
    hint: () =>
      "this is a bug in onnx-context-parallel: please report it with the command, the plan and the output of onnx-cp inspect",
  },
  fileSystem: {
    code: "CP7004",
    severity: "error",
    title: "File that cannot be read or written",
    message: ({ action, file, reason }) => `cannot ${action} ${file}: ${reason}`,
    hint: () => "check the path, its permissions and the free disk space",
  },
  interrupted: {
    code: "CP7005",
    severity: "error",
    title: "Interrupted",
    message: ({ written }) =>
      `interrupted; ${written.length === 0 ? "nothing was written" : `already written: ${written.join(", ")}`}`,
  },
  verification: {
    code: "CP7006",
    severity: "error",
    title: "Verification failed",
    message: ({ output, problem }) => `output ${output} ${problem}`,
    hint: () => "run onnx-cp check --simulate to find the first value that differs",
  },
  noModule: {
    code: "CP7007",
    severity: "error",
    title: "Pattern that matches no module",
    message: ({ pattern }) => `no module of the model matches "${pattern}"`,
    hint: ({ nearest }) =>
      nearest === null
        ? 'onnx-cp inspect lists the modules; "*" matches one segment of a name'
        : `did you mean "${nearest}"?`,
  },
  moreDiagnostics: {
    code: "CP7009",
    severity: "note",
    title: "Further diagnostics",
    message: ({ count, rest, limit }) => `${count} further diagnostics (${rest}) are not shown; the limit is ${limit}`,
    hint: () => "fix the errors above first",
  },
  exists: {
    code: "CP7010",
    severity: "error",
    title: "File that exists",
    message: ({ file }) => `${file} exists; it may have been edited and is not overwritten`,
    hint: () => "name another file with --out, or remove this one",
  },
  unknownCode: {
    code: "CP7011",
    severity: "error",
    title: "Unknown code of a diagnostic",
    message: ({ code }) => `no diagnostic has the code ${code}`,
    hint: ({ nearest }) =>
      nearest === null
        ? "onnx-cp explain lists all codes"
        : `did you mean "${nearest}"? onnx-cp explain lists all codes`,
  },
  vanished: {
    code: "CP7012",
    severity: "error",
    title: "Watched file that vanished",
    message: ({ file }) => `${file} does not exist any more`,
    hint: () => "the watch continues, and checks again as soon as the file is back",
  },
  sideEnded: {
    code: "CP7020",
    severity: "error",
    title: "Process of a measurement that ended",
    message: ({ side, reason }) => `the process that measures ${side} ended: ${reason}`,
    hint: () => "if SIGKILL ended it, the memory was most likely not enough: measure at smaller shapes",
  },
};

/** Lengths that the advice needs, options that it cannot use, plans that no mesh can run. */
export const adviseMessages: Catalog<{
  openLengths: { lengths: readonly string[]; inputs: readonly string[] };
  option: { option: string; expected: string; actual: string };
  together: { option: string; other: string };
  nothingFits: { devices: readonly number[]; reason: string };
}> = {
  openLengths: {
    code: "CP7101",
    severity: "error",
    title: "Advice that needs the lengths of the inputs",
    message: ({ lengths }) =>
      `bytes, memory and time depend on the length${lengths.length === 1 ? "" : "s"} ${lengths.join(", ")}, which the model leaves open`,
    hint: ({ inputs }) => `give the shapes: ${inputs.map((input) => `--shape ${input}`).join(" ")}`,
  },
  option: {
    code: "CP7102",
    severity: "error",
    title: "Option that the advice cannot use",
    message: ({ option, expected, actual }) => `${option} must be ${expected}, not ${actual}`,
    hint: () => "docs/api.md lists the options; rates are per second: bytes, or floating-point operations for flops",
  },
  together: {
    code: "CP7103",
    severity: "error",
    title: "Option of the advice that needs another",
    message: ({ option, other }) => `${option} means nothing without ${other}`,
    hint: ({ other }) => `give ${other} too: see docs/cli.md, section advise`,
  },
  nothingFits: {
    code: "CP7104",
    severity: "error",
    title: "No mesh that the plan can run on",
    message: ({ devices, reason }) => `no mesh of ${devices.join(" or ")} devices can run the plan: ${reason}`,
    hint: () => "onnx-cp check with the degrees of one mesh shows the place in the plan",
  },
};
