/**
 * @file Processes that make temporary folders, observed from outside: each with a separate folder for temporary files.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { onTestFinished } from "vitest";
import { fixture } from "../support/fixtures.ts";
import { root } from "../structure/sources.ts";

const built = (path: string): string => JSON.stringify(pathToFileURL(join(root, "dist", path)).href);

/** Lines for a script: `compile()` compiles without `out` and gives the program. */
export const compiling = `
  const { attach, compilePlan } = await import(${built("index.js")});
  const { readdirSync } = await import("node:fs");
  const count = () => readdirSync(process.env.TMPDIR).filter((name) => name.startsWith("onnx-cp-")).length;
  const compile = async () => {
    const model = ${JSON.stringify(fixture("flux/flux.dynamo18-dynamic.onnx"))};
    const compiled = await compilePlan({ model, plan: ${JSON.stringify(join(root, "plans/flux.plan.json"))} });
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.diagnostics));
    return compiled.program;
  };`;

/** Our folders among the entries of a folder: onnxruntime leaves files of its own there. */
export function ours(folder: string): readonly string[] {
  return readdirSync(folder).filter((name) => name.startsWith("onnx-cp-"));
}

/** Lines for a script: functions of temporary folders by their names. */
export const folders = `
  const { makeTemporaryFolder, sweepTemporaryFolders } = await import(${built("compiler/temporary/folders.js")});
  const { ownerToken } = await import(${built("compiler/temporary/owner.js")});`;

function settings(script: string, temporary: string): readonly [string[], { env: NodeJS.ProcessEnv; cwd: string }] {
  return [["--input-type=module", "-e", script], { env: { ...process.env, TMPDIR: temporary }, cwd: root }];
}

/** Runs a script to its end. */
export function ran(script: string, temporary: string): { readonly status: number | null; readonly stdout: string } {
  const [argv, options] = settings(script, temporary);
  const { status, stdout } = spawnSync(process.execPath, argv, { ...options, encoding: "utf8", timeout: 50_000 });
  return { status, stdout };
}

/** Starts a script and waits for its first output. */
export async function started(script: string, temporary: string): Promise<ChildProcess> {
  const [argv, options] = settings(script, temporary);
  const child = spawn(process.execPath, argv, options);
  onTestFinished(() => void child.kill("SIGKILL"));
  await new Promise((resolve) => void child.stdout.once("data", resolve));
  return child;
}

/** Ends it by a signal. */
export async function killed(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const gone = new Promise((resolve) => void child.once("exit", resolve));
  child.kill(signal);
  await gone;
}
