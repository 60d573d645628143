/**
 * @file Programs whose model has moved: its new path, a wrong one, and a program that carries its model.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { main } from "../../cli/cli.ts";
import { compilePlan } from "../../compiler/compile.ts";
import { attach } from "../../runtime/attach/attach.ts";
import { loadProgram } from "../../runtime/load/load.ts";
import { fixture, fixtureTensors, valueOf } from "../support/fixtures.ts";
import { temporaryFolder } from "../support/files.ts";
import { toFeeds } from "../../cli/run/tensors.ts";
import { capture } from "./capture.ts";

const plan = "plans/flux.plan.json";
const inputs = "test/fixtures/flux/flux.img67-txt13.inputs.npz";
const name = "flux.dynamo18-external.onnx";

async function cp(...argv: readonly string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const io = capture();
  const exitCode = await main(argv, io);
  return { exitCode, stdout: io.stdout(), stderr: io.stderr() };
}

/** A model with its data in a folder of its own, so that it can be moved and removed. */
async function modelIn(folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  for (const file of [name, `${name}.data`]) copyFileSync(fixture(`flux/${file}`), join(folder, file));
  return join(folder, name);
}

test("a program runs with a model that has moved, if it is the same", async () => {
  const folder = await temporaryFolder();
  const model = await modelIn(join(folder, "old"));
  const out = join(folder, "program");
  const compiled = valueOfCompiled(await compilePlan({ model, plan, out }));
  renameSync(join(folder, "old"), join(folder, "new"));
  const moved = join(folder, "new", name);
  const run = ["run", out, "--inputs", inputs];
  const lost = await cp(...run);
  expect(lost.exitCode).toBe(1);
  expect(lost.stderr).toMatch(/^error CP5007: .* is missing\n {2}hint: .*onnx-cp run PROGRAM --model PATH/);
  expect(await cp(...run, "--verify", "--model", moved)).toMatchObject({ exitCode: 0, stderr: "" });
  // Another model, and none.
  const other = await cp(...run, "--model", fixture("flux/flux.dynamo18-dynamic.onnx"));
  expect([other.exitCode, other.stdout]).toEqual([1, ""]);
  expect(other.stderr).toMatch(/^error CP5008: /);
  const none = await cp(...run, "--model", join(folder, "none.onnx"));
  expect([none.exitCode, none.stdout]).toEqual([1, ""]);
  expect(none.stderr).toContain(`error CP5007: the program's model ${join(folder, "none.onnx")} is missing`);
  // By the API: the program of the compilation, or a loaded one.
  const feeds = toFeeds(await fixtureTensors("flux/flux.img67-txt13.inputs.npz"));
  for (const program of [compiled, valueOf(await loadProgram(out, { model: moved }))]) {
    const session = await attach(program, { model: moved });
    expect(Object.keys(await session.run(feeds))).toEqual(["sample"]);
    await session.release();
  }
  await expect(attach(compiled)).rejects.toMatchObject({ code: "CP5007" });
  await expect(attach(compiled, { model: 5 as unknown as string })).rejects.toMatchObject({ code: "CP6520" });
});

test("compile --copy-weights makes a folder that runs anywhere, and is replaced as a whole", async () => {
  const folder = await temporaryFolder();
  const model = await modelIn(join(folder, "model"));
  const out = join(folder, "program");
  const argv = ["compile", plan, "--model", model, "--ulysses-degree", "2", "--out", out];
  expect(await cp(...argv, "--copy-weights")).toMatchObject({ exitCode: 0, stderr: "" });
  expect(readdirSync(join(out, "model")).sort()).toEqual([name, `${name}.data`]);
  // Again, over its own copies; the copies are not sources of anything else.
  expect(await cp(...argv, "--copy-weights")).toMatchObject({ exitCode: 0, stderr: "" });
  const inside = await cp(
    ...argv.slice(0, 2),
    "--model",
    join(out, "model", name),
    "--out",
    out,
    "--ulysses-degree",
    "2",
  );
  expect(inside.stderr).toMatch(/^error CP5207: /m);
  const elsewhere = join(folder, "far", "away");
  mkdirSync(dirname(elsewhere));
  renameSync(out, elsewhere);
  rmSync(dirname(model), { recursive: true });
  expect(await cp("run", elsewhere, "--inputs", inputs, "--verify")).toMatchObject({ exitCode: 0, stderr: "" });
  rmSync(join(elsewhere, "model", `${name}.data`));
  expect((await cp("run", elsewhere, "--inputs", inputs)).stderr).toMatch(/^error CP5009: /m);
});

test("a copy that cannot be made leaves nothing", async () => {
  const folder = await temporaryFolder();
  const model = await modelIn(join(folder, "model"));
  const out = join(folder, "program");
  const stop = new AbortController();
  const io = { ...capture(stop.signal), commit: () => expect.unreachable() };
  const compiling = main(
    ["compile", plan, "--model", model, "--ulysses-degree", "2", "--out", out, "--copy-weights"],
    io,
  );
  stop.abort();
  expect(await compiling).toBe(130);
  expect(existsSync(out)).toBe(false);
  expect(readdirSync(folder)).toEqual(["model"]);
});

function valueOfCompiled(result: Awaited<ReturnType<typeof compilePlan>>): Parameters<typeof attach>[0] {
  if (!result.ok) throw new Error(result.diagnostics.map(({ message }) => message).join("\n"));
  return result.program;
}
