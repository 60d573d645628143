/**
 * @file The package as its users get it: packed, unpacked in an empty project, run from there.
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { commonjs, comparison } from "./app.ts";

const root = process.cwd();
const model = join(root, "test/fixtures/flux/flux.dynamo18-dynamic.onnx");
const inputs = join(root, "test/fixtures/flux/flux.img67-txt13.inputs.npz");
const { dependencies, peerDependencies } = JSON.parse(readFileSync("package.json", "utf8")) as Record<
  "dependencies" | "peerDependencies",
  Record<string, string>
>;
/** Where a build server announces itself, the library is silent by itself. */
const { CI: _, GITHUB_ACTIONS: __, TF_BUILD: ___, ...withoutServer } = process.env;
let project: string;
/** For the temporary files of the command. */
let temporary: string;
let installed: string;

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Packs into an empty project; the dependencies are those of this checkout, so that no network is needed. */
beforeAll(async () => {
  project = await realpath(await mkdtemp(join(tmpdir(), "onnx-cp-package-")));
  temporary = join(project, "tmp");
  mkdirSync(temporary);
  installed = join(project, "node_modules/onnx-context-parallel");
  const npm = { cwd: project, encoding: "utf8" } as const;
  const packed = execFileSync("npm", ["pack", root, "--ignore-scripts", "--silent"], npm).trim();
  execFileSync("tar", ["-xzf", packed], { cwd: project });
  mkdirSync(dirname(installed), { recursive: true });
  cpSync(join(project, "package"), installed, { recursive: true });
  for (const name of Object.keys({ ...dependencies, ...peerDependencies })) {
    const link = join(project, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, "node_modules", name), link);
  }
  writeFileSync(join(project, "package.json"), '{ "type": "module" }\n');
});

afterAll(() => rm(project, { recursive: true, force: true }));

/** Runs the command as a process of its own, from the project's folder; interrupts it after a time. */
function cp(argv: readonly string[], interruptAfterMs?: number): Promise<Ended> {
  const child = spawn(process.execPath, [join(installed, "bin/onnx-cp.js"), ...argv], {
    cwd: project,
    env: { ...withoutServer, NO_COLOR: "1", TMPDIR: temporary },
  });
  const [out, err]: [string[], string[]] = [[], []];
  child.stdout.on("data", (data: Buffer) => out.push(String(data)));
  child.stderr.on("data", (data: Buffer) => err.push(String(data)));
  if (interruptAfterMs !== undefined) setTimeout(() => child.kill("SIGINT"), interruptAfterMs);
  onTestFinished(() => void child.kill("SIGKILL"));
  return new Promise((resolve) => {
    child.on("close", (code, signal) => resolve({ code, signal, stdout: out.join(""), stderr: err.join("") }));
  });
}

test("holds what is needed to run and nothing else", () => {
  const top = readdirSync(installed).sort();
  expect(top.join(" ")).toBe("LICENSE README.md bin cjs dist docs examples package.json plans schemas tools");
  expect(readdirSync(join(installed, "dist"))).not.toContain("demo");
  // What `onnx-cp explain` prints.
  expect(readdirSync(join(installed, "docs"))).toContain("errors.md");
  expect(readdirSync(join(installed, "schemas")).sort()).toEqual(["parallel-config.schema.json", "plan.schema.json"]);
});

test("the command checks, runs and verifies a shipped plan", async () => {
  const plan = "node_modules/onnx-context-parallel/plans/flux.plan.json";
  const checked = await cp(["check", plan, "--model", model, "--ulysses-degree", "2"]);
  expect(checked).toMatchObject({ code: 0, stderr: "" });
  const ran = await cp(["run", plan, "--model", model, "--inputs", inputs, "--verify"]);
  expect(ran).toMatchObject({ code: 0 });
  expect(ran.stdout).toContain("agrees");
});

/** Runs a program in the project; it prints the largest difference from the unsplit model. */
function difference(file: string, text: string): number {
  writeFileSync(join(project, file), text);
  const ran = spawnSync(process.execPath, [file], {
    cwd: project,
    encoding: "utf8",
    env: { ...process.env, TMPDIR: temporary },
  });
  expect([ran.status, ran.stderr]).toEqual([0, ""]);
  return Number(ran.stdout);
}

