/**
 * @file Turns: never two at once, within a thread and between threads, and the turn after one that failed.
 */
import { spawnSync } from "node:child_process";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { inTurn, turns } from "../../../ort/devices/turns.ts";

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

test("works of one thread follow each other, and a failed one ends its turn", async () => {
  const order: string[] = [];
  const work = (name: string) => async (): Promise<string> => {
    order.push(`${name} begins`);
    await pause(2);
    order.push(`${name} ends`);
    if (name === "b") throw new Error("b fails");
    return name;
  };
  const all = await Promise.allSettled(["a", "b", "c"].map((name) => inTurn(turns(), work(name))));
  expect(all.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(order).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
});

test("a process that exits during its turn gives it back before anybody waits for it", () => {
  const url = new URL("../../../dist/ort/devices/turns.js", import.meta.url).href;
  const source = `
    import { inTurn, turns } from ${JSON.stringify(url)};
    process.on("exit", () => console.log(Atomics.wait(turns(), 0, 1, 5000)));
    inTurn(turns(), () => new Promise(() => undefined));
    setImmediate(() => process.exit());`;
  const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", source], { encoding: "utf8" });
  expect(stdout).toBe("not-equal\n");
});

test("threads wait for each other", async () => {
  const url = new URL("../../../dist/ort/devices/turns.js", import.meta.url).href;
  // Each adds to a number that it has read some time before: turns at the same time would lose additions.
  const source = `
    const { workerData } = require("node:worker_threads");
    import(${JSON.stringify(url)}).then(async ({ inTurn }) => {
      const { turns, sum } = workerData;
      for (let i = 0; i < 50; i++) await inTurn(turns, async () => {
        const before = sum[0];
        await new Promise((resolve) => setImmediate(resolve));
        sum[0] = before + 1;
      });
    });`;
  const sum = new Int32Array(new SharedArrayBuffer(4));
  const workers = [0, 1, 2].map(() => new Worker(source, { eval: true, workerData: { turns: turns(), sum } }));
  const codes = await Promise.all(workers.map((worker) => new Promise((resolve) => worker.on("exit", resolve))));
  expect([codes, sum[0]]).toEqual([[0, 0, 0], 150]);
});
