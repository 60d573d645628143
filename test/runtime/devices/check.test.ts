/**
 * @file The check of a device at attach, on devices that compute with the CPU and err as told: what is refused, what is replaced, and that
 * a device is given back in every case.
 */
import { beforeAll, expect, test } from "vitest";
import type { Expr } from "../../../compiler/expr/types.ts";
import { onnxRuntimeDevices } from "../../../ort/devices/open.ts";
import type { Devices } from "../../../ort/devices/open.ts";
import { mayUse } from "../../../ort/devices/plain.ts";
import { OrtError } from "../../../ort/session.ts";
import type { OrtTensors } from "../../../ort/types.ts";
import type { CompiledProgram } from "../../../program/types.ts";
import { checkAlone, checkDevice } from "../../../runtime/devices/check.ts";
import { useDevices } from "../../../runtime/devices/settings.ts";
import type { PieceFolders } from "../../../runtime/rank/pieces.ts";
import { compilePlan } from "../../../compiler/compile.ts";
import { makeTemporaryFolder, removeTemporaryFolder } from "../../../compiler/temporary/folders.ts";
import { shippedPlan } from "../../support/compiled.ts";
import { fixture, texts } from "../../support/fixtures.ts";

const PRESENT = "coreml";
let compiled: CompiledProgram;

beforeAll(async () => {
  const folder = makeTemporaryFolder();
  const model = fixture("flux/flux.dynamo18-external.onnx");
  const parallel = { ring_degree: 2 };
  const result = await compilePlan({ model, plan: shippedPlan("flux"), parallel, out: `${folder}/program` });
  if (!result.ok) throw new Error(texts(result.diagnostics).join("\n"));
  compiled = result.program;
  return () => removeTemporaryFolder(folder);
});

const folders = (): PieceFolders => ({
  folder: compiled.folder,
  files: compiled.files,
  modelFolder: fixture("flux"),
});

type Err = (outputs: OrtTensors, model: Uint8Array) => OrtTensors;

interface Fake extends Devices {
  /** How often a model was run on the device, and how often the device was given back. */
  readonly count: { runs: number; closed: number };
}

/** The CPU, with results as `err` makes them. */
function fake(err: Err): Fake {
  const count = { runs: 0, closed: 0 };
  return {
    count,
    open: async () => ({
      close: async () => {
        count.closed += 1;
      },
    }),
    compute: async (device, model, feeds, options) => {
      const outputs = await onnxRuntimeDevices.compute("cpu", model, feeds, options);
      if (device === "cpu") return outputs;
      count.runs += 1;
      return err(outputs, model);
    },
  };
}

/** The first element of the first output, changed by `by`. */
function off(outputs: OrtTensors, by: number): OrtTensors {
  const [[name, tensor]] = Object.entries(outputs) as [[string, OrtTensors[string]]];
  const data = Float32Array.from(tensor.data as Float32Array);
  data[0] = data[0]! + by;
  return { ...outputs, [name]: { ...tensor, data } };
}

const isSmall = (outputs: OrtTensors): boolean => "y" in outputs && Object.keys(outputs).length === 1;

test("a correct device runs each small model and each trial once, and stays open until it is closed", async () => {
  const devices = fake((outputs) => off(outputs, 5e-5));
  const checked = await checkDevice(compiled.program, folders(), PRESENT, devices);
  expect([checked.plain, checked.notes]).toEqual([[], []]);
  expect(devices.count).toEqual({ runs: 2 + compiled.program.trials.length, closed: 0 });
  await checked.close();
  expect(devices.count.closed).toBe(1);
});

test("an operator that is wrong is replaced, with a note, and in no other case", async () => {
  for (const op of ["MultiHeadAttention", "LayerNormalization"] as const) {
    const devices = fake((outputs, model) => (usesFused(model, op) ? off(outputs, 0.1) : outputs));
    const checked = await checkDevice(compiled.program, folders(), PRESENT, devices);
    expect(checked.plain).toEqual([op]);
    expect(checked.notes).toMatchObject([{ code: "CP6574", severity: "note" }]);
    expect(checked.notes[0]!.message).toMatch(new RegExp(`^the operator ${op} .* by up to 0\\.10?\\. It is computed`));
    expect(devices.count.closed).toBe(0);
  }
});

