/**
 * @file Files that are not regular files, and files that are too large: refused at once, for every purpose. A pipe without a writer would
 * block, `/dev/zero` has no end.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { main } from "../../cli/cli.ts";
import { textReader } from "../../compiler/diagnostics/format.ts";
import { FileRefused, readRegularFile, readRegularFileSync } from "../../compiler/limits/read-file.ts";
import { capture } from "../cli/capture.ts";
import { temporaryFolder } from "../support/files.ts";

const model = "test/fixtures/flux/flux.dynamo18-dynamic.onnx";
const plan = "plans/flux.plan.json";

const makers: Readonly<Record<string, (path: string) => void>> = {
  "a named pipe (FIFO)": (path) => void execFileSync("mkfifo", [path]),
  "a character device": (path) => symlinkSync("/dev/zero", path),
};
const kinds = Object.keys(makers);

/** What a command says of the file, as JSON; the test's limit of time is the proof that it does not wait. */
async function said(...argv: readonly string[]): Promise<readonly { code: string; message: string }[]> {
  const io = capture();
  expect(await main([...argv, "--format", "json"], io)).toBe(1);
  return (JSON.parse(io.stdout()) as { diagnostics: { code: string; message: string }[] }).diagnostics;
}

const uses: Readonly<Record<string, { readonly name: string; readonly run: (path: string) => readonly string[] }>> = {
  "plan.json": { name: "a.plan.json", run: (path) => ["check", path, "--model", model] },
  "plan.ts": { name: "a.plan.ts", run: (path) => ["check", path, "--model", model] },
  config: { name: "config.json", run: (path) => ["check", plan, "--model", model, "--config", path] },
  model: { name: "a.onnx", run: (path) => ["check", plan, "--model", path] },
  inputs: {
    name: "a.npz",
    run: (path) => ["run", plan, "--model", model, "--ulysses-degree", "2", "--inputs", path],
  },
};

const cases = Object.keys(uses).flatMap((use) => kinds.map((kind) => [use, kind] as const));

test.each(cases)("as %s: %s", { timeout: 12_000 }, async (use, kind) => {
  const { name, run } = uses[use]!;
  const path = join(await temporaryFolder(), name);
  makers[kind]!(path);
  const found = (await said(...run(path))).filter(({ code }) => code !== "CP7002");
  expect(found).toHaveLength(1);
  expect(found[0]?.message).toContain(path);
  expect(found[0]?.message).toContain(`is ${kind}; a regular file is required`);
});

test.each(kinds)("as program.json: %s", { timeout: 12_000 }, async (kind) => {
  const folder = await temporaryFolder();
  makers[kind]!(join(folder, "program.json"));
  const inputs = "test/fixtures/flux/flux.img96-txt40.inputs.npz";
  const [found] = await said("run", folder, "--inputs", inputs);
  expect(found).toMatchObject({ code: "CP5000" });
  expect(found?.message).toMatch(/a regular file is required|a symbolic link leads out of its folder/);
});

test.each(kinds)("as program.json of a folder that is written to: %s", { timeout: 12_000 }, async (kind) => {
  const folder = await temporaryFolder();
  makers[kind]!(join(folder, "program.json"));
  const [found] = await said("compile", plan, "--model", model, "--ulysses-degree", "2", "--out", folder);
  expect(found?.code).toBe("CP5204");
});

test.each(kinds)("as an import of a TypeScript plan: %s", { timeout: 12_000 }, async (kind) => {
  const folder = await temporaryFolder();
  makers[kind]!(join(folder, "part.ts"));
  const path = join(folder, "a.plan.ts");
  writeFileSync(
    path,
    'import { definePlan } from "onnx-context-parallel";\nimport { part } from "./part";\nexport default definePlan(part);\n',
  );
  const found = (await said("check", path, "--model", model)).find(({ code }) => code === "CP1206");
  expect(found?.message).toContain(`is ${kind}; a regular file is required`);
});

test.each(kinds)("a code frame does not read %s", { timeout: 12_000 }, async (kind) => {
  const path = join(await temporaryFolder(), "a.plan.json");
  makers[kind]!(path);
  expect(textReader()(path)).toBeUndefined();
});

test("a folder and a socket are named, a limit is kept", { timeout: 12_000 }, async () => {
  const folder = await temporaryFolder();
  mkdirSync(join(folder, "inside"));
  const socket = join(folder, "socket");
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  try {
    await expect(readRegularFile(socket, 10)).rejects.toThrow("it is a socket; a regular file is required");
  } finally {
    server.close();
  }
  await expect(readRegularFile(join(folder, "inside"), 10)).rejects.toThrow("it is a folder");
  const large = join(folder, "large");
  writeFileSync(large, "");
  truncateSync(large, 2 ** 40);
  await expect(readRegularFile(large, 10)).rejects.toThrow(`it has ${2 ** 40} bytes; the limit is 10`);
  expect(() => readRegularFileSync(large, 10)).toThrow(FileRefused);
});

test("a regular file is read whole, also one that states no size", async () => {
  const file = join(await temporaryFolder(), "a");
  writeFileSync(file, "x".repeat(200_000));
  expect((await readRegularFile(file, 200_000)).toString()).toBe("x".repeat(200_000));
  expect(readRegularFileSync(file, 200_000).toString()).toBe("x".repeat(200_000));
  expect((await readRegularFile("/proc/self/status", 100_000)).toString()).toContain("VmRSS");
  await expect(readRegularFile("/proc/self/status", 10)).rejects.toThrow("the limit is 10");
});
