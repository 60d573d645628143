/**
 * @file `init`: the plan that it writes compiles as it is; nothing is overwritten, and nothing is written where there is no plan.
 */
import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { expect, test } from "vitest";
import { main } from "../../cli/cli.ts";
import { graph, node, value } from "../support/graphs.ts";
import { writeModel } from "../../compiler/graph/write.ts";
import { temporaryFolder } from "../support/files.ts";
import { capture } from "./capture.ts";

const model = "test/foreign/text_encoder.dynamo18-dynamic.onnx";

async function cp(...argv: readonly string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const io = capture();
  const exitCode = await main(argv, io);
  return { exitCode, stdout: io.stdout(), stderr: io.stderr() };
}

test("the written plan names its model and passes check", async () => {
  const folder = await temporaryFolder();
  const out = join(folder, "plans", "a.plan.jsonc");
  expect(await cp("init", model, "--out", out)).toEqual({ exitCode: 0, stdout: `${out}\n`, stderr: "" });
  const text = await readFile(out, "utf8");
  expect(text).toContain(`"$model": ${JSON.stringify(relative(join(folder, "plans"), resolve(model)))}`);
  expect(await cp("check", out, "--ring-degree", "2")).toMatchObject({ exitCode: 0, stderr: "" });
});

test("without --out the plan is printed; as JSON with the text and the share", async () => {
  const printed = await cp("init", model, "--shape", "input_ids=1,64");
  expect(printed).toMatchObject({ exitCode: 0, stderr: "" });
  expect(printed.stdout).toContain(`"$model": "${model}"`);
  const json = await cp("init", model, "--shape", "input_ids=1,64", "--format", "json");
  const { ok, result } = JSON.parse(json.stdout) as { ok: boolean; result: Record<string, unknown> };
  expect(ok).toBe(true);
  expect(result).toMatchObject({ file: null, text: printed.stdout, plan: { norm: { gather_dim: 1 } } });
  expect(result["share"]).toBeGreaterThan(0.9);
  expect(result["lengths"]).not.toHaveProperty("txt");
});

test("a file that exists stays", async () => {
  const out = join(await temporaryFolder(), "a.plan.jsonc");
  await writeFile(out, "mine");
  const { exitCode, stdout, stderr } = await cp("init", model, "--out", out);
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
  expect(stderr).toContain(`error CP7010: ${out} exists`);
  expect(await readFile(out, "utf8")).toBe("mine");
});

test("comments need a file that allows them", async () => {
  const { exitCode, stderr } = await cp("init", model, "--out", "a.plan.json");
  expect(exitCode).toBe(2);
  expect(stderr).toContain("the plan has comments");
  expect(existsSync("a.plan.json")).toBe(false);
});

test("nothing to split: the reason, and no file", async () => {
  const folder = await temporaryFolder();
  const file = join(folder, "model.onnx");
  const relu = graph({
    inputs: [value("x", "float32", ["n", 4])],
    outputs: [value("y", "float32", null)],
    nodes: [node("Relu", ["x"], ["y"])],
  });
  await writeFile(file, writeModel(relu, { opsets: { "": 18 } }));
  const { exitCode, stdout, stderr } = await cp("init", file, "--out", join(folder, "a.plan.jsonc"));
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
  expect(stderr).toContain("error CP4501: nothing to split, because");
  expect(await readdir(folder)).toEqual(["model.onnx"]);
});

test.each([
  [["init"], 2],
  [["init", "no.onnx"], 1],
  [["init", "plans/flux.plan.json"], 1],
  [["init", model, "--shape", "nope=1,2"], 1],
  [["init", model, "--shape", "input_ids"], 2],
])("%j ends with %i and no stack trace", async (argv, expected) => {
  const { exitCode, stdout, stderr } = await cp(...argv);
  expect({ exitCode, stdout }).toEqual({ exitCode: expected, stdout: "" });
  expect(stderr).toMatch(/^error CP\d{4}/);
  expect(stderr).not.toMatch(/\n {4}at /);
});