test("an entry for require has the same names, errors and results as that for import", () => {
  cpSync(model, join(project, "flux.onnx"));
  expect(difference("app.cjs", `${commonjs}${comparison}difference().then(console.log);`)).toBeLessThan(1e-5);
  const checks = `const api = require("onnx-context-parallel");
import("onnx-context-parallel").then(async (module) => {
  const { deepStrictEqual: equal, ok, throws } = require("node:assert");
  equal(Object.keys(api).sort(), Object.keys(module).sort());
  throws(() => api.formatDiagnostics([]), /await one of its functions/);
  const error = await api.applyContextParallel("none.onnx", {}, "none.plan.json").catch((error) => error);
  ok(error instanceof api.ContextParallelError && error instanceof module.ContextParallelError && error instanceof Error);
  ok(!(new Error() instanceof api.ContextParallelError));
  ok(new api.ContextParallelError(error.diagnostics) instanceof module.ContextParallelError);
  equal(api.formatDiagnostics(error.diagnostics), module.formatDiagnostics(error.diagnostics));
  ok(api.formatDiagnostics(error.diagnostics).includes("hint:"));
  console.log(0);
});`;
  expect(difference("checks.cjs", checks)).toBe(0);
});

test("a mistake ends the process with 1, wrong usage with 2", async () => {
  writeFileSync(join(project, "a.plan.json"), '{ "": { "hidden_states": { "split_dim": 1 } }, }');
  const wrong = await cp(["check", "a.plan.json", "--model", model]);
  expect(wrong.code).toBe(1);
  expect(wrong.stderr).toContain("error CP1102: trailing comma before the closing }\n  at a.plan.json:1:46\n");
  expect(await cp(["chek"])).toMatchObject({ code: 2 });
  expect(await cp(["explain", "CP1102"])).toMatchObject({ code: 0, stderr: "" });
});

/** What the examples of the pages find in their folder; `feeds` are tensors of onnxruntime. */
function prepareExamples(): void {
  const dims = { hidden_states: [1, 7, 16], encoder_hidden_states: [1, 5, 24], pooled_projections: [1, 20] };
  const others = { timestep: [1], img_ids: [7, 3], txt_ids: [5, 3] };
  writeFileSync(
    join(project, "feeds.js"),
    `import { Tensor } from "onnxruntime-node";
const tensor = (dims) => new Tensor("float32", new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(0.5), dims);
const dims = ${JSON.stringify({ ...dims, ...others })};
export const feeds = Object.fromEntries(Object.entries(dims).map(([name, dims]) => [name, tensor(dims)]));
`,
  );
  writeFileSync(join(project, "feeds.d.ts"), 'export declare const feeds: import("onnx-context-parallel").Feeds;\n');
  cpSync(model, join(project, "flux.onnx"));
  cpSync(join(installed, "plans"), join(project, "plans"), { recursive: true });
}

test("the examples of the pages run and have the right types", { timeout: 120_000 }, async () => {
  prepareExamples();
  await cp(["compile", "plans/flux.plan.json", "--model", "flux.onnx", "--out", "program", "--ulysses-degree", "2"]);
  const pages = ["README.md", "docs/api.md"].map((page) => readFileSync(page, "utf8"));
  const blocks = pages.flatMap((text) => [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code ?? ""));
  expect(blocks.length).toBeGreaterThanOrEqual(5);
  const names = blocks.map((code, i) => {
    const needsFeeds = /\bfeeds\b/.test(code);
    const text = `${needsFeeds ? 'import { feeds } from "./feeds.js";\n' : ""}${code}`;
    for (const ending of ["js", "ts"]) writeFileSync(join(project, `example${i}.${ending}`), text);
    return `example${i}`;
  });
  const options = "--noEmit --strict --module nodenext --target es2022 --types node --typeRoots".split(" ");
  const tsc = [join(root, "node_modules/typescript/bin/tsc"), ...options, join(root, "node_modules/@types")];
  const checked = spawnSync(process.execPath, [...tsc, ...names.map((name) => `${name}.ts`)], { cwd: project });
  expect(String(checked.stdout)).toBe("");
  for (const name of names) {
    const ran = spawnSync(process.execPath, [`${name}.js`], { cwd: project, encoding: "utf8" });
    expect([name, ran.status, ran.stderr]).toEqual([name, 0, ""]);
  }
});

test("an interrupt ends the process with 130, or by itself where the command takes long", async () => {
  const plan = "node_modules/onnx-context-parallel/plans/flux.plan.json";
  const argv = ["run", plan, "--model", model, "--inputs", inputs, "--steps", "100000"];
  const ended = await cp(argv, 2500);
  expect(ended.code ?? ended.signal).toBe(ended.signal === null ? 130 : "SIGINT");
  expect(ended.stderr).toContain("error CP7005: interrupted");
});

test("the commands above left no temporary file, although koffi is not installed here", () => {
  expect(readdirSync(join(project, "node_modules"))).not.toContain("koffi");
  expect(readdirSync(temporary)).toEqual([]);
});
