/**
 * @file Each model of the shipped plans from its plan file alone: `run --verify` agrees with the unsplit model, and the written outputs
 * agree with torch's for the original model.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { main } from "../../cli/cli.ts";
import { readNpz } from "../../ort/files/npz.ts";
import { compareTensors } from "../../runtime/verify.ts";
import { temporaryFolder } from "../support/files.ts";
import { fixture, fixtureTensors, valueOf } from "../support/fixtures.ts";
import { capture } from "./capture.ts";

const ulysses2 = ["--ulysses-degree", "2"];
const ring2 = ["--ring-degree", "2"];
const rotating3 = ["--ring-degree", "3", "--rotate-method", "alltoall"];
const unified4 = ["--ring-degree", "2", "--ulysses-degree", "2"];

/** The plan, an export, a sample, the degrees, and how near torch's numbers an output must be. */
const cases: readonly (readonly [string, string, string, readonly string[], number])[] = [
  ["allegro.plan.json", "../foreign/allegro.dynamo18-dynamic", "txt13", rotating3, 1e-4],
  ["auraflow.plan.json", "../foreign/auraflow.dynamo18-dynamic", "batch1-txt13", ulysses2, 1e-4],
  ["chroma.plan.json", "../foreign/chroma.dynamo18-dynamic", "img35-txt11", rotating3, 1e-4],
  ["chronoedit.plan.json", "chronoedit/chronoedit.dynamo18-dynamic", "batch2-frames5-height6-width14", rotating3, 1e-4],
  ["cogview4.plan.json", "../foreign/cogview4.dynamo18-dynamic", "txt13", ring2, 1e-4],
  ["cogvideox.plan.json", "../foreign/cogvideox.dynamo18-dynamic", "batch1", rotating3, 1e-4],
  ["flux.plan.json", "flux/flux.torchscript18-static", "img96-txt40", unified4, 1e-4],
  ["flux.plan.ts", "flux/flux.dynamo18-dynamic", "img67-txt13", ring2, 1e-4],
  ["flux2.plan.json", "flux2/flux2.dynamo18-dynamic", "batch2-img67-txt13", ulysses2, 1e-4],
  ["helios.plan.json", "helios/helios.dynamo18-dynamic", "batch2-frames3-height6-width14", ulysses2, 1e-4],
  [
    "hunyuan_video.plan.json",
    "../foreign/hunyuan_video.dynamo18-dynamic",
    "batch1-frames5-height6-width10-txt13",
    ring2,
    1e-4,
  ],
  ["ltx.plan.json", "ltx/ltx.dynamo23-dynamic", "img67-txt13", ring2, 1e-4],
  // Its gates multiply the differences that its export has to torch.
  ["ltx2.plan.json", "ltx2/ltx2.dynamo18-dynamic", "img67-audio23-txt13", unified4, 1e-3],
  ["minimax_h3.plan.json", "minimax_h3/minimax_h3.dynamo18-static", "batch1-img96-audio30-txt40", rotating3, 1e-4],
  ["pixart.plan.json", "../foreign/pixart.dynamo18-dynamic", "txt13", ulysses2, 1e-4],
  ["qwenimage.plan.json", "qwenimage/qwenimage.dynamo18-dynamic", "batch2-txt13", ulysses2, 1e-4],
  ["sd3.plan.json", "../foreign/sd3.dynamo18-dynamic", "batch1-txt13", ulysses2, 1e-4],
  ["wan.plan.json", "wan/wan.dynamo18-dynamic", "batch2-frames5-height6-width14", ring2, 1e-4],
];

/** Plans of classes whose export would take too much room here: `npm run inferred:others` verifies them (docs/other-models.md). */
const uncommitted = ["hidream", "hunyuan_video15", "lumina2", "mochi", "qwenimage21", "zimage"];

test("every shipped plan has its case", () => {
  const plans = readdirSync("plans").filter((name) => name.includes(".plan."));
  const known = [...cases.map(([plan]) => plan), ...uncommitted.map((name) => `${name}.plan.json`)];
  expect(known.toSorted()).toEqual(plans.toSorted());
});

test.each(cases)("%s on %s, %s", async (plan, model, size, degrees, tolerance) => {
  const samples = fixture(`${model.replace(/\.[^.]*$/, "")}.${size}`);
  const outputs = join(await temporaryFolder(), "out.npz");
  const io = capture();
  const files = ["--model", `${fixture(model)}.onnx`, "--inputs", `${samples}.inputs.npz`, "--outputs", outputs];
  const exitCode = await main(["run", `plans/${plan}`, ...files, "--verify", "--format", "json", ...degrees], io);
  expect([exitCode, io.stderr()]).toEqual([0, ""]);
  const torch = await fixtureTensors(`${model.replace(/\.[^.]*$/, "")}.${size}.outputs.npz`);
  const verified = Object.keys(torch).map((name) => ({ name, ok: true, wrong: 0 }));
  expect(JSON.parse(io.stdout())).toMatchObject({ ok: true, result: { verification: verified } });
  const written = valueOf(await readNpz(outputs));
  for (const [name, expected] of Object.entries(torch)) {
    const compared = compareTensors(name, written[name], expected, { atol: tolerance, rtol: tolerance });
    expect(compared).toMatchObject({ ok: true, wrong: 0, problem: null });
  }
});
