/**
 * @file Errors and notes of the command line itself: wrong usage, files that it reads and writes, the end of a run. Codes CP7000-7999.
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
  noSample: { inputs: readonly string[] };
  moreDiagnostics: { count: number; rest: string; limit: number };
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
    hint: ({ devices }) => `say it with --ulysses-degree ${devices}, or choose --ring-degree ${devices}`,
  },
  internal: {
    code: "CP7003",
    severity: "error",
    title: "Internal error",
    message: ({ problem }) => `internal error of onnx-context-parallel: ${problem}`,
    hint: () =>
      "this is a mistake of ours: please report it with the command, the plan and the output of onnx-cp inspect",
  },
  fileSystem: {
    code: "CP7004",
    severity: "error",
    title: "File that cannot be read or written",
    message: ({ action, file, reason }) => `cannot ${action} ${file}: ${reason}`,
    hint: () => "check the path, its permissions and the space on the disk",
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
    hint: () => "see which value is the first to differ with onnx-cp check --simulate",
  },
  noModule: {
    code: "CP7007",
    severity: "error",
    title: "Pattern that matches no module",
    message: ({ pattern }) => `the model has no module that matches "${pattern}"`,
    hint: ({ nearest }) =>
      nearest === null
        ? 'onnx-cp inspect lists the modules; "*" stands for one segment of a name'
        : `did you mean "${nearest}"?`,
  },
  noSample: {
    code: "CP7008",
    severity: "error",
    title: "Simulation that needs shapes",
    message: () => "the lengths that the simulation chose for itself are not ones that this program accepts",
    hint: ({ inputs }) => `give the shapes of the inputs, such as ${inputs.map((i) => `--shape ${i}`).join(" ")}`,
  },
  moreDiagnostics: {
    code: "CP7009",
    severity: "note",
    title: "Further diagnostics",
    message: ({ count, rest, limit }) => `and ${count} more (${rest}): at most ${limit} diagnostics are printed`,
    hint: () => "correct those above first",
  },
};
