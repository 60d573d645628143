/**
 * @file `inspect`, `check`, `compile` and `schema` on a real model, and on files that are not models.
 */
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";
import { main } from "../../cli/cli.ts";
import { dump } from "../../cli/print/dump.ts";
import { stageNames } from "../../cli/options.ts";
import { compileStages } from "../../compiler/compile.ts";
import { temporaryFolder } from "../support/files.ts";
import { capture } from "./capture.ts";

const model = "test/fixtures/flux/flux.dynamo18-dynamic.onnx";
const plan = "plans/flux.plan.json";

async function cp(...argv: readonly string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const io = capture();
  const exitCode = await main(argv, io);
  return { exitCode, stdout: io.stdout(), stderr: io.stderr() };
}

test("inspect shows the modules that a pattern means, as text and as JSON", async () => {
  const text = await cp("inspect", model, "--module", "transformer_blocks.*.attn.norm_q");
  expect(text).toMatchObject({ exitCode: 0, stderr: "" });
  expect(text.stdout.match(/^\S+/gm)).toEqual(["transformer_blocks.0.attn.norm_q", "transformer_blocks.1.attn.norm_q"]);
  const json = await cp("inspect", model, "--module", "transformer_blocks.0.attn", "--format", "json");
  const { result } = JSON.parse(json.stdout) as { result: { modules: { path: string }[]; attention: unknown[] } };
  expect(result.modules[0]?.path).toBe("transformer_blocks.0.attn");
  expect(result.attention).toMatchObject([{ module: "transformer_blocks.0.attn", heads: "4", mask: false }]);
});

test("a pattern that means no module is an error with the nearest name", async () => {
  for (const argv of [
    ["inspect", model, "--module", "pos_embd"],
    ["check", plan, "--model", model, "--explain", "pos_embd"],
  ]) {
    const { exitCode, stderr } = await cp(...argv);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      'error CP7007: no module of the model matches "pos_embd"\n  hint: did you mean "pos_embed"?',
    );
  }
});

test("check says nothing but the summary of a good plan", async () => {
  const { exitCode, stdout, stderr } = await cp("check", plan, "--model", model, "--ulysses-degree", "2");
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  await expect(stdout).toMatchFileSnapshot("golden/check.txt");
});

test("the plan may name its model, relative to itself", async () => {
  const file = join(await temporaryFolder(), "a.plan.json");
  const given = JSON.parse(await readFile(plan, "utf8")) as object;
  await writeFile(file, JSON.stringify({ ...given, $model: relative(dirname(file), model) }));
  expect(await cp("check", file, "--ulysses-degree", "2")).toMatchObject({ exitCode: 0, stderr: "" });
  await writeFile(file, JSON.stringify({ ...given, $model: "no.onnx" }));
  const missing = await cp("check", file, "--ulysses-degree", "2");
  expect(missing.exitCode).toBe(1);
  expect(missing.stderr).toContain(join(dirname(file), "no.onnx"));
  expect(await cp("check", file, "--model", model, "--ulysses-degree", "2")).toMatchObject({ exitCode: 0 });
  const none = await cp("check", plan);
  expect(none.exitCode).toBe(2);
  expect(none.stderr).toContain('error CP7001: the option --model <MODEL> is required, or "$model" in the plan');
});

test("check --explain without a pattern shows what is split and what the plan names", async () => {
  const argv = ["check", plan, "--model", model, "--ring-degree", "2", "--rotate-method", "alltoall", "--explain"];
  const { exitCode, stdout } = await cp(...argv);
  expect(exitCode).toBe(0);
  await expect(stdout).toMatchFileSnapshot("golden/explain-all.txt");
});

test("check --explain PATTERN shows all of the modules that match", async () => {
  const { exitCode, stdout } = await cp(
    "check",
    plan,
    "--model",
    model,
    "--ulysses-degree",
    "2",
    "--explain",
    "transformer_blocks.0.attn",
  );
  expect(exitCode).toBe(0);
  await expect(stdout).toMatchFileSnapshot("golden/explain.txt");
});

