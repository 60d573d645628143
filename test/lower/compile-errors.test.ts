/**
 * @file Errors of the file system during compilation are diagnostics, not exceptions.
 */
import { copyFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { compilePlan } from "../../compiler/compile.ts";
import * as external from "../../compiler/graph/external-files.ts";
import { temporaryFolder, withoutRights } from "../support/files.ts";
import { fixture, texts } from "../support/fixtures.ts";

const plan = { "": { hidden_states: { split_dim: 1 } }, proj_out: { gather_dim: 1 } };
const flux = {
  ...plan,
  "": { ...plan[""], encoder_hidden_states: { split_dim: 1 }, img_ids: { split_dim: 0 }, txt_ids: { split_dim: 0 } },
};
const model = fixture("flux/flux.dynamo18-dynamic.onnx");

function setTemporary(folder: string): void {
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = folder;
  onTestFinished(() => {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  });
}

test("a temporary folder that is not there", async () => {
  const gone = join(await temporaryFolder(), "gone");
  setTemporary(gone);
  const { ok, diagnostics } = await compilePlan({ model, plan: flux });
  expect(ok).toBe(false);
  expect(texts(diagnostics).at(-1)).toMatch(new RegExp(`^CP5205 cannot write the program to ${gone}: ENOENT`));
});

test("a model and a plan that may not be read", async () => {
  const folder = await temporaryFolder();
  const own = join(folder, "flux.onnx");
  copyFileSync(model, own);
  writeFileSync(join(folder, "flux.plan.json"), JSON.stringify(flux));
  const compile = () => compilePlan({ model: own, plan: join(folder, "flux.plan.json"), out: join(folder, "out") });
  expect(texts((await withoutRights(own, compile)).diagnostics).join()).toMatch(/EACCES/);
  expect(texts((await withoutRights(join(folder, "flux.plan.json"), compile)).diagnostics).join()).toMatch(/EACCES/);
});

test("data that goes while the plan is compiled", async () => {
  const folder = await temporaryFolder();
  const name = "flux.dynamo18-external.onnx";
  for (const file of [name, `${name}.data`]) copyFileSync(fixture(`flux/${file}`), join(folder, file));
  const { externalFiles } = external;
  // The last look at the graph before the data is identified.
  vi.spyOn(external, "externalFiles").mockImplementation((graph) => {
    rmSync(join(folder, `${name}.data`));
    return externalFiles(graph);
  });
  const { ok, diagnostics } = await compilePlan({ model: join(folder, name), plan: flux, out: join(folder, "out") });
  expect(ok).toBe(false);
  expect(texts(diagnostics).at(-1)).toMatch(/ENOENT.*flux.dynamo18-external.onnx.data/);
});
