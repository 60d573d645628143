/**
 * @file Errors while a program is attached or runs on its ranks. Codes CP6500-6999.
 */
import type { Catalog, NoParams } from "./catalog.ts";

/** Where a rank was: `rank 1, step 3 of 9 (piece "p2", module "blocks.0.attn")`. */
interface Place {
  readonly place: string;
}

const NATIVE_NEEDS =
  '"native" needs the optional package koffi, the version of onnxruntime-node that this package depends on, and ranks on cpu; ' +
  'else choose backend "binding"';

export const runtimeMessages: Catalog<{
  devices: { expected: number; actual: number; mesh: string };
  backend: { name: string; variable: string };
  start: { rank: number; reason: string };
  session: { rank: number; piece: string; device: string; reason: string };
  piece: Place & { reason: string };
  handler: Place & { url: string; reason: string };
  handlerResult: Place & { url: string; expected: string; actual: string };
  exited: { rank: number; doing: string; reason: string };
  deadline: { milliseconds: number; late: string };
  aborted: NoParams;
  released: NoParams;
  ended: { reason: string };
  noHookPoint: { module: string; phase: string; points: readonly string[] };
  handlerModule: { rank: number; url: string; reason: string };
  extents: Place & { value: string; expected: string; actual: string };
  step: Place & { reason: string };
  memory: { bytes: number; reason: string };
  handlerUrl: { url: string };
  argument: { call: string; name: string; expected: string; actual: string };
  handlerDeadline: { ranks: string; url: string; module: string; phase: string; milliseconds: number };
  startDeadline: { milliseconds: number; late: string };
  library: { reason: string; other: string | null };
  weightsChanged: { file: string; expected: number; actual: number | null };
  sharesCount: { expected: number; actual: number; mesh: string };
  shareValue: { rank: number; actual: string };
  sharesMeasured: { milliseconds: readonly number[]; shares: readonly number[] | null };
  sharesNotMeasured: NoParams;
  backendMissing: { name: string; reason: string };
  notNative: { reason: string };
  world: { name: string };
}> = {
  devices: {
    code: "CP6500",
    severity: "error",
    title: "Wrong number of devices",
    message: ({ expected, actual, mesh }) =>
      `${actual} devices were given; the program is compiled for ${expected} (${mesh})`,
    hint: ({ expected }) =>
      `give ${expected} devices, or compile the plan with degrees whose product is the number of devices`,
  },
  backend: {
    code: "CP6501",
    severity: "error",
    title: "Unknown backend",
    message: ({ name }) => `there is no backend "${name}"`,
    hint: ({ variable }) =>
      `write "native" or "binding", or leave backend out and the environment variable ${variable} unset`,
  },
  world: {
    code: "CP6549",
    severity: "error",
    title: "Unknown world",
    message: ({ name }) => `there is no world "${name}"`,
    hint: () => 'write "threads", or "mpi" in a process that an MPI launcher has started',
  },
  start: {
    code: "CP6502",
    severity: "error",
    title: "Rank that cannot start",
    message: ({ rank, reason }) => `rank ${rank} could not start: ${reason}`,
    hint: () =>
      "check that the package is complete (its dist folder), that a bundle has rank-worker.js next to it or attach its worker option, and that " +
      "there is enough memory for every rank",
  },
  session: {
    code: "CP6503",
    severity: "error",
    title: "Piece that ONNX Runtime cannot load",
    message: ({ rank, piece, device, reason }) =>
      `rank ${rank} could not load the piece ${piece} on ${device}: ${reason}`,
    hint: ({ device }) =>
      device === "cpu"
        ? "check that the model's weights are where they were when the plan was compiled; otherwise compile again with this release"
        : `check that this machine has the device ${device}: try the same run on cpu`,
  },
  piece: {
    code: "CP6504",
    severity: "error",
    title: "Piece that fails",
    message: ({ place, reason }) => `${place} failed: ${reason}`,
    hint: () =>
      "run the unsplit model with the same inputs: if it fails too, the inputs are the cause; otherwise please report it",
  },
  handler: {
    code: "CP6505",
    severity: "error",
    title: "Hook handler that throws",
    message: ({ place, url, reason }) => `${place}: the handler ${url} threw: ${reason}`,
    hint: () => "fix the handler, or remove it with the function that register() returned",
  },
  handlerResult: {
    code: "CP6506",
    severity: "error",
    title: "Hook handler that changes type or shape",
    message: ({ place, url, expected, actual }) =>
      `${place}: the handler ${url} returned ${actual} instead of ${expected}`,
    hint: ({ expected }) => `return a tensor of ${expected}, or nothing to leave the value unchanged`,
  },
  exited: {
    code: "CP6507",
    severity: "error",
    title: "Rank that ended unexpectedly",
    message: ({ rank, doing, reason }) => `rank ${rank} ended unexpectedly${doing}: ${reason}`,
    hint: () => "release the session and attach again; if it happens again, check the memory and the hook handlers",
  },
  deadline: {
    code: "CP6508",
    severity: "error",
    title: "Deadline passed",
    message: ({ milliseconds, late }) => `the run did not end within its deadline of ${milliseconds} ms: ${late}`,
    hint: () => "give a longer deadlineMs, a shorter input, or more devices",
  },
  aborted: {
    code: "CP6509",
    severity: "error",
    title: "Call aborted",
    message: () => "the call was aborted by its signal",
  },
  released: {
    code: "CP6510",
    severity: "error",
    title: "Session released",
    message: () => "the session was released",
    hint: () => "attach the program again to run it",
  },
  ended: {
    code: "CP6511",
    severity: "error",
    title: "Session that lost a rank",
    message: ({ reason }) => `the session lost a rank and cannot run again: ${reason}`,
    hint: () => "release the session and attach the program again",
  },
  noHookPoint: {
    code: "CP6512",
    severity: "error",
    title: "No hook point",
    message: ({ module, phase, points }) =>
      `the program was not compiled with hooks at ${module === "" ? "the root module" : `module "${module}"`}, ${phase}; ` +
      (points.length === 0 ? "it has no hook points" : `it has ${points.join(", ")}`),
    hint: ({ module }) => `compile with compilePlan({ hooks: ["${module}"] })`,
  },
  handlerModule: {
    code: "CP6513",
    severity: "error",
    title: "Hook handler that cannot be loaded",
    message: ({ rank, url, reason }) => `rank ${rank} could not load the handler ${url}: ${reason}`,
    hint: () =>
      'give the URL of an ES module whose default export is the handler, for example new URL("./hook.js", import.meta.url)',
  },
  extents: {
    code: "CP6514",
    severity: "error",
    title: "Value with an unexpected shape",
    message: ({ place, value, expected, actual }) =>
      `${place}: the value ${value} is ${actual}; the program expects ${expected}`,
    hint: () => "this is a bug in onnx-context-parallel: please report it with the plan, the model and the lengths",
  },
  step: {
    code: "CP6515",
    severity: "error",
    title: "Step that fails",
    message: ({ place, reason }) => `${place} failed: ${reason}`,
    hint: () =>
      "if there is enough memory, this is a bug in onnx-context-parallel: please report it with the plan, the model and the lengths",
  },
  memory: {
    code: "CP6516",
    severity: "error",
    title: "Not enough memory",
    message: ({ bytes, reason }) => `cannot allocate ${bytes} bytes for the exchange between ranks: ${reason}`,
    hint: () => "feed a shorter input, or free memory",
  },
  handlerUrl: {
    code: "CP6518",
    severity: "error",
    title: "Hook handler without an absolute URL",
    message: ({ url }) => `the handler "${url}" is not an absolute URL, so a rank cannot find it`,
    hint: ({ url }) => `write new URL("${url}", import.meta.url).href`,
  },
  argument: {
    code: "CP6520",
    severity: "error",
    title: "Argument of the wrong type",
    message: ({ call, name, expected, actual }) => `${name} of ${call} is ${actual}; it must be ${expected}`,
    hint: ({ name, expected }) => `pass ${expected} as ${name}, or omit it if it is optional`,
  },
  handlerDeadline: {
    code: "CP6521",
    severity: "error",
    title: "Hook handler not loaded in time",
    message: ({ ranks, url, module, phase, milliseconds }) =>
      `${ranks} did not load the handler ${url} for ${module}, ${phase}, within ${milliseconds} ms; it is not registered`,
    hint: () => "look for a top-level await or an endless loop in the module, or give register() a longer deadlineMs",
  },
  startDeadline: {
    code: "CP6522",
    severity: "error",
    title: "Ranks not started in time",
    message: ({ milliseconds, late }) => `the ranks did not start within the deadline of ${milliseconds} ms: ${late}`,
    hint: () => "give attach() a longer deadlineMs, or none; each run can have its own deadline",
  },
  library: {
    code: "CP6523",
    severity: "error",
    title: "ONNX Runtime that cannot be loaded",
    message: ({ reason, other }) =>
      other === null
        ? `onnxruntime-node cannot be loaded: ${reason}`
        : `onnxruntime-node cannot be loaded, because this process has already loaded another version of it: ${other}`,
    hint: ({ other }) =>
      other === null
        ? "install the package again, on this platform and with this version of Node"
        : "use one version in the whole project: npm ls onnxruntime-node shows which package depends on which version; give your package.json the same " +
          'version, or an entry in "overrides", and run npm dedupe',
  },
  weightsChanged: {
    code: "CP6524",
    severity: "error",
    title: "Weights that changed while they are used",
    message: ({ file, expected, actual }) => {
      if (actual === null) return `${file} was replaced or removed after it was checked`;
      return actual === expected
        ? `${file} was written to after it was checked`
        : `${file} has ${actual} bytes; it had ${expected} when it was checked`;
    },
    hint: () =>
      "release the session and attach the program again; to replace weights that are in use, write a new file and rename it",
  },
  sharesCount: {
    code: "CP6530",
    severity: "error",
    title: "Wrong number of shares",
    message: ({ expected, actual, mesh }) =>
      `${actual} ${actual === 1 ? "share was" : "shares were"} given; the program is compiled for ${expected} ${expected === 1 ? "rank" : "ranks"} (${mesh})`,
    hint: ({ expected }) =>
      `give ${expected === 1 ? "one share" : `${expected} shares, one per rank in order of rank`}, or none to deal every length equally`,
  },
  shareValue: {
    code: "CP6531",
    severity: "error",
    title: "Share that is not positive",
    message: ({ rank, actual }) => `the share of rank ${rank} is ${actual}; a share must be a finite number above 0`,
    hint: () =>
      "give the relative speed of each rank: a rank with share 2 gets twice the rows of a rank with share 1. To leave a device out, compile the plan for fewer ranks",
  },
  sharesMeasured: {
    code: "CP6532",
    severity: "note",
    title: "Shares measured",
    message: ({ milliseconds, shares }) =>
      `the ranks took ${milliseconds.map((time) => time.toPrecision(3)).join(", ")} ms for the same piece: ` +
      (shares === null ? "they count as equal" : `their shares are ${shares.join(", ")}`),
    hint: ({ shares }) =>
      shares === null
        ? "give shares if the ranks are not equally fast"
        : `give shares ${shares.join(", ")} to attach again without a measurement`,
  },
  sharesNotMeasured: {
    code: "CP6533",
    severity: "note",
    title: "Shares not measured",
    message: () =>
      "the ranks count as equal: the program has no piece that can be measured, since extents depend on data or no lengths satisfy its equations",
    hint: () => "give shares if the ranks are not equally fast",
  },
  backendMissing: {
    code: "CP6540",
    severity: "error",
    title: "Backend that cannot be used",
    message: ({ name, reason }) => `the backend "${name}" cannot be used here: ${reason}`,
    hint: () => NATIVE_NEEDS,
  },
  notNative: {
    code: "CP6541",
    severity: "note",
    title: "Backend binding instead of native",
    message: ({ reason }) =>
      `the backend "native" cannot be used here: ${reason}; the session uses "binding", which takes more memory`,
    hint: () => NATIVE_NEEDS,
  },
};
