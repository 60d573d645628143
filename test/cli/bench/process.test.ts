/**
 * @file The processes of sides: what they answer, and that none is left behind.
 */
import { join } from "node:path";
import { copyFileSync, readdirSync, writeFileSync } from "node:fs";
import { expect, onTestFinished, test, vi } from "vitest";
import { measureAlone, measureInTurn, measureOperators } from "../../../cli/bench/measure.ts";
import { startSide } from "../../../cli/bench/sides/process.ts";
import type { RunningSide, Side } from "../../../cli/bench/sides/process.ts";
import { encodeNpz } from "../../../ort/files/npz.ts";
import { fixture, fixtureTensors } from "../../support/fixtures.ts";
import { temporaryFolder } from "../../support/files.ts";

const config = {
  kind: "plain",
  model: fixture("flux/flux.dynamo18-dynamic.onnx"),
  feeds: fixture("flux/flux.img67-txt13.inputs.npz"),
  threads: 1,
  device: "cpu",
  profile: null,
} as const;
const side: Side = { name: "the plain session", config };
const never = new AbortController().signal;

async function started(signal: AbortSignal = never, given: Side = side): Promise<RunningSide> {
  const running = await startSide(given, signal);
  onTestFinished(() => running.stop());
  return running;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test("a side answers with its time, and with its outputs when asked", async () => {
  const running = await started();
  const ran = await running.run(true);
  expect(ran).toMatchObject({ kind: "ran", stats: null, outputs: { sample: { elem: "float32", dims: [1, 67, 16] } } });
  expect(ran.milliseconds).toBeGreaterThan(0);
  expect(ran.resident).toBeGreaterThan(2 ** 20);
  expect((await running.run()).outputs).toEqual({});
});

test("the processor time is that of all threads during the run alone", async () => {
  const running = await started();
  const [first, second] = [await running.run(), await running.run()];
  for (const { processor } of [first, second]) expect(processor).toBeLessThan(30_000);
  expect(first.processor).toBeGreaterThan(0);
});

test("a process that ends in the middle is a diagnostic", async () => {
  const running = await started();
  process.kill(running.pid, "SIGKILL");
  await expect(running.run()).rejects.toMatchObject({
    diagnostics: [
      { code: "CP7020", message: "the process that measures the plain session ended: it was ended by SIGKILL" },
    ],
  });
});

test("what the side cannot do comes back as the diagnostics of its process", async () => {
  const missing = startSide({ ...side, config: { ...config, feeds: "no.npz" } }, never);
  await expect(missing).rejects.toMatchObject({ diagnostics: [{ code: "CP7501" }] });
  const folder = await temporaryFolder();
  copyFileSync(config.feeds, join(folder, "model.onnx"));
  const noModel = startSide({ ...side, config: { ...config, model: join(folder, "model.onnx") } }, never);
  await expect(noModel).rejects.toMatchObject({ diagnostics: [{ code: "CP5508" }] });
});

test("a run that fails ends the watch over the memory", async () => {
  const folder = await temporaryFolder();
  const { hidden_states: _, ...incomplete } = await fixtureTensors("flux/flux.img67-txt13.inputs.npz");
  writeFileSync(join(folder, "feeds.npz"), encodeNpz(incomplete));
  const [started, cleared] = [vi.spyOn(globalThis, "setInterval"), vi.spyOn(globalThis, "clearInterval")];
  onTestFinished(() => void vi.restoreAllMocks());
  const failing = measureAlone({ ...side, config: { ...config, feeds: join(folder, "feeds.npz") } }, never);
  await expect(failing).rejects.toMatchObject({ diagnostics: [{ code: "CP5508" }] });
  expect(started).toHaveBeenCalledOnce();
  expect(cleared).toHaveBeenCalledWith(started.mock.results[0]?.value);
});

test("a side ends with its signal, and none starts after it", async () => {
  const stop = new AbortController();
  const running = await started(stop.signal);
  stop.abort();
  await vi.waitFor(() => expect(isAlive(running.pid)).toBe(false), { timeout: 10_000 });
  await expect(startSide(side, stop.signal)).rejects.toThrow("aborted");
});

test("all sides run in every round", async () => {
  const runs = await measureInTurn([side, { ...side, name: "again" }], 3, never);
  expect(runs.map((all) => all.length)).toEqual([3, 3]);
});

test("memory is measured, and the operators of a run leave no file", async () => {
  const alone = await measureAlone(side, never);
  expect(alone.memory.resident).toBeGreaterThan(30 * 2 ** 20);
  const { proportional } = alone.memory;
  if (process.platform === "linux") expect(proportional).toBeGreaterThan(10 * 2 ** 20);
  else expect(proportional).toBeNull();
  const folder = await temporaryFolder();
  const operators = await measureOperators(side, folder, never);
  expect(operators.map(({ operator }) => operator)).toContain("LayerNormalization");
  expect(operators.every(({ calls, shapes }) => calls === shapes.reduce((sum, one) => sum + one.calls, 0))).toBe(true);
  expect(readdirSync(folder)).toEqual([]);
});
