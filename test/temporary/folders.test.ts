/**
 * @file Temporary folders: removed when their process ends; those of a killed process when the next one starts; no other folder is touched.
 */
import { chownSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ownerToken } from "../../compiler/temporary/owner.ts";
import { temporaryFolder } from "../support/files.ts";
import { compiling, folders, killed, ours, ran, started } from "./support.ts";

const waiting = "console.log('ready'); setInterval(() => undefined, 1000);";
const made = `${folders} makeTemporaryFolder(); makeTemporaryFolder();`;

test.each([
  ["ends", "", 0],
  ["exits", "process.exit(3);", 3],
  ["throws", "throw new Error();", 1],
])("the folders of a process that %s are gone", async (_, end, code) => {
  const temporary = await temporaryFolder();
  const script = `${compiling} ${folders} await compile(); await compile();
    console.log(count()); ${end}`;
  expect(ran(script, temporary)).toEqual({ status: code, stdout: "2\n" });
  expect(ours(temporary)).toEqual([]);
});

test("a session that is not released leaves no folder, nor does one that is", async () => {
  const temporary = await temporaryFolder();
  const script = `${compiling}
    const [first, second] = [await attach(await compile()), await attach(await compile())];
    await first.release();
    console.log(count()); process.exit(3);`;
  expect(ran(script, temporary)).toEqual({ status: 3, stdout: "1\n" });
  expect(ours(temporary)).toEqual([]);
});

test("the folder that a worker thread makes outlives the thread, not the process", async () => {
  const temporary = await temporaryFolder();
  const worker = `${folders} await import("node:worker_threads").then((w) => w.parentPort.postMessage(makeTemporaryFolder()));`;
  const script = `${folders} const { Worker } = await import("node:worker_threads"); makeTemporaryFolder();
    const thread = new Worker(new URL(${JSON.stringify(`data:text/javascript,${encodeURIComponent(worker)}`)}));
    const { readdirSync } = await import("node:fs");
    thread.on("exit", () => console.log(readdirSync(${JSON.stringify(temporary)}).length));`;
  expect(ran(script, temporary)).toEqual({ status: 0, stdout: "2\n" });
  expect(ours(temporary)).toEqual([]);
});

test.each(["SIGKILL", "SIGTERM", "SIGHUP", "SIGINT"] as const)(
  "what %s leaves, the next process removes; the library does not catch it",
  async (signal) => {
    const temporary = await temporaryFolder();
    const child = await started(`${made} ${waiting}`, temporary);
    await killed(child, signal);
    expect(child.signalCode).toBe(signal);
    expect(readdirSync(temporary)).toHaveLength(2);
    ran(made, temporary);
    expect(ours(temporary)).toEqual([]);
  },
);

test("only real folders of processes that are gone are swept", async () => {
  const temporary = await temporaryFolder();
  const elsewhere = await temporaryFolder();
  writeFileSync(join(elsewhere, "kept.txt"), "");
  const dead = ran(`${folders} console.log(ownerToken());`, elsewhere).stdout.trim();
  const [place, pid] = dead.split("-");
  const stay = [
    "onnx-cp-abc123",
    "onnx-cp-test-abc123",
    `onnx-cp-${dead}`,
    `onnx-cp-${dead}-a.b`,
    `my-onnx-cp-${dead}-abc123`,
    `onnx-cp-00000000-${pid}-1-abc123`,
    `onnx-cp-${ownerToken()}-abc123`,
  ];
  for (const name of stay) mkdirSync(join(temporary, name));
  symlinkSync(elsewhere, join(temporary, `onnx-cp-${dead}-link`));
  const go = [`onnx-cp-${dead}-abc123`, `onnx-cp-${place}-${process.pid}-1-abc123`];
  for (const name of go) {
    mkdirSync(join(temporary, name));
    symlinkSync(elsewhere, join(temporary, name, "link"));
  }
  ran(`${folders} sweepTemporaryFolders();`, temporary);
  expect(readdirSync(temporary).sort()).toEqual([...stay, `onnx-cp-${dead}-link`].sort());
  expect(readdirSync(elsewhere)).toEqual(["kept.txt"]);
});

test.runIf(process.getuid?.() === 0)("folders of another user stay (needs root to make one)", async () => {
  const temporary = await temporaryFolder();
  const dead = ran(`${folders} console.log(ownerToken());`, temporary).stdout.trim();
  const folder = join(temporary, `onnx-cp-${dead}-abc123`);
  mkdirSync(folder);
  chownSync(folder, 12345, 12345);
  ran(`${folders} sweepTemporaryFolders();`, temporary);
  expect(readdirSync(temporary)).toHaveLength(1);
});

test("processes that sweep at the same time do not disturb each other", async () => {
  const temporary = await temporaryFolder();
  const dead = ran(`${folders} console.log(ownerToken());`, temporary).stdout.trim();
  for (let i = 0; i < 40; i++) mkdirSync(join(temporary, `onnx-cp-${dead}-${i}`, "a/b/c"), { recursive: true });
  const children = await Promise.all([1, 2, 3].map(() => started(`${made} ${waiting}`, temporary)));
  expect(readdirSync(temporary)).toHaveLength(6);
  await Promise.all(children.map((child) => killed(child, "SIGKILL")));
});
