/**
 * @file Examples of what is said of devices: their names, and what the check at attach finds. Codes CP6519 and CP657x.
 */
import { ContextParallelError } from "../../../compiler/diagnostics/error.ts";
import type { Diagnostic } from "../../../compiler/diagnostics/types.ts";
import { onnxRuntimeDevices } from "../../../ort/devices/open.ts";
import type { Devices } from "../../../ort/devices/open.ts";
import { OrtError } from "../../../ort/session.ts";
import type { OrtTensors } from "../../../ort/types.ts";
import { checkDevice } from "../../../runtime/devices/check.ts";
import { loadProgram } from "../../../runtime/load/load.ts";
import { valueOf } from "../../support/fixtures.ts";
import type { Examples } from "../example.ts";
import { compiled, fluxPlan } from "../flux.ts";

const files = { "flux.plan.json": fluxPlan };
const attach = (devices: string): string => `await attach(program, { devices: ${devices} });`;

/** What the check says of a device that computes with the CPU, with its results as `err` makes them. */
async function found(
  device: string,
  err: (outputs: OrtTensors, model: Uint8Array) => OrtTensors,
  trials = true,
): Promise<readonly Diagnostic[]> {
  await compiled();
  const { program, folder, files: own } = valueOf(await loadProgram("program"));
  const devices: Devices = {
    open: async () => ({ close: async () => undefined }),
    compute: async (on, model, feeds, options) => {
      const outputs = await onnxRuntimeDevices.compute("cpu", model, feeds, options);
      return on === "cpu" ? outputs : err(outputs, model);
    },
  };
  const folders = { folder, files: own, modelFolder: folder };
  try {
    return (await checkDevice(trials ? program : { ...program, trials: [] }, folders, device, devices)).notes;
  } catch (error) {
    if (error instanceof ContextParallelError) return error.diagnostics;
    throw error;
  }
}

/** Every element changed by `by`. */
function off(outputs: OrtTensors, by: number): OrtTensors {
  const entries = Object.entries(outputs).map(([name, tensor]) => {
    const data = Float32Array.from(tensor.data as Float32Array, (x) => x + by);
    return [name, { ...tensor, data }] as const;
  });
  return Object.fromEntries(entries);
}

export const devices: Examples = {
  CP6519: {
    means:
      "`check`, and `attach` for every device but `cpu`, run two small models on each device. Nothing runs on the CPU instead. [devices.md](devices.md) says what each device needs.",
    files,
    command: "onnx-cp check flux.plan.json --model flux.onnx --devices cpu,dml:0",
  },
  CP6570: {
    means: "A device is `cpu`, or has the name of an execution provider that onnxruntime-node brings for Node.",
    files,
    command: "onnx-cp check flux.plan.json --model flux.onnx --devices cpu,wbgpu",
  },
  CP6571: {
    means: "A number after a colon chooses among several devices of one kind, where there can be several.",
    files,
    command: "onnx-cp check flux.plan.json --model flux.onnx --devices webgpu:1,cuda:x",
  },
  CP6572: {
    means:
      "`attach` compares every device but `cpu` with the CPU: on two small models, then on pieces of the program at small lengths. A device with another result is refused.",
    given: "the program of flux, and a device whose products have 10 bits",
    command: attach('["cuda:0", "cuda:1"]'),
    call: () => found("cuda:0", (outputs) => off(outputs, 1.5e-3)),
  },
  CP6573: {
    means: "A model or a piece that `attach` runs on the device to compare it with the CPU does not run there.",
    given: "the program of flux, and a device without memory",
    command: attach('["dml:0", "dml:0"]'),
    call: () =>
      found("dml:0", () => {
        throw new OrtError("run", "Not enough memory resources are available to complete this operation.");
      }),
  },
  CP6574: {
    means:
      "An operator of the device has another result than the CPU's, or does not take what the CPU's takes. The pieces of ranks on this device use plain operators instead, which the check compares too. This note is in session.notes, and run prints it.",
    given: "the program of flux, and a software adapter whose MultiHeadAttention is wrong from 32 rows on",
    command: attach('["webgpu", "webgpu"]'),
    call: () =>
      found("webgpu", (outputs, model) => {
        const fused =
          Buffer.from(model).includes("MultiHeadAttention") && !Buffer.from(model).includes("attended_rows");
        return fused ? off(outputs, 6.2e-2) : outputs;
      }),
  },
  CP6575: {
    means:
      "`attach` compares a device with the CPU on pieces of the program too, at small lengths that the program allows. Where it finds none, the device is compared on small models only. This note is in session.notes, and run prints it.",
    given: "a program whose attention reads values with extents that depend on data",
    command: attach('["webgpu", "webgpu"]'),
    call: () => found("webgpu", (outputs) => outputs, false),
  },
};
