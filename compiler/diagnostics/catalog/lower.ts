/**
 * @file Errors while a proven plan becomes a program on disk: points for user hooks, the output folder. Codes CP5200-5299.
 */
import type { Catalog, NoParams } from "./catalog.ts";

export const lowerMessages: Catalog<{
  hookMatchesNothing: { pattern: string; suggestion: string | null };
  hookSeesNothing: { module: string };
  notAProgram: { folder: string; holds: string };
  cannotWrite: { folder: string; reason: string };
  notOnlyAProgram: { folder: string; holds: string };
  holdsSource: { folder: string; source: string };
  aborted: NoParams;
}> = {
  hookMatchesNothing: {
    code: "CP5201",
    severity: "error",
    title: "Hook pattern that matches no module",
    message: ({ pattern }) => `no module matches the hook pattern "${pattern}"`,
    hint: ({ suggestion }) =>
      suggestion === null
        ? "list the modules with onnx-cp inspect; * matches one path segment"
        : `did you mean "${suggestion}"?`,
  },
  hookSeesNothing: {
    code: "CP5202",
    severity: "warning",
    title: "Module without a value for hooks",
    message: ({ module }) =>
      `no value enters or leaves the module "${module}" in this export, so its hooks would never run`,
    hint: () => "hook the enclosing module, or a module whose inputs and outputs onnx-cp inspect lists",
  },
  notAProgram: {
    code: "CP5204",
    severity: "error",
    title: "Output folder that is not a program",
    message: ({ folder, holds }) => `${folder} exists and is not a compiled program: it holds ${holds}`,
    hint: () => "choose a new or empty folder, or the folder of an earlier program",
  },
  cannotWrite: {
    code: "CP5205",
    severity: "error",
    title: "Program that cannot be written",
    message: ({ folder, reason }) => `cannot write the program to ${folder}: ${reason}`,
    hint: () => "check the path, its permissions and the free disk space",
  },
  notOnlyAProgram: {
    code: "CP5206",
    severity: "error",
    title: "Output folder with files outside the program",
    message: ({ folder, holds }) => `${folder} holds a compiled program and also ${holds}, which would be lost`,
    hint: () => "choose another folder, or move these files out of this one",
  },
  holdsSource: {
    code: "CP5207",
    severity: "error",
    title: "Output folder that holds a source file",
    message: ({ folder, source }) =>
      `${folder} holds ${source}, which the program is compiled from and which would be lost`,
    hint: () => "choose another folder",
  },
  aborted: {
    code: "CP5208",
    severity: "error",
    title: "Compilation aborted",
    message: () => "the compilation was aborted by its signal; nothing was written",
  },
};
