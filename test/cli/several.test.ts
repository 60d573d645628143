/**
 * @file `check` of several plans, of one on standard input, and again whenever files change.
 */
import { appendFileSync, copyFileSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { main } from "../../cli/cli.ts";
import { watch } from "../../cli/check/watch.ts";
import { temporaryFolder } from "../support/files.ts";
import { type Captured, capture } from "./capture.ts";

const model = "test/fixtures/flux/flux.dynamo18-dynamic.onnx";
const options = ["--model", model, "--ulysses-degree", "2"];
const good = "plans/flux.plan.json";
const wrong = "test/cli/cases/misspelt-parameter.plan.json";

async function cp(
  io: Captured,
  ...argv: readonly string[]
): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const exitCode = await main(argv, io);
  return { exitCode, stdout: io.stdout(), stderr: io.stderr() };
}

test("several plans are reported one by one, and the exit code is the worst", async () => {
  const { exitCode, stdout, stderr } = await cp(capture(), "check", good, wrong, "plans/none.plan.json", ...options);
  expect(exitCode).toBe(1);
  expect(stdout.match(/^\S.*/gm)).toEqual([good, wrong, "plans/none.plan.json"]);
  expect(stdout).toMatch(/^ {2}plan is exact: 4 of 4 attention sites split/m);
  expect(stdout.match(/^ {2}failed: \d+ errors?$/gm)).toHaveLength(2);
  expect(stderr).toMatch(/^error CP3003: /m);
  expect(stderr).toMatch(/^error CP1001: /m);
});

test("as JSON, several plans are one document", async () => {
  const { exitCode, stdout } = await cp(capture(), "check", good, wrong, "--model", model, "--format", "json");
  const { ok, diagnostics, result } = JSON.parse(stdout) as {
    readonly ok: boolean;
    readonly diagnostics: readonly { readonly code: string }[];
    readonly result: { readonly plans: readonly { plan: string; ok: boolean; result: { ranks?: number } | null }[] };
  };
  expect({ exitCode, ok }).toEqual({ exitCode: 1, ok: false });
  expect(result.plans).toMatchObject([
    { plan: good, ok: true, result: { ranks: 2 } },
    { plan: wrong, ok: false },
  ]);
  // The note on the degrees holds for both.
  expect(diagnostics.filter(({ code }) => code === "CP7002")).toHaveLength(1);
});

test("- reads a plan with comments from standard input, and its places are in <stdin>", async () => {
  const text = `// the same\n${readFileSync(good, "utf8")}`;
  const fine = await cp(capture(undefined, text), "check", "-", ...options);
  expect(fine).toMatchObject({ exitCode: 0, stderr: "" });
  const broken = await cp(capture(undefined, '{\n  "proj_oot": { "gather_dim": 1 }\n}'), "check", "-", ...options);
  expect(broken.exitCode).toBe(1);
  expect(broken.stderr).toContain(
    '  at <stdin>:2:3\n    2 |   "proj_oot": { "gather_dim": 1 }\n      |   ^^^^^^^^^^\n',
  );
  const folder = join(await temporaryFolder(), "program");
  const compiled = await cp(capture(undefined, text), "compile", "-", ...options, "--out", folder);
  expect(compiled).toMatchObject({ exitCode: 0, stderr: "" });
  const rates = ["--devices", "2", "--bandwidth", "1GB/s", "--flops", "1TFLOP/s", "--shape", "hidden_states=1,96,16"];
  const advised = await cp(
    capture(undefined, '{ "proj_oot": { "gather_dim": 1 } }'),
    "advise",
    "-",
    "--model",
    model,
    ...rates,
  );
  expect(advised).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("at <stdin>:1:3") });
  const empty = await cp(capture(), "check", "-", ...options);
  expect(empty.exitCode).toBe(1);
  expect(empty.stderr).toMatch(/^error CP1005: .*\n {2}at <stdin>/);
});

test("wrong uses of standard input and of --watch are said", async () => {
  const lines: readonly (readonly [readonly string[], string])[] = [
    [["check", "-", "-", ...options], "standard input holds one plan: give - once"],
    [["check", "-", "--watch", ...options], "--watch needs files: standard input does not change"],
    [["check", good, "--watch", "--format", "json", ...options], "--watch prints text, not one document of json"],
    [["check", "-"], 'the option --model <MODEL> is required, or "$model" in the plan'],
  ];
  for (const [argv, problem] of lines) {
    const { exitCode, stdout, stderr } = await cp(capture(undefined, '{ "proj_out": { "gather_dim": 1 } }'), ...argv);
    expect([exitCode, `${stdout}${stderr}`.replaceAll("\\", "")]).toEqual([2, expect.stringContaining(problem)]);
  }
});

