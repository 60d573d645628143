/**
 * @file A process that exits while ranks are inside native code keeps its exit code and does not crash.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { createControl } from "../../runtime/world/threads/control.ts";
import { bury, condemn, guardOf, isInside } from "../../runtime/world/threads/guard.ts";
import { root } from "../structure/sources.ts";
import { slowProgram } from "./support/special.ts";

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
}

/** Runs `slowProgram` in a process of its own and does `end` after some milliseconds of it, while it is in native code. */
function endingBy(end: string, milliseconds: number): Promise<Ended> {
  const { folder } = slowProgram();
  const script = `
    import { readFileSync } from "node:fs";
    const { attach } = await import(${JSON.stringify(pathToFileURL(join(root, "dist/runtime/attach/attach.js")).href)});
    const folder = ${JSON.stringify(folder)};
    const { files, ...program } = JSON.parse(readFileSync(folder + "/program.json", "utf8"));
    const compiled = { folder, temporary: false, program, files };
    const session = await attach(compiled);
    process.on("exit", (code) => console.log("exits", code));
    setTimeout(() => { ${end} }, ${milliseconds});
    for (;;) await session.run({ x: { type: "float32", dims: [1, 1], data: Float32Array.of(1e-3) } });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { cwd: root });
  onTestFinished(() => void child.kill("SIGKILL"));
  let stdout = "";
  child.stdout.on("data", (data: Buffer) => (stdout += String(data)));
  return new Promise((resolve) => void child.on("close", (code, signal) => resolve({ code, signal, stdout })));
}

/** More than one step's time in all, so that most moments are inside one. */
const moments = [50, 200, 450] as const;

test.each(moments)("process.exit() after %i ms keeps its code", async (moment) => {
  expect(await endingBy("process.exit(7);", moment)).toEqual({ code: 7, signal: null, stdout: "exits 7\n" });
});

test.each(moments)("an error that nobody catches after %i ms ends the process with 1", async (moment) => {
  expect(await endingBy("throw new Error();", moment)).toEqual({ code: 1, signal: null, stdout: "exits 1\n" });
});

test.each(["SIGINT", "SIGTERM"] as const)("%s ends the process at once, by itself", async (name) => {
  expect(await endingBy(`process.kill(process.pid, "${name}");`, 200)).toMatchObject({ code: null, signal: name });
});

test("a rank whose thread is gone is waited for no more", async () => {
  const control = createControl(1);
  let leave = (): void => undefined;
  const inside = guardOf(control, 0)(() => new Promise<void>((resolve) => (leave = resolve)));
  expect([isInside(control, 0), condemn(control, 0)]).toEqual([true, false]);
  bury(control, 0);
  expect([isInside(control, 0), condemn(control, 0)]).toEqual([false, true]);
  leave();
  await inside;
});
