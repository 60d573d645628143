/**
 * @file Findings of a simulation. Codes CP5500-5999. Numbers come in pairs: those of the ranks, and those of the unsplit model.
 */
import type { Catalog } from "./catalog.ts";

/** Values behind a rounding, and the one that differs most. */
interface Rounding {
  readonly values: number;
  readonly value: string;
  readonly largest: number;
  readonly moves: number;
  readonly noise: number;
}

interface NoInputs {
  readonly reason: string;
  readonly tried: number;
  /** The step that fails, if it is known, and the inputs that it depends on. */
  readonly node: string | null;
  readonly behind: readonly string[];
  /** Those of the first try. */
  readonly inputs: readonly { readonly name: string; readonly elem: string; readonly dims: readonly number[] }[];
  readonly shapes: boolean;
}

/** The value, the step that made it, and its module. */
interface At {
  readonly value: string;
  readonly node: string;
  readonly module: string;
}

export const verifyMessages: Catalog<{
  different: At & { rank: number; index: string; expected: number; actual: number };
  shape: At & { rank: number; expected: string; actual: string };
  elem: At & { rank: number; expected: string; actual: string };
  ranksDiffer: At & { rank: number; index: string; first: number; actual: number };
  incomplete: At & { layout: string; covered: number; total: number };
  failed: At & { rank: number | null; reason: string };
  block: At & { rank: number; peer: number; expected: string; actual: string };
  unsplitFailed: { reason: string };
  unsplitCanonical: { reason: string };
  exact: { ranks: number; compared: number; largest: number; value: string; rounding: Rounding | null };
  noInputs: NoInputs;
  undefinedOutput: { output: string; share: number };
  undecided: At & { rank: number; index: string; expected: number; actual: number; moves: number; deviation: number };
}> = {
  different: {
    code: "CP5501",
    severity: "error",
    title: "Value that differs from the unsplit model",
    message: (p) =>
      `${said(p)} is wrong on rank ${p.rank}: element [${p.index}] of the whole value is ${p.actual}; in the unsplit model it is ${p.expected}`,
    hint: () => `if rounding cannot explain the difference, ${report()}`,
  },
  noInputs: {
    code: "CP5511",
    severity: "error",
    title: "Inputs that could not be chosen",
    message: ({ reason, tried, node, behind }) =>
      `the simulation found no inputs that the model accepts (${tried} tried): ${reason}` +
      (node === null || behind.length === 0 ? "" : `; "${node}" depends on ${list(behind)}`),
    hint: ({ inputs, shapes }) =>
      `give an archive of ${inputs.map(({ name, elem, dims }) => `${name} (${elem} [${dims.join(", ")}])`).join(", ")}: --inputs FILE.npz` +
      (shapes
        ? `; or give shapes that the model accepts: ${inputs.map(({ name, dims }) => `--shape ${name}=${dims.join(",")}`).join(" ")}`
        : ""),
  },
  undefinedOutput: {
    code: "CP5513",
    severity: "warning",
    title: "Output that is not a number",
    message: ({ output, share }) =>
      `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} % of the output "${output}" are NaN in the unsplit model on these inputs: ` +
      "the simulation says nothing of them",
    hint: () => "give inputs with which the model computes numbers, --inputs FILE.npz",
  },
  undecided: {
    code: "CP5512",
    severity: "error",
    title: "Difference that rounding may explain",
    message: (p) =>
      `${said(p)} cannot be judged: element [${p.index}] on rank ${p.rank} is ${p.actual}, in the unsplit model ${p.expected}; ` +
      `the unsplit model itself moves by ${p.moves.toExponential(1)} under rounding, ` +
      `more than a quarter of the value's standard deviation of ${p.deviation.toExponential(1)}`,
    hint: () => "give other inputs, --inputs FILE.npz, or check the model before it was quantised",
  },
  shape: {
    code: "CP5502",
    severity: "error",
    title: "Shape that contradicts the layout",
    message: (p) => `${said(p)} has the shape [${p.actual}] on rank ${p.rank}; its layout gives [${p.expected}]`,
    hint: report,
  },
  elem: {
    code: "CP5503",
    severity: "error",
    title: "Value with the wrong element type",
    message: (p) => `${said(p)} is ${p.actual} on rank ${p.rank}; in the unsplit model it is ${p.expected}`,
    hint: report,
  },
  ranksDiffer: {
    code: "CP5504",
    severity: "error",
    title: "Whole value that differs between ranks",
    message: (p) =>
      `${said(p)} is whole, but element [${p.index}] is ${p.actual} on rank ${p.rank} and ${p.first} on rank 0`,
    hint: report,
  },
  incomplete: {
    code: "CP5505",
    severity: "error",
    title: "Layout that does not cover all elements",
    message: (p) => `the shards of ${said(p)} hold ${p.covered} of its ${p.total} elements (${p.layout})`,
    hint: report,
  },
  failed: {
    code: "CP5506",
    severity: "error",
    title: "Step that fails in the simulation",
    message: (p) =>
      `the step "${p.node}"${inModule(p.module)} fails${p.rank === null ? "" : ` on rank ${p.rank}`}: ${p.reason}`,
    hint: report,
  },
  block: {
    code: "CP5507",
    severity: "error",
    title: "Block with an unexpected shape",
    message: (p) =>
      `the block "${p.value}" that rank ${p.rank} sends to rank ${p.peer} in "${p.node}"${inModule(p.module)} ` +
      `is ${p.actual}; the collective expects ${p.expected}`,
    hint: report,
  },
  unsplitFailed: {
    code: "CP5508",
    severity: "error",
    title: "Unsplit model that fails",
    message: ({ reason }) => `the unsplit model fails on these inputs: ${reason}`,
    hint: () => "give inputs that the original model accepts",
  },
  unsplitCanonical: {
    code: "CP5510",
    severity: "note",
    title: "Original model rejected by onnxruntime",
    message: ({ reason }) =>
      `onnxruntime rejects the original model (${reason}); the comparison uses its canonical form instead`,
  },
  exact: {
    code: "CP5509",
    severity: "note",
    title: "Exact simulation",
    message: ({ ranks, compared, largest, value, rounding }) =>
      `${compared} values agree with the unsplit model on ${ranks} rank${ranks === 1 ? "" : "s"}` +
      (largest > 0
        ? `; the largest difference is ${largest.toExponential(1)}, of "${value}"`
        : rounding === null || rounding.largest === 0
          ? ", bit for bit"
          : "") +
      (rounding === null ? "" : roundingText(rounding)),
  },
};

function roundingText({ values, value, largest, moves, noise }: Rounding): string {
  const count = `${values} ${values === 1 ? "value is" : "values are"} behind a rounding to whole numbers`;
  if (largest === 0) return `; ${count}`;
  return (
    `; ${count}: "${value}" differs by at most ${largest.toExponential(1)}, ` +
    `and in the unsplit model itself moves by ${moves.toExponential(1)} under noise of ${noise}`
  );
}

function list(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}

function said({ value, node, module }: At): string {
  return `the value "${value}" of the step "${node}"${inModule(module)}`;
}

function inModule(module: string): string {
  return module === "" ? "" : ` in module "${module}"`;
}

function report(): string {
  return "this is a bug in the compiler: please report it with the plan and the output of onnx-cp compile --dump sharded";
}
