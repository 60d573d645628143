/**
 * @file The public entry: one call from a model to a session, its errors, and its cleanup.
 */
import { copyFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import {
  applyContextParallel,
  attach,
  compilePlan,
  ContextParallelError,
  formatDiagnostics,
  inferPlan,
  inspectModel,
  loadProgram,
} from "../../index.ts";
import type { ContextParallelConfig, ContextParallelPlan, ParallelConfig, Session } from "../../index.ts";
import * as api from "../../index.ts";
import { fromOutputs, toFeeds } from "../../cli/run/tensors.ts";
import { compareOutputs } from "../../runtime/verify.ts";
import { createSession } from "../../ort/session.ts";
import { fixture, fixtureTensors } from "../support/fixtures.ts";
import { temporaryFolder } from "../support/files.ts";

const model = fixture("flux/flux.dynamo18-dynamic.onnx");
const plan: ContextParallelPlan = {
  "": {
    hidden_states: { split_dim: 1 },
    encoder_hidden_states: { split_dim: 1 },
    img_ids: { split_dim: 0 },
    txt_ids: { split_dim: 0 },
  },
  proj_out: { gather_dim: 1 },
};

async function agrees(session: Session): Promise<boolean> {
  onTestFinished(() => session.release());
  const feeds = await fixtureTensors("flux/flux.img67-txt13.inputs.npz");
  const unsplit = await createSession(model, { threads: 1 });
  onTestFinished(() => unsplit.release());
  const outputs = fromOutputs(await session.run(toFeeds(feeds)));
  return compareOutputs(outputs, await unsplit.run(feeds)).every(({ ok }) => ok);
}

async function errorOf(work: Promise<unknown>): Promise<ContextParallelError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ContextParallelError);
  return error as ContextParallelError;
}

test("exports these values and no others", () => {
  expect(Object.keys(api).sort()).toEqual([
    "ContextParallelError",
    "advise",
    "applyContextParallel",
    "attach",
    "compilePlan",
    "definePlan",
    "formatDiagnostics",
    "inferPlan",
    "inspectModel",
    "loadProgram",
  ]);
});

test("diagnostics as text have the message, the line of the file, and the hint", async () => {
  const folder = await temporaryFolder();
  const file = join(folder, "a.plan.json");
  await writeFile(file, '{\n  "": { "img_idz": { "split_dim": 0 } },\n  "proj_out": { "gather_dim": 1 }\n}\n');
  const compiled = await compilePlan({ model, plan: file });
  expect(formatDiagnostics(compiled.diagnostics)).toBe(`error CP3003: the model has no parameter "img_idz"
  at ${file}:2:9
    2 |   "": { "img_idz": { "split_dim": 0 } },
      |         ^^^^^^^^^
  hint: did you mean "img_ids"?

1 error
`);
  const red = (text: string): string => `<${text}>`;
  const plain = (text: string): string => text;
  const colors = { bold: plain, dim: plain, red, yellow: plain, cyan: plain };
  expect(formatDiagnostics(compiled.diagnostics, { colors })).toContain("<error CP3003>");
  expect(formatDiagnostics([])).toBe("");
});

test("await using releases the session", async () => {
  let kept: Session | undefined;
  {
    await using session = await applyContextParallel(model, { ulysses_degree: 2 }, plan);
    kept = session;
  }
  await expect(kept.run({})).rejects.toMatchObject({ code: "CP6510" });
});

const configs: readonly (ParallelConfig | ContextParallelConfig)[] = [
  { context_parallel_config: { ulysses_degree: 2 } },
  { batch_degree: 1, ring_degree: 2 },
  { batch_degree: 1, ring_degree: 3, rotate_method: "alltoall" },
  {},
];
test.for(configs)("one call makes a session that agrees with the unsplit model: %j", async (config) => {
  expect(await agrees(await applyContextParallel(model, config, plan))).toBe(true);
});

test("a plan may be a file, and the program may stay", async () => {
  const out = `${await temporaryFolder()}/program`;
  const session = await applyContextParallel(model, { ulysses_degree: 2 }, "plans/flux.plan.json", { out });
  expect(session.hooks.list().map(({ action }) => action)).toEqual(
    expect.arrayContaining(["split", "ulysses", "gather"]),
  );
  await session.release();
  const loaded = await loadProgram(out);
  expect(loaded.ok && (await agrees(await attach(loaded.value)))).toBe(true);
});

