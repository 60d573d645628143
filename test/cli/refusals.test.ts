/**
 * @file What the command line refuses before it starts work: devices that `run` would refuse, names of outputs, swapped plan and model; and
 * how many diagnostics it prints.
 */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { main } from "../../cli/cli.ts";
import { compilePlan } from "../../compiler/compile.ts";
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import { temporaryFolder } from "../support/files.ts";
import { capture } from "./capture.ts";

const model = "test/fixtures/flux/flux.dynamo18-dynamic.onnx";
const plan = "plans/flux.plan.json";
const inputs = "test/fixtures/flux/flux.img96-txt40.inputs.npz";

async function cp(...argv: readonly string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const io = capture();
  const exitCode = await main(argv, io);
  return { exitCode, stdout: io.stdout(), stderr: io.stderr() };
}

test.each(["check", "run"])("%s refuses a wrong number of devices", async (command) => {
  const file = command === "run" ? ["--inputs", inputs] : [];
  const devices = ["--devices", "cpu,cpu,cpu"];
  const { exitCode, stderr } = await cp(command, plan, "--model", model, "--ulysses-degree", "2", ...devices, ...file);
  expect(exitCode).toBe(1);
  expect(stderr).toContain("error CP6500: 3 devices were given; the program is compiled for 2 (ring 1 x ulysses 2)");
});

test("check refuses a device that is not there, once for each", async () => {
  const { exitCode, stderr } = await cp("check", plan, "--model", model, "--devices", "npu,npu");
  expect(exitCode).toBe(1);
  expect(stderr.match(/error CP6570: there is no device "npu"/g)).toHaveLength(1);
  expect((await cp("check", plan, "--model", model, "--devices", "cpu,cpu")).exitCode).toBe(0);
});

test.each(["o.npy", "o", "o.npz.txt"])("outputs in %s are refused before anything runs", async (name) => {
  const file = join(await temporaryFolder(), name);
  const { exitCode, stderr } = await cp("run", plan, "--model", model, "--inputs", "no.npz", "--outputs", file);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(`--outputs ${file} does not end in .npz`);
  expect(existsSync(file)).toBe(false);
});

test.each(["check", "compile", "run"])("%s says that plan and model look swapped", async (command) => {
  const more = { check: [], compile: ["--out", "no"], run: ["--inputs", inputs] }[command] ?? [];
  const { exitCode, stderr } = await cp(command, model, "--model", plan, ...more);
  expect(exitCode).toBe(1);
  expect(stderr).toContain(`error CP1009: the plan and the model look swapped: ${model} is given as the plan`);
  expect(stderr).toContain(`hint: give ${plan} as the plan and ${model} as the model`);
});

test("the API says so too; a plan as a value is never swapped", async () => {
  const swapped = await compilePlan({ plan: model, model: plan });
  expect(swapped.diagnostics).toMatchObject([{ code: "CP1009" }]);
  const value = await compilePlan({ plan: { proj_out: { gather_dim: 1 } }, model: plan });
  expect(value.diagnostics.map(({ code }) => code)).not.toContain("CP1009");
});

test("a hundred diagnostics are printed, errors first, the rest is counted", async () => {
  const file = join(await temporaryFolder(), "a.plan.json");
  const entries = Array.from({ length: 300 }, (_, i) => `"b.${i}":${i % 3 === 0 ? "{}" : '{"gather_dims":1}'}`);
  writeFileSync(file, `{${entries.join(",")}}`);
  const text = await cp("check", file, "--model", model, "--ulysses-degree", "2");
  expect(text.stderr.match(/^(error|warning|note) CP/gm)).toHaveLength(101);
  expect(text.stderr).toContain(
    "note CP7009: 200 further diagnostics (100 errors, 100 warnings) are not shown; the limit is 100",
  );
  const json = await cp("check", file, "--model", model, "--ulysses-degree", "2", "--format", "json");
  const { diagnostics } = JSON.parse(json.stdout) as { readonly diagnostics: readonly Diagnostic[] };
  expect(diagnostics).toHaveLength(101);
  expect(diagnostics.slice(0, 100).every(({ severity }) => severity === "error")).toBe(true);
  expect(diagnostics[100]).toMatchObject({ code: "CP7009", severity: "note" });
});