/** A value of the function that replaces the operator. */
const MARKS = { MultiHeadAttention: "attended_rows", LayerNormalization: "own_dims" } as const;

/** A model in plain operators names the operator too, as a function. */
function usesFused(model: Uint8Array, op: keyof typeof MARKS): boolean {
  return mayUse(model, op) && !Buffer.from(model).includes(MARKS[op]);
}

test("wrong values of plain operators are refused, with the difference, the tolerance and the model", async () => {
  const devices = fake((outputs) => off(outputs, 0.25));
  await expect(checkAlone(PRESENT, devices)).rejects.toThrow(
    'CP6572: the device "coreml" computes a small model of plain operators wrongly: its output y differs from the CPU\'s by up to 0.25; ' +
      "0.0001 + 0.0001 of the value is allowed",
  );
  expect(devices.count.closed).toBe(1);
});

test("a device that is wrong in one piece only is refused by that piece", async () => {
  const devices = fake((outputs) => (isSmall(outputs) ? outputs : off(outputs, NaN)));
  await expect(checkDevice(compiled.program, folders(), PRESENT, devices)).rejects.toThrow(
    /^CP6572: the device "coreml" computes the piece \w+ wrongly: its output \S+ differs from the CPU's by up to Infinity; /,
  );
  expect(devices.count.closed).toBe(1);
});

test("a device that fails is refused with the reason", async () => {
  const devices = fake(() => {
    throw new OrtError("run", "out of memory");
  });
  await expect(checkAlone(PRESENT, devices)).rejects.toThrow(
    'CP6573: the device "coreml" cannot compute a small model of plain operators: out of memory',
  );
});

test("a program without trials is checked on the small models alone, and a note says so", async () => {
  const devices = fake((outputs) => outputs);
  const checked = await checkDevice({ ...compiled.program, trials: [] }, folders(), PRESENT, devices);
  const attention = compiled.program.pieces.filter(({ kind }) => kind === "attention").map(({ id }) => id);
  expect(devices.count.runs).toBe(2);
  expect(checked.notes).toMatchObject([{ code: "CP6575" }]);
  expect(checked.notes[0]!.message).toContain(` ${attention.join(", ")} of the program`);
});

test("a trial whose shapes are none, too large or without a number is not run, whoever wrote the program", async () => {
  const devices = fake((outputs) => outputs);
  for (const extent of [-1, 2 ** 40, ["*", 2 ** 52, "img"], ["//", "img", 0]] as const) {
    const trials = compiled.program.trials.map((trial) => ({
      ...trial,
      reads: trial.reads.map((read) => ({ ...read, dims: [extent as Expr, ...read.dims.slice(1)] })),
    }));
    const { notes } = await checkDevice({ ...compiled.program, trials }, folders(), PRESENT, devices);
    expect(notes).toMatchObject([{ code: "CP6575" }]);
  }
});

test("a device that the package lacks here is missing, and its needs are named", async () => {
  const absent = process.platform === "win32" ? "coreml" : "dml";
  await expect(checkAlone(absent)).rejects.toMatchObject({
    code: "CP6519",
    message: expect.stringContaining(`onnxruntime-node has no ${absent} for ${process.platform}`),
    diagnostics: [{ hint: expect.stringMatching(/^it needs (Windows|macOS)/) }],
  });
});

test("devices that have passed are closed where a later one does not", async () => {
  const closed: string[] = [];
  const check: typeof checkDevice = async (_program, _folders, device) => {
    if (device === "cuda:1") throw new Error("no second one");
    return { plain: [], notes: [], close: async () => void closed.push(device) };
  };
  const devices = ["cpu", "cuda:0", "cpu", "webgpu", "cuda:0"];
  await expect(useDevices(compiled.program, folders(), [...devices, "cuda:1"], check)).rejects.toThrow("no second one");
  expect(closed).toEqual(["cuda:0", "webgpu"]);
  const used = await useDevices(compiled.program, folders(), devices, check);
  expect(used.settingsOf("cuda:0")).toEqual({ device: "cuda:0", plain: [], turns: null });
  expect(used.settingsOf("webgpu").turns).not.toBeNull();
});
