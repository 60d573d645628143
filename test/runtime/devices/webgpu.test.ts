/**
 * @file WebGPU in software: families of models on one rank, on two that share the adapter, and next to a rank on the CPU. Skipped where the
 * driver of Debian's chromium-common is missing. `npm run webgpu` runs every family.
 */
import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { ContextParallelError } from "../../../compiler/diagnostics/error.ts";
import { kernelModel } from "../../../ort/devices/models.ts";
import type { DeviceName } from "../../../ort/devices/names.ts";
import { onnxRuntimeDevices } from "../../../ort/devices/open.ts";
import { BACKEND_VARIABLE } from "../../../ort/process.ts";
import { attach } from "../../../runtime/attach/attach.ts";
import type { Session } from "../../../runtime/caller/session.ts";
import { compareOutputs } from "../../../runtime/verify.ts";
import { compiledFixture, outputsOf, shippedPlan, unsplitOutputs, wrongOutputs } from "../../support/compiled.ts";
import { fixtureTensors } from "../../support/fixtures.ts";
import { meshes } from "../../support/meshes.ts";
import type { MeshName } from "../../support/meshes.ts";
import { feed, gatherProgram } from "../support/programs.ts";

const DRIVER = "/usr/lib/chromium/vk_swiftshader_icd.json";
// Read when the first session is made, in this process: every test file has its own.
process.env["VK_DRIVER_FILES"] ??= DRIVER;
process.env[BACKEND_VARIABLE] = "";
const missing = !existsSync(process.env["VK_DRIVER_FILES"]);
const long = process.env["MODE"] === "long";
/** A software adapter compiles its programs for seconds. */
const LIMIT = 600_000;

const flux: Family = ["flux", "flux/flux.dynamo18-dynamic", "img67-txt13"];

type Family = readonly [family: string, model: string, size: string];

const families: readonly Family[] = [
  ["chronoedit", "chronoedit/chronoedit.dynamo18-dynamic", "batch2-frames5-height6-width14"],
  flux,
  ["flux2", "flux2/flux2.dynamo18-dynamic", "batch2-img67-txt13"],
  ["helios", "helios/helios.dynamo18-dynamic", "batch2-frames3-height6-width14"],
  ["ltx", "ltx/ltx.dynamo18-dynamic", "img67-txt13"],
  ["qwenimage", "qwenimage/qwenimage.dynamo18-dynamic", "batch2-txt13"],
  ["wan", "wan/wan.dynamo18-dynamic", "batch2-frames5-height6-width14"],
];

/** The driver computes what these make from positions less precisely than the check at attach allows, on one rank or on fewer tokens. */
const imprecise: readonly (readonly [...Family, refused: readonly boolean[]])[] = [
  ["ltx2", "ltx2/ltx2.dynamo18-dynamic", "img67-audio23-txt13", [true, true, true]],
  ["minimax_h3", "minimax_h3/minimax_h3.dynamo18-dynamic", "batch2-img67-audio23-txt13", [false, true, true]],
];

const arrangements = [
  ["one rank", ["webgpu"]],
  ["rotating ring 2", ["webgpu", "webgpu"]],
  ["ulysses 2", ["cpu", "webgpu"]],
] as const;

async function attached([family, model]: Family, mesh: MeshName, devices: readonly DeviceName[]): Promise<Session> {
  return attach(await compiledFixture(`${model}.onnx`, shippedPlan(family), meshes[mesh]), { devices });
}

async function wrongIn(session: Session, [, model, size]: Family): Promise<readonly string[]> {
  const feeds = await fixtureTensors(`${model.split(".")[0]}.${size}.inputs.npz`);
  return wrongOutputs(await outputsOf(session, feeds), await unsplitOutputs(`${model}.onnx`, size, feeds));
}

async function kernelIsRight(): Promise<boolean> {
  const { model, feeds } = kernelModel();
  const [found, expected] = [
    await onnxRuntimeDevices.compute("webgpu", model, feeds, {}),
    await onnxRuntimeDevices.compute("cpu", model, feeds, {}),
  ];
  return compareOutputs(found, expected).every(({ ok }) => ok);
}

test.skipIf(missing)(
  "flux on one rank and on two at the same time, each as the unsplit model; the session says what it replaces",
  { timeout: LIMIT },
  async () => {
    const right = await kernelIsRight();
    // The second session finds the programs that the first has compiled.
    const one = await attached(flux, "one rank", ["webgpu"]);
    const two = await attached(flux, "ulysses 2", ["webgpu", "webgpu"]);
    const found = await Promise.all([wrongIn(one, flux), wrongIn(two, flux)]);
    expect(found).toEqual([[], []]);
    for (const { backend, notes } of [one, two]) {
      expect(backend).toBe("binding");
      expect(notes.map(({ code, message }) => [code, message.includes("MultiHeadAttention")])).toEqual(
        right ? [] : [["CP6574", true]],
      );
    }
    await one.release();
    await two.release();
  },
);

test.skipIf(missing)("a rank on webgpu next to one on the CPU", { timeout: LIMIT }, async () => {
  const program = gatherProgram({ batch_degree: 1, ring_degree: 1, ulysses_degree: 2 });
  const session = await attach(program, { devices: ["cpu", "webgpu"] });
  for (const rows of [2, 67])
    expect((await session.run(feed(rows)))["y"]!.data).toEqual(feed(rows).x.data.map((v) => -v));
  await session.release();
});

test.skipIf(missing).each(long ? families : [])(
  "%s on one rank, on two of a ring, and next to the CPU",
  { timeout: LIMIT },
  async (...family) => {
    for (const [mesh, devices] of arrangements) {
      const session = await attached(family, mesh, devices);
      expect(await wrongIn(session, family), devices.join()).toEqual([]);
      await session.release();
    }
  },
);

/** Of `attach` and a run: the message of a refusal, or nothing. */
async function refusalOf(family: Family, mesh: MeshName, devices: readonly DeviceName[]): Promise<string> {
  try {
    const session = await attached(family, mesh, devices);
    expect(await wrongIn(session, family), devices.join()).toEqual([]);
    await session.release();
    return "";
  } catch (error) {
    if (error instanceof ContextParallelError) return error.message;
    throw error;
  }
}

const WRONG = /^CP6572: the device "webgpu" computes the piece \w+ wrongly: .* by up to 0\.000[1-9]\d*; 0\.0001 \+/;

test.skipIf(missing).each(long ? imprecise : [])(
  "%s is refused where it would be wrong",
  { timeout: LIMIT },
  async (family, model, size, refused) => {
    for (const [i, [mesh, devices]] of arrangements.entries()) {
      const expected = refused[i] === true ? WRONG : /^$/;
      expect(await refusalOf([family, model, size], mesh, devices), devices.join()).toMatch(expected);
    }
  },
);