test.each([
  ["flux", []],
  ["helios", []],
  ["wan", []],
  ["wan", ["--shares", "5,2"]],
] as const)("check --simulate compares every value of %s at lengths that it finds, %j", async (family, shares) => {
  const files = [`plans/${family}.plan.json`, "--model", `test/fixtures/${family}/${family}.dynamo18-dynamic.onnx`];
  const argv = ["check", ...files, "--ring-degree", "2", "--simulate", "--format", "json"];
  const { exitCode, stdout } = await cp(...argv, ...shares);
  const { ok, result } = JSON.parse(stdout) as { ok: boolean; result: { simulation: Record<string, number> } };
  expect({ exitCode, ok }).toEqual({ exitCode: 0, ok: true });
  expect(result.simulation).toMatchObject({ ok: true, ranks: 2, wrong: 0 });
  expect(result.simulation["compared"]).toBeGreaterThan(100);
  expect(result.simulation["largest_difference"]).toBeLessThan(2e-5);
});

test("check --explain tells what was aligned and skipped, and by which entry or slice", async () => {
  const wan = "test/fixtures/wan/wan.dynamo18-dynamic.onnx";
  const file = join(await temporaryFolder(), "wan.plan.json");
  const { rope, ...rest } = JSON.parse(await readFile("plans/wan.plan.json", "utf8")) as Record<string, unknown>;
  expect(rope).toBeDefined();
  await writeFile(file, JSON.stringify(rest));
  const { exitCode, stdout } = await cp("check", file, "--model", wan, "--ulysses-degree", "2", "--explain");
  expect(exitCode).toBe(0);
  await expect(stdout).toMatchFileSnapshot("golden/explain-wan.txt");
});

test("check --explain tells which entry chose the scheme of a site, and --strict refuses one without effect", async () => {
  const wan = "test/fixtures/wan/wan.dynamo18-dynamic.onnx";
  const file = join(await temporaryFolder(), "wan.plan.json");
  const $attention = { "blocks.*": "gather", "blocks.1": "ulysses" };
  const entries = { "blocks.0": { hidden_states: { split_dim: 1 } }, proj_out: { gather_dim: 1 } };
  await writeFile(file, JSON.stringify({ $attention, ...entries }));
  const argv = ["check", file, "--model", wan, "--ulysses-degree", "2"];
  const { exitCode, stdout, stderr } = await cp(...argv, "--explain");
  expect(exitCode).toBe(0);
  expect(stdout.slice(stdout.indexOf("attention\n"), stdout.indexOf("\ncollectives"))).toMatchInlineSnapshot(`
    "attention
      module          scheme   by
      blocks.0.attn1  gather   $attention.blocks.*
      blocks.0.attn2  local    -
      blocks.1.attn1  ulysses  $attention.blocks.1
      blocks.1.attn2  local    -
    "
  `);
  expect(stdout).toMatch(/^attention: 1 x gather, 2 x local, 1 x ulysses$/m);
  expect(stderr.match(/CP3034.*/g)).toHaveLength(2);
  const strict = await cp(...argv, "--strict");
  expect(strict.exitCode).toBe(1);
  expect(strict.stderr.match(/^error CP3034/gm)).toHaveLength(2);
});

test("a config file gives the mesh, and its mistakes have a place", async () => {
  const config = join(await temporaryFolder(), "parallel.json");
  await writeFile(config, '{ "context_parallel_config": { "ring_degree": 3 } }');
  expect((await cp("check", plan, "--model", model, "--config", config)).stdout).toMatch(
    /^3 ranks \(ring 3 x ulysses 1\)/m,
  );
  await writeFile(config, '{ "context_parallel_config": { "ring_degre": 3 } }');
  const wrong = await cp("check", plan, "--model", model, "--config", config);
  expect(wrong.exitCode).toBe(1);
  expect(wrong.stderr).toMatch(/^error CP1502: .*"ring_degre"\n {2}at \S+parallel\.json:1:32\n/);
});

test("--shape fixes a dynamic input", async () => {
  const argv = ["check", plan, "--model", model, "--ulysses-degree", "2"];
  const { exitCode, stdout } = await cp(...argv, "--shape", "hidden_states=1,90,16", "--explain", "proj_out");
  expect(exitCode).toBe(0);
  expect(stdout).toContain("axis 1 = [90]");
});

