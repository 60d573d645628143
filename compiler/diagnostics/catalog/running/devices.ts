/**
 * @file Errors of devices: their names, whether the machine has them, and whether they compute what the CPU computes. Codes CP6570-6559.
 */
import type { Catalog } from "../catalog.ts";

/** Where a device is checked: `a model of plain operators`, `the piece attention0`. */
interface Checked {
  readonly device: string;
  readonly what: string;
}

export const deviceMessages: Catalog<{
  unknown: { device: string; meant: string | null; known: readonly string[] };
  number: { device: string; name: string; why: string | null };
  missing: { device: string; reason: string; needs: string };
  wrong: Checked & { output: string; largest: number; atol: number; rtol: number; tf32: boolean };
  fails: Checked & { reason: string };
  replaced: Checked & { op: string; found: string };
  unchecked: { device: string; pieces: readonly string[] };
}> = {
  unknown: {
    code: "CP6570",
    severity: "error",
    title: "Unknown device",
    message: ({ device }) => `there is no device "${device}"`,
    hint: ({ meant, known }) =>
      `${meant === null ? "write" : `did you mean "${meant}"? Write`} one of ${known.join(", ")}, by the name that onnxruntime-node has for it`,
  },
  number: {
    code: "CP6571",
    severity: "error",
    title: "Wrong device number",
    message: ({ device, name, why }) =>
      why === null
        ? `the device "${device}" has no number from 0 to 9999 after its colon`
        : `the device "${device}" has a number, but ${name} takes none: ${why}`,
    hint: ({ name, why }) => (why === null ? `write "${name}:0" for the first device` : `write "${name}"`),
  },
  missing: {
    code: "CP6519",
    severity: "error",
    title: "Device not available",
    message: ({ device, reason }) => `ONNX Runtime cannot use the device "${device}" on this machine: ${reason}`,
    hint: ({ needs }) =>
      `it needs ${needs}. To check a plan for another machine, omit --devices in check and give the degrees`,
  },
  wrong: {
    code: "CP6572",
    severity: "error",
    title: "Device that computes wrong values",
    message: ({ device, what, output, largest, atol, rtol }) =>
      `the device "${device}" computes ${what} wrongly: its output ${output} differs from the CPU's by up to ${largest.toPrecision(2)}; ` +
      `${atol} + ${rtol} of the value is allowed`,
    hint: ({ tf32 }) =>
      tf32
        ? "if the difference is about 1e-3, products are computed in TF32: set the environment variable NVIDIA_TF32_OVERRIDE=0; otherwise use another device or driver"
        : "use another device or driver; this check found that results on it would not be those of the unsplit model",
  },
  fails: {
    code: "CP6573",
    severity: "error",
    title: "Device that fails its check",
    message: ({ device, what, reason }) => `the device "${device}" cannot compute ${what}: ${reason}`,
    hint: () => "use another device or driver; this check found that the program cannot run there",
  },
  replaced: {
    code: "CP6574",
    severity: "note",
    title: "Operator that a device does not use",
    message: ({ device, what, op, found }) =>
      `the operator ${op} of the device "${device}" is not used: with it, ${what} ${found}. It is computed there in plain operators, which ` +
      "the check found correct",
    hint: ({ op }) =>
      op === "MultiHeadAttention"
        ? "all logits of an attention site are in the memory of the device at once; a driver with a correct operator needs less"
        : "a driver with a correct operator takes less time",
  },
  unchecked: {
    code: "CP6575",
    severity: "note",
    title: "Device checked without a piece of the program",
    message: ({ device, pieces }) =>
      `the device "${device}" was compared with the CPU on two small models, but not on ${pieces.join(", ")} of the program: no small lengths ` +
      "satisfy its equations, or extents depend on data",
    hint: () => "compare the outputs with those of the unsplit model: onnx-cp run --verify",
  },
};