test("a temporary program goes with its session, and when attaching fails", async () => {
  const folder = await temporaryFolder();
  vi.stubEnv("TMPDIR", folder);
  onTestFinished(() => void vi.unstubAllEnvs());
  const session = await applyContextParallel(model, { ulysses_degree: 2 }, plan);
  expect(await readdir(folder)).toEqual([expect.stringMatching(/^onnx-cp-/)]);
  await session.release();
  expect(await readdir(folder)).toEqual([]);
  const error = await errorOf(applyContextParallel(model, { ulysses_degree: 2 }, plan, { devices: ["cpu"] }));
  expect(error.code).toBe("CP6500");
  expect(await readdir(folder)).toEqual([]);
});

test("mistakes are thrown together, by the one call only", async () => {
  const wrong: ContextParallelPlan = { "": { hidden_state: { split_dim: 1 } }, proj_outt: { gather_dim: 1 } };
  const error = await errorOf(applyContextParallel(model, { ulysses_degree: 2 }, wrong));
  expect(error.message).toMatch(/^CP3\d{3}: .* \(and \d more, see diagnostics\)$/);
  const compiled = await compilePlan({ model, plan: wrong, parallel: { ulysses_degree: 2 } });
  expect(compiled).toEqual({ ok: false, diagnostics: error.diagnostics });
  expect((await errorOf(applyContextParallel("none.onnx", {}, plan))).code).toMatch(/^CP2/);
  const typo = { ulyses_degree: 2 } as ContextParallelConfig;
  expect((await errorOf(applyContextParallel(model, typo, plan))).code).toMatch(/^CP15/);
});

test("an aborted run and missing feeds throw, and the session goes on", async () => {
  const session = await applyContextParallel(model, { ulysses_degree: 2 }, plan);
  const feeds = toFeeds(await fixtureTensors("flux/flux.img67-txt13.inputs.npz"));
  expect((await errorOf(session.run(feeds, { signal: AbortSignal.abort() }))).code).toBe("CP6509");
  expect((await errorOf(session.run({}))).code).toMatch(/^CP60/);
  expect(await agrees(session)).toBe(true);
});

test("inspectModel tells what a plan can address", async () => {
  const inspected = await inspectModel(model, { shapes: { hidden_states: [1, 96, 16] } });
  const root = inspected.ok ? inspected.value.modules.find(({ path }) => path === "") : undefined;
  expect(root?.inputs[0]).toMatchObject({ name: "hidden_states", shape: ["1", "96", "16"] });
  expect(await inspectModel("none.onnx")).toMatchObject({ ok: false, diagnostics: [{ code: "CP2001" }] });
});

test("inferPlan gives a plan that compilePlan takes, also where a text names the model", async () => {
  const inferred = await inferPlan({
    model,
    shapes: { hidden_states: [1, 96, 16], encoder_hidden_states: [1, 40, 24] },
  });
  if (!inferred.ok) throw new Error(inferred.diagnostics[0]?.message);
  expect(inferred).toMatchObject({ plan: { $model: model, proj_out: { gather_dim: 1 } }, diagnostics: [] });
  expect(inferred.share).toBeGreaterThan(0.99);
  expect(await agrees(await applyContextParallel(model, { ring_degree: 2 }, inferred.plan))).toBe(true);
  expect(await inferPlan({ model: "none.onnx" })).toMatchObject({ ok: false, diagnostics: [{ code: "CP2001" }] });
});

test("compilePlan leaves a folder alone that holds the model and its weights, and writes nothing once aborted", async () => {
  const folder = await temporaryFolder();
  const name = "flux.dynamo18-external.onnx";
  for (const file of [name, `${name}.data`]) await copyFile(fixture(`flux/${file}`), join(folder, file));
  await writeFile(join(folder, "program.json"), '{"format":"onnx-context-parallel"}');
  const before = await readdir(folder);
  const options = { model: join(folder, name), plan };
  const refused = await compilePlan({ ...options, out: folder });
  expect(refused).toMatchObject({ ok: false, diagnostics: [{ code: "CP5204" }] });
  const out = join(folder, "program");
  const aborted = await compilePlan({ ...options, out, signal: AbortSignal.abort() });
  expect(aborted).toMatchObject({ ok: false, diagnostics: [{ code: "CP5208" }] });
  expect(await readdir(folder)).toEqual(before);
});