test("compile and check --explain predict the memory for the lengths that --shape fixes", async () => {
  const shapes = ["--shape", "hidden_states=1,90,16", "--shape", "encoder_hidden_states=1,40,24"];
  const argv = [plan, "--model", model, "--ulysses-degree", "2", ...shapes];
  const folder = join(await temporaryFolder(), "program");
  const compiled = await cp("compile", ...argv, "--out", folder, "--format", "json");
  const checked = await cp("check", ...argv, "--explain", "--format", "json");
  const [one, other] = [compiled, checked].map(({ stdout }) => JSON.parse(stdout).result.memory);
  expect(one).toMatchObject({ sample: false, lengths: {}, unsized: 0 });
  expect(one.process.feeds).toBeGreaterThan(4 * (90 * 16 + 40 * 24));
  expect(other).toEqual(one);
  const { stdout } = await cp("compile", ...argv, "--out", folder);
  expect(stdout).toMatch(/^memory on the backend native: \d+ MiB predicted, [\d.]+ MiB of values per rank$/m);
  const open = await cp("compile", ...argv.slice(0, 5), "--out", folder);
  expect(open.stdout).not.toContain("memory on");
});

test("compile prints the stage that is asked for", async () => {
  const argv = ["compile", plan, "--model", model, "--ulysses-degree", "2", "--dump", "plan", "--out"];
  const { exitCode, stdout, stderr } = await cp(...argv, join(await temporaryFolder(), "program"));
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toMatch(/^""/);
});

test("every stage prints, the same each time", async () => {
  const request = { plan, model, parallel: { ulysses_degree: 2 } };
  const [first, second] = [await compileStages(request), await compileStages(request)];
  for (const stage of stageNames) {
    expect(dump(first.stages, stage)?.length).toBeGreaterThan(100);
    expect(dump(second.stages, stage)).toBe(dump(first.stages, stage));
  }
  expect(dump({}, "sharded")).toBeNull();
});

test("compile does not overwrite what is no program", async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "thesis.txt"), "mine");
  const { exitCode, stderr } = await cp("compile", plan, "--model", model, "--ulysses-degree", "2", "--out", folder);
  expect(exitCode).toBe(1);
  expect(stderr).toContain("thesis.txt");
  expect(await readFile(join(folder, "thesis.txt"), "utf8")).toBe("mine");
});

test("schema prints the committed schema, and one that knows a model", async () => {
  expect((await cp("schema")).stdout).toBe(await readFile("schemas/plan.schema.json", "utf8"));
  const file = join(await temporaryFolder(), "flux.schema.json");
  expect(await cp("schema", model, "--out", file)).toEqual({ exitCode: 0, stdout: `${file}\n`, stderr: "" });
  const { properties } = JSON.parse(await readFile(file, "utf8")) as { properties: Record<string, unknown> };
  expect(Object.keys(properties)).toEqual(expect.arrayContaining(["", "proj_out", "transformer_blocks.*"]));
});

test("a file that is no model is a diagnostic, not a crash", async () => {
  const folder = await temporaryFolder();
  const bytes = await readFile(model);
  const files: Readonly<Record<string, Uint8Array>> = {
    "empty.onnx": new Uint8Array(),
    "text.onnx": new TextEncoder().encode("this is not a model"),
    "cut.onnx": bytes.subarray(0, bytes.length >> 1),
    "flipped.onnx": bytes.map((byte, i) => (i % 97 === 0 ? byte ^ 0xff : byte)),
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  for (const name of [...Object.keys(files), "missing.onnx", "."]) {
    for (const argv of [["inspect"], ["schema"], ["check", plan, "--model"]]) {
      const { exitCode, stdout, stderr } = await cp(...argv, join(folder, name));
      expect([name, exitCode, stdout]).toEqual([name, 1, ""]);
      expect(stderr).toMatch(/^error CP2\d\d\d: /m);
      expect(stderr).not.toMatch(/^\s+at .*\.[jt]s:\d+/m);
    }
  }
});
