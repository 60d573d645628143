/**
 * @file onnxruntime's telemetry is off in every process and thread of ours: a process that ran sessions to their end leaves no file in its
 * home, cache and temporary folder.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { gatherProgram } from "../runtime/support/programs.ts";
import { root } from "../structure/sources.ts";
import { temporaryFolder } from "../support/files.ts";

const dist = (file: string): string => JSON.stringify(pathToFileURL(join(root, "dist", file)).href);

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  /** Files that the process left in the folders that were empty before. */
  readonly left: readonly string[];
}

async function inProcess(body: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const folder = await temporaryFolder();
  const [home, cache, temporary] = ["home", "cache", "tmp"].map((name) => join(folder, name));
  for (const path of [home!, cache!, temporary!]) mkdirSync(path);
  // The library is silent by itself where a build server announces itself.
  const { ORT_DISABLE_TELEMETRY: _, CI: __, GITHUB_ACTIONS: ___, TF_BUILD: ____, ...given } = process.env;
  const folders = { HOME: home, XDG_CACHE_HOME: cache, TMPDIR: temporary };
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", body], {
    cwd: root,
    encoding: "utf8",
    env: { ...given, ...folders, ...env },
    timeout: 50_000,
  });
  expect(stderr).toBe("");
  return { code: status, stdout: stdout.trim(), left: files(folder) };
}

function files(folder: string): readonly string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

const piece = (): string =>
  join(gatherProgram({ batch_degree: 1, ring_degree: 1, ulysses_degree: 1 }).folder, "slice.onnx");

const oneSession = (): string => `
  const { createSession } = await import(${dist("ort/session.js")});
  const session = await createSession(${JSON.stringify(piece())});
  console.log(session.inputNames.length);
  await session.release();`;

function twoRanks(): string {
  const compiled = gatherProgram({ batch_degree: 1, ring_degree: 1, ulysses_degree: 2 });
  return `
  const { attach } = await import(${dist("runtime/attach/attach.js")});
  const session = await attach(${JSON.stringify(compiled)});
  const feeds = { x: { type: "float32", dims: [4, 5, 3], data: new Float32Array(60).fill(2) } };
  console.log((await session.run(feeds)).y.data[0]);
  await session.release();`;
}

/** In a worker whose `process.env` is a copy. */
function inWorker(body: string): string {
  return `
  const { Worker } = await import("node:worker_threads");
  const url = new URL("data:text/javascript," + encodeURIComponent(${JSON.stringify(body)}));
  await new Promise((resolve, reject) => new Worker(url).on("exit", resolve).on("error", reject));`;
}

const clean = (stdout: string): Ended => ({ code: 0, stdout, left: [] });

test("a session leaves nothing", async () => {
  expect(await inProcess(oneSession())).toEqual(clean("3"));
});

test("a run whose ranks are the first to load the library leaves nothing", async () => {
  expect(await inProcess(twoRanks())).toEqual(clean("-2"));
});

test("a session, and a run, in a worker of the caller's leave nothing", async () => {
  expect(await inProcess(inWorker(oneSession()))).toEqual(clean("3"));
  expect(await inProcess(inWorker(twoRanks()))).toEqual(clean("-2"));
});

test("what the user has set stays", async () => {
  const body = `
    const { keepTelemetryOff } = await import(${dist("ort/telemetry.js")});
    await keepTelemetryOff();
    console.log(process.env.ORT_DISABLE_TELEMETRY);`;
  expect((await inProcess(body, { ORT_DISABLE_TELEMETRY: "0" })).stdout).toBe("0");
  expect((await inProcess(body)).stdout).toBe("1");
});
