/**
 * @file `attach({ sessionOptions })` on both backends: options reach the sessions, results stay, and what is refused is refused before any work.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fromOutputs } from "../../cli/run/tensors.ts";
import { devicesWith } from "../../ort/devices/open.ts";
import { plainModel } from "../../ort/devices/models.ts";
import { attach } from "../../runtime/attach/attach.ts";
import type { AttachOptions } from "../../runtime/attach/attach.ts";
import { BACKENDS, startEngine } from "../../runtime/attach/engine.ts";
import { choiceOf } from "../../runtime/attach/session-options.ts";
import { compareOutputs } from "../../runtime/verify.ts";
import { temporaryFolder } from "../support/files.ts";
import { feed, gatherProgram } from "./support/programs.ts";

const mesh = { batch_degree: 1, ring_degree: 1, ulysses_degree: 2 };

async function codes(options: object): Promise<readonly string[]> {
  const error: unknown = await attach(gatherProgram(mesh), options as AttachOptions).then(
    (session) => session.release(),
    (error: unknown) => error,
  );
  const { diagnostics } = error as { readonly diagnostics: readonly { readonly code: string }[] };
  return diagnostics.map(({ code }) => code);
}

describe.each(BACKENDS)("%s", (backend) => {
  const run = async (sessionOptions?: AttachOptions["sessionOptions"]): ReturnType<typeof outputs> => {
    const session = await attach(gatherProgram(mesh), { backend, sessionOptions });
    return outputs(session);
  };
  const outputs = async (session: Awaited<ReturnType<typeof attach>>) => {
    await using held = session;
    return fromOutputs(await held.run(feed(7)));
  };

  test("threads and levels keep the results", async () => {
    const expected = await run();
    for (const graphOptimizationLevel of ["disabled", "basic", "extended", "layout", "all"] as const) {
      const found = await run({ graphOptimizationLevel, intraOpNumThreads: 2 });
      expect(compareOutputs(found, expected).every(({ ok }) => ok)).toBe(true);
    }
  });

  test("profiles are written at the release, by piece and by rank where ranks have sessions", async () => {
    const folder = await temporaryFolder();
    await run({ enableProfiling: true, profileFilePrefix: join(folder, "prof") });
    const files = readdirSync(folder).sort();
    const piece = gatherProgram(mesh).program.pieces[0]!.id;
    const ranks = backend === "binding" ? [".rank0", ".rank1"] : [""];
    for (const rank of ranks) expect(files.some((file) => file.startsWith(`prof${rank}.${piece}_`))).toBe(true);
    expect(files.every((file) => file.endsWith(".json"))).toBe(true);
    expect(readFileSync(join(folder, files[0]!), "utf8")).toContain('"cat"');
  });
});

test("the options reach the sessions of ranks with their own", async () => {
  const { program, folder, files } = gatherProgram(mesh);
  const { threads: _, ...session } = choiceOf({
    graphOptimizationLevel: "basic",
    enableProfiling: true,
    executionProviders: ["cpu", { name: "webgpu", preferredLayout: "NHWC" }],
  });
  const options = { folder, files, modelFolder: null, devices: ["cpu", "webgpu"], threads: 3, session } as const;
  const used: unknown[] = [];
  const device = async (...[, , name]: readonly unknown[]) => {
    used.push(name);
    return { plain: [], notes: [], close: async () => undefined };
  };
  const engine = await startEngine(program, { ...options, backend: undefined }, { device });
  expect(used).toEqual(["webgpu"]);
  expect(engine.settingsOf(1)).toMatchObject({
    threads: 3,
    optimise: "basic",
    profile: "onnxruntime_profile_.rank1",
    providers: { cpu: {}, webgpu: { preferredLayout: "NHWC" } },
  });
});

test("settings of a provider reach onnxruntime-node, also when the device is compared", async () => {
  const { model, feeds } = plainModel();
  // The library itself refuses this name of a layout, where it is asked.
  const wrong = devicesWith({ webgpu: { preferredLayout: "NOPE" } });
  await expect(wrong.compute("webgpu", model, feeds, {})).rejects.toThrow("Invalid preferred layout: NOPE");
  await expect(devicesWith({ webgpu: {} }).compute("cpu", model, feeds, {})).resolves.toBeDefined();
});

test.each<readonly [options: object, code: string]>([
  [{ extra: { session: { set_denormal_as_zero: "1" } } }, "CP6590"],
  [{ executionMode: "parallel" }, "CP6590"],
  [{ freeDimensionOverrides: { img: 4 } }, "CP6590"],
  [{ intraOpNumThread: 2 }, "CP6591"],
  [{ intraOpNumThreads: 1.5 }, "CP6592"],
  [{ intraOpNumThreads: 1000 }, "CP6592"],
  [{ graphOptimizationLevel: "most" }, "CP6592"],
  [{ enableProfiling: 1 }, "CP6592"],
  [{ profileFilePrefix: "" }, "CP6592"],
  [{ executionProviders: "cpu" }, "CP6592"],
  [{ executionProviders: [1] }, "CP6592"],
  [{ executionProviders: ["cpu", "cpu"] }, "CP6592"],
  [{ executionProviders: ["cuda"] }, "CP6593"],
  [{ executionProviders: [{ name: "cpu", useArena: true }] }, "CP6594"],
])("refuses %j with %s", async (sessionOptions, code) => {
  expect(await codes({ sessionOptions })).toEqual([code]);
});

test("refuses values of the wrong kind", async () => {
  expect(await codes({ sessionOptions: 1 })).toEqual(["CP6520"]);
  expect(await codes({ worker: "rank-worker.js" })).toEqual(["CP6520"]);
  expect(await codes({ worker: new URL("https://example.org/rank-worker.js") })).toEqual(["CP6520"]);
  const throws = {
    get executionProviders(): never {
      throw new Error("no");
    },
  };
  expect(await codes({ sessionOptions: throws })).toEqual(["CP6520"]);
});

test("ranks start from the script that the caller names", async () => {
  const script = new URL("../../dist/runtime/rank-worker.js", import.meta.url);
  const session = await attach(gatherProgram(mesh), { worker: script });
  await session.release();
  const missing = new URL("no-such.js", script);
  expect(await codes({ worker: missing })).toEqual(["CP6502"]);
});