test("a watch repeats the work after changes, waits for files that vanish, and ends fine", async () => {
  const folder = await temporaryFolder();
  const [one, two] = [join(folder, "one"), join(folder, "two")];
  writeFileSync(one, "1");
  const stop = new AbortController();
  const io = { ...capture(stop.signal), interactive: true };
  let runs = 0;
  const watching = watch(async () => {
    runs += 1;
    return [one, two];
  }, io);
  const until = (count: number): Promise<unknown> =>
    vi.waitUntil(() => runs === count, { timeout: 20_000, interval: 10 });
  await until(1);
  await vi.waitUntil(() => io.stderr().includes("watching 2 files"));
  // Several writes at once are one change.
  for (const text of ["2", "3", "4"]) appendFileSync(one, text);
  await until(2);
  // A file that did not exist.
  writeFileSync(two, "1");
  await until(3);
  // An editor replaces a file by another.
  copyFileSync(one, join(folder, "new"));
  renameSync(join(folder, "new"), one);
  await until(4);
  renameSync(one, join(folder, "away"));
  await vi.waitUntil(() => io.stderr().includes(`error CP7012: ${one} does not exist any more`), { timeout: 20_000 });
  expect(runs).toBe(4);
  renameSync(join(folder, "away"), one);
  await until(5);
  stop.abort();
  expect(await watching).toMatchObject({ exitCode: 0, diagnostics: [] });
  expect(io.stderr().split("\u001b[2J")).toHaveLength(6);
  rmSync(folder, { recursive: true });
});

test("check --watch checks again when the plan or a file that it imports changes", async () => {
  const folder = await temporaryFolder();
  const [plan, part] = [join(folder, "a.plan.ts"), join(folder, "part.ts")];
  writeFileSync(part, "export const gather = { proj_oot: { gather_dim: 1 } };\n");
  const imports = 'import { definePlan } from "onnx-context-parallel";\nimport { gather } from "./part.ts";\n';
  writeFileSync(plan, `${imports}export default definePlan({ "": { hidden_states: { split_dim: 1 } }, ...gather });\n`);
  const stop = new AbortController();
  const io = capture(stop.signal);
  const ended = main(["check", plan, ...options, "--watch"], io);
  await vi.waitUntil(() => io.stderr().includes("watching 3 files"), { timeout: 50_000 });
  expect(io.stderr()).toContain('did you mean "proj_out"?');
  expect(io.stdout()).toBe("");
  writeFileSync(part, "export const gather = { proj_out: { gather_dim: 1 } };\n");
  await vi.waitUntil(() => io.stdout().includes("plan is exact"), { timeout: 50_000 });
  stop.abort();
  expect(await ended).toBe(0);
  expect(io.stderr()).not.toContain("CP7005");
  expect(io.stderr()).not.toContain("\u001b[2J");
});

test("check --simulate takes inputs from a file, and says what is wrong with them", async () => {
  const inputs = ["--inputs", "test/fixtures/flux/flux.img67-txt13.inputs.npz"];
  const simulate = ["check", good, ...options, "--simulate"];
  const fine = await cp(capture(), ...simulate, ...inputs);
  expect({ exitCode: fine.exitCode, stderr: fine.stderr }).toMatchObject({ exitCode: 0 });
  expect(fine.stderr).toMatch(/^note CP5509: /m);
  // The outputs are no inputs.
  const other = await cp(capture(), ...simulate, "--inputs", "test/fixtures/flux/flux.img67-txt13.outputs.npz");
  expect(other.exitCode).toBe(1);
  expect(other.stderr).toMatch(/^error CP6000: .*hidden_states/m);
  const none = await cp(capture(), ...simulate, "--inputs", "no-such.npz");
  expect(none.exitCode).toBe(1);
  expect(none.stderr).toMatch(/^error CP\d+: .*no-such\.npz/m);
  const alone = await cp(capture(), "check", good, ...options, ...inputs);
  expect(alone.exitCode).toBe(2);
  expect(alone.stderr).toContain("--inputs is for the simulation: add --simulate");
});
