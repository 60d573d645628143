/**
 * @file Both backends behind `attach`: how one is chosen, that they compute the same, and how soon an abort takes effect.
 */
import { afterEach, expect, test, vi } from "vitest";
import { compilePlan } from "../../compiler/compile.ts";
import { fromOutputs, toFeeds } from "../../cli/run/tensors.ts";
import { BACKEND_VARIABLE } from "../../ort/process.ts";
import { attach, attachWithGrace } from "../../runtime/attach/attach.ts";
import type { AttachOptions } from "../../runtime/attach/attach.ts";
import { BACKENDS, startEngine } from "../../runtime/attach/engine.ts";
import type { Backend } from "../../runtime/attach/engine.ts";
import { compareOutputs } from "../../runtime/verify.ts";
import { fixture, fixtureTensors } from "../support/fixtures.ts";
import { temporaryFolder } from "../support/files.ts";
import { feed, gatherProgram, ringProgram, runningSum, ulyssesProgram } from "./support/programs.ts";
import { slowProgram } from "./support/special.ts";
import { graph, node, value, writeProgram } from "./support/models.ts";

const mesh = { batch_degree: 1, ring_degree: 1, ulysses_degree: 2 };
afterEach(() => vi.unstubAllEnvs());

async function backendOf(options: AttachOptions): Promise<Backend | string> {
  try {
    const session = await attach(gatherProgram(mesh), options);
    await session.release();
    return session.backend;
  } catch (error) {
    return String(error).split(":")[0]!;
  }
}

test("the option chooses, else the environment, else it is the native one on cpu", async () => {
  vi.stubEnv(BACKEND_VARIABLE, "");
  expect(await backendOf({})).toBe("native");
  expect(await backendOf({ backend: "binding" })).toBe("binding");
  vi.stubEnv(BACKEND_VARIABLE, "binding");
  expect(await backendOf({})).toBe("binding");
  expect(await backendOf({ backend: "native" })).toBe("native");
  vi.stubEnv(BACKEND_VARIABLE, "other");
  expect(await backendOf({})).toBe("ContextParallelError");
});

test("another device is for the binding, and not for the native backend", async () => {
  vi.stubEnv(BACKEND_VARIABLE, "");
  const { program, folder, files } = gatherProgram(mesh);
  const options = { folder, files, modelFolder: null, devices: ["cpu", "cuda"], threads: 1 };
  const device = async () => ({ plain: ["MultiHeadAttention"], notes: [], close: async () => undefined }) as const;
  const engine = await startEngine(program, { ...options, backend: undefined }, { device });
  expect([engine.backend, engine.notes]).toEqual(["binding", []]);
  expect(engine.settingsOf(0)).toMatchObject({ backend: "binding", device: "cpu", plain: [], turns: null });
  expect(engine.settingsOf(1)).toMatchObject({ backend: "binding", device: "cuda", plain: ["MultiHeadAttention"] });
  await expect(startEngine(program, { ...options, backend: "native" })).rejects.toMatchObject({ code: "CP6540" });
});

test("where the native one does not load, a note says why, unless it was asked for", async () => {
  const { program, folder, files } = gatherProgram(mesh);
  const options = { folder, files, modelFolder: null, devices: ["cpu", "cpu"], threads: 1 };
  const missing = (): Promise<void> => Promise.reject(new Error("no koffi here"));
  const engine = await startEngine(program, { ...options, backend: undefined }, { native: missing });
  expect(engine.backend).toBe("binding");
  expect(engine.notes).toMatchObject([{ code: "CP6541", severity: "note" }]);
  expect(engine.notes[0]!.message).toContain("no koffi here");
  await expect(startEngine(program, { ...options, backend: "native" }, { native: missing })).rejects.toMatchObject({
    code: "CP6540",
  });
});

test("pieces of one model are one session", async () => {
  const negate = graph([value("x", ["n"])], [value("y", ["n"])], [node("Neg", ["x"], ["y"])]);
  const other = graph([value("x", ["n"])], [value("y", ["n"])], [node("Abs", ["x"], ["y"])]);
  const { program, folder, files } = writeProgram({ mesh, steps: [] }, [
    { id: "a", graph: negate },
    { id: "b", graph: negate },
    { id: "c", graph: other },
  ]);
  const options = { folder, files, modelFolder: null, devices: ["cpu", "cpu"], threads: 1, backend: "native" } as const;
  const engine = await startEngine(program, options);
  const settings = [0, 1].map(engine.settingsOf);
  const [first, second] = settings.map((one) => (one.backend === "native" ? one.sessions : {}));
  expect(first).toEqual(second);
  expect(first!["a"]).toBe(first!["b"]);
  expect(first!["a"]).not.toBe(first!["c"]);
  engine.release();
});

test.each(["ulysses_degree", "ring_degree"] as const)(
  "both compute flux alike over %s, run after run",
  async (degree) => {
    const out = await temporaryFolder();
    const parallel = { [degree]: 2, rotate_method: "alltoall" } as const;
    const model = fixture("flux/flux.dynamo18-dynamic.onnx");
    const compiled = await compilePlan({ model, plan: "plans/flux.plan.json", parallel, out });
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.diagnostics));
    const feeds = toFeeds(await fixtureTensors("flux/flux.img96-txt40.inputs.npz"));
    const outputs = [];
    for (const backend of BACKENDS) {
      const session = await attach(compiled.program, { backend });
      await session.run(feeds);
      outputs.push(fromOutputs(await session.run(feeds)));
      await session.release();
    }
    for (const { ok } of compareOutputs(outputs[0]!, outputs[1]!)) expect(ok).toBe(true);
  },
);

/** Outputs that are a feed, a value with two names, and a value that later steps use too. */
test.each(BACKENDS)("outputs of %s are memory of the caller's", async (backend) => {
  const { program, ...rest } = gatherProgram(mesh);
  const outputs = [program.outputs[0]!, { ...program.outputs[0]!, name: "x" }];
  const steps = program.steps.map((step) => ({ ...step, frees: step.frees.filter((name) => name !== "x") }));
  const session = await attach({ ...rest, program: { ...program, outputs, steps } }, { backend });
  const first = await session.run(feed(6));
  const second = await session.run(feed(6, 100));
  await session.release();
  expect(first["x"]!.data).toEqual(feed(6).x.data);
  expect(first["y"]!.data).toEqual(feed(6).x.data.map((v) => -v));
  expect(second["x"]!.data).toEqual(feed(6, 100).x.data);
});

test.each(BACKENDS)("lengths change from run to run on %s", async (backend) => {
  const [ulysses, ring] = [await attach(ulyssesProgram(3), { backend }), await attach(ringProgram(3), { backend })];
  for (const rows of [5, 40, 3, 17]) {
    expect((await ulysses.run(feed(rows)))["y"]!.data).toEqual(runningSum(rows));
    expect((await ring.run(feed(rows)))["sum2"]!.data).toEqual(runningSum(rows).slice((rows - 1) * 15));
  }
  await Promise.all([ulysses.release(), ring.release()]);
});

test("an abort ends the native step that a rank is in, not only the run", async () => {
  const session = await attachWithGrace(slowProgram(), { backend: "native" }, 100);
  const feeds = { x: { type: "float32", dims: [1, 1], data: Float32Array.of(1e-3) } };
  await session.run(feeds);
  const whole = session.lastRun!.milliseconds;
  await expect(session.run(feeds, { deadlineMs: whole / 10 })).rejects.toMatchObject({ code: "CP6508" });
  const started = performance.now();
  // This waits for the rank.
  await session.release();
  expect(performance.now() - started).toBeLessThan(whole / 2);
});
