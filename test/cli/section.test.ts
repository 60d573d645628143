/**
 * @file The short work during which the process must not end: the main thread waits for it, and prevents new work from starting.
 */
import { once } from "node:events";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { expect, onTestFinished, test } from "vitest";
import { close, createSection, inside } from "../../cli/thread/section.ts";
import { root } from "../structure/sources.ts";

const built = JSON.stringify(pathToFileURL(join(root, "dist/cli/thread/section.js")).href);

/** A thread that twice does work of 300 ms in the section; `steps` counts beginnings and ends. */
async function working(): Promise<{ section: ReturnType<typeof createSection>; steps: Int32Array }> {
  const [section, steps] = [createSection(), new Int32Array(new SharedArrayBuffer(4))];
  const script = `
    const { inside } = await import(${built});
    const { parentPort, workerData: { section, steps } } = await import("node:worker_threads");
    const work = () => {
      Atomics.add(steps, 0, 1);
      parentPort.postMessage("busy");
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
      Atomics.add(steps, 0, 1);
    };
    for (let i = 0; i < 2; i++) inside(section, work);`;
  const url = new URL(`data:text/javascript,${encodeURIComponent(script)}`);
  const worker = new Worker(url, { workerData: { section, steps } });
  onTestFinished(() => void worker.terminate());
  await once(worker, "message");
  return { section, steps };
}

test("closing waits for work in progress; none begins afterwards", async () => {
  const { section, steps } = await working();
  close(section);
  const done = Atomics.load(steps, 0);
  expect(done % 2).toBe(0);
  expect(done).toBeGreaterThan(0);
  await new Promise((resolve) => void setTimeout(resolve, 500));
  expect(Atomics.load(steps, 0)).toBe(done);
});

test("an open section does the work and passes on what it throws", () => {
  const section = createSection();
  let times = 0;
  for (let i = 0; i < 2; i++) inside(section, () => (times += 1));
  expect(times).toBe(2);
  const failing = (): void => {
    throw new Error("no space");
  };
  expect(() => inside(section, failing)).toThrow("no space");
  inside(section, () => (times += 1));
  expect(times).toBe(3);
  close(section);
});
